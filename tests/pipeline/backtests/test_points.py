"""The sliders of a score model's back-test: points go into its draft, and into nothing else."""

from __future__ import annotations

import pytest
from django.urls import reverse

from definitions.choices import DocumentKind
from definitions.models import Clause
from definitions.services import ClauseConflictError, NotAllowedError, open_draft
from pipeline.backtest_forms import rule_with
from pipeline.selectors import backtests as reads
from pipeline.services import backtests as services
from tests.factories.definitions import confirmed_gaps
from tests.factories.people import person
from tests.factories.pipeline import DAY, NOON
from tests.pipeline.backtests.conftest import LATER

LEVEL, ACT = "fit-industry-0", "act-webinar"


@pytest.fixture
def draft(rita):
    return open_draft(kind=DocumentKind.SCORE_MODEL, by=rita, at=NOON)


@pytest.fixture
def scored(leads, draft, rita):
    """A finished back-test of the score model's draft."""
    found = services.request_backtest(
        draft=draft, from_at=LATER - 90 * DAY, to_at=LATER, by=rita, at=LATER
    )
    services.run_waiting_backtests(at=LATER)
    return found


@pytest.fixture
def rule(scored):
    """The draft's rule with other points for one level and one act."""
    _, _, drafted = reads.cube_of(scored.pk)
    thresholds = {"fit": drafted.mql.fit_threshold, "intent": drafted.mql.intent_threshold}
    return rule_with(drafted, {**thresholds, LEVEL: 7, ACT: 33})


def bodies(draft):
    return {clause.key: clause.body for clause in draft.clauses.all()}


def industry(draft):
    fit = bodies(draft)["fit"]
    return next(each for each in fit if each["code"] == "industry")["levels"][0]["points"]


def webinar(draft):
    return next(each for each in bodies(draft)["intent"] if each["act"] == "webinar")["points"]


def take(draft, rule, by, *, revisions=(1, 1)):
    services.take_points(draft=draft, rule=rule, revisions=revisions, by=by, at=LATER)


def test_points_are_written_into_the_draft_and_nothing_else_changes(draft, rule, rita):
    before = bodies(draft)

    take(draft, rule, rita)

    after = bodies(draft)
    assert (industry(draft), webinar(draft)) == (7, 33)
    assert {key for key in after if after[key] != before[key]} == {"fit", "intent"}
    assert draft.clauses.get(key="fit").edited_by == rita


@pytest.mark.parametrize("revisions", [(0, 1), (1, 0), (9, 9)])
def test_points_over_a_changed_clause_are_refused_whole(draft, rule, rita, revisions):
    before = bodies(draft)

    with pytest.raises(ClauseConflictError):
        take(draft, rule, rita, revisions=revisions)

    assert bodies(draft) == before


def test_points_are_taken_once(draft, rule, rita):
    take(draft, rule, rita)

    with pytest.raises(ClauseConflictError):
        take(draft, rule_with(rule, {"fit": 1, "intent": 1, LEVEL: 8}), rita)

    assert industry(draft) == 7


@pytest.mark.parametrize("key", ["carla", "mara", "vera", "sam", "ed"])
def test_only_revops_writes_points(draft, rule, key):
    with pytest.raises(NotAllowedError):
        take(draft, rule, person(key))

    assert industry(draft) != 7


def test_points_do_not_go_into_the_definitions(rule, rita):
    confirmed_gaps(by=rita)
    words = open_draft(kind=DocumentKind.DEFINITIONS, by=rita, at=NOON)

    with pytest.raises(services.BacktestRefusedError, match="Points stand in the score model"):
        take(words, rule, rita)


def test_a_moved_point_scores_again_and_is_offered_to_the_draft(client, rita, scored):
    client.force_login(rita)
    address = scored.get_absolute_url()

    untouched = client.get(address).content.decode()
    moved = client.get(address, {LEVEL: -100}).content.decode()

    assert f'name="{LEVEL}"' in untouched
    assert "Take these values into the draft" not in untouched
    assert "Points go into the score model's draft" in moved
    assert "would have dropped 14 of 14 MQLs" in moved


def test_a_draft_that_drops_nobody_shows_its_back_test(client, rita, scored):
    client.force_login(rita)

    page = client.get(reverse("pipeline:backtest_of_draft", args=["score-model"]))

    assert page.status_code == 200
    assert "Up to date" in page.content.decode()


@pytest.mark.parametrize("points", ["101", "-101", "x", ""])
def test_a_point_off_its_scale_is_refused(client, rita, scored, draft, points):
    client.force_login(rita)
    before = bodies(draft)

    shown = client.get(scored.get_absolute_url(), {LEVEL: points})
    client.post(f"{scored.get_absolute_url()}take/", {LEVEL: points, "revision_fit": 1})

    assert shown.status_code == 422
    assert bodies(draft) == before


def test_the_page_writes_points_and_a_stale_page_is_a_conflict(client, rita, scored, draft):
    client.force_login(rita)
    take_address = f"{scored.get_absolute_url()}take/"
    told = {LEVEL: 7, ACT: 33, "revision_fit": 1, "revision_intent": 1}

    first = client.post(take_address, told)
    stale = client.post(take_address, {**told, LEVEL: 8})

    assert first.url == reverse("definitions:draft", kwargs={"kind": "score-model"})
    assert stale.status_code == 409
    assert "Open the draft and look at both." in stale.content.decode()
    assert (industry(draft), webinar(draft)) == (7, 33)


@pytest.mark.parametrize("key", ["carla", "mara", "vera", "sam", "ed"])
def test_others_may_not_take_points_over(client, scored, key):
    client.force_login(person(key))
    revisions = dict(Clause.objects.values_list("pk", "revision"))

    answer = client.post(f"{scored.get_absolute_url()}take/", {LEVEL: 7, "revision_fit": 1})

    assert answer.status_code == 403
    assert dict(Clause.objects.values_list("pk", "revision")) == revisions
