"""Metrics over deals, counted by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dashboards.filters import Setting
from dashboards.metrics import Period
from dashboards.registry import REGISTRY
from dashboards.registry.base import Part
from dashboards.registry.joint import roster
from pipeline.models import Opportunity
from tests.factories.dashboards import asked, deal, instant, lead_from, quota
from tests.factories.pipeline import RepFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agreement")]


def figure(key, **question):
    return REGISTRY[key].total(asked(key, **question))


def groups(key, **question):
    return {found.key: found for found in REGISTRY[key].groups(asked(key, **question))}


def test_win_rate_leaves_open_deals_out_and_keeps_the_amounts():
    deal("won", closed="2026-10-20", amount=Decimal(300))
    deal("won", closed="2026-10-21", amount=Decimal(200))
    deal("lost", closed="2026-10-22", amount=Decimal(0))
    deal()

    total = figure("win_rate")

    assert (total.numerator, total.denominator, total.n) == (2, 3, 3)
    assert total.details["won_amount"] == Decimal("500.00")
    assert total.details["lost"] == 1


def test_win_rate_goes_by_rep_source_and_quarter_of_close():
    anna = RepFactory(external_id="Anna", name="Anna Snelling", attributes={"manager": "Dustin"})
    deal("won", closed="2026-08-20", rep=anna)
    deal("lost", closed="2026-10-20", rep=anna, source_group="outbound")
    year = Period(date(2026, 1, 1), date(2027, 1, 1))

    by_rep = groups("win_rate", group_by="rep", period=year)
    by_quarter = groups("win_rate", group_by="quarter", period=year)
    by_manager = groups("win_rate", group_by="manager", period=year)

    assert (by_rep["Anna"].label, by_rep["Anna"].value) == ("Anna Snelling", 0.5)
    assert {key: found.numerator for key, found in by_quarter.items()} == {
        "2026Q3": 1,
        "2026Q4": 0,
    }
    assert by_manager["Dustin"].n == 2
    assert groups("win_rate", group_by="source_group", period=year)["outbound"].numerator == 0


def test_void_deals_and_those_of_test_leads_never_count():
    deal("won", closed="2026-10-20", voided_at=instant("2026-10-21"))
    deal("won", closed="2026-10-20", lead=lead_from(channel="social", is_test=True))

    assert figure("win_rate").n == 0
    assert figure("win_rate").value is None


def test_the_sales_cycle_counts_whole_local_days_and_flags_the_negative():
    lead = lead_from(channel="social", captured_at=instant("2026-10-10", zone="America/Sao_Paulo"))
    zone = Setting(zone=ZoneInfo("America/Sao_Paulo"))
    # 02:00 in UTC still is the 19th in Sao Paulo.
    deal("won", closed="2026-10-20 02:00", lead=lead)
    deal("won", closed="2026-10-12 12:00", lead=lead)
    deal("won", closed="2026-10-08 12:00", lead=lead)
    deal("won", closed="2026-10-08 12:00")

    total = figure("sales_cycle", from_="captured", setting=zone)

    assert (total.n, total.excluded, total.details["negative"]) == (2, 2, 1)
    assert (total.details["min"], total.details["max"]) == (2, 9)
    assert (total.value, total.details["mean"]) == (5.5, 5.5)
    assert total.details["p90"] == pytest.approx(8.3)


def test_lost_deals_have_a_cycle_of_their_own():
    deal("won", accepted="2026-10-01", closed="2026-10-31")
    deal("lost", accepted="2026-10-01", closed="2026-10-02")

    assert figure("sales_cycle").value == 30
    assert figure("sales_cycle", outcome="lost").value == 1
    assert figure("sales_cycle", from_="created", outcome="lost").n == 1


def test_open_pipeline_is_read_at_one_instant():
    deal(amount=Decimal(600))
    deal(amount=Decimal(300), source_group="outbound")
    deal(amount=Decimal(100), source_group="")
    deal("won", closed="2026-11-10", amount=Decimal(900))
    deal(amount=None)
    october = Period(date(2026, 10, 1), date(2026, 11, 1))

    now, then = figure("pipeline_by_source"), figure("pipeline_by_source", period=october)

    assert (now.numerator, now.denominator, now.value) == (Decimal(600), Decimal(1000), 0.6)
    assert (now.n, now.excluded) == (3, 1)
    # At the end of October the deal that was won later still was open.
    assert then.denominator == Decimal(1900)
    shares = groups("pipeline_by_source", group_by="source_group")
    assert {key: found.value for key, found in shares.items()} == {
        "marketing": 0.6, "outbound": 0.3, "(missing)": 0.1
    }  # fmt: skip


def test_a_whole_and_its_groups_read_together_equal_the_two_answers():
    deal(amount=Decimal("600.10"))
    deal(amount=Decimal(300), source_group="outbound")
    metric = REGISTRY["pipeline_by_source"]
    question = asked("pipeline_by_source", group_by="source_group")

    assert metric.together(question) == (metric.total(question), metric.groups(question))


def test_every_deal_can_be_counted_by_stage():
    deal(stage="Engaging")
    deal(accepted="", stage="Prospecting", amount=None)
    deal("won", closed="2026-10-20")
    found = groups("pipeline_by_source", scope="all", group_by="deal_stage")

    assert {key: held.n for key, held in found.items()} == {
        "Engaging": 1, "Prospecting": 1, "won": 1
    }  # fmt: skip


def test_created_pipeline_counts_the_amount_at_acceptance():
    deal(amount=Decimal(500), accepted_amount=Decimal(400))
    deal(accepted="2026-09-30 23:59", amount=Decimal(50))

    assert figure("pipeline_created").value == Decimal(400)
    assert figure("pipeline_by_source", scope="created").denominator == Decimal(400)


def test_other_currencies_need_an_agreed_rate():
    deal(amount=Decimal(100), currency="EUR")
    deal(amount=Decimal(100), currency="BRL")
    setting = Setting(zone=ZoneInfo("UTC"), rates={"EUR": Decimal("1.105")})

    total = figure("pipeline_created", setting=setting)

    assert (total.value, total.n, total.excluded) == (Decimal("110.50"), 1, 1)


def test_the_joint_number_divides_by_reps_of_days():
    deal(amount=Decimal(3000))
    deal(amount=Decimal(9000), source_group="outbound")
    quota(external_id="whole")
    quota(external_id="half", starts_on=date(2026, 11, 16))
    quota(external_id="gone", ends_on=date(2026, 10, 1))

    total = figure("sourced_pipeline_per_rep")

    assert total.denominator == Decimal("1.5")
    assert (total.numerator, total.value, total.n) == (Decimal(3000), Decimal(2000), 1)
    assert total.details["reps"] == 2


def test_without_a_rep_who_carries_quota_there_is_no_joint_number():
    deal()

    total = figure("sourced_pipeline_per_rep")

    assert (total.value, total.numerator) == (None, Decimal(1000))


def test_groups_of_the_joint_number_add_up_to_it():
    quota(external_id="one")
    deal(amount=Decimal(100), lead=lead_from(channel="social"))
    deal(amount=Decimal(300), lead=lead_from(channel="email"))

    found = groups("sourced_pipeline_per_rep", group_by="channel")

    assert {key: held.value for key, held in found.items()} == {
        "email": Decimal(300), "social": Decimal(100)
    }  # fmt: skip


def test_the_roster_is_narrowed_by_team_but_not_by_source():
    quota(external_id="one", segment="Mid-market")
    quota(external_id="two", segment="Enterprise")
    question = asked("sourced_pipeline_per_rep", segment="Enterprise", source_group="marketing")

    assert roster(question) == {"two": 1}


def test_quota_is_spread_over_its_days():
    sam = RepFactory(external_id="sam")
    quota(sam, starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), amount=Decimal(920))
    deal("won", closed="2026-10-20", rep=sam, amount=Decimal(230))
    deal("won", closed="2026-10-20", rep=RepFactory(), amount=Decimal(999))
    october = Period(date(2026, 10, 1), date(2026, 11, 1))

    quarter = figure("quota_attainment")
    month = figure("quota_attainment", period=october)

    assert (quarter.value, quarter.n, quarter.denominator) == (0.25, 1, Decimal(920))
    assert month.denominator == Decimal(310)


def test_deals_without_an_amount_are_listed_apart():
    deal(amount=Decimal(10))
    unpriced = deal(amount=None)
    metric, question = REGISTRY["pipeline_created"], asked("pipeline_created")

    assert list(metric.rows(question, part=Part.EXCLUDED)) == [unpriced]
    assert metric.rows(question).count() == metric.total(question).n == 1
    assert Opportunity.objects.count() == 2


def test_attributes_of_the_deal_come_first():
    lead = lead_from(channel="social", attributes={"sector": "lead"})
    deal("won", closed="2026-10-20", lead=lead, attributes={"sector": "deal"})
    deal("won", closed="2026-10-20", lead=lead)

    found = groups("win_rate", group_by="attributes.sector")

    assert {key: held.n for key, held in found.items()} == {"deal": 1, "lead": 1}
