"""Criteria stand under the words they were judged by, and pages refuse in plain ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from pipeline import stages
from pipeline.choices import Origin, Stage
from pipeline.models import Lead
from pipeline.rows import read_lead_row
from pipeline.services import lifecycle
from pipeline.services.errors import StaleLeadError
from pipeline.services.intake import take_in
from revops.database import database_now
from tests.factories.definitions import signed_version
from tests.factories.people import CAST, person
from tests.factories.pipeline import HOUR, NOON, assigned, moved

pytestmark = pytest.mark.usefixtures("agreement")
FIT = {
    "external_id": "w-1",
    "company": "Halden",
    "company_size": 400,
    "fit_score": 90,
    "channel": "Paid search",
    "email": "priya@halden.example",
    "first_name": "Priya",
}


@pytest.fixture
def now(agreement):
    return database_now() - 2 * HOUR


@pytest.fixture
def as_sam(client, sam):
    client.force_login(sam)
    return client


def url(name, lead):
    return reverse(f"pipeline:{name}", args=[lead.pk])


def taken(at, **fields):
    """Take a lead in as the API does."""
    take_in(
        rows=[read_lead_row(FIT | fields).row], actor="system:test", source_system="website",
        origin=Origin.API, at=at,
    )  # fmt: skip
    return Lead.objects.get(external_id="w-1")


@pytest.fixture
def judged(sam, now):
    """A lead of Sam's, judged under version 1 while version 2 is in use."""
    lead = taken(now, hand_raiser=True)
    cast = {key: person(key) for key in CAST if key != "sam"}
    signed_version("definitions", cast=cast, at=now + HOUR)
    return lead


def test_a_lead_is_shown_under_the_version_it_was_judged_by(as_sam, judged):
    for address in (url("lead_detail", judged), url("queue_panel", judged)):
        answer = as_sam.get(address)

        assert answer.context["word"].version_number == 1
        assert answer.context["card"].checks


def test_a_decision_is_made_in_the_words_in_force(as_sam, judged):
    answer = as_sam.get(url("lead_reject", judged))

    assert answer.context["word"].version_number == 2
    assert "Judged under version 1" in answer.content.decode()


def test_nothing_is_said_of_versions_where_there_is_one(as_sam, sam, now):
    lead = taken(now, hand_raiser=True)

    assert "Judged under version" not in as_sam.get(url("lead_reject", lead)).content.decode()


def test_a_lead_in_nurture_says_why_it_does_not_qualify_yet(client, now):
    lead = taken(now, intent_score=10)
    client.force_login(person("mara"))

    answer = client.get(url("lead_detail", lead))

    page = answer.content.decode()
    assert lead.stage == Stage.NURTURE
    assert "Why it does not qualify yet" in page
    assert "Why it qualified" not in page
    assert (answer.context["verdict"].fit, answer.context["verdict"].intent) == (90, 10)
    assert "fail" in {check["state"] for check in answer.context["verdict"].checks}


@pytest.mark.parametrize("name", ["lead_sql", "lead_accept", "lead_opportunity", "lead_reject"])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_form_that_must_fail_is_not_offered(as_sam, sam, now, name, headers):
    lead = moved(assigned(sam.rep, at=now), Stage.REJECTED, reason="no_need", at=now)

    answer = as_sam.get(url(name, lead), headers=headers)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Priya Nair is " in page
    assert lead.get_absolute_url() in page
    assert 'class="form"' not in page


@pytest.mark.parametrize(("seconds", "words"), [(20, "just now."), (180, "ago.")])
def test_a_stale_form_says_how_long_ago(sam, seconds, words):
    lead = assigned(sam.rep)
    first = lead.rounds.get().current_transition_id
    lifecycle.accept_lead(lead=lead, by=sam, at=NOON, seen=first)

    with pytest.raises(StaleLeadError, match=words) as caught:
        lifecycle.accept_lead(lead=lead, by=sam, at=NOON + timedelta(seconds=seconds), seen=first)

    assert "0 minutes" not in str(caught.value)


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_reads_after_is(stage):
    assert stages.words(stage)[0].islower()
