"""From planned clocks to outcomes: every deadline and length, one by one or all at once.

A plan knows a clock's start, stop and pauses and asks for nothing but sums. Who makes the sums
decides about speed and never about the outcome: few clocks are told by the scalar calendar, many
by one call of the vector form for all clocks of a promise.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol

from sla.fold.deadlines import Deadline, deadline, unpaused
from sla.fold.facts import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from sla.clock import BusinessCalendar
    from sla.fold.deadlines import Pause
    from sla.fold.facts import CalendarVersion, Promise, Terms

REMEMBERED = 2_000
VECTOR_FROM = 200
"""So many clocks are worth the arrays."""
ROWS_FROM = 20
"""So many clocks of one promise are."""


class Lengths(Protocol):
    """Measures open time into columns of outcomes."""

    def put(
        self,
        outcome: Outcome,
        column: str,
        *,
        hours: BusinessCalendar,
        start: datetime,
        end: datetime,
    ) -> None:
        """Set a column to the whole seconds of open time from `start` to `end`; perhaps later."""


class Plan(Protocol):
    """A clock whose deadline has still to be computed."""

    promise: Promise
    version: CalendarVersion
    start: datetime
    pauses: Sequence[Pause]

    def outcome(self, times: Deadline, lengths: Lengths) -> Outcome:
        """Return what becomes of the clock once its deadline is known."""


def told(
    plans: Iterable[Outcome | Plan], *, terms: Terms, vector_from: int = VECTOR_FROM
) -> list[Outcome]:
    """Return the outcomes of plans, in their order; what is told already passes through.

    Args:
        plans: Planned clocks, and outcomes that need no sum.
        terms: What the plans were made from; remembers plain deadlines between calls.
        vector_from: From so many clocks on the sums are made on arrays.
    """
    rows = list(plans)
    if len(rows) < vector_from:
        return [
            row if isinstance(row, Outcome) else row.outcome(_deadline(row, terms), _AtEach())
            for row in rows
        ]
    times = _deadlines(rows)
    lengths = _AtOnce()
    found = [
        row if isinstance(row, Outcome) else row.outcome(known, lengths)
        for row, known in zip(rows, times, strict=True)
    ]
    lengths.fill()
    return found


def seconds(amount: timedelta) -> int:
    """Return whole seconds."""
    return amount.days * 86_400 + amount.seconds


class _AtEach:
    """Measures when asked."""

    def put(
        self,
        outcome: Outcome,
        column: str,
        *,
        hours: BusinessCalendar,
        start: datetime,
        end: datetime,
    ) -> None:
        """Measure now."""
        setattr(outcome, column, seconds(hours.between(start, end)))


class _AtOnce:
    """Notes what to measure and measures it in one call per calendar."""

    def __init__(self) -> None:
        self._asked: defaultdict[
            BusinessCalendar, list[tuple[datetime, datetime, Outcome, str]]
        ] = defaultdict(list)

    def put(
        self,
        outcome: Outcome,
        column: str,
        *,
        hours: BusinessCalendar,
        start: datetime,
        end: datetime,
    ) -> None:
        """Note it."""
        self._asked[hours].append((start, end, outcome, column))

    def fill(self) -> None:
        """Measure all that was asked for."""
        for hours, rows in self._asked.items():
            measured = _measured(hours, rows) if len(rows) >= ROWS_FROM else None
            if measured is None:
                measured = [seconds(hours.between(start, end)) for start, end, _, _ in rows]
            for (_, _, outcome, column), length in zip(rows, measured, strict=True):
                setattr(outcome, column, length)


def _measured(
    hours: BusinessCalendar, rows: Sequence[tuple[datetime, datetime, Outcome, str]]
) -> list[int] | None:
    """Return the open seconds of many stretches; None where the vector form has to decline."""
    from sla import vector  # noqa: PLC0415 (few processes fold many clocks)

    starts, ends = [row[0] for row in rows], [row[1] for row in rows]
    try:
        sums = vector.vector_of(hours, start=min(starts + ends), end=max(starts + ends))
        found = sums.between(vector.instants_of(starts), vector.instants_of(ends))
    except ValueError:
        return None
    return vector.seconds_of(found)


def _deadline(plan: Plan, terms: Terms) -> Deadline:
    """Return a clock's instants; plain ones are remembered while many starts are equal."""
    promise, version, start = plan.promise, plan.version, plan.start
    if plan.pauses:
        return deadline(promise=promise, calendar=version.hours, start=start, pauses=plan.pauses)
    key = promise.key, promise.version, version.key, start
    found: Deadline | None = terms.deadlines.get(key)
    if found is None:
        if len(terms.deadlines) >= REMEMBERED:
            terms.deadlines.clear()
        found = deadline(promise=promise, calendar=version.hours, start=start)
        terms.deadlines[key] = found
    return found


def _deadlines(rows: Sequence[Outcome | Plan]) -> list[Any]:
    """Return the deadline of each plan, those without a pause in one call per promise."""
    found: list[Any] = [None] * len(rows)
    groups: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if isinstance(row, Outcome):
            continue
        if row.pauses:
            found[place] = deadline(
                promise=row.promise,
                calendar=row.version.hours,
                start=row.start,
                pauses=row.pauses,
            )
        else:
            # Both objects outlive the call, so their identities stand for them.
            groups[id(row.promise), id(row.version)].append(place)
    for places in groups.values():
        plans: list[Any] = [rows[place] for place in places]
        for place, times in zip(places, _plain(plans), strict=True):
            found[place] = times
    return found


def _plain(plans: Sequence[Plan]) -> Iterable[Deadline]:
    """Return the deadlines of clocks of one promise and calendar that nobody paused."""
    promise, hours = plans[0].promise, plans[0].version.hours
    starts = [plan.start for plan in plans]
    together = _together(promise, hours, starts) if len(starts) >= ROWS_FROM else None
    if together is not None:
        return together
    return [deadline(promise=promise, calendar=hours, start=start) for start in starts]


def _together(
    promise: Promise, hours: BusinessCalendar, starts: Sequence[datetime]
) -> Iterable[Deadline] | None:
    """Return deadlines from the vector form; None where it has to decline."""
    from sla import vector  # noqa: PLC0415 (few processes fold many clocks)

    try:
        sums = vector.vector_of(hours, start=min(starts), end=max(starts))
        due, breach, warn = unpaused(promise=promise, sums=sums, start=vector.instants_of(starts))
    except ValueError:
        return None
    due_at = vector.datetimes_of(due)
    breach_at = due_at if breach is due else vector.datetimes_of(breach)
    return map(Deadline, due_at, breach_at, vector.datetimes_of(warn))
