"""Mails about leads and promises: words, a link, and the right reader."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core import mail
from django.utils.module_loading import import_string

from definitions.models import Reason
from definitions.services.freezing import install_defaults
from pipeline.choices import Origin, Stage
from pipeline.models import Opportunity
from pipeline.rows import LeadRow
from pipeline.services.intake import take_in
from pipeline.services.moves import NOTICES
from revops.database import database_now
from revops.outbox import services
from revops.outbox.models import Message
from revops.outbox.rendering import letter_of
from sla.choices import ClockKind, RevisionKind
from sla.models import Clock
from tests.factories.people import OrganizationFactory
from tests.factories.pipeline import NOON, RepFactory, accepted, assigned, moved

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    """The routing clock of one lead."""
    OrganizationFactory()
    install_defaults(at=NOON)
    [result] = take_in(
        rows=[LeadRow(external_id="1", mql_at=NOON, company="Halden Robotics", channel="webinar")],
        actor="system:test",
        source_system="crm",
        origin=Origin.IMPORT,
        at=NOON,
        route=False,
    )
    return Clock.objects.get(lead_id=result.lead_id, kind=ClockKind.ROUTING)


def deliver(**notice):
    """Send one notice by mail to a rep; return the mail."""
    rep = RepFactory(name="Sam Ortiz", email="sam@example.com")
    Message.objects.all().delete()
    at = database_now()
    payload = {"rep": rep.pk, **notice.pop("payload")}
    message = Message.objects.create(
        key="one",
        channel="mail",
        rep=rep,
        payload=payload,
        created_at=at,
        next_try_at=at,
        **notice,
    )
    services.send(message)
    return mail.outbox[0]


@pytest.mark.parametrize("path", sorted(set(settings.OUTBOX_LETTERS.values())))
def test_every_letter_exists(path):
    assert callable(import_string(path))


def test_every_revision_of_a_breach_has_a_letter():
    kinds = {f"sla.breach_{kind}" for kind in RevisionKind.values}

    assert kinds <= set(settings.OUTBOX_LETTERS)


@pytest.mark.parametrize(
    ("kind", "beginning"),
    [
        ("sla.breached", "Missed: Routing on "),
        ("sla.due_soon", "Due soon: Routing on "),
        ("sla.breach_excused", "Breach revised: Routing on "),
    ],
)
def test_letter_about_a_promise_names_it_and_links_to_the_lead(clock, settings, kind, beginning):
    settings.MAIL = {"EMAIL_HOST": "mail.example"}

    letter = deliver(kind=kind, payload={"clock": clock.pk})

    assert letter.subject.startswith(beginning)
    assert f"{settings.BASE_URL}/leads/{clock.lead_id}/" in letter.body
    assert letter.to == ["sam@example.com"]


def test_letter_about_an_assignment_links_to_the_lead(clock, settings):
    settings.MAIL = {"EMAIL_HOST": "mail.example"}

    letter = deliver(kind="lead.assigned", payload={"lead": clock.lead_id})

    assert letter.subject.startswith("New lead: ")
    assert f"/leads/{clock.lead_id}/" in letter.body


@pytest.fixture
def rep(db):
    """Sam's place on the roster, with the documents in use."""
    OrganizationFactory()
    install_defaults(at=NOON)
    return RepFactory(name="Sam Ortiz")


@pytest.fixture
def deal(rep):
    """A deal of Sam's, lost for a reason."""
    version = accepted(rep).rounds.get().definitions_version
    return Opportunity.objects.create(
        source_system="crm",
        external_id="7",
        name="Halden, first year",
        rep=rep,
        recorded_at=NOON,
        amount="1200.50",
        currency="USD",
        definitions_version=version,
        closed_at=NOON,
        outcome="lost",
        lost_reason=Reason.objects.filter(version=version, purpose="closed_lost").first(),
        lost_reason_purpose="closed_lost",
        origin=Origin.API,
    )


@pytest.mark.parametrize(
    ("to", "reason", "told"),
    [
        (Stage.ACCEPTED, "", ["Accepted (SAL): Priya Nair", "Sam Ortiz held it."]),
        (Stage.REJECTED, "no_need", ["Rejected: Priya Nair", "Reason: No need"]),
    ],
)
def test_letter_about_a_decision_names_lead_and_reason(rep, settings, to, reason, told):
    lead = moved(assigned(rep), to, reason=reason)

    letter = letter_of(Message.objects.filter(kind=NOTICES[to]).first(), at=NOON)

    assert letter.subject == told[0]
    assert letter.lines[0].startswith(told[1])
    assert letter.action == ("Open the lead", f"{settings.BASE_URL}/leads/{lead.pk}/")


@pytest.mark.parametrize(
    ("outcome", "subject", "first"),
    [
        ("", "New deal: Halden, first year", "$1,200.50."),
        ("won", "Won: Halden, first year", "$1,200.50."),
        ("lost", "Lost: Halden, first year", "Reason: "),
    ],
)
def test_letter_about_a_deal_says_what_became_of_it(deal, settings, outcome, subject, first):
    kind = "opportunity.closed" if outcome else "opportunity.created"
    payload = {"opportunity": deal.pk, "lead": None, "outcome": outcome}

    letter = letter_of(Message(kind=kind, payload=payload), at=NOON)

    assert letter.subject == subject
    assert letter.lines[0].startswith(first)
    assert letter.action == ("Open the deal", f"{settings.BASE_URL}/deals/{deal.pk}/")


def test_every_decision_people_hear_of_has_a_letter():
    assert set(NOTICES.values()) <= set(settings.OUTBOX_LETTERS)
