"""The sweep: flat in the number of open clocks, far faster than row by row, exactly once."""

from __future__ import annotations

import itertools
import statistics
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import F

from bench.harness import AT_LEAST, AT_MOST, Line, Ratio, seconds
from bench.scratch import scratch_database
from definitions.models import Activation, Version
from pipeline.models import Lead
from revops.outbox.models import Message
from sla import services
from sla.models import Breach, Clock, Commitment, Evidence
from sla.services.calendars import ensure_default_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator

# A Tuesday at ten in the morning, in the hours of the default calendar.
START = datetime(2026, 3, 3, 10, tzinfo=UTC)
LATER = START + timedelta(days=2)
FAR = START + timedelta(days=3650)
# Open clocks (few, many), due clocks per round, and rows of the slow peer.
SIZES = {
    "s": (20_000, 160_000, 2_000, 100),
    "m": (100_000, 1_000_000, 5_000, 200),
    "l": (100_000, 3_000_000, 10_000, 200),
}
FILLER_LEADS = 1_000
_numbers: Iterator[int] = itertools.count()

FILL = """
INSERT INTO sla_clock (lead_id, cycle, kind, scope, started_by_id, commitment_id,
    calendar_version_id, side, status, enforced, started_at, due_at, breach_at, warn_at,
    pause_reason, cancel_reason, measure, ladder_at)
SELECT e.lead_id, n, 'first_contact', 'lead', e.id, %s, %s, 'sales', 'pending', true, %s,
       %s + n * interval '1 minute', %s + n * interval '1 minute', %s, '', '', '{}', %s
FROM sla_evidence e CROSS JOIN generate_series(%s, %s) n
WHERE e.source = 'filler'
"""


def run(*, scale: str, rounds: int) -> list[Line]:
    """Measure G3.1 and G3.2 in a database of their own; G3.3 is the test of faults."""
    few, many, due, slow_rows = SIZES[scale]
    with scratch_database():
        commitment = promise()
        fill(commitment, first=2, last=1 + few // FILLER_LEADS)
        among_few, slow = [], []
        for _ in range(rounds):
            among_few.append(flagging(due))
            slow.append(row_by_row(slow_rows) / slow_rows)
        fill(commitment, first=2 + few // FILLER_LEADS, last=1 + many // FILLER_LEADS)
        among_many = [flagging(due) for _ in range(rounds)]
        idle = [
            seconds(lambda: services.flag_breaches(at=LATER), repeat=20) for _ in range(rounds)
        ]
        missing = Clock.objects.filter(status="breached_open", breach__isnull=True).count()
        twice = Breach.objects.count() - Message.objects.filter(kind="sla.breached").count()
    flat = Ratio("G3.1", f"{due:,} due among {many:,} open against {few:,}", AT_MOST, 3)
    fast = Ratio("G3.2", "sweep against row by row with own commits", AT_LEAST, 20)
    quiet = Ratio("G3.1", f"idle sweep among {many:,} open, in milliseconds", AT_MOST, 2)
    for small, large, one, nothing in zip(among_few, among_many, slow, idle, strict=True):
        flat.add(large / small, floor=small)
        fast.add(one / (small / due), floor=small)
        quiet.add(nothing * 1000, floor=nothing)
    once = Line(
        "G3.3", "due clocks without a breach, or without its one notice", AT_MOST, 0,
        float(missing + abs(twice)),
    )  # fmt: skip
    return [flat.line(), quiet.line(), fast.line(), once]


def promise() -> Commitment:
    """Store four business hours to the first contact in an SLA in force, and the filler leads."""
    calendar = ensure_default_calendar(at=START - timedelta(days=30))
    version = Version.objects.create(
        kind="sla", number=1, content={}, canonical_text="bench", sha256="0" * 64,
        frozen_at=START, actor="system:bench",
    )  # fmt: skip
    Activation.objects.create(
        kind="sla", version=version, is_signed=True, actor="system:bench",
        effective_from=START - timedelta(days=30), activated_at=START - timedelta(days=30),
    )  # fmt: skip
    commitment = Commitment.objects.create(
        version=version, key="first_contact", kind="first_contact", side="sales", scope="lead",
        allowance_amount=4, unit="business_hours", target_rate="0.9", calendar=calendar,
        position=1, title="First contact", sentence="Every lead is contacted in time.",
    )  # fmt: skip
    leads = store_leads(FILLER_LEADS)
    store_evidence(leads, kind="captured", source="filler")
    return commitment


def store_leads(count: int) -> list[Lead]:
    """Store nameless leads."""
    return Lead.objects.bulk_create(
        [
            Lead(
                source_system="bench", external_id=str(next(_numbers)), recorded_at=START,
                changed_at=START,
            )
            for _ in range(count)
        ],
        batch_size=5_000,
    )  # fmt: skip


def store_evidence(leads: list[Lead], *, kind: str, source: str) -> None:
    """Store one fact per lead."""
    Evidence.objects.bulk_create(
        [
            Evidence(
                lead=lead, kind=kind, occurred_at=START, recorded_at=START,
                actor="system:bench", source=source, source_id=str(lead.pk),
            )
            for lead in leads
        ],
        batch_size=5_000,
    )  # fmt: skip


def fill(commitment: Commitment, *, first: int, last: int) -> None:
    """Add open clocks that are due in years."""
    version = commitment.calendar.versions.get()
    with connection.cursor() as cursor:
        cursor.execute(FILL, [commitment.pk, version.pk, START, FAR, FAR, FAR, FAR, first, last])
        cursor.execute("ANALYZE sla_clock")


def store_due(count: int) -> None:
    """Store leads assigned at the start that nobody calls, with their running clocks."""
    leads = store_leads(count)
    store_evidence(leads, kind="assigned", source="bench")
    services.refold(lead_ids=[lead.pk for lead in leads], at=START)


def flagging(due: int) -> float:
    """Return the seconds in which `due` clocks are flagged, batch by batch."""
    store_due(due)
    before = Breach.objects.count()

    def sweep() -> None:
        while services.flag_breaches(at=LATER):
            pass

    took = seconds(sweep)
    if Breach.objects.count() - before != due:
        raise AssertionError("the sweep missed a clock")
    return took


def idling() -> float:
    """Return the median seconds of a sweep that finds nothing."""
    return statistics.median(seconds(lambda: services.flag_breaches(at=LATER)) for _ in range(20))


def row_by_row(count: int) -> float:
    """Return the seconds in which a plain loop with a commit per clock flags `count` clocks."""
    store_due(count)

    def loop() -> None:
        for pk in Clock.objects.overdue(at=LATER).values_list("pk", flat=True):
            flag_one(pk)

    return seconds(loop)


@transaction.atomic
def flag_one(pk: int) -> None:
    """Flag one clock as a first version of such a job would."""
    clock = Clock.objects.select_for_update(no_key=True).get(pk=pk)
    if Evidence.objects.filter(
        lead=clock.lead_id, kind="outreach", occurred_at__lte=F("recorded_at")
    ).exists():
        return
    breach, _ = Breach.objects.get_or_create(
        clock=clock,
        defaults={
            "commitment_id": clock.commitment_id, "side": clock.side, "status": "breached_open",
            "cause": "nothing_done", "due_at": clock.due_at, "breach_at": clock.breach_at,
            "detected_at": LATER, "actor": "system:bench",
        },
    )  # fmt: skip
    Message.objects.create(
        key=f"sla.breached:{clock.pk}", kind="sla.breached", channel="app",
        payload={"clock": clock.pk, "breach": breach.pk}, created_at=LATER, next_try_at=LATER,
    )  # fmt: skip
    clock.status = "breached_open"
    clock.save(update_fields=["status"])
