"""The OpenAPI document describes every endpoint, is committed, and its page works offline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def generated():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return OpenApiYamlRenderer().render(schema, renderer_context={}).decode()


def test_the_committed_document_is_current():
    assert COMMITTED.read_text() == generated(), (
        "run manage.py spectacular --file docs/openapi.yaml"
    )


def test_every_endpoint_says_what_refusals_look_like():
    document = yaml.safe_load(generated())
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert {"401", "403", "422"} <= operation["responses"].keys(), (method, path)


@pytest.mark.django_db
def test_the_documentation_page_asks_no_other_host():
    response = Client().get("/api/docs/")

    page = response.content.decode()
    assert response.status_code == 200
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert not re.findall(r"<script(?![^>]*src=)[^>]*>\s*\S", page)


@pytest.mark.django_db
def test_the_schema_is_served():
    response = Client().get("/api/schema/?format=json")

    assert response.status_code == 200
    assert "/api/v1/leads/" in response.json()["paths"]
