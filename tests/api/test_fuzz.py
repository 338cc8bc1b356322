"""Whatever JSON arrives anywhere, the answer is never a 5xx."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import body

pytestmark = pytest.mark.django_db

NAMES = st.sampled_from(
    [
        "external_id", "source_system", "created_at", "mql_at", "channel", "email", "company",
        "company_domain", "company_size", "technology", "attributes", "touches", "hand_raiser",
        "fit_score", "leads", "activities", "to", "reason", "occurred_at", "checklist", "kind",
        "lead_external_id", "rep_external_id", "amount", "currency", "outcome", "lost_reason",
        "accepted_at", "closed_at", "recycle_on", "note", "surprise",
    ]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["rejected", "lost", "won", "accepted", "sql", "web-1", "2026-03-01T10:00:00Z",
         "2026-03-01", "marketing", "call", "demo_request", "12.345", "EUR", "price", "1e400"]
    )
)  # fmt: skip
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=8),
    max_leaves=25,
)
ENDPOINTS = st.sampled_from(
    [
        ("POST", "/leads/"),
        ("POST", "/leads/batch/"),
        ("PUT", "/leads/by-external-id/web/w-1/"),
        ("POST", "/touches/batch/"),
        ("POST", "/activities/batch/"),
        ("POST", "/leads/{id}/transitions/"),
        ("POST", "/leads/{id}/assignments/"),
        ("POST", "/opportunities/"),
        ("POST", "/opportunities/{id}/transitions/"),
    ]
)


@pytest.fixture
def lead_id(caller, roster):
    return caller.post("/leads/", body()).json()["id"]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(endpoint=ENDPOINTS, document=DOCUMENTS)
def test_no_document_makes_an_endpoint_fail(caller, lead_id, endpoint, document):
    method, path = endpoint
    if isinstance(document, list) and "batch" in path:
        document = {path.split("/")[1]: document}

    response = caller.send(method, path.format(id=lead_id), document)

    assert response.status_code < 500, response.content


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(raw=st.binary(max_size=200))
def test_no_bytes_make_the_intake_fail(caller, raw):
    response = caller.post("/leads/", raw=raw)

    assert 400 <= response.status_code < 500
