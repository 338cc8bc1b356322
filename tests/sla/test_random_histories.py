"""Arbitrary evidence through the services, sweeps in between: rows always agree with the fold."""

import random
from datetime import timedelta

import pytest

from sla import services
from sla.models import Breach, Clock
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.factories.sla import (
    ActivationFactory,
    CalendarFactory,
    CalendarVersionFactory,
    CommitmentFactory,
    SlaVersionFactory,
)
from tests.sla.test_fold_properties import HOUR, KINDS, MONDAY, UNITS

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def promise_everything():
    calendar = CalendarFactory()
    CalendarVersionFactory(calendar=calendar)
    version = SlaVersionFactory()
    for kind, (unit, amount) in UNITS.items():
        for scope in ("lead", "owner"):
            CommitmentFactory(
                version=version,
                kind=kind,
                unit=unit,
                allowance_amount=amount,
                scope=scope,
                count=3,
                calendar=calendar,
            )
    ActivationFactory(version=version)


def play(draw, *, steps):
    """Record facts in the order they become known; merges also mark the lead."""
    leads = {"A": LeadFactory(), "B": LeadFactory()}
    reps = [None, RepFactory().pk, RepFactory().pk]
    at = MONDAY
    for number in range(steps):
        at += draw.randrange(1, 40) * HOUR / 2
        kind, payload = draw.choice(KINDS)
        lead = leads[draw.choice("AB")]
        if kind == "merged":
            target = leads[payload["into"]]
            if lead == target or lead.merged_into_id or target.merged_into_id:
                continue
            payload = {"into": target.pk}
            lead.merged_into = target
            lead.save(update_fields=["merged_into"])
        if payload == {"value": "rejected"}:
            continue
        services.record_evidence(
            lead_id=lead.pk,
            kind=kind,
            occurred_at=at - draw.choice([0, 0, 0, 1, 30, 120]) * HOUR,
            actor="system:test",
            at=at,
            rep_id=draw.choice(reps) if kind == "assigned" else None,
            stated_cycle=draw.choice([None, None, 1, 2, 3]),
            source="crm",
            source_id=str(number),
            payload=payload,
        )
        if draw.random() < 0.3:
            services.sweep(at=at)
    return at


@pytest.mark.parametrize("seed", range(12))
def test_rows_agree_with_the_fold_after_any_history(seed):
    promise_everything()
    draw = random.Random(seed)

    at = play(draw, steps=30) + 60 * DAY
    services.sweep(at=at)

    assert services.reconcile_clocks(at=at) == []
    assert not Clock.objects.overdue(at=at).exists()
    ledger = Breach.objects.ledger().values_list("clock__status", flat=True)
    assert set(ledger) <= {"met_late", "breached_open", "breached_closed", "excused"}
