"""The definitions are in use and the cast is there."""

from __future__ import annotations

import pytest

from definitions.services.freezing import install_defaults
from pipeline.models import Lead
from tests.factories.files import LEADS, imported
from tests.factories.people import OrganizationFactory, person
from tests.factories.pipeline import NOON, RepFactory
from tests.standing import standing


@standing
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


@pytest.fixture
def leads(agreement, tmp_path):
    """Three imported leads: a and c became MQL, b did not."""
    summary, _ = imported(tmp_path, "leads", LEADS)
    assert summary.statuses == {"created": 3}
    return {lead.external_id: lead for lead in Lead.objects.all()}
