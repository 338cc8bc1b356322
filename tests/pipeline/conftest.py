"""The definitions are in use and the cast is there."""

from __future__ import annotations

import pytest

from definitions.services.freezing import install_defaults
from tests.factories.people import OrganizationFactory, person
from tests.factories.pipeline import NOON, RepFactory


@pytest.fixture
def agreement(db):
    """The default documents, in use provisionally, and the organisation."""
    OrganizationFactory()
    install_defaults(at=NOON)


@pytest.fixture
def sam(agreement):
    """Sam, who sells, with his place on the roster."""
    user = person("sam")
    RepFactory(user=user, name=user.name)
    return user
