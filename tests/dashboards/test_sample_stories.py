"""The sample's stories: deterministic, and with the shape of the two regimes."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboards.sample import story
from dashboards.sample.draws import Draws
from dashboards.sample.work import REACHED
from sla.clock import BusinessCalendar

AT = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)
OFFICE = BusinessCalendar.from_dict(
    {
        "timezone": "America/New_York",
        "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
        "holidays": [],
        "exceptions": {},
    }
)
POINTS = 0.04


def world(seed="fernhill"):
    return story.World(
        draws=Draws(seed), at=AT, signed_at=story.signing_day(at=AT), calendar=OFFICE
    )


@pytest.fixture(scope="module")
def inbound():
    return list(story.inbound(world=world()))


def regime(stories, *, is_after):
    """Return the assigned leads of one regime that are old enough to have been called."""
    signed_at = story.signing_day(at=AT)
    return [
        one
        for one in stories
        if one.assigned_at
        and (one.captured_at >= signed_at) is is_after
        and one.assigned_at < AT - timedelta(days=31)
    ]


def share(stories, holds):
    return sum(1 for one in stories if holds(one)) / len(stories)


def responded_within(limit):
    def holds(one):
        return bool(one.attempts) and one.attempts[0].occurred_at - one.assigned_at <= limit

    return holds


def test_the_same_seed_tells_the_same_stories():
    first, second = list(story.outbound(world=world())), list(story.outbound(world=world()))

    assert first == second


def test_another_seed_tells_others():
    here, there = next(story.inbound(world=world())), next(story.inbound(world=world("other")))

    assert here.person != there.person


def test_one_draw_does_not_move_another():
    draws = Draws("a").of("lead 7")

    before = draws.u("industry")
    draws.u("size")

    assert draws.u("industry") == before


def test_nothing_happens_after_the_samples_instant(inbound):
    moments = [
        moment
        for one in inbound
        for moment in (
            one.captured_at,
            *[attempt.occurred_at for attempt in one.attempts],
            *[step.occurred_at for step in one.steps],
            *([one.deal.opened_at] if one.deal else []),
            *([one.deal.closed_at] if one.deal and one.deal.closed_at else []),
        )
    ]

    assert max(moments) < AT


def test_before_the_agreement_few_are_called_within_an_hour_and_many_never(inbound):
    before = regime(inbound, is_after=False)

    assert share(before, responded_within(timedelta(hours=1))) == pytest.approx(0.37, abs=POINTS)
    assert share(before, lambda one: not one.attempts) == pytest.approx(0.23, abs=POINTS)


def test_after_the_agreement_most_are_called_within_four_business_hours(inbound):
    after = regime(inbound, is_after=True)

    def kept(one):
        due_at = OFFICE.add(one.assigned_at, timedelta(hours=4))
        return bool(one.attempts) and one.attempts[0].occurred_at <= due_at

    assert share(after, kept) == pytest.approx(0.9, abs=POINTS)
    assert share(after, lambda one: not one.attempts) == pytest.approx(0.02, abs=POINTS)


def test_unreachable_means_that_the_agreed_attempts_were_made(inbound):
    given_up = [one for one in inbound if any(s.reason == "unreachable" for s in one.steps)]

    assert given_up
    for one in given_up:
        assert len(one.attempts) >= 4
        assert not any(attempt.outcome in REACHED for attempt in one.attempts)


def test_fresh_leads_are_due_around_now():
    fresh = list(story.fresh(world=world(), qualifies=lambda one: one.person.is_fit))

    ages = [OFFICE.between(one.assigned_at, AT) for one in fresh]

    assert {one.rep for one in fresh} >= {0, 1, 2}
    assert sum(age < timedelta(hours=4) for age in ages) >= 10
    assert sum(age > timedelta(hours=4) for age in ages) >= 3
