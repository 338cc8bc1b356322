"""Leads come in once, judged by the definition, handed over and on the clock."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline.choices import Origin, Stage
from pipeline.models import Assignment, Channel, Company, Lead, Round, Touch, Transition
from pipeline.rows import LeadRow
from pipeline.services.assignments import assign_rounds
from pipeline.services.intake import IntakeMode, IntakeStatus, qualify_leads, take_in
from pipeline.services.rows import AssignmentRow
from revops.outbox.models import Message
from revops.people.models import Absence
from sla.models import Breach, Clock, Evidence
from sla.services.refolding import refold
from tests.factories.definitions import activated
from tests.factories.pipeline import DAY, HOUR, NOON, RepFactory, mql

pytestmark = pytest.mark.django_db


def lead_row(number=1, **fields):
    """A lead that fits and asked for a demo: an MQL by the default definition."""
    fitting = {
        "external_id": f"web-{number}",
        "channel": "Paid search",
        "email": f"priya{number}@halden.example",
        "first_name": "Priya",
        "last_name": "Nair",
        "title": "VP Operations",
        "seniority": "vp",
        "company": f"Halden {number}",
        "company_domain": f"halden{number}.example",
        "company_size": 400,
        "industry": "software",
        "country": "US",
        "technology": ["salesforce"],
        "fit_score": 90,
        "hand_raiser": True,
    }
    return LeadRow.model_validate(fitting | fields)


def take(*rows, at=NOON, origin=Origin.API, mode=IntakeMode.CREATE, **options):
    return take_in(
        rows=rows,
        actor="system:test",
        source_system="website",
        origin=origin,
        at=at,
        mode=mode,
        **options,
    )


@pytest.fixture
def roster(agreement):
    return [RepFactory(name="Sam Ortiz"), RepFactory(name="Sara Lind")]


def test_a_qualified_lead_is_stored_handed_over_and_on_the_clock(roster):
    (result,) = take(lead_row())

    lead = Lead.objects.get()
    current = Round.objects.get()
    steps = Transition.objects.order_by("id").values_list("from_stage", "to_stage", "occurred_at")
    assert result.status == IntakeStatus.CREATED
    assert (result.lead_id, result.stage) == (lead.pk, Stage.ASSIGNED)
    assert lead.owner in roster
    assert (current.stage, current.rep, current.mql_at) == (Stage.ASSIGNED, lead.owner, NOON)
    assert current.explanation["is_mql"] is True
    assert list(steps) == [("nurture", "mql", NOON), ("mql", "assigned", NOON)]
    assert Assignment.objects.get().why["rule"] == "round_robin"
    assert list(Evidence.objects.order_by("id").values_list("kind", flat=True).distinct())
    assert set(Evidence.objects.values_list("kind", flat=True)) == {"captured", "mql", "assigned"}
    assert Clock.objects.filter(kind="first_contact", scope="lead", rep=lead.owner).count() == 1
    assert set(Message.objects.values_list("kind", flat=True)) == {"lead.created", "lead.assigned"}
    assert Touch.objects.get().kind == "demo_request"


def test_the_planned_clocks_are_what_the_fold_of_the_stored_evidence_says(roster):
    take(lead_row(1, created_at=NOON - HOUR), lead_row(2), at=NOON)
    before = list(Clock.objects.order_by("id").values())

    refold(lead_ids=list(Lead.objects.values_list("pk", flat=True)), at=NOON)

    assert before
    assert list(Clock.objects.order_by("id").values()) == before


def test_the_same_lead_again_changes_nothing(roster):
    (first,) = take(lead_row())

    (second,) = take(lead_row(first_name="Somebody else"))

    assert (second.status, second.lead_id) == (IntakeStatus.UNCHANGED, first.lead_id)
    assert Lead.objects.get().first_name == "Priya"
    assert Evidence.objects.count() == 3


def test_a_lead_that_does_not_fit_stays_in_nurture(roster):
    (result,) = take(lead_row(fit_score=5))

    assert result.stage == Stage.NURTURE
    assert not Round.objects.exists()
    assert Lead.objects.get().fit_score == 5


def test_the_round_robin_takes_turns_and_passes_over_the_absent(roster):
    sam, sara = roster
    olga = RepFactory(name="Olga Brandt")
    Absence.objects.create(
        rep=sara, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 10), cover=sam
    )

    take(*(lead_row(number) for number in range(6)))

    shares = {rep.name: rep.leads.count() for rep in (sam, sara, olga)}
    assert shares == {"Sam Ortiz": 2, "Sara Lind": 0, "Olga Brandt": 4}
    skipped = [why["skipped"] for why in Assignment.objects.values_list("why", flat=True)]
    assert skipped.count([{"rep": sara.pk, "why": "away"}]) == 2


def test_an_account_keeps_its_owner(roster):
    _, sara = roster
    Company.objects.create(match_key="domain:halden1.example", name="Halden", owner=sara)

    take(lead_row(1))

    assert Lead.objects.get().owner == sara
    assert Assignment.objects.get().why == {"rule": "account_owner", "skipped": []}


@pytest.mark.parametrize("rule", ["account_owner", "cover", "round_robin", "nobody_there"])
def test_intake_and_assigning_give_a_lead_to_the_same_person_and_say_why(agreement, rule):
    owner, cover = RepFactory(takes_leads=False), RepFactory(takes_leads=False)
    taker = RepFactory()
    absent = {"account_owner": [], "cover": [owner], "round_robin": [owner, cover]}
    for rep in absent.get(rule, [owner, cover, taker]):
        Absence.objects.create(
            rep=rep,
            starts_on=date(2026, 3, 1),
            ends_on=date(2026, 3, 10),
            cover=cover if rep == owner else None,
        )
    Company.objects.create(match_key="domain:halden1.example", name="Halden", owner=owner)

    take(lead_row(1))
    row = AssignmentRow(lead_id=mql(company=Company.objects.get()).pk)
    assign_rounds(rows=[row], actor="system:test", origin=Origin.JOB, at=NOON)

    taken_in, assigned = Assignment.objects.order_by("pk")
    assert taken_in.why["rule"] == rule
    assert (assigned.rep, assigned.why) == (taken_in.rep, taken_in.why)


def test_without_anybody_there_the_lead_waits_unassigned(agreement):
    take(lead_row())

    assert Lead.objects.get().stage == Stage.MQL
    assert Assignment.objects.get().to_queue
    assert Clock.objects.get(kind="routing").status == "pending"
    assert not Clock.objects.filter(kind="first_contact").exists()


def test_history_opens_its_round_then_and_is_assigned_by_the_file(roster):
    (result,) = take(
        lead_row(created_at=NOON - 9 * DAY, mql_at=NOON - 8 * DAY, fit_score=70),
        origin=Origin.IMPORT,
    )

    current = Round.objects.get()
    assert result.stage == Stage.MQL
    assert (current.mql_at, current.rep, current.designation) == (NOON - 8 * DAY, None, "imported")
    assert not Assignment.objects.exists()
    assert Clock.objects.get(kind="routing").status == "breached_open"


def test_what_lies_in_the_future_is_refused_and_skew_is_taken_for_now(roster):
    results = take(lead_row(1, created_at=NOON + HOUR), lead_row(2, created_at=NOON + HOUR / 60))

    assert [result.status for result in results] == [IntakeStatus.ERROR, IntakeStatus.CREATED]
    assert results[0].problems[0].code == "in_the_future"
    assert Lead.objects.get().captured_at == NOON


def test_upsert_changes_only_what_differs(roster):
    take(lead_row(fit_score=5))

    same = take(lead_row(fit_score=5), mode=IntakeMode.UPSERT)
    other = take(lead_row(fit_score=5, title="COO"), mode=IntakeMode.UPSERT)

    assert same[0].status == IntakeStatus.UNCHANGED
    assert other[0].status == IntakeStatus.UPDATED
    assert Lead.objects.get().title == "COO"


def test_upsert_keeps_what_the_handoff_has_fixed_and_says_so(roster):
    take(lead_row())

    (result,) = take(
        lead_row(fit_score=10, channel="Partner", title="COO"), mode=IntakeMode.UPSERT
    )

    lead = Lead.objects.get()
    assert result.status == IntakeStatus.UPDATED
    assert set(result.kept) == {"channel", "fit_score", "source_group"}
    assert (lead.title, lead.fit_score, lead.channel.name) == ("COO", 90, "Paid search")


def test_upsert_of_a_company_replaces_what_all_rows_agree_on(roster):
    take(lead_row(1, company_domain="halden.example", fit_score=5))

    (result,) = take(
        lead_row(1, company_domain="halden.example", company_size=900, fit_score=5),
        mode=IntakeMode.UPSERT,
    )

    assert result.status == IntakeStatus.UPDATED
    assert Company.objects.get().size == 900


def test_channels_take_the_group_of_the_agreement(roster):
    take(lead_row(1), lead_row(2, channel="Made up"), lead_row(3, channel=None))

    groups = dict(Channel.objects.values_list("key", "source_group"))
    assert groups["paid_search"] == "marketing"
    assert groups["made_up"] == "unknown"
    assert Lead.objects.get(external_id="web-3").quality_flags == ["channel_missing"]


def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(roster):
    take(lead_row(0))
    counts = []

    for start, size in ((1000, 10), (2000, 200)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            take(*(lead_row(start + number) for number in range(size)))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_posting_a_batch_again_costs_no_more_statements_and_creates_nothing(roster):
    rows = [lead_row(number) for number in range(20)]
    with CaptureQueriesContext(connection) as first:
        take(*rows, mode=IntakeMode.UPSERT)

    with CaptureQueriesContext(connection) as second:
        results = take(*rows, mode=IntakeMode.UPSERT)

    assert {result.status for result in results} == {IntakeStatus.UNCHANGED}
    assert len(second) <= len(first)
    assert Lead.objects.count() == 20


def test_new_acts_qualify_a_lead_in_nurture(roster):
    (result,) = take(lead_row(hand_raiser=False, fit_score=None))
    lead = Lead.objects.get()
    assert result.stage == Stage.NURTURE
    Touch.objects.create(
        lead=lead, kind="demo_request", occurred_at=NOON + HOUR, recorded_at=NOON + HOUR
    )

    count = qualify_leads(
        lead_ids=[lead.pk], actor="system:test", origin=Origin.API, at=NOON + HOUR
    )

    lead.refresh_from_db()
    assert count == 1
    assert (lead.stage, lead.is_hand_raiser) == (Stage.ASSIGNED, True)
    assert Clock.objects.filter(kind="first_contact", scope="lead").exists()


def test_a_lead_too_old_at_handoff_is_in_the_ledger_at_once(roster):
    activated("sla", at=NOON - 60 * DAY, is_signed=True)

    take(lead_row(created_at=NOON - 30 * DAY))

    clock = Clock.objects.get(kind="lead_age")
    breach = Breach.objects.get(clock=clock)
    assert (clock.status, breach.cause) == ("breached_closed", "too_old")
    assert breach.breach_at == clock.breach_at == NOON - 27 * DAY
    # Long over: the ledger holds it, and nobody is told of it as news.
    assert not Message.objects.filter(key=f"sla.breached:{clock.pk}").exists()
