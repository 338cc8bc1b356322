"""Who held a lead for how long, and which ones were handed on too often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from pipeline.choices import Origin
from pipeline.selectors.holds import holds_of, passed_on
from pipeline.services.assignments import assign_rounds
from pipeline.services.rows import AssignmentRow
from tests.factories.people import person
from tests.factories.pipeline import DAY, HOUR, NOON, RepFactory, assigned

pytestmark = pytest.mark.usefixtures("agreement")


def handed_on(*names):
    """Assign a lead on Tuesday at ten and hand it on every two hours."""
    first, *others = (RepFactory(name=name) for name in names)
    lead = assigned(first)
    for count, rep in enumerate(others, 1):
        row = AssignmentRow(lead_id=lead.pk, rep_id=rep.pk)
        at = NOON + 2 * count * HOUR
        assign_rounds(rows=[row], actor="system:test", origin=Origin.FORM, at=at)
    return lead


def test_each_holder_has_the_business_time_of_the_own_share():
    lead = handed_on("Ana", "Bo")

    holds = holds_of(current=lead.rounds.get(), at=NOON + DAY)

    # Bo holds it from twelve to the close at five, and an hour of the next morning.
    assert [(hold.rep, hold.held) for hold in holds] == [
        ("Ana", timedelta(hours=2)), ("Bo", timedelta(hours=6)),
    ]  # fmt: skip


def test_three_hand_overs_are_listed_and_two_are_not():
    handed_on("Ana", "Bo", "Cy")
    lead = handed_on("Ana", "Bo", "Cy", "Di")

    (listed,) = passed_on(user=person("rita"))

    assert (listed.lead, listed.owner, listed.count) == (lead, "Di", 3)


def test_the_pages_say_so(client):
    lead = handed_on("Ana", "Bo", "Cy", "Di")
    client.force_login(person("rita"))

    assert "it is on the list for review" in client.get(lead.get_absolute_url()).content.decode()
    assert "Handed on more than twice" in client.get(reverse("pipeline:paused")).content.decode()
