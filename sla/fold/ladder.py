"""When each step of the escalation ladder is reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sla.fold.deadlines import deadline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sla.clock import BusinessCalendar
    from sla.fold.deadlines import Pause
    from sla.fold.facts import Outcome, Promise, Step, Terms


def step_at(
    *,
    step: Step,
    promise: Promise,
    calendar: BusinessCalendar,
    start: datetime,
    pauses: Sequence[Pause] = (),
) -> datetime | None:
    """Return the instant of a step; None while a lasting pause comes first.

    It is the deadline of that share of the allowance. The whole allowance is reached when its
    miss becomes a breach, so never in closed hours.
    """
    part = replace(promise, warning_share=step.percent)
    times = deadline(promise=part, calendar=calendar, start=start, pauses=pauses)
    reached = times.breach_at if step.is_after_miss else times.warn_at
    return None if reached is None else days_after(step=step, reached=reached, calendar=calendar)


def days_after(*, step: Step, reached: datetime, calendar: BusinessCalendar) -> datetime:
    """Return the instant the step's business days after its share was reached.

    The days are counted from open time: a share used up at a closing instant counts from the next
    opening.
    """
    if not step.plus_business_days:
        return reached
    return calendar.same_time(calendar.opening(reached), step.plus_business_days)


def steps_of(outcome: Outcome, *, terms: Terms) -> dict[int, datetime | None]:
    """Return the instants of all steps of a clock with a start, by the step's place.

    A clock without an allowance of time has only the steps after its miss.
    """
    calendar = terms.calendar_version(outcome.calendar_version).hours
    found: dict[int, datetime | None] = {}
    for number, step in enumerate(terms.ladder_of(outcome.promise.version)):
        if outcome.started_at is not None and outcome.promise.amount is not None:
            found[number] = step_at(
                step=step,
                promise=outcome.promise,
                calendar=calendar,
                start=outcome.started_at,
                pauses=outcome.pauses,
            )
        elif step.is_after_miss and outcome.breach_at is not None:
            found[number] = days_after(step=step, reached=outcome.breach_at, calendar=calendar)
    return found


def is_history(*, reached: datetime, known_at: datetime) -> bool:
    """Return whether a step lies more than a day before the clock came to be known."""
    return reached < known_at - timedelta(days=1)
