"""The definitions are in use and the cast is there."""

from __future__ import annotations

import pytest

from definitions.services.freezing import install_defaults
from pipeline.models import Lead
from revops.people.models import Team
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


@pytest.fixture
def team(agreement):
    """A team of sales."""
    return Team.objects.create(name="West", side="sales")


@pytest.fixture
def vera(team):
    """Vera leads the team."""
    return person("vera", team=team)


@pytest.fixture
def ana(team):
    """Ana, of the team."""
    return RepFactory(name="Ana Ruiz", team=team, email="ana@example.com")


@pytest.fixture
def bo(team):
    """Bo, of the team."""
    return RepFactory(name="Bo Lin", team=team)


@pytest.fixture
def foreigner(agreement):
    """Somebody of another team."""
    return RepFactory(name="Cy Wu", team=Team.objects.create(name="East", side="sales"))


@pytest.fixture
def as_vera(client, vera):
    """Vera's browser."""
    client.force_login(vera)
    return client
