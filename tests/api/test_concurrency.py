"""Twins that arrive together: one lead, one answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.db import connection

from pipeline.models import Assignment, IdempotentAnswer, Lead
from revops.people.models import ApiKey
from sla.models import Evidence
from tests.api.conftest import Caller, body

TWINS = 8


@pytest.fixture
def together(caller):
    """Run one request per entry at the same moment, each on a connection of its own."""

    def run(requests):
        barrier = Barrier(len(requests))

        def one(request):
            try:
                barrier.wait(timeout=10)
                return Caller(caller.token).post("/leads/", request["body"], **request["headers"])
            finally:
                connection.close()

        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(one, requests))

    return run


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_many_times_at_once_makes_one_lead_and_one_answer(together, roster):
    request = {"body": body(), "headers": {"Idempotency-Key": "k-1"}}

    answers = together([request] * TWINS)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert (
        Lead.objects.count() == Assignment.objects.count() == IdempotentAnswer.objects.count() == 1
    )
    assert Evidence.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_one_lead_sent_under_many_keys_at_once_is_created_once(together, roster):
    requests = [
        {"body": body(), "headers": {"Idempotency-Key": f"k-{number}"}} for number in range(TWINS)
    ]

    answers = together(requests)

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * (TWINS - 1) + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Lead.objects.count() == Assignment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_takes_too_long_is_a_conflict(caller, roster):
    key = ApiKey.objects.get()
    # The first twin is at work: its row is there and not committed yet.
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute(
            "INSERT INTO pipeline_idempotentanswer"
            " (api_key_id, key, body_sha256, status, body, answered_at)"
            " VALUES (%s, 'k-1', %s, 0, '', '2026-03-03T15:00:00Z')",
            [key.pk, "0" * 64],
        )
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")

        response = caller.post("/leads/", body(), **{"Idempotency-Key": "k-1"})

        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
        other.rollback()
    assert response.status_code == 409
    assert response.json()["code"] == "twin_running"
    assert response.headers["Retry-After"] == "1"
    assert not Lead.objects.exists()
