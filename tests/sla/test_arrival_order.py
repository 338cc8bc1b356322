"""Facts arrive in any order; status, due time and ledger are the same in the end."""

import random

import pytest

from tests.sla import scenario_database
from tests.sla.rule_words import FIRST_CONTACT, NYC, OWNER, event, tick

pytestmark = pytest.mark.django_db

STORIES = {
    "pause, reassignment and a late call": (
        [FIRST_CONTACT, OWNER],
        [
            event("assigned", "02-06 15:00", owner="ana"),
            event("paused", "02-06 16:00", reason="waiting_on_marketing"),
            event("resumed", "02-09 14:00"),
            event("assigned", "02-09 15:00", owner="bo"),
            event("outreach", "02-10 12:00", owner="bo", source="crm", source_id="a"),
            tick("02-20 12:00"),
        ],
    ),
    "a voided call": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            event("outreach", "02-09 10:00", source="crm", source_id="a"),
            event("void", "02-09 12:00", source="crm", source_id="a"),
            event("outreach", "02-09 13:00", source="crm", source_id="b"),
            tick("02-20 12:00"),
        ],
    ),
    "recycled, reopened, recycled, requalified": (
        FIRST_CONTACT,
        [
            event("mql", "02-02 10:00", cycle=1),
            event("assigned", "02-02 10:05", cycle=1),
            event("recycled", "02-02 11:00"),
            event("mql", "02-03 10:00", cycle=2),
            event("recycled", "02-05 10:00"),
            event("mql", "02-10 10:00", cycle=3),
            event("assigned", "02-10 10:05", cycle=3),
            tick("02-20 12:00"),
        ],
    ),
    "a merge of two late leads": (
        FIRST_CONTACT,
        [
            event("assigned", "02-09 10:00", lead="A"),
            event("assigned", "02-06 10:00", lead="B"),
            event("merge", "02-09 10:30", **{"from": "B", "into": "A"}),
            event("outreach", "02-12 10:00", lead="A"),
            tick("02-20 12:00"),
        ],
    ),
}


def essence(answer):
    """Keep what must not depend on arrival: how it stands and whether the ledger holds it."""
    if not isinstance(answer, dict):
        return answer
    kept = {key: essence(value) for key, value in answer.items() if isinstance(value, dict)}
    if "status" in answer:
        kept |= {key: answer.get(key) for key in ("status", "due_at", "late_business_seconds")}
        kept["stands"] = bool(answer["breach_rows"]) and not answer["breach_rescinded"]
    return kept


@pytest.mark.parametrize("name", STORIES)
def test_every_order_of_arrival_tells_the_same_story(name):
    policy, events = STORIES[name]
    scenario = {"calendar": NYC, "policy": policy, "events": events}
    told = essence(scenario_database.run(scenario))
    facts = list(range(len(events) - 1))
    draw = random.Random(name)

    for _ in range(8):
        draw.shuffle(facts)
        assert essence(scenario_database.run(scenario, order=list(facts))) == told
