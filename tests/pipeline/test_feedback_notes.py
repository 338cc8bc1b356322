"""Notes to marketing without a reject: one clock each, answered together, withdrawn, seen."""

from __future__ import annotations

import pytest
from django.urls import reverse

from pipeline.choices import FeedbackAnswer
from pipeline.services.feedback import (
    NoFeedbackError,
    answer_feedback,
    give_feedback,
    withdraw_feedback,
)
from pipeline.services.pauses import PauseRow, pause_lead
from revops.database import database_now
from sla.choices import ClockKind, ClockStatus
from sla.models import Clock
from tests.factories.people import person
from tests.factories.pipeline import HOUR, MINUTE, NOON, LeadFactory, assigned

pytestmark = pytest.mark.usefixtures("agreement")
TEXT = "They sell to us, they are no customer."


@pytest.fixture
def lead(sam):
    return assigned(sam.rep)


@pytest.fixture
def recent(sam):
    """Sam's lead of a minute ago: pages read the database's clock."""
    return assigned(sam.rep, at=database_now() - MINUTE)


def give(lead, by, *, at=NOON + HOUR, note=TEXT):
    return give_feedback(lead=lead, note=note, actor=f"user:{by.pk}", by=by, at=at)


def answer(lead, by, *, items=(), at=NOON + 3 * HOUR):
    noted = FeedbackAnswer.NOTED
    return answer_feedback(lead=lead, answer=noted, by=by, at=at, items=items)


def statuses(lead):
    clocks = Clock.objects.filter(lead=lead, kind=ClockKind.MARKETING_FEEDBACK)
    return list(clocks.order_by("started_at").values_list("status", flat=True))


def test_each_note_starts_a_clock_of_its_own(lead, sam):
    give(lead, sam)
    give(lead, sam, at=NOON + 2 * HOUR)

    assert statuses(lead) == [ClockStatus.PENDING, ClockStatus.PENDING]


def test_an_answer_names_the_items_it_answers(lead, sam):
    first = give(lead, sam)
    give(lead, sam, at=NOON + 2 * HOUR)

    told = answer(lead, person("mara"), items=[first.pk])

    assert told.payload == {"answer": "noted", "answers": [first.pk]}
    assert statuses(lead) == [ClockStatus.MET, ClockStatus.PENDING]


def test_one_answer_may_answer_several(lead, sam):
    notes = [give(lead, sam), give(lead, sam, at=NOON + 2 * HOUR)]

    answer(lead, person("mara"), items=[note.pk for note in notes])

    assert statuses(lead) == [ClockStatus.MET, ClockStatus.MET]


def test_an_item_of_another_lead_is_refused(lead, sam):
    other = give(assigned(sam.rep), sam)
    give(lead, sam)

    with pytest.raises(NoFeedbackError, match="did not say that"):
        answer(lead, person("mara"), items=[other.pk])


@pytest.mark.parametrize("note", ["", "  "])
def test_a_note_needs_words(lead, sam, note):
    with pytest.raises(NoFeedbackError, match="Say what"):
        give(lead, sam, note=note)


def test_a_lead_nobody_handed_over_is_not_talked_about(sam):
    with pytest.raises(NoFeedbackError, match="never handed"):
        give(LeadFactory(), sam)


def test_a_withdrawn_note_needs_no_answer_and_is_withdrawn_once(lead, sam):
    note = give(lead, sam)
    withdraw_feedback(item=note, actor=f"user:{sam.pk}", by=sam, at=NOON + 2 * HOUR)

    assert statuses(lead) == [ClockStatus.CANCELLED]
    with pytest.raises(NoFeedbackError, match="open any more"):
        withdraw_feedback(item=note, actor=f"user:{sam.pk}", by=sam, at=NOON + 2 * HOUR)


def test_somebody_else_does_not_withdraw_it(lead, sam):
    note = give(lead, sam)
    vera = person("vera")

    with pytest.raises(NoFeedbackError, match="Only who said it"):
        withdraw_feedback(item=note, actor=f"user:{vera.pk}", by=vera, at=NOON + 2 * HOUR)


def test_the_answer_lets_a_lead_go_on_that_waited_for_it(lead, sam):
    row = PauseRow(lead_id=lead.pk, reason="waiting_on_marketing", note=TEXT)
    pause_lead(row=row, actor=f"user:{sam.pk}", by=sam, at=NOON + HOUR)

    answer(lead, person("mara"))

    first_contact = Clock.objects.get(lead=lead, kind="first_contact", scope="lead")
    assert first_contact.paused_since is None
    assert statuses(lead) == [ClockStatus.MET]


def test_a_rep_writes_on_the_page_and_marketing_finds_it(client, recent, sam):
    client.force_login(sam)
    sent = client.post(reverse("pipeline:feedback_give", args=[recent.pk]), {"note": TEXT})
    own = client.get(recent.get_absolute_url()).content.decode()

    client.force_login(person("mara"))
    found = client.get("/rejects/").content.decode()

    assert sent.status_code == 302
    assert "Withdraw" in own
    assert TEXT in found


def test_the_form_lets_marketing_choose_among_several(client, recent, sam):
    at = database_now()
    first, second = give(recent, sam, at=at - MINUTE / 2), give(recent, sam, at=at)
    client.force_login(person("mara"))
    address = reverse("pipeline:feedback_answer", args=[recent.pk])
    assert client.get(address).content.decode().count('name="items"') == 2

    none = client.post(address, {"answer": "noted"})
    one = client.post(address, {"answer": "noted", "items": [second.pk]})

    assert (none.status_code, one.status_code) == (422, 302)
    assert statuses(recent) == [ClockStatus.PENDING, ClockStatus.MET]
    assert first.pk != second.pk


def test_an_empty_note_is_refused_on_the_page(client, recent, sam):
    client.force_login(sam)

    sent = client.post(reverse("pipeline:feedback_give", args=[recent.pk]), {"note": " "})

    assert sent.status_code == 422


@pytest.mark.parametrize("who", ["mara", "ed", "rita"])
def test_who_does_not_sell_does_not_tell(client, lead, who):
    client.force_login(person(who))

    assert client.get(reverse("pipeline:feedback_give", args=[lead.pk])).status_code == 403
