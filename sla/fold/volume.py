"""The monthly promise of MQLs: who counts, and whether the month is on pace."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sla.choices import ClockStatus, EvidenceKind
from sla.fold import timeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sla.clock import BusinessCalendar
    from sla.fold.facts import Fact

CLOSING_BUSINESS_DAY = 3
AT_RISK_PERCENT = 90
AT_RISK = "at_risk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a month stands.

    Attributes:
        starts_at: First instant of the month in the calendar's zone, in UTC.
        due_at: The end of the month; the month is half-open.
        closes_at: When the count is frozen: the third business day's close of the next month.
        expected_by_now: The share of the target that the business days gone ask for, one decimal.
    """

    starts_at: datetime
    due_at: datetime
    closes_at: datetime
    business_days: int
    elapsed_days: int
    expected_by_now: float
    counted: int
    target: int
    status: str

    @property
    def is_at_risk(self) -> bool:
        """Whether less than 90 % of what should be there is there."""
        return self.status == AT_RISK

    @property
    def words(self) -> str:
        """How the month goes: "55 of 63 expected by today, at risk"."""
        return self._said("expected by today, at risk", "expected by today")

    @property
    def short(self) -> str:
        """The same where there is little room: "55 of 63, at risk"."""
        return self._said(", at risk", "by today")

    def _said(self, at_risk: str, on_pace: str) -> str:
        if not self.elapsed_days:
            return f"{self.counted} so far"
        figures = f"{self.counted} of {round(self.expected_by_now)}"
        return f"{figures} {at_risk if self.is_at_risk else on_pace}".replace(" ,", ",")


def first_of_next(month: date) -> date:
    """Return the first day of the month after `month`."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def closes_at(*, month: date, calendar: BusinessCalendar) -> datetime:
    """Return when a month is closed: at the end of the third business day of the next one."""
    following = first_of_next(month)
    days = calendar.open_dates(following, following + timedelta(days=60))
    return calendar.shifted_close(days[CLOSING_BUSINESS_DAY - 1], 0)


def pace(
    *, month: date, target: int, counted: int, calendar: BusinessCalendar, at: datetime
) -> Pace:
    """Return how the month stands at `at`.

    A business day has gone once it has closed. Before the month is closed it is pending, or at
    risk below 90 % of what should be there; afterwards met or missed.
    """
    following = first_of_next(month)
    days = calendar.open_dates(month, following)
    closed_at = closes_at(month=month, calendar=calendar)
    gone = sum(1 for day in days if calendar.shifted_close(day, 0) <= at)
    tenths = round(target * gone * 10 / len(days)) if days else target * 10
    status: str
    if at > closed_at:
        status = ClockStatus.MET if counted >= target else ClockStatus.BREACHED_CLOSED
    elif days and counted * len(days) * 100 < target * gone * AT_RISK_PERCENT:
        status = AT_RISK
    else:
        status = ClockStatus.PENDING
    return Pace(
        starts_at=calendar.midnight_after(month - timedelta(days=1)),
        due_at=calendar.midnight_after(following - timedelta(days=1)),
        closes_at=closed_at,
        business_days=len(days),
        elapsed_days=gone,
        expected_by_now=tenths / 10,
        counted=counted,
        target=target,
        status=status,
    )


def months_of(*, facts: Iterable[Fact], calendar: BusinessCalendar) -> Counter[date]:
    """Return the number of MQLs per month: one per cycle, in the month it occurred locally.

    Leads recalled as test or duplicate do not count, nor does the MQL of a merged lead again.
    """
    found: Counter[date] = Counter()
    for lead, members in timeline.families(facts)[0].items():
        for cycle in timeline.cycles(members, lead=lead):
            mqls = cycle.of(EvidenceKind.MQL)
            if mqls and not cycle.of(EvidenceKind.RECALLED):
                found[calendar.local_date(mqls[0].occurred_at).replace(day=1)] += 1
    return found
