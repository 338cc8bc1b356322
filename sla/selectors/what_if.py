"""What the same evidence would have come to under another promise; nothing is stored.

The fold runs twice over the leads of a stretch of time, once under what was in use and once with
one promise, or a whole SLA, in its place. Leads come in chunks, so that no statement and no list
grows with the span.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from sla import fold
from sla.choices import ClockKind, ClockStatus, EvidenceKind, Scope, Unit
from sla.selectors.facts import facts_of, family_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from definitions.content import Sla

CHUNK = 2_000
LARGEST_AMOUNT = 10_000
TIMED = tuple(
    kind
    for kind in ClockKind
    if kind not in {ClockKind.MQL_VOLUME, ClockKind.MINIMUM_FIT, ClockKind.CONTEXT}
)
"""The kinds that have an allowance to change."""
UNITS = tuple(unit for unit in Unit if unit not in {Unit.PER_MONTH, Unit.AT_HANDOFF})
COLLAPSE = fold.Promise(key=None, kind="", unit="", version=None).collapse_minutes
MISSED = frozenset({ClockStatus.BREACHED_OPEN, ClockStatus.BREACHED_CLOSED})
# What may start a clock; a lead none of which happened in the span has none that began in it.
STARTS = (
    EvidenceKind.MQL, EvidenceKind.ASSIGNED, EvidenceKind.OUTREACH, EvidenceKind.FEEDBACK,
    EvidenceKind.DISPOSITION, EvidenceKind.PAUSED,
)  # fmt: skip
LEADS = """
SELECT DISTINCT e.lead_id
FROM sla_evidence e JOIN pipeline_lead l ON l.id = e.lead_id
WHERE e.occurred_at >= %s AND e.occurred_at < %s AND e.kind = ANY(%s)
    AND NOT l.is_test AND l.voided_at IS NULL AND l.merged_into_id IS NULL
ORDER BY e.lead_id LIMIT %s
"""
CLOCKS = """
SELECT id, lead_id, cycle, kind, started_by_id FROM sla_clock
WHERE scope = 'lead' AND lead_id = ANY(%s)
"""


class SpanTooLargeError(ValueError):
    """More leads than can be answered at once; the message says how many are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A promise of a kind that takes the place of the one in use.

    A promise for hand-raisers alone stays as it is.

    Attributes:
        amount: The allowance in `unit`.
        calendar: Identity of the calendar to count in; None for that of the promise in use.
    """

    kind: str
    amount: int
    unit: str
    calendar: Any = None


@dataclass(slots=True)
class Tally:
    """How the clocks of one group ended."""

    met: int = 0
    late: int = 0
    missed: int = 0
    excused: int = 0
    running: int = 0
    other: int = 0

    @property
    def breaches(self) -> int:
        """Promises broken: kept late, or never."""
        return self.late + self.missed

    @property
    def judged(self) -> int:
        """The clocks that fell due and count."""
        return self.met + self.breaches

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        return Tally(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def add(self, outcome: fold.Outcome) -> None:
        """Count a clock."""
        status = outcome.status
        if status == ClockStatus.EXCUSED:
            self.excused += 1
        elif status == ClockStatus.MET_LATE:
            self.late += 1
        elif status in MISSED:
            self.missed += 1
        elif status == ClockStatus.MET:
            self.met += 1
        elif status == ClockStatus.PENDING:
            self.running += 1
        else:
            self.other += 1


@dataclass(slots=True)
class Pair:
    """The same clocks as they were and as they would have been."""

    was: Tally = field(default_factory=Tally)
    would: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A clock that would have ended otherwise."""

    lead_id: int
    cycle: int
    kind: str
    started_by: int
    started_at: datetime
    rep_id: int | None
    old_due: datetime | None
    new_due: datetime | None
    old_status: str
    new_status: str
    clock_id: int | None = None


@dataclass(slots=True)
class Comparison:
    """What a stretch of the past came to under both.

    Attributes:
        leads: How many leads were folded.
        measured: Clocks of before an SLA was signed: measured, not in the ledger.
        differing: The clocks that would have ended otherwise, the latest first.
    """

    total: Pair = field(default_factory=Pair)
    by_kind: defaultdict[str, Pair] = field(default_factory=lambda: defaultdict(Pair))
    by_rep: defaultdict[int | None, Pair] = field(default_factory=lambda: defaultdict(Pair))
    by_month: defaultdict[date, Pair] = field(default_factory=lambda: defaultdict(Pair))
    differing: list[Differing] = field(default_factory=list)
    leads: int = 0
    measured: int = 0


def changed(terms: fold.Terms, *, change: Change) -> fold.Terms:
    """Return the terms with one promise in the place of those of its kind.

    Args:
        terms: What was in use.
        change: The promise; it takes calendar, count and the rest from the one it replaces.
    """

    def promises(agreement: fold.Agreement) -> Iterator[fold.Promise]:
        for promise in agreement.promises:
            general = promise.kind == change.kind and not promise.hand_raisers_only
            yield _with(promise, change) if general else promise

    return _rewritten(terms, promises)


def under(terms: fold.Terms, *, promises: Sequence[fold.Promise]) -> fold.Terms:
    """Return the terms with the promises of one SLA in force for every start."""
    return _rewritten(terms, lambda _: iter(promises))


def promises_of(document: Sla, *, calendar: Any) -> list[fold.Promise]:
    """Return the promises of an SLA that is not stored as commitments, such as a draft.

    Args:
        document: The content.
        calendar: Identity of the calendar they count in.
    """
    return [
        fold.Promise(
            key=key,
            kind=promise.kind.value,
            unit=promise.unit.value,
            version=None,
            amount=promise.allowance_amount,
            side=promise.side,
            count=promise.count,
            collapse_minutes=COLLAPSE if (known := promise.collapse_minutes) is None else known,
            includes_first=promise.includes_first,
            hand_raisers_only=promise.hand_raisers_only,
            follows_territory=promise.follows_territory,
            warning_share=int(promise.warning_share * 100),
            calendar=calendar,
        )
        for key, promise in document.ordered_commitments()
        if promise.is_active
    ]


def _with(promise: fold.Promise, change: Change) -> fold.Promise:
    """Return a promise with another allowance."""
    found = replace(promise, amount=change.amount, unit=change.unit)
    if change.calendar is None:
        return found
    return replace(found, calendar=change.calendar, follows_territory=False)


def _rewritten(
    terms: fold.Terms, promises: Callable[[fold.Agreement], Iterable[fold.Promise]]
) -> fold.Terms:
    """Return terms whose agreements hold other promises; owner clocks are left out."""
    return fold.Terms(
        agreements=[
            replace(
                agreement,
                promises=tuple(one for one in promises(agreement) if one.scope == Scope.LEAD),
            )
            for agreement in terms.agreements
        ],
        calendars=terms.calendars,
    )


def compare(
    *,
    kinds: Iterable[str],
    since: datetime,
    until: datetime,
    before: fold.Terms,
    after: fold.Terms,
    zone: ZoneInfo,
    at: datetime,
    most: int | None = None,
) -> Comparison:
    """Return what the clocks that began in [since, until) came to, and would have come to.

    Args:
        kinds: The kinds of clocks asked for.
        since: First instant at which a clock may have begun.
        until: The first instant that is left out.
        before: What was in use; see `services.current_terms`.
        after: What takes its place; the same object asks only what was.
        zone: Whose months the answer is cut in.
        at: The instant both folds stand at.
        most: So many leads at most; None for any number.

    Raises:
        SpanTooLargeError: More leads than `most` moved in the span.
    """
    limit = None if most is None else most + 1
    leads = [row[0] for row in rows_of(LEADS, [since, until, list(STARTS), limit])]
    if most is not None and len(leads) > most:
        raise SpanTooLargeError(
            f"More than {most:,} leads moved in that time. Choose a shorter one."
        )
    found = Comparison(leads=len(leads))
    same = before is after
    before = _rewritten(before, lambda agreement: agreement.promises)
    asked = frozenset(kinds)
    for low in range(0, len(leads), CHUNK):
        chunk = leads[low : low + CHUNK]
        facts = facts_of(family_of(chunk))
        mine = frozenset(chunk)

        def told(
            terms: fold.Terms,
            facts: list[fold.Fact] = facts,
            mine: frozenset[int] = mine,
        ) -> dict[Any, fold.Outcome]:
            return {
                outcome.identity: outcome
                for outcome in fold.fold(facts=facts, terms=terms, at=at, only=asked)
                if outcome.lead in mine and _began(outcome, since, until)
            }

        was = told(before)
        _add(found, was, was if same else told(after), zone)
    found.differing.sort(key=lambda one: (one.started_at, one.lead_id), reverse=True)
    return found


def _began(outcome: fold.Outcome, since: datetime, until: datetime) -> bool:
    """Return whether a clock began in a span; the age of a lead begins to matter at handoff."""
    at = outcome.stopped_at if outcome.kind == ClockKind.LEAD_AGE else outcome.started_at
    return at is not None and since <= at < until


def _add(
    found: Comparison,
    was: dict[Any, fold.Outcome],
    would: dict[Any, fold.Outcome],
    zone: ZoneInfo,
) -> None:
    """Count the clocks of a chunk of leads."""
    for side, outcomes in (("was", was), ("would", would)):
        for outcome in outcomes.values():
            month = _month(outcome, zone)
            for pair in (
                found.total,
                found.by_kind[outcome.kind],
                found.by_rep[outcome.rep],
                found.by_month[month],
            ):
                getattr(pair, side).add(outcome)
    found.measured += sum(not outcome.enforced for outcome in was.values())
    for identity, old in was.items():
        new = would.get(identity)
        if new is None or new.status == old.status or old.started_at is None:
            continue
        found.differing.append(
            Differing(
                lead_id=old.lead,
                cycle=old.cycle,
                kind=str(old.kind),
                started_by=old.started_by,
                started_at=old.started_at,
                rep_id=new.rep if new.missed else old.rep,
                old_due=old.due_at,
                new_due=new.due_at,
                old_status=str(old.status),
                new_status=str(new.status),
            )
        )


def _month(outcome: fold.Outcome, zone: ZoneInfo) -> date:
    """Return the first day of the month a clock began in."""
    at = outcome.stopped_at if outcome.kind == ClockKind.LEAD_AGE else outcome.started_at
    if at is None:
        raise ValueError("a clock that is counted has begun")
    return at.astimezone(zone).date().replace(day=1)


def with_clocks(rows: Sequence[Differing]) -> list[Differing]:
    """Return the rows with the stored clock of each, None where nothing is stored; one statement.

    Args:
        rows: As many as are shown.
    """
    leads = sorted({row.lead_id for row in rows})
    stored = {tuple(row[1:]): row[0] for row in rows_of(CLOCKS, [leads])}
    return [
        replace(row, clock_id=stored.get((row.lead_id, row.cycle, row.kind, row.started_by)))
        for row in rows
    ]
