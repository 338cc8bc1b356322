"""What a letter tells first: the time that counts, then everything needed to act."""

from datetime import timedelta

import pytest

from dashboards import letters
from tests.factories.people import OrganizationFactory
from tests.factories.pipeline import RepFactory
from tests.factories.sla import TUESDAY, ClockFactory

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    OrganizationFactory()
    return ClockFactory(rep=RepFactory(name="Sam Ortiz"))


def facts(clock, at):
    letter = letters.due_soon({"clock": clock.pk, "written_at": at, "records": None})
    return dict(letter.facts)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        pytest.param(TUESDAY + 3 * HOUR, "Due soon, 1 h of business time", id="running"),
        pytest.param(TUESDAY + 6 * HOUR, "Overdue by 2 h of business time", id="over"),
        pytest.param(
            TUESDAY - 2 * HOUR, "5 h of business time left. Resumes Tue 09:00", id="closed"
        ),
    ],
)
def test_time_is_told_in_business_time(clock, at, words):
    assert facts(clock, at)["Time"] == words


def test_a_letter_carries_what_is_needed_to_act(clock):
    told = facts(clock, TUESDAY)

    assert told["Due"] == clock.due_at
    assert told["Promise"] == clock.commitment.sentence
    assert told["Held by"] == "Sam Ortiz"
    assert told["Last acts"] == "None yet"


def test_letters_of_many_read_in_a_fixed_number_of_statements(clock, django_assert_num_queries):
    letters.records([{"clock": clock.pk}])
    for many in (1, 5):
        payloads = [{"clock": ClockFactory().pk} for _ in range(many)]
        letters.records(payloads)
        with django_assert_num_queries(4):
            letters.records(payloads)
