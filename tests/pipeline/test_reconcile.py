"""Deriving rounds again: clean after any work, and naming what was tampered with."""

from __future__ import annotations

import pytest

from pipeline.choices import ActivityKind, ActivityOutcome, Stage
from pipeline.models import Activity, Lead, Round
from pipeline.services import lifecycle
from pipeline.services.reconcile import reconcile_rounds
from tests.factories.pipeline import DAY, HOUR, NOON, LeadFactory, RepFactory, accepted, mql

pytestmark = pytest.mark.usefixtures("agreement")


def test_untouched_rows_agree(sam):
    LeadFactory()
    mql()
    lead = accepted(sam.rep)
    lifecycle.log_contact(
        lead=lead, kind=ActivityKind.CALL, outcome=ActivityOutcome.CONNECTED, by=sam,
        at=NOON + HOUR,
    )  # fmt: skip

    assert reconcile_rounds(at=NOON + DAY) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("accepted_at", NOON + HOUR),
        ("sql_at", NOON),
        ("assigned_at", None),
        ("first_decision", "rejected"),
    ],
)
def test_a_changed_column_is_named(column, value):
    lead = accepted(RepFactory())
    Round.objects.filter(lead=lead).update(**{column: value})

    (difference, *_) = reconcile_rounds(at=NOON + DAY)

    assert f"lead {lead.pk} round 1: {column} is" in difference


def test_a_stolen_owner_is_named():
    lead = accepted(RepFactory())
    Lead.objects.filter(pk=lead.pk).update(owner=RepFactory())

    (difference,) = reconcile_rounds(at=NOON + DAY)

    assert "owner is" in difference


def test_an_activity_voided_past_the_services_is_named(sam):
    lead = accepted(sam.rep)
    lifecycle.log_contact(
        lead=lead, kind=ActivityKind.CALL, outcome=ActivityOutcome.CONNECTED, by=sam,
        at=NOON + HOUR,
    )  # fmt: skip
    Activity.objects.update(voided_at=NOON + HOUR)

    (difference,) = reconcile_rounds(at=NOON + DAY)

    assert "differ from the activities" in difference
    assert Lead.objects.get(pk=lead.pk).stage == Stage.ACCEPTED
