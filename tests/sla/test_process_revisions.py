"""Three missed months open a revision, which the side that missed answers once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from revops.outbox.models import Message
from sla import services
from sla.choices import ClockStatus
from sla.models import ProcessRevision
from tests.factories.people import person
from tests.factories.sla import commitment_in_force
from tests.sla.test_months import AFTER_MARCH, MARCH, clock, due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("three_misses")]


@pytest.fixture
def missed(calendar):
    """A promise missed in March, April and May."""
    held = commitment_in_force(calendar=calendar)
    for month in (3, 4, 5):
        clock(held, ClockStatus.BREACHED_CLOSED, due_at=due(month))
    return held


def close_each_month():
    """Close March, April and May as their times come."""
    for month in (4, 5, 6):
        services.close_months(at=datetime(2026, month, 8, tzinfo=UTC))


@pytest.fixture
def revision(missed):
    """The revision that three missed months opened."""
    close_each_month()
    return ProcessRevision.objects.get()


def test_three_missed_months_open_one_revision_and_tell_who_answers(missed):
    vera, rita = person("vera"), person("rita")
    person("carla")

    close_each_month()
    services.close_months(at=datetime(2026, 6, 9, tzinfo=UTC))

    row = ProcessRevision.objects.get()
    assert (row.kind, row.side) == ("first_contact", "sales")
    assert (row.first_month, row.last_month) == (MARCH, date(2026, 5, 1))
    told = Message.objects.filter(kind="process_revision_opened")
    assert {tuple(sorted(message.payload["to"])) for message in told} == {
        tuple(sorted([vera.pk, rita.pk]))
    }


def test_an_answered_revision_takes_three_new_misses_to_come_back(revision, missed):
    at = datetime(2026, 6, 10, tzinfo=UTC)
    answer = {"cause": "Two reps were away and nobody covered.", "change": "Covers are named."}
    services.answer_revision(
        revision=revision, by=person("vera"), at=at, cause=answer["cause"],
        change="From now on every absence has a cover.",
    )  # fmt: skip
    clock(missed, ClockStatus.BREACHED_CLOSED, due_at=due(6))

    services.close_months(at=datetime(2026, 7, 20, tzinfo=UTC))

    assert ProcessRevision.objects.count() == 1


@pytest.mark.parametrize("name", ["carla", "mara", "sam", "ed"])
def test_only_the_side_that_missed_or_revops_answers(revision, name):
    with pytest.raises(services.RevisionRefusedError, match="sales leader"):
        services.answer_revision(
            revision=revision, by=person(name), at=AFTER_MARCH, cause="x" * 30, change="y" * 30
        )


@pytest.mark.parametrize(
    ("cause", "change", "field"),
    [
        pytest.param("busy", "y" * 30, "cause", id="no reason"),
        pytest.param("x" * 30, "\x00   ", "change", id="nothing changes"),
        pytest.param("x" * 30, "y" * 5000, "change", id="too long"),
    ],
)
def test_an_answer_says_why_and_what_changes(revision, cause, change, field):
    with pytest.raises(services.RevisionRefusedError) as refusal:
        services.answer_revision(
            revision=revision, by=person("rita"), at=AFTER_MARCH, cause=cause, change=change
        )

    assert refusal.value.field == field


def test_a_revision_is_answered_once(revision):
    given = {"cause": "x" * 30, "change": "y" * 30, "by": person("rita"), "at": AFTER_MARCH}
    services.answer_revision(revision=revision, **given)

    with pytest.raises(services.RevisionAnsweredError):
        services.answer_revision(revision=revision, **given)
