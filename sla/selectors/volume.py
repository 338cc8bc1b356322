"""The monthly volume of MQLs, live."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from sla import fold
from sla.choices import ClockKind
from sla.fold.volume import first_of_next
from sla.models import Evidence
from sla.selectors.facts import facts_of, family_of

if TYPE_CHECKING:
    from datetime import date

    from sla.clock import BusinessCalendar


def promise_of_month(
    terms: fold.Terms, *, month_at: datetime
) -> tuple[fold.Agreement, fold.Promise] | None:
    """Return the volume promised for the month running at `month_at`, if one is."""
    agreement = terms.agreement_at(month_at)
    promise = agreement.promise(ClockKind.MQL_VOLUME) if agreement else None
    if agreement is None or promise is None or promise.count is None:
        return None
    return agreement, promise


def count_mqls(*, month: date, calendar: BusinessCalendar) -> int:
    """Return the MQLs of a month: one per cycle, in the month it occurred locally."""
    zone = calendar.zone
    starts, ends = (
        datetime.combine(day, time.min, tzinfo=zone) for day in (month, first_of_next(month))
    )
    leads = (
        Evidence.objects.filter(
            kind="mql", occurred_at__gte=starts, occurred_at__lt=ends, lead__is_test=False
        )
        .values_list("lead_id", flat=True)
        .distinct()
    )
    facts = facts_of(family_of(leads))
    return fold.months_of(facts=facts, calendar=calendar)[month]


def month_pace(
    *, month: date, terms: fold.Terms, at: datetime, counted: int | None = None
) -> fold.Pace | None:
    """Return how a month stands at `at`; None where no volume is promised for it.

    A volume agreed in the middle of a month is promised for that month too.

    Args:
        month: Its first day.
        terms: From `services.current_terms`.
        at: The instant of the question.
        counted: The MQLs of the month where the caller has them; None counts them.
    """
    promised = promise_of_month(terms, month_at=_noon(month)) or promise_of_month(
        terms, month_at=at
    )
    if promised is None:
        return None
    promise = promised[1]
    hours = terms.calendar_at(promise.calendar, _noon(month)).hours
    if counted is None:
        counted = count_mqls(month=month, calendar=hours)
    target = promise.count or 0
    return fold.pace(month=month, target=target, counted=counted, calendar=hours, at=at)


def _noon(month: date) -> datetime:
    """Return an instant that is inside the month in every zone."""
    return datetime.combine(month.replace(day=2), time(12), tzinfo=UTC)
