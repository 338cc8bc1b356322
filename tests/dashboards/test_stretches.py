"""A group of time says what the same stretch of time asked alone says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dashboards.metrics import Period
from dashboards.registry import REGISTRY, buckets
from dashboards.registry.base import Part
from pipeline.choices import Stage
from sla.choices import ClockKind, ClockStatus
from tests.dashboards.test_clock_metrics import clock
from tests.factories.dashboards import asked, deal, instant, lead_from, promise, quota, round_of
from tests.factories.pipeline import RepFactory
from tests.standing import standing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agreement")]

# Shares of one stock and of one whole: a month of them is a part, not an answer of its own.
SHARES = {"pipeline_by_source"}
# The period cuts its first month and its last.
SPAN = Period(date(2026, 5, 20), date(2026, 11, 21))
DAYS = ["2026-05-25", "2026-07-31 23:30", "2026-08-01 00:30", "2026-10-10", "2026-11-05"]


@standing
def company(agreement):
    """Some of everything in several months; one rep comes, one goes, one has a new quota."""
    sam = RepFactory(external_id="sam")
    rita = RepFactory(external_id="rita")
    vera = RepFactory(external_id="vera")
    quota(sam, amount=Decimal(90_000))
    quota(rita, starts_on=date(2026, 10, 16), amount=Decimal(30_000))
    first = {"starts_on": date(2026, 4, 1), "ends_on": date(2026, 8, 1)}
    quota(vera, amount=Decimal(50_000), **first)
    held = promise()
    handed = [promise(kind) for kind in (ClockKind.LEAD_AGE, ClockKind.CONTEXT)]
    for number, day in enumerate(DAYS * 3):
        at = instant(day)
        rep = [sam, rita, vera][number // len(DAYS)]
        lead = lead_from(group=["marketing", "outbound"][number % 2], channel=f"c{number}")
        round_of(
            lead,
            stage=Stage.SQL,
            mql_at=at,
            rep=rep,
            decided_at=at,
            first_decision=["accepted", "rejected"][number % 2],
            sql_at=at if number % 3 else None,
        )
        amount = Decimal(100 + number) if number % 7 else None
        outcome = ["won", "won", "lost"][number % 3]
        deal(outcome, closed=day, accepted=day, lead=lead, rep=rep, amount=amount)
        status = [ClockStatus.MET, ClockStatus.MET_LATE][number % 2]
        clock(held, status, started_at=at, lead=lead, rep=rep, seconds=600 * number)
        judged = [ClockStatus.MET, ClockStatus.BREACHED_CLOSED, ClockStatus.EXCUSED][number % 3]
        for gate in handed:
            clock(gate, judged, kind=gate.kind, started_at=at, lead=lead, seconds=0)


@pytest.mark.parametrize("name", buckets.TIMES)
@pytest.mark.parametrize("key", [m.key for m in REGISTRY if m.key not in SHARES])
def test_a_stretch_says_what_it_says_alone(key, name, company):
    metric, question = REGISTRY[key], asked(key, period=SPAN, group_by=name)

    found = metric.groups(question)

    assert found
    for group in found:
        within = buckets.stretch(name, key=group.key, asked=question)
        alone = metric.total(question.over(within).by(""))
        told = (group.value, group.numerator, group.denominator, group.n, group.excluded)
        assert told == (
            alone.value, alone.numerator, alone.denominator, alone.n, alone.excluded
        )  # fmt: skip
        assert metric.rows(question, bucket=group.key).count() == group.n
        left_out = metric.rows(question, bucket=group.key, part=Part.EXCLUDED)
        assert left_out.count() == group.excluded


def test_a_quarter_of_a_shifted_fiscal_year_is_its_own_months(company):
    question = asked("quota_attainment", period=SPAN, group_by="quarter")
    shifted = replace(question, setting=replace(question.setting, fiscal_start_month=2))

    assert buckets.stretch("quarter", key="2026Q3", asked=shifted) == Period(
        date(2026, 8, 1), date(2026, 11, 1)
    )
    assert buckets.stretch("quarter", key="2019Q3", asked=shifted) is None


@pytest.mark.parametrize(
    ("name", "key"),
    [("month", "2026-13"), ("week", "2026-10-06"), ("year", "soon"), ("quarter", "2026Q5")],
)
def test_what_is_no_stretch_of_time_has_no_days(name, key):
    question = asked("win_rate", period=SPAN, group_by=name)

    assert buckets.stretch(name, key=key, asked=question) is None


def test_a_reps_group_is_held_against_the_reps_own_quota(company):
    question = asked("quota_attainment", period=SPAN, group_by="rep")

    found = REGISTRY["quota_attainment"].groups(question)

    assert {group.key for group in found} == {"sam", "rita", "vera"}
    for group in found:
        alone = REGISTRY["quota_attainment"].total(replace(question, rep=group.key))
        assert (group.value, group.denominator) == (alone.value, alone.denominator)
