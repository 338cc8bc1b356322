"""A caller of the API with a key, on a database whose definitions are in use."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from definitions.selectors import forget_schedule
from definitions.services.freezing import install_defaults
from revops.people import keys
from revops.rest import limits
from sla.services import forget_terms
from tests.factories.people import OrganizationFactory
from tests.factories.pipeline import NOON, RepFactory
from tests.standing import standing


class Caller:
    """Speaks JSON with a bearer key."""

    def __init__(self, token):
        self.client = Client(raise_request_exception=False)
        self.token = token

    def send(
        self, method, path, body=None, *, raw=None, content_type="application/json", **headers
    ):
        if self.token is not None:
            headers.setdefault("authorization", f"Bearer {self.token}")
        data = raw if raw is not None else "" if body is None else json.dumps(body)
        return self.client.generic(
            method, f"/api/v1{path}", data, content_type=content_type, headers=headers
        )

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def post(self, path, body=None, **options):
        return self.send("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.send("PUT", path, body, **options)


def forget():
    keys.forget_keys()
    limits.reset()
    forget_schedule()
    forget_terms()


@pytest.fixture(autouse=True)
def _forget_what_processes_cache():
    forget()
    yield
    forget()


@standing
def installed(db):
    OrganizationFactory()
    install_defaults(at=NOON)


@pytest.fixture
def make_caller(installed):
    def make(*scopes, **options):
        _, token = keys.create_key(
            name="Website", scopes=scopes, actor="system:test", at=NOON, **options
        )
        return Caller(token)

    return make


@pytest.fixture
def caller(make_caller):
    return make_caller(*keys.SCOPES)


@pytest.fixture
def roster(installed):
    return [RepFactory(name="Sam Ortiz"), RepFactory(name="Sara Lind")]


def body(number=1, **fields):
    """A lead that fits and asked for a demo."""
    return {
        "external_id": f"web-{number}",
        "channel": "Paid search",
        "email": f"priya{number}@halden.example",
        "first_name": "Priya",
        "last_name": "Nair",
        "company": f"Halden {number}",
        "company_domain": f"halden{number}.example",
        "company_size": 400,
        "fit_score": 90,
        "hand_raiser": True,
    } | fields
