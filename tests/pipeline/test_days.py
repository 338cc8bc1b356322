"""Days named with a decision: not over yet, and taken back with it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipeline.models import Opportunity, Round
from pipeline.services import deals, lifecycle, undo
from pipeline.services.errors import RequirementError
from tests.factories.pipeline import HOUR, MINUTE, NOON, accepted, assigned

pytestmark = pytest.mark.usefixtures("agreement")
TODAY = NOON.date()


def rejected(lead, by, *, recycle_on):
    return lifecycle.reject_lead(
        lead=lead, reason="not_now", recycle_on=recycle_on, by=by, at=NOON + HOUR
    )


def test_a_day_to_try_again_that_is_over_is_refused(sam):
    with pytest.raises(RequirementError, match="lies in the past") as caught:
        rejected(assigned(sam.rep), sam, recycle_on=TODAY - timedelta(days=1))

    assert caught.value.field == "recycle_on"


def test_today_is_not_over(sam):
    lead = assigned(sam.rep)

    rejected(lead, sam, recycle_on=TODAY)

    assert Round.objects.get(lead=lead).recycle_on == TODAY


def test_undo_takes_the_day_to_try_again_back(sam):
    lead = assigned(sam.rep)
    stored = rejected(lead, sam, recycle_on=date(2026, 9, 1))

    undo.undo_move(transition=stored, by=sam, at=NOON + HOUR + MINUTE)

    assert Round.objects.get(lead=lead).recycle_on is None


def test_a_new_deal_is_not_expected_to_close_on_a_day_that_is_over(sam):
    with pytest.raises(RequirementError) as caught:
        deals.open_opportunity(
            lead=accepted(sam.rep),
            name="Halden",
            amount=None,
            currency="USD",
            expected_close_on=TODAY - timedelta(days=1),
            next_step="",
            by=sam,
            at=NOON + HOUR,
        )

    assert caught.value.field == "expected_close_on"
    assert not Opportunity.objects.exists()
