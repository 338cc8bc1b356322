"""The page and the command that judge the past again, and what they refuse."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from definitions.choices import DocumentKind
from definitions.services import open_draft
from revops.database import database_now
from sla import services
from sla.choices import EvidenceKind
from sla.models import Clock
from tests.factories.people import person
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.factories.sla import CalendarVersionFactory, commitment_in_force

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ALWAYS = {
    "timezone": "UTC",
    "weekly": {
        day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    },
    "holidays": [],
    "exceptions": {},
}
PLACE = "dashboards:what_if"


@pytest.fixture
def now(agreement):
    """The present; what is judged happened in the ten days before it."""
    return database_now()


@pytest.fixture
def leads(now):
    """Three leads called after one, three and five hours; four are promised."""
    commitment_in_force(calendar=CalendarVersionFactory(spec=ALWAYS).calendar)
    found = []
    for hours in (1, 3, 5):
        lead, start = LeadFactory(), now - 5 * DAY
        for kind, at, fields in (
            (EvidenceKind.ASSIGNED, start, {"rep_id": RepFactory(name="Bo Lindqvist").pk}),
            (EvidenceKind.OUTREACH, start + hours * HOUR, {"payload": {"channel": "call"}}),
        ):
            services.record_evidence(
                lead_id=lead.pk, kind=kind, occurred_at=at, actor="system:test", at=at, **fields
            )
        found.append(lead)
    services.refold(lead_ids=[lead.pk for lead in found], at=now)
    return found


@pytest.fixture
def rita(agreement):
    """Rita, who runs RevOps."""
    return person("rita")


def asked(now, **changes):
    """Return the parameters of a good question, changed."""
    today = now.date()
    return {
        "commitment": "first_contact", "amount": "2", "unit": "business_hours",
        "first": (today - 10 * DAY).isoformat(), "last": today.isoformat(),
    } | changes  # fmt: skip


def test_the_page_answers_in_one_sentence(client, leads, now, rita):
    client.force_login(rita)

    page = client.get(reverse(PLACE), asked(now))

    assert page.status_code == 200
    assert (
        "With 2 business hours, first contact would have had 2 breaches instead of 1;"
        " 4 business hours were promised." in page.content.decode()
    )


def test_the_page_names_the_clocks_that_differ(client, leads, now, rita):
    client.force_login(rita)

    page = client.get(reverse(PLACE), asked(now)).content.decode()

    clock = Clock.objects.get(lead=leads[1], scope="lead")
    assert reverse("pipeline:clock_detail", args=[clock.pk]) in page
    assert "Bo Lindqvist" in page
    assert "No team" in page


def test_without_a_question_the_page_offers_the_form(client, rita):
    client.force_login(rita)

    page = client.get(reverse(PLACE))

    assert page.status_code == 200
    assert "Judge the past again" in page.content.decode()


def test_a_link_from_a_draft_fills_the_promise_in(client, rita):
    client.force_login(rita)

    page = client.get(
        reverse(PLACE), {"commitment": "sal_review", "amount": "7", "unit": "business_days"}
    ).content.decode()

    assert '<option value="sal_review" selected>' in page
    assert 'value="7"' in page


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("commitment", "mql_volume"),
        ("commitment", "nonsense"),
        ("commitment", ""),
        ("amount", "0"),
        ("amount", "-1"),
        ("amount", "two"),
        ("amount", "9" * 40),
        ("amount", "1.5"),
        ("unit", "days"),
        ("unit", "per_month"),
        ("calendar", "No such hours"),
        ("calendar", "a\x00b"),
        ("first", "yesterday"),
        ("first", "0001-01-01"),
        ("first", "9999-12-31"),
        ("last", "2001-01-01"),
        ("last", "9999-12-31"),
        ("last", ""),
    ],
)
def test_a_bad_question_is_refused_by_field(client, now, rita, name, value):
    client.force_login(rita)

    page = client.get(reverse(PLACE), asked(now, **{name: value}))

    assert page.status_code == 422
    assert name in page.context["form"].errors


def test_an_allowance_beyond_the_calendar_names_the_amount(client, leads, now, rita):
    client.force_login(rita)

    page = client.get(reverse(PLACE), asked(now, amount="5000", unit="business_days"))

    assert page.status_code == 422
    assert "amount" in page.context["form"].errors


def test_too_large_a_span_says_what_to_do(client, leads, now, rita, monkeypatch):
    monkeypatch.setattr("dashboards.selectors.what_if.MOST_LEADS", 2)
    client.force_login(rita)

    page = client.get(reverse(PLACE), asked(now))

    assert page.status_code == 422
    assert "More than 2 leads" in page.content.decode()


@pytest.mark.parametrize(
    ("name", "status"),
    [("rita", 200), ("carla", 200), ("vera", 200), ("mara", 403), ("sam", 403), ("ed", 403)],
)
@pytest.mark.parametrize("place", [PLACE, "dashboards:start_breaches"])
def test_leaders_and_revops_may_ask(client, agreement, name, status, place):
    client.force_login(person(name))

    assert client.get(reverse(place)).status_code == status


@pytest.mark.parametrize(("name", "shown"), [("rita", True), ("sam", False)])
def test_the_sla_page_leads_there_who_may_ask(client, agreement, name, shown):
    client.force_login(person(name))

    page = client.get(reverse("dashboards:sla")).content.decode()

    assert (reverse(PLACE) in page) is shown


def flags(now, **changes):
    """Return the options of the command."""
    return asked(now, **changes)


def test_the_command_prints_the_same_sentence(leads, now, capsys):
    call_command("what_if", **flags(now))

    out = capsys.readouterr().out
    assert "2 breaches instead of 1" in out
    assert "1 clocks would have ended otherwise." not in out
    assert "1 clock would have ended otherwise." in out


def test_the_command_writes_one_document(leads, now, capsys):
    call_command("what_if", json=True, **flags(now))

    found = json.loads(capsys.readouterr().out)
    assert (found["was"]["breaches"], found["would"]["breaches"]) == (1, 2)
    assert [row["lead_id"] for row in found["differing"]] == [leads[1].pk]


def test_the_command_names_the_option_that_is_wrong(now):
    with pytest.raises(CommandError, match="--from: Enter a valid date"):
        call_command("what_if", **flags(now, first="soon"))


def test_first_steps_ask_for_the_breaches_before_anything_is_signed(client, agreement, rita):
    LeadFactory()
    client.force_login(rita)

    page = client.get(reverse("dashboards:start")).content.decode()

    assert f'hx-get="{reverse("dashboards:start_breaches")}"' in page


def told_before_signing(lead, now):
    """Assign a lead five days ago and call nobody."""
    services.record_evidence(
        lead_id=lead.pk, kind=EvidenceKind.ASSIGNED, occurred_at=now - 20 * DAY,
        actor="system:test", at=now - 20 * DAY, rep_id=RepFactory().pk,
    )  # fmt: skip


def test_history_is_judged_by_the_default_sla(client, now, rita):
    told_before_signing(LeadFactory(), now)
    client.force_login(rita)

    page = client.get(reverse("dashboards:start_breaches")).content.decode()

    assert "With the default SLA" in page
    assert "nobody is blamed" in page
    assert "First contact" in page


def test_an_open_draft_is_asked_before_the_default(client, now, rita):
    told_before_signing(LeadFactory(), now)
    open_draft(kind=DocumentKind.SLA, by=rita, at=now)
    client.force_login(rita)

    page = client.get(reverse("dashboards:start_breaches")).content.decode()

    assert "With the SLA of the open draft" in page


def test_no_history_is_no_breach(client, rita):
    client.force_login(rita)

    page = client.get(reverse("dashboards:start_breaches")).content.decode()

    assert "nothing fell due" in page
