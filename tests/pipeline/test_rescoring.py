"""Another version in use: leads that lie in nurture are scored again, and nothing else moves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from definitions.models import Withdrawal
from definitions.services.freezing import install_defaults
from pipeline.choices import JobStatus, Stage
from pipeline.models import Lead, Rescoring, Round
from pipeline.services import rescoring
from pipeline.services.rescoring import rescore_nurture, score_batch
from tests.factories.definitions import activated
from tests.factories.people import OrganizationFactory, person
from tests.factories.pipeline import DAY, HOUR, NOON, LeadFactory, RepFactory, mql

pytestmark = pytest.mark.django_db

EVERYBODY = [
    {
        "code": "present",
        "label": "Mail address",
        "levels": [
            {
                "label": "present",
                "when": {"field": "has_email", "operator": "equals", "value": True},
                "points": 77,
            }
        ],
    }
]
"""A score model's fit by which whoever has a mail address has 77 points."""


def rescore(*, at=NOON + HOUR):
    return rescore_nurture(at=at, clock=lambda: at)


@pytest.fixture
def nurture(agreement):
    """Three leads in nurture that the version in use gives no points."""
    return LeadFactory.create_batch(3, fit_score=0, intent_score=0)


def test_it_runs_every_half_minute():
    assert dict(settings.PERIODIC_SERVICES)["pipeline.services.rescoring.rescore_nurture"] == 30


def test_nothing_is_due_while_the_first_versions_are_in_use(nurture):
    assert rescore() == 0
    assert not Rescoring.objects.exists()


def test_nothing_is_due_before_the_first_documents_are_installed():
    assert rescore() == 0


def test_another_score_model_scores_everybody_in_nurture_once(nurture):
    activated("score_model", at=NOON, fit=EVERYBODY)

    first, second = rescore(), rescore(at=NOON + 2 * HOUR)

    work = Rescoring.objects.get()
    assert (first, second) == (3, 0)
    assert set(Lead.objects.values_list("fit_score", flat=True)) == {77}
    assert (work.status, work.done_count, work.total_count) == (JobStatus.DONE, 3, 3)
    assert work.actor == "system:rescoring"


def test_other_definitions_open_rounds_for_those_who_qualify(nurture):
    latest = activated("definitions", at=NOON).version
    rule = {**latest.content["mql"], "fit_threshold": 0, "intent_threshold": 0}
    activated("definitions", at=NOON + HOUR, mql=rule)

    rescore(at=NOON + 2 * HOUR)

    work = Rescoring.objects.get()
    assert work.qualified_count == Round.objects.count() == 3
    assert set(Round.objects.values_list("definitions_version", flat=True)) == {
        work.definitions_version_id
    }


def test_decisions_already_made_keep_their_version_and_snapshot(agreement):
    lead = mql(at=NOON - DAY)
    before = Round.objects.filter(lead=lead).values().get()
    LeadFactory()
    activated("score_model", at=NOON, fit=EVERYBODY)

    rescore()

    assert Round.objects.filter(lead=lead).values().get() == before
    assert Lead.objects.get(pk=lead.pk).fit_score == lead.fit_score


def test_leads_stored_since_the_change_are_scored_already(agreement):
    activated("score_model", at=NOON, fit=EVERYBODY)
    LeadFactory(recorded_at=NOON + HOUR)

    rescore(at=NOON + 2 * HOUR)

    assert not Rescoring.objects.exists()


def test_a_version_scheduled_for_later_is_due_when_it_takes_effect(nurture):
    activated("score_model", at=NOON + DAY, fit=EVERYBODY)

    assert rescore(at=NOON) == 0
    assert rescore(at=NOON + DAY) == 3


def test_work_cut_short_goes_on_where_it_stopped(nurture):
    activated("score_model", at=NOON, fit=EVERYBODY)
    begun = rescoring._begin(at=NOON + HOUR)
    score_batch(rescoring_id=begun, at=NOON + HOUR, limit=2)
    half = Rescoring.objects.get()

    rest = rescore(at=NOON + 2 * HOUR)

    assert (half.status, half.done_count, half.last_lead_id) == (
        JobStatus.RUNNING, 2, nurture[1].pk,
    )  # fmt: skip
    assert rest == 1
    assert Rescoring.objects.get().done_count == 3


def test_a_batch_that_dies_leaves_nothing_half_done(nurture, monkeypatch):
    activated("score_model", at=NOON, fit=EVERYBODY)
    begun = rescoring._begin(at=NOON + HOUR)

    def die(**given):
        qualify(**given)
        raise SystemExit

    qualify = rescoring.qualify_leads
    monkeypatch.setattr(rescoring, "qualify_leads", die)
    with pytest.raises(SystemExit):
        score_batch(rescoring_id=begun, at=NOON + HOUR)
    monkeypatch.setattr(rescoring, "qualify_leads", qualify)
    after = set(Lead.objects.values_list("fit_score", flat=True))
    again = rescore()

    assert after == {0}
    assert again == 3


def test_newer_versions_end_the_work_for_older_ones(nurture):
    activated("score_model", at=NOON, fit=EVERYBODY)
    old = rescoring._begin(at=NOON + HOUR)
    score_batch(rescoring_id=old, at=NOON + HOUR, limit=1)
    activated("score_model", at=NOON + 2 * HOUR)

    rescore(at=NOON + 3 * HOUR)

    assert Rescoring.objects.get(pk=old).status == JobStatus.CANCELLED
    assert Rescoring.objects.exclude(pk=old).get().done_count == 3
    assert score_batch(rescoring_id=old, at=NOON + 4 * HOUR) == 0


def test_versions_that_come_back_score_again(nurture):
    first = activated("score_model", at=NOON, fit=EVERYBODY)
    rescore(at=NOON + HOUR)
    second = activated("score_model", at=NOON + 2 * HOUR, fit=_points(12))
    rescore(at=NOON + 3 * HOUR)
    Withdrawal.objects.create(
        activation=second, withdrawn_at=NOON + 4 * HOUR, withdrawn_by=person("rita"), reason="No"
    )

    scored = rescore(at=NOON + 5 * HOUR)

    assert scored == 3
    assert set(Lead.objects.values_list("fit_score", flat=True)) == {77}
    assert Rescoring.objects.get(score_version=first.version).status == JobStatus.DONE


def _points(points):
    (attribute,) = EVERYBODY
    (level,) = attribute["levels"]
    return [{**attribute, "levels": [{**level, "points": points}]}]


def test_the_number_of_statements_does_not_depend_on_the_number_of_leads(agreement):
    LeadFactory.create_batch(43)
    activated("score_model", at=NOON, fit=EVERYBODY)
    begun = rescoring._begin(at=NOON + HOUR)
    score_batch(rescoring_id=begun, at=NOON + HOUR, limit=1)  # reads the versions, once
    with CaptureQueriesContext(connection) as few:
        score_batch(rescoring_id=begun, at=NOON + HOUR, limit=2)

    with CaptureQueriesContext(connection) as many:
        assert score_batch(rescoring_id=begun, at=NOON + HOUR) == 40

    assert len(few) == len(many)


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_score_the_same_lead_twice():
    OrganizationFactory()
    install_defaults(at=NOON)
    RepFactory()
    LeadFactory.create_batch(40)
    activated("score_model", at=NOON, fit=EVERYBODY)
    begun = rescoring._begin(at=NOON + HOUR)
    start = Barrier(2)

    def work():
        start.wait()
        try:
            return sum(score_batch(rescoring_id=begun, at=NOON + HOUR, limit=3) for _ in range(20))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        done = [each.result() for each in [pool.submit(work), pool.submit(work)]]
    rest = rescore()

    found = Rescoring.objects.get()
    assert sum(done) + rest == 40
    assert (found.status, found.done_count) == (JobStatus.DONE, 40)
    assert not Lead.objects.exclude(fit_score=77, stage=Stage.NURTURE).exists()


def test_the_progress_is_shown_until_a_day_after(nurture, client):
    client.force_login(person("ed"), backend="revops.people.backends.RoleBackend")
    before = client.get("/rescoring/")
    activated("score_model", at=NOON, fit=EVERYBODY)
    begun = rescoring._begin(at=NOON + HOUR)
    score_batch(rescoring_id=begun, at=NOON + HOUR, limit=1)

    during = client.get("/rescoring/")
    rescore()
    after = client.get("/rescoring/")

    assert before.status_code == 204
    assert "Scoring 1 of 3 leads again" in during.content.decode()
    assert 'hx-trigger="accord:poll"' in during.content.decode()
    assert after.status_code == 204


def test_the_page_of_the_score_model_asks_for_the_progress(agreement, client):
    client.force_login(person("ed"), backend="revops.people.backends.RoleBackend")

    page = client.get("/agreement/score-model/").content.decode()

    assert 'hx-get="/rescoring/"' in page
