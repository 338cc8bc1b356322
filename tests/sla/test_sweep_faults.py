"""Four sweepers, killed again and again, flag every due clock exactly once."""

import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.db.models import Count

from pipeline.models import Lead
from revops.outbox.models import Message
from sla import services
from sla.models import Breach, Clock, Evidence
from tests.factories.pipeline import LeadFactory
from tests.factories.sla import TUESDAY, commitment_in_force

CLOCKS = 20_000
RACERS = 200
SWEEPERS = 4
KILLS = 24
AT = TUESDAY + timedelta(days=2)
pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def store_due_clocks():
    """Store leads that were assigned on Tuesday and that nobody has called by Thursday."""
    commitment_in_force()
    leads = Lead.objects.bulk_create(
        [LeadFactory.build(company=None, external_id=f"due {number}") for number in range(CLOCKS)],
        batch_size=5_000,
    )
    Evidence.objects.bulk_create(
        [
            Evidence(
                lead_id=lead.pk,
                kind="assigned",
                occurred_at=TUESDAY,
                recorded_at=TUESDAY,
                actor="system:test",
            )
            for lead in leads
        ],
        batch_size=5_000,
    )
    ids = [lead.pk for lead in leads]
    services.refold(lead_ids=ids, at=TUESDAY)
    return ids


def sweeper():
    """Start a process that sweeps in small batches until nothing is due."""
    pid = os.fork()
    if pid:
        return pid
    try:
        connections.close_all()
        while Clock.objects.overdue(at=AT).exists():
            services.flag_breaches(at=AT, limit=25)
    finally:
        os._exit(0)


def ended(pid):
    return os.waitpid(pid, os.WNOHANG)[0] != 0


def test_killed_sweepers_flag_each_clock_once():
    ids = store_due_clocks()
    draw = random.Random(7)
    racing = iter(draw.sample(ids, RACERS))
    raced = []
    connections.close_all()
    running = [sweeper() for _ in range(SWEEPERS)]
    kills = 0

    while running:
        time.sleep(0.05)
        for lead_id in (next(racing, None), next(racing, None)):
            if lead_id is not None:
                raced.append(lead_id)
                services.record_evidence(
                    lead_id=lead_id,
                    kind="outreach",
                    occurred_at=TUESDAY + timedelta(hours=1),
                    actor="system:test",
                    at=AT,
                    source="dialer",
                    source_id=str(lead_id),
                )
        connections.close_all()
        if kills < KILLS:
            victim = draw.choice(running)
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            running.remove(victim)
            running.append(sweeper())
            kills += 1
        running = [pid for pid in running if not ended(pid)]

    assert kills >= 20
    assert not Clock.objects.overdue(at=AT).exists()
    due = set(ids) - set(raced)
    breached = Counter(Breach.objects.values_list("clock__lead_id", flat=True))
    assert {lead: breached[lead] for lead in due} == dict.fromkeys(due, 1)
    assert set(breached.values()) == {1}
    standing = set(Breach.objects.ledger().values_list("clock__lead_id", flat=True))
    assert standing == due
    assert set(Clock.objects.filter(lead__in=raced).values_list("status", flat=True)) == {"met"}
    messages = Message.objects.filter(kind="sla.breached", channel="app")
    assert messages.count() == Breach.objects.count()
    assert not messages.values("key").annotate(n=Count("id")).filter(n__gt=1).exists()
    assert services.reconcile_clocks(at=AT) == []
    connection.close()
