"""Marketing answers a reject: the clock, the timeline, who may, and what there is to answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from pipeline.choices import FeedbackAnswer, Stage
from pipeline.models import LeadNote
from pipeline.services import lifecycle, undo
from pipeline.services.feedback import NoFeedbackError, answer_feedback
from revops.database import database_now
from sla.choices import ClockKind, ClockStatus, EvidenceKind
from sla.models import Clock, Evidence
from tests.factories.people import person
from tests.factories.pipeline import DAY, HOUR, MINUTE, NOON, RepFactory, assigned, moved
from tests.standing import standing

pytestmark = pytest.mark.usefixtures("agreement")
TEXT = "Ten employees; the form said a hundred."


@pytest.fixture
def mara(agreement):
    """Mara, who does marketing."""
    return person("mara")


@standing
def rejected(agreement):
    """A lead sales turned down on Tuesday at noon."""
    return reject(at=NOON)


def reject(*, at):
    lead = assigned(RepFactory(), at=at - HOUR)
    return moved(lead, Stage.REJECTED, reason="not_icp_company", note=TEXT, at=at)


def answered(lead, by, *, at, answer=FeedbackAnswer.SOURCE_FIXED, note=""):
    answer_feedback(lead=lead, answer=answer, by=by, at=at, note=note)
    return clock_of(lead)


def clock_of(lead):
    return Clock.objects.get(lead=lead, kind=ClockKind.MARKETING_FEEDBACK)


def url(lead):
    return reverse("pipeline:feedback_answer", args=[lead.pk])


@pytest.fixture
def recent(agreement):
    """A lead sales turned down half an hour ago: pages read the database's clock."""
    return reject(at=database_now() - 30 * MINUTE)


@pytest.mark.parametrize(
    ("after", "status"),
    [
        pytest.param(DAY, ClockStatus.MET, id="the next day"),
        pytest.param(14 * DAY, ClockStatus.MET_LATE, id="two weeks later"),
    ],
)
def test_an_answer_stops_the_clock_in_time_or_late(mara, rejected, after, status):
    clock = answered(rejected, mara, at=NOON + after)

    assert (clock.status, clock.stopped_at) == (status, NOON + after)


def test_an_answer_is_evidence_and_its_note_is_kept_apart(mara, rejected):
    answered(rejected, mara, at=NOON + HOUR, note="  The form asks for the size now. ")

    told = Evidence.objects.get(lead=rejected, kind=EvidenceKind.FEEDBACK_ANSWERED)
    assert told.payload == {"answer": "source_fixed"}
    assert (told.actor, told.occurred_at) == (f"user:{mara.pk}", NOON + HOUR)
    note = LeadNote.objects.get(lead=rejected, author=mara)
    assert note.text == "The form asks for the size now."


def test_a_lead_nobody_turned_down_has_nothing_to_answer(mara):
    lead = assigned(RepFactory())

    with pytest.raises(NoFeedbackError, match="nothing to answer"):
        answered(lead, mara, at=NOON + HOUR)

    assert not Evidence.objects.filter(kind=EvidenceKind.FEEDBACK_ANSWERED).exists()


def test_a_reject_that_was_taken_back_has_nothing_to_answer(mara, sam):
    lead = assigned(sam.rep)
    row = lifecycle.reject_lead(lead=lead, reason="no_need", by=sam, at=NOON + MINUTE)
    undo.undo_move(transition=row, by=sam, at=NOON + 2 * MINUTE)

    with pytest.raises(NoFeedbackError):
        answered(lead, mara, at=NOON + HOUR)


def test_a_second_answer_adds_to_the_first_which_stopped_the_clock(mara, rejected):
    first = answered(rejected, mara, at=NOON + HOUR)

    second = answered(rejected, mara, at=NOON + 30 * DAY, answer=FeedbackAnswer.RULE_CHANGE)

    assert (second.pk, second.status, second.stopped_at) == (
        first.pk, ClockStatus.MET, NOON + HOUR,
    )  # fmt: skip
    told = Evidence.objects.filter(lead=rejected, kind=EvidenceKind.FEEDBACK_ANSWERED)
    assert told.count() == 2


def test_the_form_shows_what_sales_said_and_five_answers(client, mara, recent):
    client.force_login(mara)

    page = client.get(url(recent)).content.decode()

    assert TEXT in page
    assert "Not ICP: company" in page
    assert page.count('type="radio"') == len(FeedbackAnswer)


def test_a_valid_answer_stops_the_clock_and_returns_to_the_list(client, mara, recent):
    client.force_login(mara)
    told = {"answer": "source_fixed", "note": "Asks for size.", "next": "/rejects/?page=2"}

    answer = client.post(url(recent), told)

    assert (answer.status_code, answer["Location"]) == (302, "/rejects/?page=2")
    assert clock_of(recent).status == ClockStatus.MET


def test_the_timeline_tells_the_answer_with_its_note_once(client, mara, recent):
    at = database_now()
    answered(recent, mara, at=at, note="Asks for size.")
    client.force_login(person("vera"))

    page = client.get(reverse("pipeline:lead_detail", args=[recent.pk])).content.decode()

    assert "Marketing answered: source fixed" in page
    assert page.count("Asks for size.") == 1


def test_an_answer_without_a_choice_is_asked_for(client, mara, recent):
    client.force_login(mara)

    page = client.post(url(recent), {"note": "?"}, headers={"HX-Request": "true"})

    assert page.status_code == 422
    assert "Choose an answer." in page.content.decode()
    assert "<html" not in page.content.decode()


def test_answering_what_was_not_turned_down_is_refused(client, mara):
    lead = assigned(RepFactory(), at=database_now() - timedelta(minutes=5))
    client.force_login(mara)

    page = client.post(url(lead), {"answer": "noted"})

    assert page.status_code == 422
    assert "nothing to answer" in page.content.decode()


@pytest.mark.parametrize("key", ["sam", "vera", "ed"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_sales_and_viewers_may_not_answer(client, recent, key, method):
    client.force_login(person(key))

    answer = getattr(client, method)(url(recent), {"answer": "noted"})

    assert answer.status_code == 403
    assert clock_of(recent).status == ClockStatus.PENDING


@pytest.mark.parametrize(
    ("key", "offered"), [("mara", True), ("carla", True), ("rita", True), ("vera", False)]
)
def test_the_lead_page_offers_the_answer_to_marketing_and_revops(client, recent, key, offered):
    client.force_login(person(key))

    page = client.get(reverse("pipeline:lead_detail", args=[recent.pk])).content.decode()

    assert (url(recent) in page) is offered


def test_the_lead_page_offers_no_answer_where_nothing_was_rejected(client, mara):
    lead = assigned(RepFactory(), at=database_now() - timedelta(minutes=5))
    client.force_login(mara)

    page = client.get(reverse("pipeline:lead_detail", args=[lead.pk])).content.decode()

    assert url(lead) not in page


def test_the_form_shows_marketings_clock_and_not_the_lead_s(client, mara, recent):
    client.force_login(mara)

    shown = client.get(url(recent)).context["clock"]

    assert shown.kind == ClockKind.MARKETING_FEEDBACK
    assert shown.id == clock_of(recent).pk
