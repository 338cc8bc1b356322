"""Whether a recycled lead may come back to sales: the agreed rule of its reason. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from definitions.content.words import RecycleRule

YEAR: Final = timedelta(days=365)


def may_reenter(
    *,
    rule: RecycleRule,
    recycled_at: datetime,
    recycle_on: date | None,
    acts: Sequence[tuple[str, datetime]],
    rounds: Sequence[datetime],
    at: datetime,
    today: date,
) -> bool:
    """Return whether the lead may open another round at `at`.

    It takes a new act. An act the rule lets pass, such as a demo request, is enough; any other
    has to wait for the cool-down and for the date that was noted, else for the rule's wait.

    Args:
        rule: What the definitions say of the reason it was recycled for.
        recycled_at: When.
        recycle_on: The date the prospect asked for, if one was noted.
        acts: (act key, instant) in any order; only one after recycling opens the door.
        rounds: When each earlier round became an MQL.
        at: The instant of the question.
        today: Its date in the organisation's zone.
    """
    new = {kind for kind, when in acts if recycled_at < when <= at}
    lately = sum(1 for began in rounds if began > at - YEAR)
    if not new or lately >= rule.maximum_rounds:
        return False
    if new & set(rule.bypass_acts):
        return True
    if at < recycled_at + timedelta(days=rule.cool_down_days):
        return False
    if recycle_on is not None:
        return today >= recycle_on
    return at >= recycled_at + timedelta(days=rule.wait_days)
