"""Pausing a lead: agreed reasons, caps, who may, what the clocks do, and who sees it."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from pipeline.choices import ActivityKind, ActivityOutcome, Stage
from pipeline.models import LeadNote
from pipeline.services import lifecycle
from pipeline.services.pauses import PauseRefusedError, PauseRow, pause_lead, resume_lead
from revops.database import database_now
from sla.choices import ClockKind, ClockStatus, EvidenceKind
from sla.models import Clock, Evidence
from sla.services import sweep
from tests.factories.people import person
from tests.factories.pipeline import DAY, HOUR, MINUTE, NOON, RepFactory, assigned, moved

pytestmark = pytest.mark.usefixtures("agreement")
ASKED = "Which campaign was it? The form is empty."


@pytest.fixture
def lead(sam):
    """Sam's lead, assigned at ten on a Tuesday; four business hours to the first contact."""
    return assigned(sam.rep)


def pause(lead, by, *, reason="waiting_on_marketing", at=NOON + HOUR, note=ASKED, **fields):
    row = PauseRow(lead_id=lead.pk, reason=reason, note=note, **fields)
    return pause_lead(row=row, actor=f"user:{by.pk}", by=by, at=at)


def resume(lead, by, *, at):
    return resume_lead(lead=lead, actor=f"user:{by.pk}", by=by, at=at)


def clock_of(lead, kind=ClockKind.FIRST_CONTACT):
    return Clock.objects.get(lead=lead, kind=kind, scope="lead")


def reached(lead, sam, *, at=NOON + MINUTE):
    lifecycle.log_contact(
        lead=lead, kind=ActivityKind.CALL, outcome=ActivityOutcome.CONNECTED, by=sam, at=at
    )


def test_a_pause_stops_the_clock_and_a_resumption_gives_the_time_back(lead, sam):
    due = clock_of(lead).due_at
    pause(lead, sam)
    standing = clock_of(lead)

    resume(lead, sam, at=NOON + 2 * HOUR)

    assert (standing.paused_since, standing.breach_at) == (NOON + HOUR, None)
    assert clock_of(lead).due_at == due + HOUR


def test_returning_a_lead_starts_marketings_clock_and_keeps_the_words_apart(lead, sam):
    fact = pause(lead, sam)

    assert clock_of(lead, ClockKind.MARKETING_FEEDBACK).started_by == fact
    assert fact.payload == {"reason": "waiting_on_marketing", "cap_business_days": 5}
    assert LeadNote.objects.get(evidence=fact).text == ASKED


def test_a_pause_ends_by_itself_when_its_cap_is_reached(lead, sam):
    pause(lead, sam)

    sweep(at=NOON + 20 * DAY)

    assert clock_of(lead).status == ClockStatus.BREACHED_OPEN


def test_a_rep_cannot_pause_the_own_first_contact_for_bad_data(lead, sam):
    with pytest.raises(PauseRefusedError, match="still owed"):
        pause(lead, sam, reason="invalid_contact_data")


def test_the_leader_can_pause_it(lead):
    vera = person("vera")

    pause(lead, vera, reason="invalid_contact_data")

    assert clock_of(lead).pause_reason == "invalid_contact_data"


def test_a_rep_can_once_an_attempt_was_made(lead, sam):
    reached(lead, sam)

    pause(lead, sam, reason="invalid_contact_data")

    assert clock_of(lead, ClockKind.SAL_REVIEW).paused_since == NOON + HOUR


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"reason": "holiday"}, "knows these reasons", id="a reason nobody agreed"),
        pytest.param({"reason": ""}, "Choose a reason", id="no reason"),
        pytest.param({"note": "  "}, "what marketing is asked", id="nothing asked for"),
        pytest.param({"reason": "prospect_asked_later"}, "on which day", id="no day"),
        pytest.param({"until": date(2026, 3, 3)}, "in the future", id="today"),
        pytest.param({"until": date(2026, 3, 11)}, "at most 5 business days", id="past the cap"),
        pytest.param(
            {"reason": "prospect_asked_later", "until": date(2026, 3, 20)},
            "No conversation",
            id="nobody was reached",
        ),
    ],
)
def test_a_pause_lacks_what_its_reason_asks_for(lead, sam, fields, message):
    with pytest.raises(PauseRefusedError, match=message):
        pause(lead, sam, **fields)

    assert not Evidence.objects.filter(kind=EvidenceKind.PAUSED).exists()


def test_a_named_day_pauses_until_it_begins(lead, sam):
    reached(lead, sam)

    pause(lead, sam, reason="prospect_asked_later", until=date(2026, 3, 12))

    assert clock_of(lead, ClockKind.SAL_REVIEW).pause_until.isoformat() == (
        "2026-03-12T04:00:00+00:00"
    )


def test_a_second_pause_and_a_second_resumption_are_refused(lead, sam):
    pause(lead, sam)
    with pytest.raises(PauseRefusedError, match="paused already"):
        pause(lead, sam, at=NOON + HOUR + MINUTE)
    resume(lead, sam, at=NOON + 2 * HOUR)

    with pytest.raises(PauseRefusedError, match="is not paused"):
        resume(lead, sam, at=NOON + 2 * HOUR + MINUTE)


def test_a_closed_lead_has_nothing_to_pause(sam):
    lead = moved(assigned(sam.rep), Stage.REJECTED, reason="no_need")

    with pytest.raises(PauseRefusedError, match="rejected; nothing runs"):
        pause(lead, sam)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        pytest.param("vera", 200, id="the leader"),
        pytest.param("rita", 200, id="RevOps"),
        pytest.param("mara", 403, id="marketing"),
        pytest.param("olga", 403, id="a viewer"),
    ],
)
def test_who_may_open_the_form(client, lead, who, status):
    client.force_login(person(who))

    assert client.get(reverse("pipeline:lead_pause", args=[lead.pk])).status_code == status


def test_the_lead_of_another_team_is_not_there(client, sam):
    lead = assigned(RepFactory(user=person("vera"), team=None))
    client.force_login(sam)

    assert client.get(reverse("pipeline:lead_pause", args=[lead.pk])).status_code == 404


def test_the_page_pauses_says_so_and_lists_it(client, sam):
    lead = assigned(sam.rep, at=database_now() - MINUTE)
    client.force_login(sam)

    sent = client.post(
        reverse("pipeline:lead_pause", args=[lead.pk]),
        {"reason": "waiting_on_marketing", "note": ASKED},
    )

    assert sent.status_code == 302
    page = client.get(lead.get_absolute_url()).content.decode()
    assert "Paused:</strong> waiting on marketing" in page
    assert ASKED in page
    listed = client.get(reverse("pipeline:paused")).content.decode()
    assert "Priya Nair" in listed
    assert ASKED in listed


def test_a_form_without_a_reason_keeps_the_note(client, sam):
    lead = assigned(sam.rep, at=database_now() - MINUTE)
    client.force_login(sam)

    sent = client.post(reverse("pipeline:lead_pause", args=[lead.pk]), {"note": ASKED})

    assert sent.status_code == 422
    assert ASKED in sent.content.decode()
    assert "Choose a reason." in sent.content.decode()


def test_resuming_by_the_page_lets_the_clocks_run(client, sam):
    lead = assigned(sam.rep, at=database_now() - MINUTE)
    pause(lead, sam, at=database_now())
    client.force_login(sam)

    client.post(reverse("pipeline:lead_resume", args=[lead.pk]), {})

    assert clock_of(lead).paused_since is None
    assert "Nothing is paused" in client.get(reverse("pipeline:paused")).content.decode()


def test_notes_are_masked_in_the_list_for_viewers(client, lead, sam):
    lead = assigned(sam.rep, at=database_now() - MINUTE)
    pause(lead, sam, at=database_now())
    client.force_login(person("olga"))

    listed = client.get(reverse("pipeline:paused")).content.decode()

    assert "Priya" not in listed
    assert ASKED not in listed
