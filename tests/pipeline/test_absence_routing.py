"""Assigning by hand to somebody who is away: refused, and the cover is one click further."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from pipeline.models import Lead
from pipeline.services import lifecycle
from pipeline.services.errors import RepAwayError
from revops.database import database_now
from revops.people.models import Absence
from tests.factories.people import person
from tests.factories.pipeline import RepFactory, mql

pytestmark = pytest.mark.usefixtures("agreement")


@pytest.fixture
def now(agreement):
    """Half an hour ago: pages read the database's clock."""
    return database_now() - timedelta(minutes=30)


@pytest.fixture
def absent(now):
    """Ana, who is away and covered by Bo."""
    rep = RepFactory(name="Ana Ruiz")
    Absence.objects.create(
        rep=rep,
        starts_on=now.date() - timedelta(days=2),
        ends_on=now.date() + timedelta(days=2),
        cover=RepFactory(name="Bo Lin"),
    )
    return rep


def test_the_page_offers_the_cover_and_one_click_assigns_it(client, now, absent):
    client.force_login(person("rita"))
    lead = mql(at=now)
    address = reverse("pipeline:lead_assign", args=[lead.pk])

    refused = client.post(address, {"rep": absent.pk})
    cover = Absence.objects.get().cover
    taken = client.post(address, {"rep": [absent.pk, cover.pk]})

    assert refused.status_code == 422
    assert "Ana Ruiz is away. Bo Lin covers." in refused.content.decode()
    assert f'name="rep" value="{cover.pk}">Assign to Bo Lin' in refused.content.decode()
    assert taken.status_code == 302
    assert Lead.objects.get(pk=lead.pk).owner == cover


def test_a_rep_who_is_away_cannot_take_a_lead_from_the_unassigned(sam, now):
    Absence.objects.create(
        rep=sam.rep,
        starts_on=now.date() - timedelta(days=2),
        ends_on=now.date() + timedelta(days=2),
    )

    with pytest.raises(RepAwayError, match=r"Sam Ortiz is away\. Nobody covers"):
        lifecycle.accept_lead(lead=mql(at=now), by=sam, at=now)
