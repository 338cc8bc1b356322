"""Maven's sales pipeline: every figure equals `expected.json` to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipeline.models import ImportRun, Opportunity
from revops.people.models import Rep


def closed(group):
    """Return a group of the win rate as the file words it."""
    return {
        "won": group["numerator"],
        "lost": group["details"]["lost"],
        "win_rate": round(group["value"], 6),
        "won_value": Decimal(group["details"]["won_amount"]["amount"]),
    }


def wanted(row):
    """Return the part of an expected row that closed deals can tell."""
    return {name: row[name] for name in ("won", "lost", "win_rate", "won_value")}


def days(figure):
    """Return a sales cycle as the file words it."""
    details = figure["details"]
    return {
        "n": figure["n"],
        "mean": round(details["mean"], 4),
        "median": details["median"],
        "p90": round(details["p90"], 4),
        "min": float(details["min"]),
        "max": float(details["max"]),
    }


def test_totals(maven, maven_expected):
    expected = maven_expected["totals"]

    whole = maven.ask("win_rate")
    stages = maven.groups("pipeline_by_source", scope="all", group_by="deal_stage")
    outcomes = maven.groups("pipeline_by_source", scope="all", group_by="outcome")
    accounts = maven.groups("pipeline_by_source", scope="all", group_by="account")

    assert closed(whole) == wanted(expected)
    assert maven.ask("pipeline_by_source", scope="all")["n"] == expected["opportunities"]
    assert {key.lower(): group["n"] for key, group in stages.items()} == {
        stage.lower(): count for stage, count in expected["stages"].items()
    }
    assert outcomes["open"]["n"] == expected["open"]
    assert accounts["(missing)"]["n"] == expected["account_missing"]


@pytest.mark.parametrize(
    ("block", "group_by"),
    [
        pytest.param("win_rate_by_sales_agent", "rep", id="sales agent"),
        pytest.param("win_rate_by_sector", "attributes.sector", id="sector"),
        pytest.param("win_rate_by_prod", "attributes.product", id="product"),
        pytest.param("win_rate_by_series", "attributes.series", id="series"),
        pytest.param("win_rate_by_regional_office", "team", id="regional office"),
        pytest.param("win_rate_by_manager", "manager", id="manager"),
    ],
)
def test_win_rate(maven, maven_expected, block, group_by):
    rows = maven_expected[block]["rows"]

    groups = maven.groups("win_rate", group_by=group_by)
    everything = maven.groups("pipeline_by_source", scope="all", group_by=group_by)

    assert {key: closed(group) for key, group in groups.items()} == {
        key: wanted(row) for key, row in rows.items()
    }
    # Deals without an account have no sector; the file leaves them out.
    counted = {key: group["n"] for key, group in everything.items() if key != "(missing)"}
    assert counted == {key: row["opportunities"] for key, row in rows.items()}


@pytest.mark.parametrize("stretch", ["month", "quarter"])
def test_closed_by(maven, maven_expected, stretch):
    groups = maven.groups("win_rate", group_by=stretch)

    assert {key: closed(group) for key, group in groups.items()} == {
        key: wanted(row) for key, row in maven_expected[f"closed_by_{stretch}"]["rows"].items()
    }


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_cycle_days(maven, maven_expected, outcome):
    figure = maven.ask("sales_cycle", outcome=outcome)

    assert days(figure) == maven_expected["cycle_days"][outcome.title()]


def test_cycle_days_won_by_region(maven, maven_expected):
    groups = maven.groups("sales_cycle", group_by="team")

    assert {key: days(group) for key, group in groups.items()} == (
        maven_expected["cycle_days_won_by_region"]
    )


def test_engaged_by_month(maven, maven_expected):
    groups = maven.groups("pipeline_by_source", scope="created", group_by="month")

    assert {key: group["n"] + group["excluded"] for key, group in groups.items()} == (
        maven_expected["engaged_by_month"]["rows"]
    )


def test_open_pipeline_by_list_price_is_kept_as_an_estimate(maven, maven_expected):
    for stage, row in maven_expected["open_pipeline_list_price"]["by_stage"].items():
        deals = Opportunity.objects.filter(stage=stage)
        prices = deals.values_list("attributes__list_price", flat=True)

        assert deals.count() == row["count"]
        assert sum(map(int, prices)) == row["value"]
        assert not deals.exclude(amount=None).exists()


def test_odd_rows_are_flagged_and_counted_and_none_is_lost(maven, maven_expected):
    reps, deals = ImportRun.objects.order_by("pk")

    assert (reps.created_count, reps.error_count) == (35, 0)
    assert (deals.created_count, deals.error_count) == (8800, 0)
    assert deals.flag_counts == {
        "channel_missing": 8800,
        "reason_missing": 2473,
        "amount_missing": 2089,
        "placeholder": 1589,
        "account_missing": 1425,
        "created_missing": 500,
    }
    silent = Rep.objects.filter(closed_deals__isnull=True).values_list("name", flat=True)
    assert sorted(silent) == maven_expected["reps"]["without"]
