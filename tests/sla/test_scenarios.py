"""The shared whole-clock scenarios, when the folder with the shared data is beside the project."""

import json
from pathlib import Path

import pytest

from tests.sla import scenarios

FILE = Path(__file__).resolve().parents[2].parent / "shared/data/clock/scenarios.json"


def shared():
    if not FILE.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason="shared data is absent"))]
    content = json.loads(FILE.read_text())
    return [
        pytest.param(
            row | {"calendar": content["calendars"][row["calendar"]]},
            id=f"{row['id']} {row['title']}",
        )
        for row in content["scenarios"]
    ]


@pytest.mark.parametrize("scenario", shared())
def test_fold_gives_the_shared_scenario(scenario):
    assert scenarios.run(scenario) == scenario["expected"]


@pytest.mark.django_db
@pytest.mark.parametrize("scenario", shared())
def test_database_gives_the_shared_scenario(scenario):
    assert scenarios.run_in_database(scenario) == scenario["expected"]
