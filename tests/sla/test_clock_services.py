"""Evidence in, clocks and ledger out: what services store, refuse, and leave alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from definitions.services.freezing import install_defaults
from revops.outbox.models import Message
from sla import selectors, services
from sla.choices import ClockKind, ClockStatus, EvidenceKind, RevisionKind, Scope
from sla.models import Breach, BreachRevision, Clock, Commitment, Evidence
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.factories.sla import (
    TUESDAY,
    ActivationFactory,
    ClockFactory,
    CommitmentFactory,
    commitment_in_force,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DUE = TUESDAY + 4 * HOUR
pytestmark = pytest.mark.django_db


def told(lead, kind, occurred_at, *, at=None, **fields):
    return services.record_evidence(
        lead_id=lead.pk,
        kind=kind,
        occurred_at=occurred_at,
        actor="system:test",
        at=at or occurred_at,
        **fields,
    )


def assigned_lead(**fields):
    lead = LeadFactory(**fields)
    told(lead, EvidenceKind.ASSIGNED, TUESDAY, rep_id=RepFactory().pk)
    return lead


def test_an_assignment_starts_the_clock_and_a_call_stops_it():
    commitment_in_force()
    lead = assigned_lead()

    told(lead, EvidenceKind.OUTREACH, TUESDAY + HOUR, payload={"channel": "call"})

    clock = Clock.objects.get()
    assert (clock.status, clock.due_at) == (ClockStatus.MET, DUE)
    assert clock.business_seconds == 3600
    assert clock.enforced


def test_flag_breaches_flags_overdue_clocks_once():
    commitment_in_force()
    assigned_lead()

    first_run = services.flag_breaches(at=DUE + MINUTE)
    second_run = services.flag_breaches(at=DUE + 2 * MINUTE)

    breach = Breach.objects.get()
    assert (first_run, second_run) == ([breach.pk], [])
    assert breach.clock.status == ClockStatus.BREACHED_OPEN
    assert (breach.breach_at, breach.detected_at) == (DUE, DUE + MINUTE)
    assert (
        Message.objects.filter(key=f"sla.breached:{breach.clock_id}", channel="app").count() == 1
    )


def test_a_clock_is_not_flagged_at_its_last_instant():
    commitment_in_force()
    assigned_lead()

    assert services.flag_breaches(at=DUE) == []
    assert Clock.objects.get().status == ClockStatus.PENDING


def test_an_unsigned_sla_measures_and_never_breaches():
    commitment = CommitmentFactory()
    ActivationFactory(version=commitment.version, is_signed=False)
    assigned_lead()

    services.sweep(at=DUE + MINUTE)

    assert Clock.objects.get().status == ClockStatus.BREACHED_OPEN
    assert not Breach.objects.exists()
    assert selectors.overdue_live(at=DUE + MINUTE) == 0


def test_sweep_corrects_a_clock_whose_call_was_stored_without_a_fold():
    commitment_in_force()
    lead = assigned_lead()
    services.record_evidence_batch(
        rows=[
            services.EvidenceRow(
                lead_id=lead.pk, kind=EvidenceKind.OUTREACH, occurred_at=TUESDAY + HOUR
            )
        ],
        actor="system:test",
        at=DUE,
    )

    assert services.flag_breaches(at=DUE + MINUTE) == []
    assert Clock.objects.get().status == ClockStatus.MET


def test_sweep_follows_a_start_that_moved_without_a_fold():
    commitment_in_force()
    lead = assigned_lead()
    services.record_evidence_batch(
        rows=[
            services.EvidenceRow(
                lead_id=lead.pk, kind=EvidenceKind.ASSIGNED, occurred_at=TUESDAY - HOUR
            )
        ],
        actor="system:test",
        at=DUE,
    )

    assert len(services.flag_breaches(at=DUE + MINUTE)) == 1
    assert Clock.objects.get().due_at == DUE - HOUR


def test_a_late_call_appends_a_revision_and_a_void_reinstates():
    commitment_in_force()
    lead = assigned_lead()
    services.sweep(at=DUE + MINUTE)

    told(
        lead,
        EvidenceKind.OUTREACH,
        DUE - MINUTE,
        at=DUE + HOUR,
        source="dialer",
        source_id="c-1",
    )
    rescinded = Breach.objects.ledger().count()
    told(
        lead,
        EvidenceKind.VOIDED,
        DUE + DAY,
        payload={"source": "dialer", "source_id": "c-1"},
    )

    kinds = list(BreachRevision.objects.order_by("id").values_list("kind", flat=True))
    assert (rescinded, Breach.objects.ledger().count()) == (0, 1)
    assert kinds == [RevisionKind.RESCINDED, RevisionKind.REINSTATED]
    assert Message.objects.filter(kind="sla.breach_rescinded", channel="app").count() == 1


def test_owner_clocks_never_breach():
    commitment = commitment_in_force()
    CommitmentFactory(version=commitment.version, scope=Scope.OWNER, calendar=commitment.calendar)
    assigned_lead()

    services.sweep(at=DUE + MINUTE)

    assert set(Clock.objects.values_list("scope", "status")) == {
        ("lead", "breached_open"),
        ("owner", "breached_open"),
    }
    assert Breach.objects.get().clock.scope == Scope.LEAD


def test_sweep_ends_a_pause_at_its_cap():
    commitment_in_force()
    lead = assigned_lead()
    told(
        lead,
        EvidenceKind.PAUSED,
        TUESDAY + HOUR,
        payload={"reason": "waiting_on_marketing", "cap_business_days": 1},
    )
    paused = Clock.objects.get()

    services.sweep(at=TUESDAY + DAY + 8 * HOUR)

    clock = Clock.objects.get()
    assert paused.paused_since == TUESDAY + HOUR
    assert paused.breach_at is None
    assert (clock.status, clock.paused_since) == (ClockStatus.PENDING, None)
    assert clock.due_at == TUESDAY + 2 * DAY + 2 * HOUR


def test_a_warning_is_announced_once():
    commitment_in_force()
    assigned_lead()

    services.sweep(at=TUESDAY + 3 * HOUR)
    services.sweep(at=TUESDAY + 3 * HOUR + MINUTE)

    assert Message.objects.filter(kind="sla.due_soon", channel="app").count() == 1


def test_imported_history_is_no_news():
    commitment_in_force()
    lead = LeadFactory()

    told(lead, EvidenceKind.ASSIGNED, TUESDAY, at=TUESDAY + 30 * DAY)

    assert Breach.objects.count() == 1
    assert not Message.objects.exists()


def test_a_replay_changes_nothing():
    commitment_in_force()
    lead = assigned_lead()
    call = {"source": "dialer", "source_id": "c-1"}

    first = told(lead, EvidenceKind.OUTREACH, TUESDAY + HOUR, **call)
    again = told(lead, EvidenceKind.OUTREACH, TUESDAY + HOUR, at=TUESDAY + DAY, **call)

    assert (first, again) == (True, False)
    assert Evidence.objects.count() == 2


def test_another_body_under_a_known_id_is_a_conflict():
    lead = LeadFactory()
    call = {"source": "dialer", "source_id": "c-1"}
    told(lead, EvidenceKind.OUTREACH, TUESDAY + HOUR, **call)

    with pytest.raises(services.EvidenceConflictError, match="dialer"):
        told(lead, EvidenceKind.OUTREACH, TUESDAY + 2 * HOUR, **call)


@pytest.mark.parametrize(
    ("kind", "occurred_at", "payload"),
    [
        pytest.param("outreach", TUESDAY + HOUR, {}, id="an hour ahead"),
        pytest.param("outreach", TUESDAY.replace(tzinfo=None), {}, id="naive"),
        pytest.param("disposition", TUESDAY, {"value": "rejected"}, id="bare rejection"),
        pytest.param("paused", TUESDAY, {"reason": "holiday"}, id="pause without a listed reason"),
    ],
)
def test_evidence_is_refused(kind, occurred_at, payload):
    lead = LeadFactory()

    with pytest.raises(services.EvidenceRefusedError):
        told(lead, kind, occurred_at, at=TUESDAY, payload=payload)


def test_skew_of_two_minutes_is_stored_as_now():
    lead = LeadFactory()

    told(lead, EvidenceKind.OUTREACH, TUESDAY + 2 * MINUTE, at=TUESDAY)

    assert Evidence.objects.get().occurred_at == TUESDAY


def test_statements_of_a_refold_do_not_grow_with_the_leads():
    commitment_in_force()
    counts = []
    for number in (1, 12):
        leads = [LeadFactory() for _ in range(number)]
        rows = [
            services.EvidenceRow(lead_id=lead.pk, kind="assigned", occurred_at=TUESDAY)
            for lead in leads
        ]
        services.current_terms(at=TUESDAY)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            services.record_evidence_batch(rows=rows, actor="system:test", at=TUESDAY)
            services.refold(lead_ids=[lead.pk for lead in leads], at=TUESDAY + DAY)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_sweep_reads_its_partial_index():
    clock = ClockFactory()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sla_clock (lead_id, cycle, kind, scope, started_by_id, commitment_id,"
            " calendar_version_id, side, status, enforced, due_at, breach_at, measure,"
            " pause_reason, cancel_reason)"
            " SELECT lead_id, n, kind, scope, started_by_id, commitment_id, calendar_version_id,"
            " side, CASE WHEN n %% 50 = 0 THEN 'pending' ELSE 'met' END, enforced, due_at,"
            " breach_at, measure, pause_reason, cancel_reason"
            " FROM sla_clock, generate_series(2, 4000) n WHERE id = %s",
            [clock.pk],
        )
        cursor.execute("ANALYZE sla_clock")
        cursor.execute(
            "EXPLAIN SELECT id FROM sla_clock c WHERE c.status = 'pending' AND c.breach_at < %s"
            " AND (c.retry_at IS NULL OR c.retry_at < %s)"
            " ORDER BY c.breach_at LIMIT 500 FOR NO KEY UPDATE SKIP LOCKED",
            [DUE - HOUR, DUE],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "sla_clock_pending_breach_at" in plan


def test_a_clock_that_cannot_be_folded_holds_up_no_other(monkeypatch):
    commitment_in_force()
    bad, good = assigned_lead(), assigned_lead()
    real = services.sweeping.fold.fold

    def fails_on_one(*, facts, **rest):
        if any(fact.lead == bad.pk for fact in facts):
            raise ZeroDivisionError
        return real(facts=facts, **rest)

    monkeypatch.setattr(services.sweeping.fold, "fold", fails_on_one)

    services.flag_breaches(at=DUE + MINUTE)

    assert Breach.objects.get().clock.lead_id == good.pk
    assert Clock.objects.get(lead=bad).retry_at > DUE


def test_seeded_commitments_are_written_once_from_the_document():
    install_defaults(at=TUESDAY)

    services.current_terms(at=TUESDAY)
    services.current_terms(at=TUESDAY)

    kinds = set(Commitment.objects.values_list("kind", "scope"))
    assert ("first_contact", "owner") in kinds
    assert ("final_disposition", "lead") in kinds
    assert ("mql_volume", "lead") not in kinds
    assert Commitment.objects.get(kind="attempts").includes_first is False


def test_a_month_is_opened_closed_and_missed():
    commitment_in_force(
        kind=ClockKind.MQL_VOLUME, allowance_amount=None, unit="per_month", count=2
    )
    told(LeadFactory(), EvidenceKind.MQL, TUESDAY)
    services.sweep(at=TUESDAY)

    services.sweep(at=TUESDAY + 40 * DAY)

    clock = Clock.objects.get(month="2026-03-01")
    assert (clock.status, clock.counted) == (ClockStatus.BREACHED_CLOSED, 1)
    assert Breach.objects.get(clock=clock).side == "marketing"


def test_reconcile_names_a_tampered_clock():
    commitment_in_force()
    assigned_lead()
    clean = services.reconcile_clocks(at=TUESDAY + HOUR)
    Clock.objects.update(due_at=DUE - HOUR)

    found = services.reconcile_clocks(at=TUESDAY + HOUR)

    assert clean == []
    assert "due_at" in str(found[0])


def test_reconcile_accepts_a_merge():
    commitment_in_force()
    survivor, loser = assigned_lead(), assigned_lead()
    loser.merged_into = survivor
    loser.save(update_fields=["merged_into"])
    told(loser, EvidenceKind.MERGED, TUESDAY + HOUR, payload={"into": survivor.pk})

    assert Clock.objects.get(lead=loser).status == ClockStatus.MERGED
    assert services.reconcile_clocks(at=TUESDAY + HOUR) == []


def test_overdue_is_counted_live_without_a_sweep():
    commitment_in_force()
    assigned_lead()

    assert selectors.overdue_live(at=DUE + MINUTE) == 1
    assert selectors.oldest_overdue(at=DUE + MINUTE) == DUE
