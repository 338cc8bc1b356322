"""The provisional definitions are in use, as after a fresh migration."""

from __future__ import annotations

import pytest

from definitions.selectors import forget_schedule
from definitions.services.freezing import install_defaults
from tests.factories.dashboards import AT
from tests.factories.people import OrganizationFactory, person
from tests.standing import standing


@standing
def agreement(db):
    """The default documents, in use provisionally, and an organisation in UTC."""
    OrganizationFactory(timezone="UTC")
    install_defaults(at=AT)
    forget_schedule()


@pytest.fixture
def mara(agreement):
    """Mara, who does marketing."""
    return person("mara")


@pytest.fixture
def logged_in(client, mara):
    """A browser in which Mara is logged in."""
    client.force_login(mara)
    return client
