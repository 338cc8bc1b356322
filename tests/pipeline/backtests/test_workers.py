"""Two workers at once: each back-test is run by one of them, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections

from definitions.choices import DocumentKind
from definitions.selectors import definitions_of, version_in_use
from definitions.services.freezing import install_defaults
from pipeline.choices import JobStatus
from pipeline.models import Backtest, BacktestResult
from pipeline.services import backtests as services
from revops.database import database_now
from tests.factories.people import OrganizationFactory, person
from tests.factories.pipeline import DAY, NOON, LeadFactory

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + 30 * DAY
BACKTESTS = 6


def test_two_workers_never_run_one_back_test_twice(monkeypatch):
    OrganizationFactory()
    install_defaults(at=NOON)
    rita = person("rita")
    LeadFactory()
    for days in range(BACKTESTS):
        asked(by=rita, days=90 + days)
    begun = []
    read = services.read_step

    def noted(**told):
        begun.append(told["span"])
        return read(**told)

    monkeypatch.setattr(services, "read_step", noted)
    with ThreadPoolExecutor(max_workers=2) as pool:
        start = Barrier(2)
        done = list(pool.map(lambda _: work(start), range(2)))

    assert sum(done) == BACKTESTS
    assert len(begun) == len(set(begun)) == BACKTESTS
    assert BacktestResult.objects.count() == BACKTESTS
    assert set(Backtest.objects.values_list("status", flat=True)) == {JobStatus.DONE}


def asked(*, by, days):
    in_use = version_in_use(kind=DocumentKind.DEFINITIONS, at=LATER).version
    return services.request_proposal_backtest(
        mql=definitions_of(in_use).mql,
        from_at=LATER - timedelta(days=days),
        to_at=LATER,
        by=by,
        at=LATER,
    )


def work(start):
    start.wait()
    try:
        # A claim made in the past looks left behind to the other worker.
        return services.run_waiting_backtests(at=database_now())
    finally:
        connections.close_all()
