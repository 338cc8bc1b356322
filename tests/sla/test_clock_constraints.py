"""What the database refuses of clocks and the ledger."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from revops.audit.models import AppendOnlyError
from sla.choices import ClockStatus
from tests.factories.sla import TUESDAY, BreachFactory, ClockFactory, CommitmentFactory

MINUTE = timedelta(minutes=1)
DUE = TUESDAY + timedelta(hours=4)
pytestmark = pytest.mark.django_db

REFUSED = {
    "sla_clock_breach_not_before_due": {"breach_at": DUE - MINUTE},
    "sla_clock_pending_has_no_stop": {"stopped_at": DUE},
    "sla_clock_status_is_known": {"status": "late"},
    "sla_clock_kind_is_known": {"kind": "coffee", "side": "sales"},
    "sla_clock_side_is_known": {"side": "finance"},
    "sla_clock_scope_is_known": {"scope": "team"},
    "sla_clock_pending_breaches_unless_paused": {"breach_at": None},
    "sla_clock_pause_is_whole": {
        "status": ClockStatus.MET,
        "stopped_at": DUE,
        "paused_since": TUESDAY,
    },
    "sla_clock_pause_reason_is_known": {
        "breach_at": None,
        "paused_since": TUESDAY,
        "pause_until": DUE,
        "pause_reason": "lunch",
    },
    "sla_clock_month_instead_of_lead": {"month": "2026-03-01"},
    "sla_clock_cancelled_iff_reason": {"status": ClockStatus.CANCELLED},
}


@pytest.mark.parametrize("name", REFUSED)
def test_database_refuses_an_impossible_clock(name):
    with pytest.raises(IntegrityError, match=name):
        ClockFactory(**REFUSED[name])


def test_database_refuses_the_same_clock_twice():
    clock = ClockFactory()

    with pytest.raises(IntegrityError, match="sla_clock_once"):
        ClockFactory(started_by=clock.started_by, commitment=clock.commitment)


def test_database_refuses_a_second_breach_of_a_clock():
    breach = BreachFactory()

    with pytest.raises(IntegrityError, match="clock_id"):
        BreachFactory(clock=breach.clock)


@pytest.mark.parametrize("make", [BreachFactory, CommitmentFactory])
def test_rows_of_record_refuse_a_change(make):
    row = make()

    with pytest.raises(AppendOnlyError):
        type(row).objects.filter(pk=row.pk).update(side="marketing")
