"""Back-tests are asked for, run once, given up, and find what a count by hand finds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from definitions.choices import DocumentKind
from definitions.services import edit_clause, open_draft
from pipeline.choices import JobStatus
from pipeline.models import Backtest, BacktestResult, BacktestSignature
from pipeline.selectors import backtests as reads
from pipeline.services import backtests as services
from tests.factories.definitions import confirmed_gaps
from tests.factories.people import person
from tests.factories.pipeline import DAY, NOON, LeadFactory

LATER = NOON + 30 * DAY


@pytest.fixture
def rita(agreement):
    return person("rita")


@pytest.fixture
def draft(rita):
    """A draft that raises the fit threshold by ten points over the version in use."""
    confirmed_gaps(by=rita)
    draft = open_draft(kind=DocumentKind.DEFINITIONS, by=rita, at=NOON)
    clause = draft.clauses.get(key="mql")
    body = {**clause.body, "fit_threshold": clause.body["fit_threshold"] + 10}
    edit_clause(draft=draft, key="mql", body=body, revision=clause.revision, by=rita, at=NOON)
    return draft


def asked(draft, by, *, at=LATER, days=90):
    return services.request_backtest(
        draft=draft, from_at=at - timedelta(days=days), to_at=at, by=by, at=at
    )


def test_a_back_test_runs_once(draft, rita):
    LeadFactory()
    backtest = asked(draft, rita)

    first_run = services.run_waiting_backtests(at=LATER)
    second_run = services.run_waiting_backtests(at=LATER)

    backtest.refresh_from_db()
    assert (first_run, second_run) == (1, 0)
    assert backtest.status == JobStatus.DONE
    assert (backtest.done_count, backtest.total_count) == (1, 1)
    assert BacktestResult.objects.get().numbers["everybody"]["leads"] == 1


def test_no_leads_are_an_answer_too(draft, rita):
    asked(draft, rita)

    services.run_waiting_backtests(at=LATER)

    assert BacktestResult.objects.get().numbers["everybody"]["leads"] == 0


def test_asking_twice_is_asking_once(draft, rita):
    assert asked(draft, rita) == asked(draft, rita)


@pytest.mark.parametrize(
    ("from_at", "to_at"),
    [
        pytest.param(LATER, LATER, id="empty"),
        pytest.param(LATER - DAY, LATER + DAY, id="in the future"),
        pytest.param(LATER - 5000 * DAY, LATER, id="too long"),
    ],
)
def test_a_span_that_cannot_be_is_refused(draft, rita, from_at, to_at):
    with pytest.raises(services.BacktestRefusedError):
        services.request_backtest(draft=draft, from_at=from_at, to_at=to_at, by=rita, at=LATER)


def test_a_rep_may_not_start_one(draft):
    with pytest.raises(services.BacktestRefusedError, match="role"):
        asked(draft, person("sam"))


def test_a_document_without_a_rule_has_no_back_test(rita):
    draft = open_draft(kind=DocumentKind.SLA, by=rita, at=NOON)

    with pytest.raises(services.BacktestRefusedError, match="does not decide"):
        asked(draft, rita)


def test_one_that_waits_is_given_up_at_once(draft, rita):
    backtest = asked(draft, rita)

    services.cancel_backtest(backtest=backtest, by=rita, at=LATER)

    assert services.run_waiting_backtests(at=LATER) == 0
    with pytest.raises(services.BacktestRefusedError, match="cancelled already"):
        services.cancel_backtest(backtest=backtest, by=rita, at=LATER)


def test_one_that_runs_is_given_up_after_its_step(draft, rita, monkeypatch):
    backtest = asked(draft, rita)
    read = services.read_step

    def read_and_cancel(**asked):
        services.cancel_backtest(backtest=backtest, by=rita, at=LATER)
        return read(**asked)

    monkeypatch.setattr(services, "read_step", read_and_cancel)
    LeadFactory()
    services.run_waiting_backtests(at=LATER)

    backtest.refresh_from_db()
    assert backtest.status == JobStatus.CANCELLED
    assert not BacktestSignature.objects.exists()


def test_the_job_of_a_killed_worker_is_taken_up_again(draft, rita):
    backtest = asked(draft, rita)
    Backtest.objects.update(status=JobStatus.RUNNING, locked_until=LATER + timedelta(minutes=1))

    while_held = services.run_waiting_backtests(at=LATER)
    afterwards = services.run_waiting_backtests(at=LATER + timedelta(minutes=2))

    backtest.refresh_from_db()
    assert (while_held, afterwards) == (0, 1)
    assert backtest.status == JobStatus.DONE


def test_a_worker_that_lost_its_job_writes_nothing(draft, rita, monkeypatch):
    backtest = asked(draft, rita)
    other = LATER + timedelta(days=400)

    def lose(**_):
        Backtest.objects.update(locked_until=other)
        return 0

    monkeypatch.setattr(services, "read_step", lose)
    services.run_waiting_backtests(at=LATER)

    backtest.refresh_from_db()
    assert (backtest.status, backtest.locked_until) == (JobStatus.RUNNING, other)
    assert not BacktestResult.objects.exists()


def test_a_failure_is_a_sentence(draft, rita, monkeypatch):
    backtest = asked(draft, rita)

    def fail(**_):
        raise RuntimeError("boom")

    monkeypatch.setattr(services, "read_step", fail)
    services.run_waiting_backtests(at=LATER)

    backtest.refresh_from_db()
    assert backtest.status == JobStatus.FAILED
    assert backtest.error.startswith("It stopped half-way.")


def test_editing_the_rule_makes_a_back_test_old(draft, rita):
    asked(draft, rita)
    services.run_waiting_backtests(at=LATER)
    before = reads.standing_of_draft(draft=draft, at=LATER)
    clause = draft.clauses.get(key="mql")

    services.take_thresholds(
        draft=draft, fit=77, intent=33, revision=clause.revision, by=rita, at=LATER
    )

    clause.refresh_from_db()
    after = reads.standing_of_draft(draft=draft, at=LATER)
    assert (clause.body["fit_threshold"], clause.body["intent_threshold"]) == (77, 33)
    assert (before.is_current, after.is_current) == (True, False)
