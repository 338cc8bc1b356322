"""Olist's leads worked by an imaginary sales team under a signed SLA: everything adds up."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import transaction

from dashboards.sample import agreement, staff
from definitions.selectors import forget_schedule
from definitions.services import install_defaults
from pipeline.services.reconcile import reconcile_rounds
from sla import services
from sla.models import Breach, Clock
from sla.selectors.ledger import attainment, opened_clocks

LEADS = 800
SIGNED_AT = datetime(2017, 5, 1, 15, tzinfo=UTC)
AT = datetime(2019, 1, 1, tzinfo=UTC)
REPS = [f"rep-{number:02d}" for number in range(1, 6)]
REASONS = ("no_need", "not_icp_company", "no_budget")


def written(path, rows):
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return path


def worked(leads, *, folder, seed):
    """Write files of hand-overs, calls and decisions; some leads are forgotten, some passed on."""
    draw = random.Random(seed)
    assigned, called, decided = [], [], []
    for lead in leads:
        name = {"lead_external_id": lead["mql_id"]}
        now = datetime.fromisoformat(f"{lead['first_contact_date']}T03:00:00+00:00")
        now += timedelta(minutes=draw.randrange(1, 3 * 1440))
        for _ in range(draw.choice([1, 1, 1, 2])):
            rep = {"rep_external_id": draw.choice(REPS)}
            assigned.append({**name, **rep, "assigned_at": now.isoformat()})
            now += timedelta(hours=draw.randrange(1, 40))
        for _ in range(draw.choice([0, 1, 2, 3, 4, 5])):
            answered = draw.choice(["", "", "no_answer", "connected"])
            kind = draw.choice(["call", "email"])
            row = {**name, **rep, "occurred_at": now.isoformat(), "kind": kind}
            called.append({**row, "outcome": answered})
            now += timedelta(hours=draw.randrange(1, 60))
        to = draw.choice(["accepted", "rejected", "working", ""])
        if to:
            reason = draw.choice(REASONS) if to == "rejected" else ""
            row = {**name, "to": to, "occurred_at": now.isoformat(), "reason": reason}
            decided.append({**row, **rep})
    return {
        "assignments": written(folder / "assignments.csv", assigned),
        "activities": written(folder / "activities.csv", called),
        "transitions": written(folder / "transitions.csv", decided),
    }


@pytest.fixture(scope="module")
def olist_worked(django_db_setup, django_db_blocker, shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("olist")
    path = shared_data / "olist" / "olist_marketing_qualified_leads_dataset.csv"
    with path.open() as file:
        leads = list(csv.DictReader(file))[:LEADS]
    written(folder / "leads.csv", leads)
    files = worked(leads, folder=folder, seed=1)
    with django_db_blocker.unblock(), transaction.atomic():
        forget_schedule()
        install_defaults(at=SIGNED_AT - timedelta(days=60))
        agreement.sign_all(
            staff=staff.hire(at=SIGNED_AT - timedelta(days=60)),
            signed_at=SIGNED_AT,
            at=SIGNED_AT + timedelta(days=1),
        )
        said = io.StringIO()
        call_command("import", "leads", folder / "leads.csv", map="olist_mqls", stdout=said)
        for kind, file in files.items():
            call_command("import", kind, file, source_system="olist", stdout=said)
        services.sweep(at=AT)
        yield said.getvalue()
        transaction.set_rollback(True)
    forget_schedule()


def test_clocks_breaches_and_rounds_agree_with_their_facts(olist_worked):
    assert services.reconcile_clocks(at=AT) == []
    assert reconcile_rounds(at=AT) == []


def test_every_miss_stands_once_in_the_ledger(olist_worked):
    told = attainment(clocks=opened_clocks().filter(enforced=True), at=AT)

    assert told.opened >= LEADS * 5, olist_worked
    assert told.balance == 0
    assert Breach.objects.ledger().count() == told.late + told.missed + told.excused
    assert not Clock.objects.overdue(at=AT).exists()
