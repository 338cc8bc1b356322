"""Many deals at once: compared with what is stored, judged, attributed, and their leads moved."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pipeline.choices import Origin, QualityFlag, SourceGroup, Stage
from pipeline.fact_rows import OpportunityIn
from pipeline.models import Company, Lead, Opportunity, OpportunityChange, Round
from pipeline.services.deals_batch import upsert_opportunities
from tests.factories.pipeline import (
    DAY,
    NOON,
    ChannelFactory,
    CompanyFactory,
    LeadFactory,
    RepFactory,
    mql,
)

pytestmark = pytest.mark.usefixtures("agreement")


def upsert(*rows, origin=Origin.IMPORT, at=NOON, **options):
    """Bring deals up to date and return the results."""
    return upsert_opportunities(
        rows=[OpportunityIn(**row) for row in rows],
        source_system="hubspot",
        actor="system:test",
        origin=origin,
        at=at,
        **options,
    )


def codes(result):
    return [problem.code for problem in result.problems]


def kinds(external_id="d"):
    changes = OpportunityChange.objects.filter(opportunity__external_id=external_id)
    return list(changes.order_by("pk").values_list("kind", flat=True))


def test_a_deal_is_stored_once_and_compared_after(agreement):
    row = {"external_id": "d", "amount": "10.00", "accepted_at": NOON - DAY, "account": "Acme"}

    (first,) = upsert(row)
    (again,) = upsert(row, at=NOON + DAY)
    (changed,) = upsert({**row, "amount": "12.00"}, at=NOON + DAY)

    assert [first.status, again.status, changed.status] == ["created", "unchanged", "updated"]
    assert first.opportunity_id == again.opportunity_id == changed.opportunity_id
    assert changed.before == {"amount": Decimal("10.00")}
    deal = Opportunity.objects.get()
    assert (deal.amount, deal.accepted_amount, deal.currency) == (12, 10, "USD")
    assert kinds() == ["created", "accepted", "amount"]


def test_what_a_row_does_not_name_stays_and_null_empties(agreement):
    upsert({"external_id": "d", "amount": "10", "name": "Halden", "segment": "mid"})

    upsert({"external_id": "d", "segment": None})

    deal = Opportunity.objects.get()
    assert (deal.name, deal.amount, deal.segment) == ("Halden", 10, "")


def test_a_won_deal_moves_its_lead_with_the_stages_it_skipped():
    lead = mql(at=NOON - 20 * DAY, external_id="a")

    (result,) = upsert(
        {"external_id": "d", "lead_external_id": "a", "accepted_at": NOON - 10 * DAY,
         "closed_at": NOON - DAY, "outcome": "won", "amount": "5"}
    )  # fmt: skip

    current = Round.objects.get(lead=lead)
    assert current.stage == Stage.WON
    assert (current.opportunity_at, current.won_at) == (NOON - 10 * DAY, NOON - DAY)
    assert current.transitions.filter(is_implied=True, to_stage=Stage.ACCEPTED).exists()
    assert Opportunity.objects.get(pk=result.opportunity_id).round == current


def test_a_deal_won_before_its_lead_was_captured_counts_and_is_flagged():
    mql(at=NOON - DAY, external_id="a", captured_at=NOON - DAY)

    (result,) = upsert(
        {"external_id": "d", "lead_external_id": "a", "closed_at": NOON - 3 * DAY,
         "outcome": "won"}
    )  # fmt: skip

    assert QualityFlag.WON_BEFORE_FIRST_CONTACT in result.flags
    assert Round.objects.get().won_at == NOON - 3 * DAY
    assert Round.objects.get().mql_at == NOON - DAY


def test_a_reopened_deal_says_so():
    mql(at=NOON - 9 * DAY, external_id="a")
    row = {"external_id": "d", "lead_external_id": "a", "accepted_at": NOON - 8 * DAY}
    upsert({**row, "outcome": "lost", "closed_at": NOON - DAY, "lost_reason": "price"})

    (result,) = upsert({**row, "outcome": None, "closed_at": None, "lost_reason": None})

    deal = Opportunity.objects.get()
    assert result.status == "updated"
    assert (deal.outcome, deal.closed_at, deal.lost_reason) == ("", None, None)
    assert kinds() == ["created", "accepted", "lost", "reopened"]


@pytest.mark.parametrize(
    ("row", "origin", "expected"),
    [
        pytest.param({"lead_external_id": "x"}, Origin.IMPORT, ["unknown_lead"], id="lead"),
        pytest.param({"rep_external_id": "x"}, Origin.API, ["unknown_rep"], id="rep"),
        pytest.param(
            {"outcome": "won", "closed_at": NOON + DAY}, Origin.IMPORT, ["in_the_future"],
            id="future",
        ),
        pytest.param(
            {"outcome": "lost", "closed_at": NOON}, Origin.API, ["reason_required"], id="no reason"
        ),
        pytest.param(
            {"outcome": "lost", "closed_at": NOON, "lost_reason": "bad luck"}, Origin.IMPORT,
            ["reason_not_in_list"], id="no such reason",
        ),
        pytest.param(
            {"outcome": "lost", "closed_at": NOON, "lost_reason": "not_recorded"}, Origin.API,
            ["reason_not_in_list"], id="history only",
        ),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_stored_does_not_stop_the_others(row, origin, expected):
    bad, good = upsert({"external_id": "bad", **row}, {"external_id": "good"}, origin=origin)

    assert (bad.status, codes(bad)) == ("error", expected)
    assert good.status == "created"
    assert Opportunity.objects.count() == 1


def test_an_open_deal_may_be_expected_to_close_in_the_future():
    (result,) = upsert({"external_id": "d", "closed_at": NOON + 30 * DAY})

    deal = Opportunity.objects.get()
    assert QualityFlag.CLOSE_WITHOUT_OUTCOME in result.flags
    assert deal.closed_at is None
    assert deal.expected_close_on == (NOON + 30 * DAY).date()


def test_who_brought_a_deal_is_fixed_when_sales_accepts_it():
    channel = ChannelFactory()
    lead = mql(at=NOON - 9 * DAY, external_id="a", channel=channel,
               captured_at=NOON - 9 * DAY)  # fmt: skip
    row = {"external_id": "d", "lead_external_id": "a", "created_at": NOON - 8 * DAY}

    upsert(row)
    before = Opportunity.objects.get().source_group
    upsert({**row, "accepted_at": NOON - 7 * DAY})
    Lead.objects.filter(pk=lead.pk).update(source_group=SourceGroup.PARTNER)
    (again,) = upsert({**row, "accepted_at": NOON - 7 * DAY})

    deal = Opportunity.objects.get()
    assert before == ""
    assert deal.source_group == SourceGroup.MARKETING
    assert deal.attribution["rule"]
    assert again.status == "unchanged"


def test_a_stated_source_group_counts():
    upsert({"external_id": "d", "source_group": "partner", "accepted_at": NOON})

    deal = Opportunity.objects.get()
    assert (deal.source_group, deal.attribution["is_stated"]) == ("partner", True)


def test_accounts_are_found_by_name_in_any_case_and_by_their_domain_too():
    known = CompanyFactory(name="Halden Robotics", match_key="domain:halden.example")

    upsert(
        {"external_id": "d", "account": "Halden Robotics"}, {"external_id": "e", "account": "acme"}
    )
    upsert({"external_id": "f", "account": "ACME "})

    by_id = {deal.external_id: deal.company for deal in Opportunity.objects.all()}
    assert by_id["d"] == known
    assert by_id["e"] == by_id["f"]
    assert Company.objects.count() == 2


def test_people_nobody_listed_are_put_on_the_roster_only_when_told_to():
    RepFactory(external_id="sam")
    row = {"external_id": "d", "rep_external_id": "sam", "sdr_external_id": "ana"}

    (refused,) = upsert(row)
    (stored,) = upsert(row, create_reps=True)
    (again,) = upsert(row, create_reps=True)

    assert codes(refused) == ["unknown_rep"]
    assert QualityFlag.REP_NOT_LISTED in stored.flags
    assert (again.status, again.flags) == ("unchanged", stored.flags)
    assert not Opportunity.objects.get().sdr.takes_leads


def test_statements_do_not_grow_with_the_deals(django_assert_max_num_queries):
    leads = [LeadFactory(external_id=f"lead-{number}") for number in range(60)]
    rows = [
        {"external_id": f"d{number}", "lead_external_id": lead.external_id, "outcome": "won",
         "closed_at": datetime(2026, 2, 1, tzinfo=UTC), "amount": "1", "account": f"c{number}"}
        for number, lead in enumerate(leads)
    ]  # fmt: skip

    with django_assert_max_num_queries(200) as few:
        upsert(*rows[:4])
    with django_assert_max_num_queries(len(few.captured_queries) + 2):
        upsert(*rows[4:])
