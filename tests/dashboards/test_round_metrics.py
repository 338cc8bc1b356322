"""Metrics over rounds, counted by hand."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from dashboards.filters import Setting
from dashboards.metrics import Period
from dashboards.registry import REGISTRY
from dashboards.registry.base import Part
from pipeline.choices import Stage
from pipeline.models import Lead
from tests.factories.dashboards import asked, instant, lead_from, round_of
from tests.factories.pipeline import RepFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agreement")]


def groups(key, **question):
    """Return (numerator, n) by the key of the group."""
    found = REGISTRY[key].groups(asked(key, **question))
    return {figure.key: (figure.numerator, figure.n) for figure in found}


def test_the_funnel_counts_who_reached_the_second_stage_by_channel():
    search, social = lead_from(channel="paid_search"), lead_from(channel="social")
    round_of(search, stage=Stage.WON, mql_at=instant("2026-10-02"), won_at=instant("2026-11-01"))
    round_of(lead_from(channel="paid_search"), mql_at=instant("2026-10-03"))
    round_of(social, mql_at=instant("2026-10-04"))

    total = REGISTRY["funnel"].total(asked())

    assert (total.numerator, total.denominator, total.n) == (1, 3, 3)
    assert total.value == pytest.approx(1 / 3)
    assert groups("funnel", group_by="channel") == {"paid_search": (1, 2), "social": (0, 1)}


def test_a_missing_channel_is_a_bucket_of_its_own_beside_unknown():
    round_of(lead_from(group="", channel=None), mql_at=instant("2026-10-02"))
    round_of(lead_from(group="unknown", channel="unknown"), mql_at=instant("2026-10-02"))

    assert groups("mql_volume", group_by="channel") == {
        "(missing)": (None, 1),
        "unknown": (None, 1),
    }
    assert groups("mql_volume", group_by="source_group", channel="(missing)") == {
        "(missing)": (None, 1)
    }


def test_test_leads_merged_leads_and_void_rounds_never_count():
    kept = round_of(mql_at=instant("2026-10-02"))
    round_of(lead_from(channel="paid_search", is_test=True), mql_at=instant("2026-10-02"))
    merged = round_of(mql_at=instant("2026-10-02"))
    Lead.objects.filter(pk=merged.lead_id).update(merged_into=kept.lead_id)
    round_of(mql_at=instant("2026-10-02"), voided_at=instant("2026-10-03"))

    assert REGISTRY["mql_volume"].total(asked("mql_volume")).n == 1


@pytest.mark.parametrize(
    ("zone", "month"),
    [
        pytest.param("UTC", "2026-03", id="UTC"),
        pytest.param("America/New_York", "2026-02", id="New York is still in February"),
        pytest.param("Asia/Kolkata", "2026-03", id="Kolkata"),
    ],
)
def test_months_are_cut_in_the_organisations_zone(zone, month):
    round_of(mql_at=instant("2026-03-01 04:30"))
    setting = Setting(zone=ZoneInfo(zone))
    year = Period(date(2026, 1, 1), date(2027, 1, 1))

    assert groups("mql_volume", group_by="month", setting=setting, period=year) == {
        month: (None, 1)
    }


@pytest.mark.parametrize(
    ("zone", "at", "counts"),
    [
        pytest.param(
            "America/New_York", "2026-03-08 04:59", 0, id="New York, a minute before the day"
        ),
        pytest.param("America/New_York", "2026-03-08 05:00", 1, id="New York, its first minute"),
        # The day of the spring change has 23 hours: it ends at 04:00 UTC.
        pytest.param("America/New_York", "2026-03-09 03:59", 1, id="New York, its last minute"),
        pytest.param("America/New_York", "2026-03-09 04:00", 0, id="New York, the day after"),
        pytest.param("Asia/Kolkata", "2026-03-07 18:30", 1, id="Kolkata, its first minute"),
        pytest.param("Asia/Kolkata", "2026-03-08 18:30", 0, id="Kolkata, the day after"),
    ],
)
def test_a_day_holds_its_local_instants_and_no_others(zone, at, counts):
    round_of(mql_at=instant(at))
    setting = Setting(zone=ZoneInfo(zone))
    day = Period(date(2026, 3, 8), date(2026, 3, 9))

    assert (
        REGISTRY["mql_volume"].total(asked("mql_volume", setting=setting, period=day)).n == counts
    )


def test_fiscal_quarters_are_named_by_the_year_they_begin_in():
    round_of(mql_at=instant("2026-01-15"))
    round_of(mql_at=instant("2026-02-15"))
    setting = Setting(zone=ZoneInfo("UTC"), fiscal_start_month=2)
    year = Period(date(2026, 1, 1), date(2027, 1, 1))

    found = REGISTRY["mql_volume"].groups(
        asked("mql_volume", group_by="quarter", setting=setting, period=year)
    )

    assert [(figure.key, figure.label, figure.n) for figure in found] == [
        ("2025Q4", "FY2025 Q4", 1),
        ("2026Q1", "FY2026 Q1", 1),
    ]


def test_mql_to_sql_counts_ninety_local_days():
    round_of(
        stage=Stage.SQL, mql_at=instant("2026-07-01 23:00"), sql_at=instant("2026-09-29 01:00")
    )
    round_of(
        stage=Stage.SQL, mql_at=instant("2026-07-01 01:00"), sql_at=instant("2026-09-30 00:30")
    )
    summer = Period(date(2026, 7, 1), date(2026, 8, 1))

    total = REGISTRY["mql_to_sql"].total(asked("mql_to_sql", period=summer))

    assert (total.numerator, total.n) == (1, 2)
    assert total.details["is_mature"]
    assert total.details["median_days"] == 90


def test_a_cohort_is_mature_when_all_are_old_or_ended():
    round_of(stage=Stage.REJECTED, mql_at=instant("2026-11-01"), rejected_at=instant("2026-11-02"))
    november = Period(date(2026, 11, 1), date(2026, 12, 1))
    ended = REGISTRY["mql_to_sql"].total(asked("mql_to_sql", period=november))
    round_of(mql_at=instant("2026-11-03"))

    young = REGISTRY["mql_to_sql"].total(asked("mql_to_sql", period=november))

    assert ended.details["is_mature"]
    assert (young.details["is_mature"], young.details["still_in_window"]) == (False, 1)


def test_rates_of_decisions_count_the_first_decision_only():
    day = {"mql_at": instant("2026-10-01"), "decided_at": instant("2026-10-05")}
    accepted = Stage.ACCEPTED.value
    round_of(
        first_decision=accepted,
        accepted_at=day["decided_at"],
        rejected_at=instant("2026-10-20"),
        **day,
    )
    round_of(first_decision=Stage.REJECTED.value, rejected_at=day["decided_at"], **day)
    round_of(mql_at=instant("2026-10-01"))

    acceptance = REGISTRY["acceptance_rate"].total(asked("acceptance_rate"))
    rejection = REGISTRY["rejection_rate"].total(asked("rejection_rate"))

    assert (acceptance.numerator, acceptance.n) == (1, 2)
    assert (rejection.numerator, rejection.n) == (1, 2)


def test_a_second_round_counts_again():
    lead = lead_from(channel="paid_search")
    round_of(lead, stage=Stage.RECYCLED, mql_at=instant("2026-10-01"))
    round_of(lead, mql_at=instant("2026-11-01"))

    assert REGISTRY["mql_volume"].total(asked("mql_volume")).n == 2


def test_within_days_counts_local_dates_and_negative_ones():
    round_of(stage=Stage.WON, mql_at=instant("2026-10-10"), won_at=instant("2026-10-08"))
    round_of(
        stage=Stage.WON, mql_at=instant("2026-10-10 23:00"), won_at=instant("2026-11-09 23:30")
    )
    round_of(
        stage=Stage.WON, mql_at=instant("2026-10-10 23:00"), won_at=instant("2026-11-10 00:30")
    )

    total = REGISTRY["funnel"].total(asked(within_days="30"))

    assert (total.numerator, total.n) == (2, 3)


def test_attributes_of_lead_company_and_rep_are_groups():
    rep = RepFactory(attributes={"office": "East"})
    lead = lead_from(channel="paid_search", attributes={"plan": "pro"})
    round_of(lead, mql_at=instant("2026-10-02"), rep=rep)
    round_of(mql_at=instant("2026-10-02"))

    assert groups("mql_volume", group_by="attributes.plan") == {
        "pro": (None, 1),
        "(missing)": (None, 1),
    }
    assert groups("mql_volume", group_by="attributes.office")["East"] == (None, 1)


def test_rows_are_exactly_the_figures_rows():
    won = round_of(stage=Stage.WON, mql_at=instant("2026-10-02"), won_at=instant("2026-11-01"))
    other = round_of(mql_at=instant("2026-10-03"))
    question = asked()
    metric = REGISTRY["funnel"]

    assert list(metric.rows(question)) == [other, won]
    assert list(metric.rows(question, part=Part.NUMERATOR)) == [won]
    assert list(metric.rows(question.by("channel"), bucket="paid_search")) == [other, won]
    assert not metric.rows(question.by("channel"), bucket="social").exists()


def test_what_had_not_happened_at_the_instant_of_asking_is_not_counted():
    round_of(mql_at=instant("2026-11-20"))
    earlier = asked("mql_volume", at=instant("2026-11-10"))

    assert REGISTRY["mql_volume"].total(earlier).n == 0
    assert REGISTRY["mql_volume"].total(asked("mql_volume")).n == 1
