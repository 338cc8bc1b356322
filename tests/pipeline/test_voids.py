"""Contacts taken back by RevOps or by the system that told them; contacts entered late."""

from __future__ import annotations

import pytest
from django.urls import reverse

from pipeline.choices import ActivityKind, ActivityOutcome
from pipeline.models import Activity, LeadNote
from pipeline.services import lifecycle
from pipeline.services.errors import RequirementError, UndoRefusedError
from pipeline.services.voids import void_contact
from revops.outbox.models import Message
from sla.choices import ClockStatus, RevisionKind
from sla.models import BreachRevision, Clock
from sla.services import flag_breaches
from tests.factories.people import person
from tests.factories.pipeline import DAY, HOUR, MINUTE, NOON, assigned
from tests.factories.sla import commitment_in_force

pytestmark = pytest.mark.usefixtures("agreement")
WHY = "He logged the wrong lead."


@pytest.fixture
def contacted(sam):
    """Sam called within the hour, under an SLA in force."""
    commitment_in_force()
    lead = assigned(sam.rep)
    lifecycle.log_contact(
        lead=lead,
        kind=ActivityKind.CALL,
        outcome=ActivityOutcome.NO_ANSWER,
        by=sam,
        at=NOON + HOUR,
    )
    return lead


def clock(lead):
    return Clock.objects.get(lead=lead, kind="first_contact", scope="lead")


def void(lead, *, at=NOON + 2 * DAY, note=WHY):
    void_contact(activity=Activity.objects.get(), note=note, by=person("rita"), at=at)


def test_a_void_brings_up_the_miss_the_contact_hid(contacted):
    void(contacted)

    assert clock(contacted).status == ClockStatus.BREACHED_OPEN
    assert LeadNote.objects.get().text == WHY


def test_a_void_needs_a_reason_and_is_made_once(contacted):
    with pytest.raises(RequirementError, match="Say why"):
        void(contacted, note=" ")
    rita = person("vera")
    void_contact(activity=Activity.objects.get(), note=WHY, by=rita, at=NOON + DAY)

    with pytest.raises(UndoRefusedError, match="taken back before"):
        void_contact(activity=Activity.objects.get(), note=WHY, by=rita, at=NOON + DAY)


def test_a_sent_notice_of_a_breach_is_followed_by_one_correction(sam):
    commitment_in_force()
    lead = assigned(sam.rep)
    flag_breaches(at=NOON + DAY)

    for _ in range(2):
        lifecycle.log_contact(
            lead=lead,
            kind=ActivityKind.CALL,
            outcome=ActivityOutcome.NO_ANSWER,
            by=sam,
            at=NOON + DAY + HOUR,
            occurred_at=NOON + HOUR,
            note="Logged late, the laptop was off.",
        )

    revision = BreachRevision.objects.get()
    assert revision.kind == RevisionKind.RESCINDED
    kinds = Message.objects.filter(kind__startswith="sla.breach", channel="app")
    told = list(kinds.order_by("pk").values_list("kind", flat=True))
    assert sorted(set(told)) == ["sla.breach_rescinded", "sla.breached"]
    assert told.count("sla.breach_rescinded") == told.count("sla.breached")


@pytest.mark.parametrize(("who", "status"), [("rita", 200), ("sam", 403), ("carla", 403)])
def test_who_may_take_a_contact_back(client, contacted, sam, who, status):
    client.force_login(sam if who == "sam" else person(who))

    address = reverse("pipeline:contact_void", args=[Activity.objects.get().pk])
    assert client.get(address).status_code == status


def test_the_page_takes_it_back_with_words(client, contacted):
    client.force_login(person("rita"))
    address = reverse("pipeline:contact_void", args=[Activity.objects.get().pk])
    assert "Take back" in client.get(contacted.get_absolute_url()).content.decode()

    refused = client.post(address, {"note": ""})
    stored = client.post(address, {"note": WHY})

    assert (refused.status_code, stored.status_code) == (422, 302)
    page = client.get(contacted.get_absolute_url()).content.decode()
    assert "Taken back" in page
    assert WHY in page


def test_revops_enters_what_sales_may_not_any_more(contacted, sam):
    told = {
        "lead": contacted,
        "kind": ActivityKind.EMAIL,
        "outcome": ActivityOutcome.REPLIED,
        "occurred_at": NOON + 2 * HOUR,
        "note": "Found in the mailbox.",
        "at": NOON + 20 * DAY,
    }
    with pytest.raises(RequirementError, match="Ask RevOps"):
        lifecycle.log_contact(by=sam, **told)

    stored = lifecycle.log_contact(by=person("rita"), **told)

    assert (stored.rep, stored.occurred_at) == (sam.rep, NOON + 2 * HOUR)


def test_an_hour_late_needs_words(contacted, sam):
    with pytest.raises(RequirementError, match="entered late"):
        lifecycle.log_contact(
            lead=contacted,
            kind=ActivityKind.CALL,
            outcome=ActivityOutcome.NO_ANSWER,
            by=sam,
            occurred_at=NOON + MINUTE,
            at=NOON + 2 * HOUR,
        )
