"""The ledger: narrowed, counted, told row by row, and adding up."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboards.filters import FilterError
from dashboards.selectors.frame import frame
from dashboards.selectors.ledger import GROUPS, STATES, balance, ledger, read_question
from revops.people.models import Team
from sla.choices import ClockKind, ClockStatus, RevisionKind
from sla.models import BreachRevision
from tests.dashboards.test_clock_metrics import clock
from tests.factories.dashboards import AT, UTC_ZONE, instant, lead_from
from tests.factories.people import person
from tests.factories.pipeline import RepFactory
from tests.factories.sla import BreachFactory, commitment_in_force

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agreement")]

BROKEN = {ClockStatus.MET_LATE, ClockStatus.BREACHED_OPEN, ClockStatus.BREACHED_CLOSED}


@pytest.fixture
def commitments(agreement):
    """First contact of sales and routing of marketing, both in force."""
    return commitment_in_force(), commitment_in_force(kind=ClockKind.ROUTING)


@pytest.fixture
def rep(agreement):
    return RepFactory(name="Sam Ortiz", team=Team.objects.create(name="West", side="sales"))


@pytest.fixture
def filled(commitments, rep):
    """Clocks of both sides, of a person and of nobody, in two months."""
    contact, routing = commitments
    october = instant("2026-10-05 09:00")
    held = [
        clock(contact, ClockStatus.BREACHED_OPEN, rep=rep),
        clock(contact, ClockStatus.BREACHED_CLOSED, rep=rep, started_at=october),
        clock(contact, ClockStatus.MET_LATE, seconds=20_000),
        clock(contact, ClockStatus.MET, seconds=60),
        clock(contact, ClockStatus.CANCELLED),
        clock(routing, ClockStatus.BREACHED_CLOSED, kind=ClockKind.ROUTING),
        clock(routing, ClockStatus.PENDING, kind=ClockKind.ROUTING),
        clock(contact, ClockStatus.BREACHED_OPEN, enforced=False),
        clock(contact, ClockStatus.MET_LATE, enforced=False, seconds=20_000),
    ]
    for one in held:
        if one.enforced and one.status in BROKEN:
            BreachFactory(clock=one, rep=one.rep)
    return held


def read(**given):
    """Read the ledger as an address asks."""
    return ledger(asked=read_question(given), zone=UTC_ZONE, at=AT)


@pytest.mark.parametrize(
    ("given", "count"),
    [
        pytest.param({}, 2, id="overdue now, swept or not"),
        pytest.param({"state": "missed"}, 4, id="all broken promises"),
        pytest.param({"state": "observed"}, 1, id="overdue, not enforced"),
        pytest.param({"state": "measured"}, 2, id="missed, not enforced"),
        pytest.param({"state": "missed", "side": "marketing"}, 1, id="one side"),
        pytest.param({"state": "missed", "commitment": "first_contact"}, 3, id="one promise"),
        pytest.param(
            {"state": "missed", "kind": "first_contact"}, 3, id="as old addresses say it"
        ),
        pytest.param({"state": "missed", "month": "2026-10"}, 1, id="one month"),
        pytest.param({"state": "missed", "team": "none"}, 2, id="no team"),
        pytest.param({"state": "missed", "cause": "nothing_done"}, 4, id="one cause"),
        pytest.param({"state": "missed", "cause": "too_old"}, 0, id="another cause"),
    ],
)
def test_the_list_is_as_long_as_it_says(filled, given, count):
    found = read(**given)

    assert found.counts[found.state] == len(found.entries) == count


def test_one_person_and_one_team_at_the_deadline(filled, rep):
    assert len(read(state="missed", person=str(rep.pk)).entries) == 2
    assert len(read(state="missed", team=str(rep.team_id)).entries) == 2
    assert len(read(person=str(rep.pk)).entries) == 1


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("by", GROUPS)
def test_groups_add_up_and_each_opens_its_rows(filled, state, by):
    found = read(state=state, by=by)

    assert sum(group.count for group in found.groups) == len(found.entries)
    for group in found.groups:
        if by != "cause" or group.key != "none":
            assert len(read(state=state, **{by: group.key}).entries) == group.count


def test_every_clock_opened_ended_somewhere(filled):
    found = balance(asked=read_question({}), zone=UTC_ZONE, at=AT)

    contact, routing = found["first_contact"], found["routing"]
    assert (contact.opened, contact.met, contact.late, contact.missed) == (5, 1, 1, 2)
    assert contact.cancelled == 1
    assert (routing.opened, routing.missed) == (2, 2)
    assert [held.balance for held in found.values()] == [0, 0]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"state": "all"}, "state"),
        ({"side": "legal"}, "side"),
        ({"commitment": "lunch"}, "commitment"),
        ({"person": "1; DROP TABLE"}, "person"),
        ({"team": "99999999999999999999"}, "team"),
        ({"month": "2026-13"}, "month"),
        ({"by": "pk"}, "by"),
        ({"cause": "\x00"}, "cause"),
    ],
)
def test_an_address_the_ledger_does_not_know_names_the_field(given, field):
    with pytest.raises(FilterError) as refusal:
        read_question(given)

    assert list(refusal.value.errors) == [field]


def test_the_page_refuses_kindly(logged_in):
    page = logged_in.get("/breaches/?side=legal&by=moon")

    assert page.status_code == 422
    assert b"side" in page.content


def test_each_row_tells_its_story(logged_in, filled):
    breach = filled[2].breach
    BreachRevision.objects.create(
        breach=breach, kind=RevisionKind.RECLASSIFIED, old_status="breached_open",
        new_status="met_late", at=AT, actor="system:test",
    )  # fmt: skip

    page = logged_in.get("/breaches/?state=missed")

    [story] = [entry["story"] for entry in page.context["entries"] if entry["pk"] == breach.pk]
    assert [said["text"] for said in story] == ["Counted as broken", "Reclassified"]
    assert "missed, still open, now met late" in page.content.decode()


def test_the_page_takes_a_fixed_number_of_statements(logged_in, filled, commitments):
    def count():
        with CaptureQueriesContext(connection) as counted:
            logged_in.get("/breaches/?state=missed&by=team")
        return len(counted)

    count()
    few = count()
    for hour in range(6):
        held = clock(commitments[0], ClockStatus.BREACHED_OPEN,
                     started_at=instant("2026-11-03 09:00") + timedelta(hours=hour))  # fmt: skip
        BreachFactory(clock=held)

    assert count() == few


@pytest.mark.parametrize("state", STATES)
def test_the_file_has_every_row_of_the_list(logged_in, filled, state):
    text = logged_in.get(f"/breaches/?state={state}&format=csv").content.decode()

    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(read(state=state).entries)
    assert {row["enforced"] for row in rows} == (
        {"yes"} if state in {"open", "missed"} else {"no"}
    )


def test_the_file_of_a_viewer_has_no_names(client, filled):
    client.force_login(person("ed"))

    head = client.get("/breaches/?format=csv").content.decode().splitlines()[0]

    assert "company" not in head


def test_a_lead_taken_back_stands_beside_the_counts(commitments):
    lead = lead_from(channel="social", voided_at=AT)
    clock(commitments[0], ClockStatus.CANCELLED, lead=lead)

    [found] = balance(asked=read_question({}), zone=frame(at=AT).setting.zone, at=AT).values()

    assert (found.opened, found.voided, found.cancelled, found.balance) == (1, 1, 0, 0)
