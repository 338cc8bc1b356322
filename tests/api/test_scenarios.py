"""The clock scenarios through the API, and every order in which their facts may arrive."""

from __future__ import annotations

import itertools
import random

import pytest

from definitions.services.freezing import install_defaults
from revops.people import keys
from tests.api.conftest import Caller
from tests.api.scenario_api import Teller, run
from tests.factories.people import OrganizationFactory
from tests.factories.pipeline import NOON
from tests.factories.sla import LONG_AGO
from tests.sla.rule_words import FIRST_CONTACT, NYC, OWNER, event, tick
from tests.sla.test_arrival_order import essence
from tests.sla.test_scenarios import shared

pytestmark = pytest.mark.django_db
SAMPLED = 24
"""Orders of five facts that are tried; of four all are."""

STORIES = {
    "a pause with a late call": (
        FIRST_CONTACT,
        event("assigned", "02-06 15:00"),
        [
            event("paused", "02-06 16:00", reason="waiting_on_marketing"),
            event("resumed", "02-09 14:00"),
            event("outreach", "02-10 12:00", source="crm", source_id="a"),
        ],
    ),
    "a voided call and a later one": (
        FIRST_CONTACT,
        event("assigned", "02-06 15:00"),
        [
            event("outreach", "02-09 10:00", source="crm", source_id="a"),
            event("void", "02-09 12:00", source="crm", source_id="a"),
            event("outreach", "02-09 13:00", source="crm", source_id="b"),
        ],
    ),
    "a pause, a voided call, and a call by the second owner": (
        [FIRST_CONTACT, OWNER],
        event("assigned", "02-06 15:00", owner="ana"),
        [
            event("paused", "02-06 16:00", reason="waiting_on_marketing"),
            event("resumed", "02-09 14:00"),
            event("outreach", "02-09 15:00", owner="ana", source="crm", source_id="a"),
            event("void", "02-09 16:00", source="crm", source_id="a"),
            event("outreach", "02-11 12:00", owner="ana", source="crm", source_id="b"),
        ],
    ),
}


@pytest.fixture
def caller(db):
    """A key that may do everything, and definitions in use since ever."""
    OrganizationFactory()
    install_defaults(at=LONG_AGO)
    _, token = keys.create_key(name="Website", scopes=keys.SCOPES, actor="system:test", at=NOON)
    return Caller(token)


@pytest.mark.parametrize("scenario", shared())
def test_the_api_gives_the_shared_scenario(caller, monkeypatch, scenario):
    Teller(caller, monkeypatch)

    assert run(scenario) == scenario["expected"]


@pytest.mark.parametrize("name", STORIES)
def test_every_order_of_posts_tells_the_same_story(caller, monkeypatch, name):
    policy, first, others = STORIES[name]
    scenario = {
        "calendar": NYC, "policy": policy, "events": [first, *others, tick("02-20 12:00")],
    }  # fmt: skip
    Teller(caller, monkeypatch)
    told = essence(run(scenario))
    Teller(caller, monkeypatch, sweeps=True)
    orders = list(itertools.permutations(range(1, len(others) + 1)))
    if len(orders) > SAMPLED:
        orders = random.Random(name).sample(orders, SAMPLED)

    for order in orders:
        assert essence(run(scenario, order=[0, *order])) == told, order
