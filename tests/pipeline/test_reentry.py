"""A recycled lead comes back with a new act, when the agreed rule allows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from definitions.content import RecycleRule
from pipeline.choices import Origin, Stage
from pipeline.models import Lead, Round
from pipeline.reentry import may_reenter
from pipeline.services.touches import TouchRow, record_touches
from sla.models import Clock
from tests.factories.pipeline import DAY, NOON, accepted, moved

RECYCLED = datetime(2026, 3, 3, 15, tzinfo=UTC)
RULE = RecycleRule(wait_days=60, re_entry="A new act after recycling.")


def asks(*, after_days, act="webinar", act_after_days=None, rounds=1, rule=RULE, on=None):
    at = RECYCLED + timedelta(days=after_days)
    acted = RECYCLED + timedelta(days=after_days if act_after_days is None else act_after_days)
    return may_reenter(
        rule=rule,
        recycled_at=RECYCLED,
        recycle_on=on,
        acts=[(act, acted)],
        rounds=[RECYCLED - timedelta(days=number) for number in range(rounds)],
        at=at,
        today=at.date(),
    )


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param({"after_days": 60}, True, id="after the wait"),
        pytest.param({"after_days": 59}, False, id="before the wait is over"),
        pytest.param({"after_days": 90, "act_after_days": -1}, False, id="no new act"),
        pytest.param({"after_days": 1, "act": "demo_request"}, True, id="a demo request"),
        pytest.param({"after_days": 90, "rounds": 3}, False, id="three rounds in a year"),
        pytest.param({"after_days": 40, "on": date(2026, 4, 10)}, True, id="the date named"),
        pytest.param({"after_days": 40, "on": date(2026, 5, 1)}, False, id="before the date"),
        pytest.param({"after_days": 20, "on": date(2026, 3, 10)}, False, id="in the cool-down"),
    ],
)
def test_when_a_lead_may_come_back(case, expected):
    assert asks(**case) is expected


@pytest.mark.django_db
def test_a_demo_request_opens_the_second_round_with_clocks_of_its_own(sam):
    lead = accepted(sam.rep, title="VP Operations", seniority="vp")
    company = lead.company
    company.size, company.industry, company.country = 400, "software", "US"
    company.technology = ["salesforce"]
    company.save()
    lead = moved(lead, Stage.RECYCLED, at=NOON, reason="no_budget_now")
    assert lead.stage == Stage.RECYCLED
    at = NOON + 2 * DAY

    record_touches(
        rows=[TouchRow(lead_id=lead.pk, occurred_at=at, kind="demo_request")],
        actor="system:test",
        origin=Origin.API,
        at=at,
    )

    rounds = list(Round.objects.order_by("number"))
    assert [current.number for current in rounds] == [1, 2]
    assert Lead.objects.get().stage == Stage.ASSIGNED
    assert rounds[1].explanation["is_mql"] is True
    assert Clock.objects.filter(cycle=2, kind="first_contact", scope="lead").count() == 1
