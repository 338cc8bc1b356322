"""One import of each data set, shared by the tests of its module."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from definitions.selectors import forget_schedule
from revops.people import keys
from revops.people.models import Organization


class Figures:
    """Asks the metric endpoints with an integration's key."""

    def __init__(self, token):
        self._client = Client(headers={"authorization": f"Bearer {token}"})

    def ask(self, key, **question):
        """Return the answer of a metric over all time, unless a period is asked for."""
        asked = {"period": "all", **{name.rstrip("_"): value for name, value in question.items()}}
        response = self._client.get(f"/api/v1/metrics/{key}/", asked)
        assert response.status_code == 200, response.content
        return response.json()

    def groups(self, key, **question):
        """Return the groups of an answer by their keys."""
        return {group["key"]: group for group in self.ask(key, **question)["groups"]}

    def count_rows(self, key, **question):
        """Return how many rows the list behind a figure has, page by page."""
        address, asked, count = f"/api/v1/metrics/{key}/rows/", {"limit": 200, **question}, 0
        while address:
            page = self._client.get(address, asked).json()
            count += len(page["data"])
            address, asked = page["next"], {}
        return count


@contextmanager
def imported(blocker, *, zone, currency, files):
    """Import files into the empty database of this process, and take all of it back after."""
    with blocker.unblock(), transaction.atomic():
        Organization.objects.update_or_create(
            id=1, defaults={"name": "Northwind", "timezone": zone, "currency": currency}
        )
        forget_schedule()
        for kind, path, name in files:
            call_command("import", kind, path, map=name, stdout=io.StringIO())
        at = datetime(2026, 1, 1, tzinfo=UTC)
        scopes = ["metrics:read"]
        _, token = keys.create_key(name="figures", scopes=scopes, actor="system:test", at=at)
        yield Figures(token)
        transaction.set_rollback(True)
    forget_schedule()


@pytest.fixture(scope="module")
def olist_expected(shared_data):
    return json.loads((shared_data / "olist" / "expected.json").read_text())


@pytest.fixture(scope="module")
def olist(django_db_setup, django_db_blocker, shared_data):
    """Olist's leads and deals; the organisation keeps Brazilian time."""
    folder = shared_data / "olist"
    files = [
        ("leads", folder / "olist_marketing_qualified_leads_dataset.csv", "olist_mqls"),
        ("opportunities", folder / "olist_closed_deals_dataset.csv", "olist_closed_deals"),
    ]
    with imported(
        django_db_blocker, zone="America/Sao_Paulo", currency="BRL", files=files
    ) as figures:
        yield figures


@pytest.fixture(scope="module")
def maven_expected(shared_data):
    return json.loads((shared_data / "maven_crm" / "expected.json").read_text())


@pytest.fixture(scope="module")
def maven(django_db_setup, django_db_blocker, shared_data):
    """Maven's roster and pipeline."""
    folder = shared_data / "maven_crm"
    files = [
        ("reps", folder / "sales_teams.csv", "maven_teams"),
        ("opportunities", folder / "sales_pipeline.csv", "maven_pipeline"),
    ]
    with imported(django_db_blocker, zone="UTC", currency="USD", files=files) as figures:
        yield figures
