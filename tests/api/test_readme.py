"""The request of the README is taken as it stands there."""

import json
import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.mark.django_db
def test_the_lead_of_the_example_is_taken(caller):
    body = json.loads(re.search(r"-d '(\{.*?\})'", README.read_text(), re.DOTALL).group(1))

    answer = caller.post("/leads/", body)

    assert answer.status_code == 201, answer.content
