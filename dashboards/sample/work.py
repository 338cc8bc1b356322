"""What reps did with a lead: response, attempts, decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dashboards.sample.draws import Draws
    from dashboards.sample.story import World

RESPONSE_CURVE: Final = (
    (0.05, 0.27), (0.1, 0.68), (0.25, 6.9), (0.5, 28.9), (0.75, 78.0), (0.9, 142.8),
    (0.95, 202.9), (1.0, 236.0),
)  # fmt: skip
"""Share and business minutes to the first attempt at a real desk."""

REJECT_REASONS: Final = (
    ("not_icp_company", 0.24),
    ("not_icp_role", 0.14),
    ("unreachable", 0.2),
    ("customer_or_open_deal", 0.1),
    ("bad_contact_data", 0.1),
    ("no_need", 0.12),
    ("no_budget", 0.05),
    ("competitor_student_vendor", 0.05),
)
NOTES: Final = {
    "not_icp_company": (
        "Eleven people, no sales team. The webinar brings many of these.",
        "A reseller, not a buyer.",
        "Public sector, we do not sell there yet.",
    ),
    "not_icp_role": (
        "Assistant who was asked to collect brochures; would not name the decider.",
        "Works in IT support, never heard of the project.",
    ),
    "customer_or_open_deal": ("Katya has been talking to their CFO since June.",),
    "bad_contact_data": ("Number belongs to a bakery, mail bounces.",),
    "no_need": (
        "Downloaded the template for a course.",
        "They renewed their present tool in spring.",
        "Wanted the benchmark figures, nothing else.",
    ),
    "no_budget": ("Hiring freeze, ask again when the new year's budget is out.",),
}
NOT_RECORDED: Final = "not_recorded"
CHANNELS: Final = (("call", 0.6), ("email", 0.3), ("message", 0.1))
MINUTES_A_DAY: Final = 480
REACHED: Final = frozenset({"connected", "replied", "meeting_booked"})
BEFORE: Final = (
    ("within an hour", 0.37),
    ("within a day", 0.16),
    ("days later", 0.24),
    ("never", 0.23),
)
AFTER: Final = (("within the promise", 0.9), ("late", 0.06), ("very late", 0.02), ("never", 0.02))
LONGEST_WAIT_HOURS: Final = 720
FOLLOW_UPS_AGREED: Final = 3


@dataclass(frozen=True)
class Attempt:
    """A rep tried to reach the lead."""

    occurred_at: datetime
    kind: str
    outcome: str


@dataclass(frozen=True)
class Step:
    """The round moved on; `working` is a disposition that moves nothing."""

    to: str
    occurred_at: datetime
    reason: str = ""
    note: str = ""
    recycle_on: date | None = None


def answered_at(*, draws: Draws, world: World, rejected_at: datetime) -> datetime | None:
    """Draw when marketing answered a reject; before the agreement nobody did."""
    if rejected_at < world.signed_at:
        return None
    days = draws.between("answered", 0.2, 4.6)
    if draws.chance("answered late", 0.06):
        days = draws.between("answered late after", 6, 9)
    return world.worked(rejected_at, minutes=days * MINUTES_A_DAY)


@dataclass
class Life:
    """Attempts and steps of one round, in order of time."""

    attempts: list[Attempt] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    sql_at: datetime | None = None


def assigned_at(*, draws: Draws, world: World, mql_at: datetime, is_after: bool) -> datetime:
    """Draw when a person got the lead: at once, or by hand some business hours later."""
    if draws.chance("routed", 0.95 if is_after else 0.6):
        return mql_at + timedelta(seconds=draws.whole("routed after", 2, 240))
    minutes = draws.log_normal("routed late", median=180, sigma=1.0)
    return world.worked(mql_at, minutes=min(minutes, 6 * MINUTES_A_DAY))


def live(
    *, draws: Draws, world: World, assigned_at: datetime, is_after: bool, is_promising: bool
) -> Life:
    """Draw what became of a lead after its assignment."""
    first_at = _first_contact(draws=draws, world=world, start=assigned_at, is_after=is_after)
    if first_at is None:
        return _ignored(draws=draws, world=world, start=assigned_at, is_after=is_after)
    life = Life(attempts=_attempts(draws=draws, world=world, start=first_at, is_after=is_after))
    decided_at = _decided_at(draws=draws, world=world, start=first_at, is_after=is_after)
    share = 0.78 if is_after else 0.48
    if draws.chance("accepted", min(share * (1.12 if is_promising else 0.85), 0.95)):
        _accepted(life, draws=draws, world=world, at=decided_at, is_after=is_after)
    else:
        _turned_down(life, draws=draws, world=world, at=decided_at)
    return life


def first_attempt(*, draws: Draws, occurred_at: datetime) -> list[Attempt]:
    """Return one attempt at `occurred_at`."""
    return [_attempt(draws=draws, number=0, occurred_at=occurred_at, connect=0.3)]


def prospecting(*, draws: Draws, world: World, start: datetime) -> list[Attempt]:
    """Draw the attempts on a lead that sales found itself."""
    return [
        _attempt(
            draws=draws,
            number=number,
            occurred_at=world.worked(start, minutes=30 + number * draws.between("gap", 400, 900)),
            connect=0.12,
        )
        for number in range(draws.whole("prospecting", 1, 5))
    ]


def _first_contact(
    *, draws: Draws, world: World, start: datetime, is_after: bool
) -> datetime | None:
    """Draw the first attempt; None if nobody ever tried."""
    kind = draws.weighted("response", AFTER if is_after else BEFORE)
    if kind == "never":
        return None
    if is_after:
        minutes = {
            "within the promise": draws.quantile("minutes", RESPONSE_CURVE),
            "late": draws.between("late", 250, 960),
            "very late": draws.between("very late", 960, 2_400),
        }[kind]
        return world.worked(start, minutes=minutes)
    hours = {
        "within an hour": draws.log_even("minutes", 1, 60) / 60,
        "within a day": draws.log_even("hours", 1, 24),
        "days later": 24 + draws.log_normal("days", median=70, sigma=0.8),
    }[kind]
    return start + timedelta(hours=min(hours, LONGEST_WAIT_HOURS))


def _attempt(*, draws: Draws, number: int, occurred_at: datetime, connect: float) -> Attempt:
    """Draw the channel and what came of one attempt."""
    kind = draws.weighted(f"channel {number}", CHANNELS)
    if draws.chance(f"connected {number}", connect):
        outcome = "connected" if kind == "call" else "replied"
        if draws.chance(f"booked {number}", 0.35):
            outcome = "meeting_booked"
    elif kind == "call":
        outcome = draws.weighted(f"missed {number}", (("no_answer", 0.6), ("left_message", 0.4)))
    else:
        outcome = ""
    return Attempt(occurred_at=occurred_at, kind=kind, outcome=outcome)


def _attempts(*, draws: Draws, world: World, start: datetime, is_after: bool) -> list[Attempt]:
    """Draw the first attempt and its follow-ups, about a business day apart."""
    options = (
        ((0, 0.05), (1, 0.06), (2, 0.08), (3, 0.52), (4, 0.29))
        if is_after
        else ((0, 0.6), (1, 0.22), (2, 0.12), (3, 0.06))
    )
    found: list[Attempt] = []
    moment = start
    for number in range(1 + draws.weighted("follow-ups", options)):
        if number:
            minutes = MINUTES_A_DAY * draws.between(f"gap {number}", 0.7, 1.3)
            moment = world.worked(moment, minutes=minutes)
        attempt = _attempt(draws=draws, number=number, occurred_at=moment, connect=0.24)
        found.append(attempt)
        if attempt.outcome in REACHED:
            break
    return found


def _decided_at(*, draws: Draws, world: World, start: datetime, is_after: bool) -> datetime:
    """Draw when the rep said what becomes of the lead."""
    if draws.chance("prompt", 0.95 if is_after else 0.6):
        minutes = draws.log_normal("decided", median=70, sigma=0.9)
        return world.worked(start, minutes=min(minutes, 900))
    return world.worked(start, minutes=draws.between("decided late", 2, 10) * MINUTES_A_DAY)


def _ignored(*, draws: Draws, world: World, start: datetime, is_after: bool) -> Life:
    """A lead nobody contacted is cleared up in the end; before the agreement, weeks later."""
    days = draws.between("cleared", 3, 7) if is_after else draws.between("cleared late", 10, 35)
    cleared_at = world.worked(start, minutes=days * MINUTES_A_DAY)
    reason = draws.one("cleared reason", ("no_need", "bad_contact_data"))
    if cleared_at < world.signed_at:
        reason = NOT_RECORDED
    return Life(steps=[Step(to="rejected", occurred_at=cleared_at, reason=reason)])


def _turned_down(life: Life, *, draws: Draws, world: World, at: datetime) -> None:
    """Reject the lead with a reason, or give it back for later."""
    if draws.chance("not now", 0.14):
        wait = draws.whole("wait", 60, 120)
        life.steps.append(
            Step(
                to="recycled",
                occurred_at=at,
                reason="not_now",
                recycle_on=at.date() + timedelta(days=wait),
            )
        )
        return
    reason = draws.weighted("reject reason", REJECT_REASONS)
    if at < world.signed_at and draws.chance("no reason", 0.25):
        reason = NOT_RECORDED
    if reason == "unreachable" and any(one.outcome in REACHED for one in life.attempts):
        reason = "no_need"
    if reason == "unreachable":
        at = _exhaust(life, draws=draws, world=world, at=at)
    note = (
        draws.one("note", NOTES[reason]) if reason in NOTES and draws.chance("noted", 0.4) else ""
    )
    life.steps.append(Step(to="rejected", occurred_at=at, reason=reason, note=note))


def _exhaust(life: Life, *, draws: Draws, world: World, at: datetime) -> datetime:
    """Add the attempts without which nobody may say "unreachable"; return the decision's time."""
    while len(life.attempts) < 1 + FOLLOW_UPS_AGREED:
        number = len(life.attempts)
        minutes = MINUTES_A_DAY * draws.between(f"more {number}", 0.6, 1.1)
        moment = world.worked(life.attempts[-1].occurred_at, minutes=minutes)
        life.attempts.append(Attempt(moment, "call", "no_answer"))
    return max(at, world.worked(life.attempts[-1].occurred_at, minutes=20))


def _accepted(life: Life, *, draws: Draws, world: World, at: datetime, is_after: bool) -> None:
    """Accept the lead; it becomes an SQL, is given up later, or is left lying."""
    life.steps.append(Step(to="accepted", occurred_at=at))
    if draws.chance("sql", 0.4 if is_after else 0.46):
        life.sql_at = world.worked(at, minutes=draws.between("sql after", 0.2, 6) * MINUTES_A_DAY)
        life.steps.append(Step(to="sql", occurred_at=life.sql_at))
        return
    if draws.chance("finished", 0.985 if is_after else 1.0):
        last = 8 if draws.chance("in time", 0.9 if is_after else 0.45) else 15
        days = draws.between("ended", 2, last) if is_after else draws.between("ended", 2, 2 * last)
        ended_at = world.worked(at, minutes=days * MINUTES_A_DAY)
        if draws.chance("recycled", 0.6):
            wait = draws.whole("wait", 60, 120)
            life.steps.append(
                Step(
                    to="recycled",
                    occurred_at=ended_at,
                    reason="not_now",
                    recycle_on=ended_at.date() + timedelta(days=wait),
                )
            )
        else:
            reason = draws.one("late reason", ("no_need", "no_budget", "not_icp_role"))
            life.steps.append(Step(to="rejected", occurred_at=ended_at, reason=reason))
