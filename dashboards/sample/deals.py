"""The deals of the sample: opened from SQLs, some won, some lost, some still open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from dashboards.sample.work import MINUTES_A_DAY

if TYPE_CHECKING:
    from dashboards.sample.draws import Draws
    from dashboards.sample.story import World

LOST_REASONS: Final = (
    ("price", 0.28),
    ("no_decision", 0.27),
    ("competitor", 0.2),
    ("timing", 0.15),
    ("missing_feature", 0.1),
)
DISCOVERY_DAYS: Final = 14
COMPETITORS: Final = ("Leadline", "Pipeworks", "In-house spreadsheet")
NEXT_STEPS: Final = (
    "Security review with IT",
    "Proposal walk-through",
    "Call with the economic buyer",
    "Pilot scope agreed by Friday",
)


@dataclass(frozen=True)
class DealPlan:
    """A deal up to the world's instant; open where `outcome` is empty."""

    opened_at: datetime
    amount: Decimal | None
    stage: str
    next_step: str
    expected_close_on: date | None
    closed_at: datetime | None
    outcome: str
    lost_reason: str
    competitor: str


def draw(*, draws: Draws, world: World, sql_at: datetime, win_share: float) -> DealPlan | None:
    """Draw the deal of an SQL; None if it never becomes one."""
    if not draws.chance("opportunity", 0.68):
        return None
    opened_at = world.worked(sql_at, minutes=draws.between("opened", 0.3, 7) * MINUTES_A_DAY)
    is_won = draws.chance("won", win_share)
    days = draws.log_normal("cycle", median=36 if is_won else 27, sigma=0.65)
    closed_at = world.worked(opened_at, minutes=days * 5 / 7 * MINUTES_A_DAY)
    amount = round(draws.log_normal("amount", median=23_000, sigma=0.75), -2)
    lost_reason = "" if is_won else draws.weighted("lost", LOST_REASONS)
    age = (world.at - opened_at) / timedelta(days=1)
    is_placeholder = draws.chance("placeholder", 0.07)
    return DealPlan(
        opened_at=opened_at,
        amount=None if is_placeholder else Decimal(int(amount)),
        stage="Discovery"
        if age < DISCOVERY_DAYS
        else draws.one("stage", ("Proposal", "Negotiation")),
        next_step="" if is_placeholder else draws.one("next", NEXT_STEPS),
        expected_close_on=(opened_at + timedelta(days=45)).date(),
        closed_at=closed_at,
        outcome="won" if is_won else "lost",
        lost_reason=lost_reason,
        competitor=draws.one("competitor", COMPETITORS) if lost_reason == "competitor" else "",
    )


def up_to(deal: DealPlan | None, *, at: datetime) -> DealPlan | None:
    """Return the deal as it stands at `at`: not yet there, still open, or closed."""
    if deal is None or deal.opened_at >= at:
        return None
    if deal.closed_at is not None and deal.closed_at >= at:
        return replace(deal, closed_at=None, outcome="", lost_reason="", competitor="")
    return deal
