"""Olist's marketing funnel: every figure equals `expected.json` to the last digit."""

from __future__ import annotations

import pytest

from pipeline.models import ImportRun, Lead, Opportunity

WON = {"from_stage": "mql", "to_stage": "won"}


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


def test_totals(olist, olist_expected):
    expected = olist_expected["totals"]

    whole = olist.ask("funnel", **WON)
    missing = olist.groups("funnel", group_by="channel", **WON)["(missing)"]

    assert whole["denominator"] == expected["mqls"]
    assert whole["numerator"] == expected["won"]
    assert whole["value"] == expected["conversion"]
    assert missing["numerator"] == expected["won_with_origin_missing"]


def test_conversion_by_origin(olist, olist_expected):
    groups = olist.groups("funnel", group_by="channel", **WON)

    assert {
        key: {
            "mqls": group["denominator"],
            "won": group["numerator"],
            "conversion": round(group["value"], 6),
        }
        for key, group in groups.items()
    } == olist_expected["conversion_by_origin"]["rows"]


def test_mql_volume_by_month(olist, olist_expected):
    groups = olist.groups("mql_volume", group_by="month")

    assert {key: group["value"] for key, group in groups.items()} == (
        olist_expected["mql_volume_by_month"]["rows"]
    )


@pytest.mark.parametrize("month", ["2017-12", "2018-05"])
def test_mql_volume_of_a_month_by_origin(olist, olist_expected, month):
    year, number = map(int, month.split("-"))
    following = f"{year + number // 12}-{number % 12 + 1:02d}-01"

    groups = olist.groups(
        "mql_volume", group_by="channel", from_=f"{month}-01", to=following, period=month
    )

    assert {key: group["value"] for key, group in groups.items()} == (
        olist_expected["mql_volume_by_month_origin"]["rows"][month]
    )


def test_won_by_month_in_the_organisations_zone(olist, olist_expected):
    groups = olist.groups("win_rate", group_by="month")

    assert {key: group["numerator"] for key, group in groups.items()} == (
        olist_expected["won_by_month_local"]["rows"]
    )


def test_won_by_month_in_utc(olist, olist_expected):
    groups = olist.groups("win_rate", group_by="month", timezone="UTC")

    assert {key: group["numerator"] for key, group in groups.items()} == (
        olist_expected["won_by_month_utc"]["rows"]
    )


def test_cycle_days_without_the_deal_won_before_its_lead(olist, olist_expected):
    expected = {**olist_expected["cycle_days_nonneg"]}
    expected.pop("formula")

    whole = olist.ask("sales_cycle", from_="captured")

    assert days(whole) == expected
    assert whole["excluded"] == 1
    assert whole["details"]["negative"] == olist_expected["cycle_days_all"]["negative"]


def test_cycle_days_by_origin(olist, olist_expected):
    groups = olist.groups("sales_cycle", from_="captured", group_by="channel")

    assert {key: days(group) for key, group in groups.items()} == (
        olist_expected["cycle_days_by_origin"]["rows"]
    )


def test_won_by_sales_rep_and_by_the_rep_who_developed_the_deal(olist, olist_expected):
    closers = olist.groups("win_rate", group_by="rep")
    developers = olist.groups("win_rate", group_by="sdr")

    assert {key: group["numerator"] for key, group in closers.items()} == (
        olist_expected["won_per_sr"]["rows"]
    )
    assert {key: group["numerator"] for key, group in developers.items()} == (
        olist_expected["won_per_sdr"]["rows"]
    )


def test_won_by_segment(olist, olist_expected):
    groups = olist.groups("win_rate", group_by="segment")

    assert {key: group["numerator"] for key, group in groups.items()} == (
        olist_expected["won_by_segment"]["rows"]
    )


def test_won_by_an_attribute_of_the_deal(olist, olist_expected):
    groups = olist.groups("win_rate", group_by="attributes.lead_type")

    assert {key: group["numerator"] for key, group in groups.items()} == (
        olist_expected["won_by_lead_type"]["rows"]
    )


def test_the_list_behind_a_figure_has_exactly_its_rows(olist):
    whole = olist.ask("funnel", **WON)

    won = olist.count_rows("funnel", period="all", part="numerator", **WON)

    assert won == whole["numerator"]


def test_odd_rows_are_flagged_and_counted_and_none_is_lost(olist):
    leads, deals = ImportRun.objects.order_by("pk")

    assert (leads.created_count, leads.error_count) == (8000, 0)
    assert leads.flag_counts == {"channel_missing": 60}
    assert (deals.created_count, deals.error_count) == (842, 0)
    assert deals.flag_counts["won_before_first_contact"] == 1
    assert deals.flag_counts["amount_missing"] == 842
    assert deals.flag_counts["channel_missing"] == 14
    odd = Opportunity.objects.get(quality_flags__contains=["won_before_first_contact"])
    assert odd.lead.external_id.startswith("b91cf881")
    assert Lead.objects.filter(channel__isnull=True).count() == 60
    assert Lead.objects.filter(channel__key="unknown").count() == 1099


def test_the_declared_revenue_never_becomes_an_amount(olist):
    assert not Opportunity.objects.exclude(amount=None).exists()
    assert olist.ask("pipeline_created")["numerator"]["amount"] == "0.00"
