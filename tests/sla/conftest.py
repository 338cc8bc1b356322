"""What tests of closed months share: the company's hours, and how many misses an SLA allows."""

from __future__ import annotations

import pytest

from sla.models import Calendar
from tests.factories.people import OrganizationFactory
from tests.factories.sla import NEW_YORK, CalendarVersionFactory


@pytest.fixture
def three_misses(monkeypatch):
    """The SLA allows three; these versions have no content that could say so."""
    monkeypatch.setattr("sla.services.process.misses_allowed", lambda **_: 3)


@pytest.fixture
def calendar(db):
    """New York's hours are the company's."""
    OrganizationFactory(timezone="America/New_York")
    held = Calendar.objects.create(name="Company hours", is_default=True)
    CalendarVersionFactory(calendar=held, spec=NEW_YORK)
    return held
