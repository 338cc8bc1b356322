"""The defaults are in use and the signers are there."""

from __future__ import annotations

import pytest

from definitions import services
from definitions.choices import DocumentKind
from revops.database import database_now
from tests.factories.definitions import NOON, confirmed_gaps, sent
from tests.factories.people import CAST, OrganizationFactory, person
from tests.standing import standing


@standing
def unaudited(db):
    """Everybody, with the default documents in provisional use and no word of the teams yet."""
    OrganizationFactory()
    services.install_defaults(at=NOON)
    return {key: person(key) for key in CAST}


@standing
def cast(unaudited):
    """Everybody, with the default documents in provisional use and drafting open."""
    confirmed_gaps(by=unaudited["rita"])
    return unaudited


@standing
def draft(cast):
    """The open draft of the definitions."""
    return services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=NOON)


@standing
def request_(draft, cast):
    """The definitions, sent for signature."""
    return sent(draft, by=cast["rita"], at=NOON)


@pytest.fixture
def as_(client, cast):
    """Log in as one of the cast."""

    def log_in(key):
        client.force_login(cast[key], backend="revops.people.backends.RoleBackend")
        return client

    return log_in


@pytest.fixture
def now(cast):
    """The database's instant; the pages read the same clock."""
    return database_now()


@pytest.fixture
def sla_draft(cast, now):
    return services.open_draft(kind=DocumentKind.SLA, by=cast["rita"], at=now)


@pytest.fixture
def asked(sla_draft, cast, now):
    return sent(sla_draft, by=cast["rita"], at=now)
