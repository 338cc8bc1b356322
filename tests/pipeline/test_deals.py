"""Deals: accepted at once when sales opens them, closed with a reason, attributed for good."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pipeline.choices import ActivityKind, Origin, Outcome, SourceGroup, Stage, TouchKind
from pipeline.models import (
    Activity,
    Lead,
    Opportunity,
    OpportunityChange,
    Round,
    Touch,
    Transition,
)
from pipeline.services import deals
from pipeline.services.attribution import attribute_deals
from pipeline.services.errors import DealRefusedError, RequirementError, StageChangeRefusedError
from revops.outbox.models import Message
from tests.factories.pipeline import (
    DAY,
    HOUR,
    NOON,
    ChannelFactory,
    RepFactory,
    accepted,
    assigned,
    moved,
)

pytestmark = pytest.mark.usefixtures("agreement")
CONFIRMED = dict.fromkeys(("budget", "authority", "need", "timeline"), True)


def opened(lead, by, *, at=NOON + HOUR, **fields):
    told = {
        "name": "Halden",
        "amount": Decimal("1200.50"),
        "currency": "USD",
        "expected_close_on": date(2026, 5, 1),
        "next_step": "Demo",
    }
    return deals.open_opportunity(lead=lead, by=by, at=at, **(told | fields))


@pytest.fixture
def sql(sam):
    """A lead of Sam's that passed discovery."""
    return moved(accepted(sam.rep), Stage.SQL, checklist=CONFIRMED)


@pytest.fixture
def foreign(sql, sam):
    """A deal an integration created; sales has not said yes."""
    version_id = Round.objects.get(lead=sql).definitions_version_id
    return Opportunity.objects.create(
        source_system="crm",
        external_id="7",
        lead=sql,
        rep=sam.rep,
        created_at=NOON,
        recorded_at=NOON,
        amount=Decimal(500),
        currency="USD",
        definitions_version_id=version_id,
        origin=Origin.API,
    )


def test_a_deal_sales_opens_is_pipeline_at_once(sql, sam):
    deal = opened(sql, sam)

    current = Round.objects.get(lead=sql)
    assert (deal.accepted_at, deal.accepted_amount) == (NOON + HOUR, Decimal("1200.50"))
    assert (deal.rep, deal.round, deal.quality_flags) == (sam.rep, current, [])
    assert current.stage == Stage.OPPORTUNITY
    assert list(OpportunityChange.objects.values_list("kind", flat=True).order_by("pk")) == [
        "created", "accepted",
    ]  # fmt: skip
    assert Message.objects.filter(kind="opportunity.created").exists()


def test_a_deal_without_amount_is_a_placeholder_and_not_zero(sql, sam):
    deal = opened(sql, sam, amount=None)

    assert deal.amount is None
    assert set(deal.quality_flags) == {"amount_missing", "placeholder"}


def test_a_lead_has_no_second_deal_in_its_round(sql, sam):
    opened(sql, sam)

    with pytest.raises(StageChangeRefusedError):
        opened(sql, sam, at=NOON + DAY)


def test_winning_closes_deal_and_round(sql, sam):
    deal = opened(sql, sam)

    deals.win_opportunity(opportunity=deal, by=sam, at=NOON + DAY)

    deal.refresh_from_db()
    assert (deal.outcome, deal.closed_at) == (Outcome.WON, NOON + DAY)
    assert Round.objects.get(lead=sql).won_at == NOON + DAY


def test_losing_keeps_the_reason_in_deal_change_and_transition(sql, sam):
    deal = opened(sql, sam)

    deals.lose_opportunity(opportunity=deal, reason="price", by=sam, at=NOON + DAY)

    deal.refresh_from_db()
    assert (deal.outcome, deal.lost_reason.code) == (Outcome.LOST, "price")
    assert OpportunityChange.objects.get(kind="lost").reason == deal.lost_reason
    assert Transition.objects.get(to_stage=Stage.LOST).reason == deal.lost_reason


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        pytest.param("", "Choose a reason", id="none"),
        pytest.param("no_need", "not a reason", id="another list's"),
        pytest.param("not_recorded", "not a reason", id="history only"),
        pytest.param("competitor", "Name the competitor", id="competitor not named"),
        pytest.param("other", "needs a note", id="other without text"),
    ],
)
def test_losing_is_refused(sql, sam, reason, message):
    deal = opened(sql, sam)

    with pytest.raises(RequirementError, match=message):
        deals.lose_opportunity(opportunity=deal, reason=reason, by=sam, at=NOON + DAY)
    assert Lead.objects.get(pk=sql.pk).stage == Stage.OPPORTUNITY


def test_a_closed_deal_is_not_closed_again(sql, sam):
    deal = opened(sql, sam)
    deals.win_opportunity(opportunity=deal, by=sam, at=NOON + DAY)

    with pytest.raises(DealRefusedError, match="is closed"):
        deals.lose_opportunity(opportunity=deal, reason="price", by=sam, at=NOON + 2 * DAY)


def test_a_deal_of_an_integration_waits_for_sales(foreign, sam):
    with pytest.raises(DealRefusedError, match="Accept"):
        deals.win_opportunity(opportunity=foreign, by=sam, at=NOON + DAY)

    deals.accept_opportunity(opportunity=foreign, by=sam, at=NOON + DAY)

    foreign.refresh_from_db()
    assert (foreign.accepted_at, foreign.accepted_amount) == (NOON + DAY, Decimal(500))


def test_a_returned_deal_never_was_pipeline(foreign, sam):
    deals.return_opportunity(opportunity=foreign, reason="no_need", by=sam, at=NOON + DAY)

    assert not Opportunity.objects.accepted().exists()
    assert OpportunityChange.objects.get().reason.code == "no_need"


def touch(lead, *, group, at):
    channel = ChannelFactory(key=f"{group}-channel", name=group, source_group=group)
    return Touch.objects.create(
        lead=lead, occurred_at=at, recorded_at=at, kind=TouchKind.WEBINAR, channel=channel
    )


def call(lead, *, at):
    return Activity.objects.create(
        lead=lead, occurred_at=at, recorded_at=at, kind=ActivityKind.CALL, actor="system:test"
    )


def test_the_first_touch_before_sales_decides():
    lead = assigned(RepFactory(), channel=ChannelFactory(source_group="partner"))
    first = touch(lead, group="marketing", at=NOON - 20 * DAY)
    touch(lead, group="partner", at=NOON - 10 * DAY)
    call(lead, at=NOON - 5 * DAY)

    deal = attributed(lead)

    assert deal.source_group == SourceGroup.MARKETING
    assert deal.attribution["touch"] == first.pk
    assert deal.attribution["alternatives"] == {"lead_source": "partner", "last_touch": "partner"}


def test_a_sales_touch_on_the_account_before_it_makes_it_outbound():
    lead = assigned(RepFactory())
    colleague = assigned(RepFactory(), company=lead.company)
    call(colleague, at=NOON - 30 * DAY)
    touch(lead, group="marketing", at=NOON - 20 * DAY)

    assert attributed(lead).source_group == SourceGroup.OUTBOUND


def test_a_touch_before_the_window_does_not_count():
    lead = assigned(RepFactory(), channel=ChannelFactory())
    touch(lead, group="marketing", at=NOON - 181 * DAY)

    assert attributed(lead).source_group == SourceGroup.UNKNOWN


def attributed(lead):
    deal = Opportunity(lead=lead, created_at=NOON, recorded_at=NOON, accepted_at=NOON)
    attribute_deals(deals=[deal])
    return deal
