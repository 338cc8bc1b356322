"""The life of each lead of the sample company, drawn, before anything is stored.

Two regimes, split at the day the SLA was signed. Before: 37 % contacted within an hour, 23 % never
(the 2011 audit of 2,241 US firms in Harvard Business Review), 48 % of touched leads accepted.
After: 90 % within four business hours by the quantile curve of a real desk (BPI Challenge 2012
log), 2 % never, 78 % accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from dashboards.sample import deals, market, work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dashboards.sample.draws import Draws
    from sla.clock import BusinessCalendar

ZONE: Final = ZoneInfo("America/New_York")
INBOUND_COUNT: Final = 2_000
OUTBOUND_COUNT: Final = 400
DAYS: Final = 274
"""Three quarters."""
SIGNED_DAYS_AGO: Final = 137
REP_COUNT: Final = 12
FRESH: Final = (
    (620, 0, None), (205, 0, None), (110, 0, None), (20, 0, None), (300, 0, 12), (590, 0, 288),
    (230, 1, None), (45, 1, None), (160, 2, 40), (15, 3, None), (225, 4, None), (90, 5, 30),
    (70, 6, None), (180, 7, 95), (10, 8, None), (400, 8, 260), (130, 10, None), (55, 11, None),
)  # fmt: skip
"""Of each fresh lead: business minutes since assignment, the rep, and until the first attempt."""


@dataclass(frozen=True)
class World:
    """What every story shares.

    `at` is the instant the sample is made for; nothing happens after it.
    """

    draws: Draws
    at: datetime
    signed_at: datetime
    calendar: BusinessCalendar

    def worked(self, start: datetime, *, minutes: float) -> datetime:
        """Return the instant `minutes` of business time after `start`."""
        return self.calendar.add(start, timedelta(seconds=int(minutes * 60)))


@dataclass(frozen=True)
class Story:
    """One lead and all that happened to it up to the world's instant."""

    external_id: str
    channel: market.ChannelPlan
    campaign: str
    person: market.Person
    captured_at: datetime
    acts: list[market.Act]
    mql_at: datetime | None
    assigned_at: datetime | None
    rep: int
    attempts: list[work.Attempt] = field(default_factory=list)
    steps: list[work.Step] = field(default_factory=list)
    deal: deals.DealPlan | None = None


def signing_day(*, at: datetime) -> datetime:
    """Return the working-day afternoon, half-way, on which the agreement came into force."""
    day = at.astimezone(ZONE).date() - timedelta(days=SIGNED_DAYS_AGO)
    day -= timedelta(days=max(0, day.weekday() - 3))
    return datetime.combine(day, time(15), tzinfo=ZONE).astimezone(UTC)


def inbound(*, world: World) -> Iterator[Story]:
    """Yield the inbound leads, oldest first; not every one becomes an MQL."""
    for number, captured_at in enumerate(_arrivals(world=world, count=INBOUND_COUNT)):
        yield _inbound_story(world=world, number=number, captured_at=captured_at)


def outbound(*, world: World) -> Iterator[Story]:
    """Yield the leads that sales found, oldest first; they enter at SQL or stay unworked."""
    for number, captured_at in enumerate(_arrivals(world=world, count=OUTBOUND_COUNT)):
        draws = world.draws.of(f"outbound {number}")
        rep = draws.whole("rep", 0, REP_COUNT - 1)
        attempts = work.prospecting(draws=draws, world=world, start=captured_at)
        steps: list[work.Step] = []
        deal = None
        if draws.chance("sql", 0.36):
            sql_at = world.worked(captured_at, minutes=draws.between("sql after", 2_000, 9_000))
            steps = [work.Step(to="sql", occurred_at=sql_at)]
            deal = deals.draw(draws=draws, world=world, sql_at=sql_at, win_share=0.27)
        yield Story(
            external_id=f"OUT-{number + 1:04d}",
            channel=market.OUTBOUND,
            campaign=draws.one("campaign", market.OUTBOUND.campaigns),
            person=market.person(draws=draws, hand_raiser=False),
            captured_at=captured_at,
            acts=[],
            mql_at=None,
            assigned_at=captured_at,
            rep=rep,
            attempts=[a for a in attempts if a.occurred_at < world.at],
            steps=[s for s in steps if s.occurred_at < world.at],
            deal=deals.up_to(deal, at=world.at),
        )


def fresh(*, world: World, qualifies: Callable[[Story], bool]) -> Iterator[Story]:
    """Yield leads that are due in the next hours, so that every queue lives.

    Args:
        world: What every story shares.
        qualifies: Whether the definition in use makes the lead an MQL; others are drawn anew.
    """
    for number, plan in enumerate(FRESH):
        stories = (_fresh_story(world=world, name=f"{number} {k}", plan=plan) for k in range(200))
        story = next(filter(qualifies, stories))
        yield replace(story, external_id=f"WEB-{INBOUND_COUNT + number + 1:05d}")


def _fresh_story(*, world: World, name: str, plan: tuple[int, int, int | None]) -> Story:
    """Draw a lead assigned `plan[0]` business minutes ago to rep `plan[1]`.

    The third figure is the business minutes after which the rep first tried; None is not yet.
    """
    ago, rep, answered = plan
    draws = world.draws.of(f"fresh {name}")
    assigned_at = world.calendar.add(world.at, timedelta(minutes=-ago))
    channel = draws.one("channel", market.CHANNELS[:6])
    captured_at = assigned_at - timedelta(minutes=2)
    hand_raiser = draws.chance("hand raiser", 0.35)
    attempts = []
    if answered is not None:
        attempted_at = world.worked(assigned_at, minutes=answered)
        attempts = work.first_attempt(draws=draws, occurred_at=attempted_at)
    return Story(
        external_id=f"fresh {name}",
        channel=channel,
        campaign=draws.one("campaign", channel.campaigns),
        person=market.person(draws=draws, hand_raiser=hand_raiser),
        captured_at=captured_at,
        acts=market.acts(
            draws=draws, channel=channel, captured_at=captured_at, hand_raiser=hand_raiser
        ),
        mql_at=captured_at + timedelta(minutes=1),
        assigned_at=assigned_at,
        rep=rep,
        attempts=[a for a in attempts if a.occurred_at < world.at],
    )


def _arrivals(*, world: World, count: int) -> list[datetime]:
    """Spread `count` arrivals over the three quarters, oldest first."""
    last = world.at.astimezone(ZONE).date() - timedelta(days=1)
    days = [last - timedelta(days=back) for back in range(DAYS, -1, -1)]
    weights = [
        market.WEEKDAYS[day.weekday()] * (0.85 + 0.3 * place / DAYS)
        for place, day in enumerate(days)
    ]
    found = []
    place, reached, total = 0, weights[0], sum(weights)
    for number in range(count):
        draws = world.draws.of(f"arrival {count} {number}")
        goal = (number + draws.u("place")) / count * total
        while reached < goal and place + 1 < len(days):
            place += 1
            reached += weights[place]
        clock = time(
            draws.weighted("hour", market.HOURS),
            draws.whole("minute", 0, 59),
            draws.whole("second", 0, 59),
        )
        found.append(datetime.combine(days[place], clock, tzinfo=ZONE).astimezone(UTC))
    return sorted(found)


def _inbound_story(*, world: World, number: int, captured_at: datetime) -> Story:
    """Draw one inbound lead; it becomes an MQL only if the definition says so at loading."""
    draws = world.draws.of(f"inbound {number}")
    channel = draws.weighted("channel", [(plan, plan.share) for plan in market.CHANNELS])
    hand_raiser = draws.chance("hand raiser", 0.26 * channel.keenness)
    person = market.person(draws=draws, hand_raiser=hand_raiser)
    is_after = captured_at >= world.signed_at
    mql_at = captured_at + timedelta(seconds=draws.whole("qualified", 20, 600))
    assigned_at = work.assigned_at(draws=draws, world=world, mql_at=mql_at, is_after=is_after)
    life = work.live(
        draws=draws,
        world=world,
        assigned_at=assigned_at,
        is_after=is_after,
        is_promising=person.is_fit or hand_raiser,
    )
    deal = None
    steps = life.steps
    if life.sql_at is not None:
        win_share = 0.36 if is_after else 0.29
        deal = deals.draw(draws=draws, world=world, sql_at=life.sql_at, win_share=win_share)
    return Story(
        external_id=f"WEB-{number + 1:05d}",
        channel=channel,
        campaign=draws.one("campaign", channel.campaigns),
        person=person,
        captured_at=captured_at,
        acts=market.acts(
            draws=draws, channel=channel, captured_at=captured_at, hand_raiser=hand_raiser
        ),
        mql_at=mql_at,
        assigned_at=assigned_at if assigned_at < world.at else None,
        rep=draws.whole("rep", 0, REP_COUNT - 1),
        attempts=[a for a in life.attempts if a.occurred_at < world.at],
        steps=[s for s in steps if s.occurred_at < world.at],
        deal=deals.up_to(deal, at=world.at),
    )
