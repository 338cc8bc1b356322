"""Two people on one lead: one wins, the other learns of it, and nothing is half done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from definitions.services.freezing import install_defaults
from pipeline.choices import Stage
from pipeline.models import Round, Transition
from pipeline.services import lifecycle
from pipeline.services.errors import LeadRefusedError
from pipeline.services.reconcile import reconcile_rounds
from tests.factories.people import OrganizationFactory, person
from tests.factories.pipeline import DAY, HOUR, NOON, RepFactory, assigned

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8


def test_accept_and_reject_at_once_leave_one_decision():
    OrganizationFactory()
    install_defaults(at=NOON)
    sam, vera = person("sam"), person("vera")
    rep = RepFactory(user=sam)
    leads = [assigned(rep) for _ in range(ROUNDS)]

    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = [_race(pool, lead, sam=sam, vera=vera) for lead in leads]

    assert [sorted(outcome) for outcome in outcomes] == [["done", "refused"]] * ROUNDS
    for lead in leads:
        stage = Round.objects.get(lead=lead).stage
        assert stage in {Stage.ACCEPTED, Stage.REJECTED}
        assert Transition.objects.filter(round__lead=lead, to_stage=stage).count() == 1
    assert reconcile_rounds(at=NOON + DAY) == []


def _race(pool, lead, *, sam, vera):
    start = Barrier(2)
    before = Round.objects.get(lead=lead).current_transition_id

    def decide(act):
        start.wait()
        try:
            act()
        except LeadRefusedError:
            return "refused"
        finally:
            connections.close_all()
        return "done"

    at = NOON + HOUR
    acts = [
        lambda: lifecycle.accept_lead(lead=lead, by=sam, at=at, seen=before),
        lambda: lifecycle.reject_lead(lead=lead, reason="no_need", by=vera, at=at, seen=before),
    ]
    return list(pool.map(decide, acts))
