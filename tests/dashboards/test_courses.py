"""Numbers over time: cohorts by week, sources by quarter; and the page of metrics in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.metrics import Period
from dashboards.registry import REGISTRY
from dashboards.selectors import courses
from tests.factories.dashboards import asked, deal, instant, round_of

DOCS = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"


@pytest.mark.django_db
@pytest.mark.usefixtures("agreement")
def test_weeks_that_have_not_passed_for_all_rounds_stay_blank():
    round_of(mql_at=instant("2026-10-01"), sql_at=instant("2026-10-08"))
    round_of(mql_at=instant("2026-10-31"))

    (october,) = courses.cohorts(asked("mql_to_sql"))

    # The youngest round is 22 days old: three weeks have passed for both.
    assert october.n == 2
    assert october.shares == [0.5, 0.5, 0.5, None, None, None, None, None]


@pytest.mark.django_db
@pytest.mark.usefixtures("agreement")
def test_a_cohort_keeps_what_happened_after_its_weeks_out_of_them():
    round_of(mql_at=instant("2026-05-01"), sql_at=instant("2026-05-09"))
    round_of(mql_at=instant("2026-05-01"), sql_at=instant("2026-08-20"))

    (may,) = courses.cohorts(asked("mql_to_sql"))

    assert may.shares == [0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.django_db
@pytest.mark.usefixtures("agreement")
def test_shares_of_a_quarter_add_up_to_one():
    deal(amount=Decimal(300), accepted="2026-08-01")
    deal(amount=Decimal(100), accepted="2026-08-01", source_group="outbound")
    deal(amount=Decimal(50), accepted="2026-11-01", source_group="")

    course = courses.created_by_quarter(asked("pipeline_by_source"))

    assert course.columns == ["Q3 2026", "Q4 2026"]
    assert course.periods[0] == Period(date(2026, 7, 1), date(2026, 10, 1))
    assert course.shares == {
        "Marketing": [0.75, 0.0], "Outbound": [0.25, 0.0], "(missing)": [0.0, 1.0]
    }  # fmt: skip


def test_the_page_of_metrics_names_every_metric_and_parameter():
    text = DOCS.read_text()

    for metric in REGISTRY:
        assert f"`{metric.key}`" in text
        for option in metric.options:
            assert option.name in text
