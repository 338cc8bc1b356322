"""Periodic services, the scheduler thread, and what health says about them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.conf import settings as project_settings
from django.db import connection
from django.test import override_settings
from django.utils.module_loading import import_string

from revops import periodic
from revops.database import database_now
from revops.models import PeriodicRun
from revops.scheduler import LEADER_LOCK, Scheduler

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALLS = []
QUICK = "tests.revops.test_periodic.quick"
BROKEN = "tests.revops.test_periodic.broken"


def quick(*, at):
    CALLS.append(at)


def broken(*, at):
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _services(settings):
    CALLS.clear()
    settings.PERIODIC_SERVICES = [(BROKEN, 30), (QUICK, 30)]
    settings.REDIS_URL = ""


@pytest.mark.parametrize("service", [path for path, _ in project_settings.PERIODIC_SERVICES])
def test_every_periodic_service_exists(service):
    assert callable(import_string(service))


def test_oldest_overdue_deadline_can_be_asked_for():
    assert callable(import_string(project_settings.OLDEST_OVERDUE))


@pytest.mark.django_db
def test_run_hands_over_the_instant_of_the_database_and_notes_the_end():
    before = database_now()

    periodic.run(service=QUICK)

    [at] = CALLS
    run = PeriodicRun.objects.get(service=QUICK)
    assert before < at <= run.finished_at
    assert run.started_at == at


@pytest.mark.django_db
def test_failure_is_counted_and_does_not_stop_the_others():
    results = [periodic.run_safely(service=service) for service in (BROKEN, BROKEN, QUICK)]

    assert results == [False, False, True]
    run = PeriodicRun.objects.get(service=BROKEN)
    assert (run.failure_count, run.last_error, run.finished_at) == (2, "ZeroDivisionError", None)


@pytest.mark.django_db
def test_service_outside_the_list_is_refused():
    with pytest.raises(LookupError):
        periodic.run(service="os.getcwd")


@pytest.mark.parametrize(
    ("seconds", "is_stand_in", "is_due"),
    [
        pytest.param(29, False, False, id="before the interval"),
        pytest.param(30, False, True, id="after the interval"),
        pytest.param(60, True, False, id="workers are merely late"),
        pytest.param(91, True, True, id="workers are away"),
    ],
)
@pytest.mark.django_db
def test_due_services(seconds, is_stand_in, is_due):
    for service in (BROKEN, QUICK):
        PeriodicRun.objects.create(service=service, started_at=NOON)

    due = periodic.due_services(at=NOON + timedelta(seconds=seconds), is_stand_in=is_stand_in)

    assert due == ([BROKEN, QUICK] if is_due else [])


@pytest.mark.django_db(transaction=True)
def test_scheduler_runs_what_is_due_once():
    scheduler = Scheduler()

    scheduler.tick()
    scheduler.tick()

    assert len(CALLS) == 1
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_only_the_leader_runs_services_and_a_dead_leader_is_replaced():
    words = connection.settings_dict
    leader = psycopg.connect(
        host=words["HOST"] or None,
        port=words["PORT"] or None,
        user=words["USER"],
        password=words["PASSWORD"],
        dbname=words["NAME"],
    )
    leader.execute("SELECT pg_advisory_lock(%s)", [LEADER_LOCK])
    scheduler = Scheduler()

    scheduler.tick()
    as_follower = len(CALLS)
    leader.close()
    deadline = time.monotonic() + 5
    while not CALLS and time.monotonic() < deadline:
        scheduler.tick()

    assert as_follower == 0
    assert len(CALLS) == 1
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_thread_survives_a_lost_connection(django_db_setup):
    PeriodicRun.objects.create(service=BROKEN, started_at=database_now())
    scheduler = Scheduler()
    scheduler.start()
    wait_until(lambda: CALLS)
    with django_db_setup.admin() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            " AND pid <> pg_backend_pid()",
            [connection.settings_dict["NAME"]],
        )
    connection.close()
    PeriodicRun.objects.all().delete()

    came_back = wait_until(lambda: len(CALLS) > 1)
    scheduler.stop()
    scheduler.join()

    assert came_back


def wait_until(question, *, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.05)
    return False


def no_overdue(*, at):
    return None


def long_overdue(*, at):
    return at - timedelta(seconds=121)


@pytest.mark.django_db
def test_health_of_the_sweep(client):
    here = "tests.revops.test_periodic"
    with override_settings(SWEEP_SERVICE=QUICK, OLDEST_OVERDUE=f"{here}.no_overdue"):
        never = client.get("/health/sweep")
        periodic.run(service=QUICK)
        fresh = client.get("/health/sweep")
        PeriodicRun.objects.update(finished_at=database_now() - timedelta(seconds=121))
        late = client.get("/health/sweep")
    with override_settings(SWEEP_SERVICE=QUICK, OLDEST_OVERDUE=f"{here}.long_overdue"):
        periodic.run(service=QUICK)
        unflagged = client.get("/health/sweep")

    assert [answer.status_code for answer in (never, fresh, late, unflagged)] == [
        503,
        200,
        503,
        503,
    ]
    assert unflagged.json()["problems"] == [
        "a deadline passed more than 120 s ago and is not flagged"
    ]


@pytest.mark.django_db
def test_health_needs_no_login_and_writes_nothing(client):
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").json() == {"status": "ok"}
    assert not PeriodicRun.objects.filter(service="health").exists()
