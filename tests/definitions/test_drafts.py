"""Drafts change nothing in use, and two editors never lose a text."""

from __future__ import annotations

import pytest

from definitions import selectors, services
from definitions.choices import Closure, DocumentKind, Standing
from definitions.models import Activation, Draft, Reason, Version
from revops.people.models import Organization
from tests.factories.definitions import DAY, MINUTE, NOON, edited, sent

LATER = NOON + 5 * MINUTE


def test_defaults_are_provisional_since_2000(cast):
    in_use = selectors.in_use_all(at=NOON)

    assert {kind.value: held.version.number for kind, held in in_use.items()} == dict.fromkeys(
        DocumentKind.values, 1
    )
    assert not any(held.is_signed for held in in_use.values())
    assert all(held.effective_from.year == 2000 for held in in_use.values())


def test_installing_again_changes_nothing(cast):
    again = services.install_defaults(at=LATER)

    assert again == []
    assert Version.objects.count() == Activation.objects.count() == len(DocumentKind)


def test_reason_rows_are_those_of_the_content(cast):
    version = selectors.version_in_use(kind="definitions", at=NOON).version

    offered = selectors.reasons(version=version, purpose="reject")
    with_history = selectors.reasons(version=version, purpose="reject", with_history=True)

    entries = selectors.definitions_of(version).reasons["reject"].entries
    assert [row.code for row in with_history] == [entry.code for entry in entries]
    assert [row.code for row in offered] == [row.code for row in with_history[:-1]]
    assert with_history[-1].history_only


def test_draft_holds_the_version_in_use_without_reject_reasons_of_history(draft):
    version = selectors.version_in_use(kind="definitions", at=NOON).version

    content = services.draft_content(draft=draft)

    assert draft.based_on == version
    before = version.content.pop("reasons")
    after = content.pop("reasons")
    assert content == version.content
    rejects = [entry["code"] for entry in before.pop("reject")["entries"]]
    assert [entry["code"] for entry in after.pop("reject")["entries"]] == rejects[:-1]
    assert (rejects[-1], after) == ("not_recorded", before)


def test_opening_twice_gives_the_same_draft(draft, cast):
    again = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=LATER)

    assert again == draft
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("key", ["carla", "vera", "mara", "sam", "ed"])
def test_only_revops_opens_and_edits(key, draft, cast):
    with pytest.raises(services.NotAllowedError, match="may not edit drafts"):
        services.open_draft(kind=DocumentKind.SLA, by=cast[key], at=NOON)
    with pytest.raises(services.NotAllowedError, match="may not edit drafts"):
        edited(draft, key="mql", by=cast[key], fit_threshold=60)


def test_edit_stores_the_text_with_its_author(draft, cast):
    clause = edited(draft, key="mql", by=cast["rita"], at=LATER, fit_threshold=60)

    assert (clause.revision, clause.body["fit_threshold"]) == (2, 60)
    latest = clause.history.latest()
    assert (latest.history_user, latest.history_date) == (cast["rita"], LATER)
    in_use = selectors.version_in_use(kind="definitions", at=LATER).version
    assert selectors.definitions_of(in_use).mql.fit_threshold == 50


def test_same_text_again_is_no_new_revision(draft, cast):
    clause = draft.clauses.get(key="mql")

    again = edited(draft, key="mql", by=cast["rita"])

    assert again.revision == clause.revision == 1
    assert clause.history.count() == 1


def test_stale_edit_is_refused_with_both_texts(draft, cast):
    services.edit_clause(
        draft=draft, key="review", body="Ours.", revision=1, by=cast["rita"], at=LATER
    )

    with pytest.raises(services.ClauseConflictError) as refused:
        services.edit_clause(
            draft=draft, key="review", body="Mine.", revision=1, by=cast["rita"], at=LATER
        )

    assert refused.value.mine == "Mine."
    assert refused.value.theirs.body == "Ours."
    assert draft.clauses.get(key="review").body == "Ours."


def test_invalid_text_is_refused_and_the_place_named(draft, cast):
    with pytest.raises(services.ContentError) as refused:
        edited(draft, key="mql", by=cast["rita"], fit_threshold=101)

    assert [fault.path for fault in refused.value.faults] == ["mql/fit_threshold"]
    assert draft.clauses.get(key="mql").revision == 1


def test_terms_may_be_added_but_no_other_clause(draft, cast):
    term = draft.clauses.get(key="terms/sal").body

    services.edit_clause(
        draft=draft, key="terms/pql", body={**term, "name": "PQL"}, revision=0, by=cast["rita"],
        at=LATER,
    )  # fmt: skip
    with pytest.raises(services.ContentError, match="no such clause"):
        services.edit_clause(
            draft=draft, key="reasons/whim", body={}, revision=0, by=cast["rita"], at=LATER
        )

    assert "pql" in services.draft_content(draft=draft)["terms"]


def test_reasons_are_retired_never_deleted(draft, cast):
    entries = draft.clauses.get(key="reasons/reject").body["entries"]

    kept = [entry for entry in entries if entry["code"] != "other"]
    with pytest.raises(services.ContentError, match="retire instead of deleting: Other"):
        edited(draft, key="reasons/reject", by=cast["rita"], entries=kept)
    retired = [{**entry, "is_retired": entry["code"] == "no_budget"} for entry in entries]
    edited(draft, key="reasons/reject", by=cast["rita"], entries=retired)
    request = sent(draft, by=cast["rita"], at=LATER)

    codes = Reason.objects.filter(version=request.version, purpose="reject")
    assert not codes.filter(code="no_budget").exists()
    assert codes.filter(code="other").exists()


def test_editing_a_frozen_draft_voids_the_request_visibly(request_, draft, cast):
    edited(draft, key="mql", by=cast["rita"], at=LATER, fit_threshold=60)

    request_.refresh_from_db()
    assert request_.closure.cause == Closure.VOIDED
    (newest, _) = selectors.timeline(kind="definitions", at=LATER)
    assert newest.standing is Standing.VOIDED
    assert selectors.open_request_of(draft=draft, at=LATER) is None


@pytest.mark.parametrize(
    ("month", "label", "starts_on", "ends_on"),
    [
        pytest.param(1, "Q2 2026", "2026-04-01", "2026-07-01", id="calendar year"),
        pytest.param(2, "Q2 2027", "2026-05-01", "2026-08-01", id="year from February"),
        pytest.param(10, "Q3 2026", "2026-04-01", "2026-07-01", id="year from October"),
    ],
)
def test_contribution_draft_is_for_the_next_fiscal_quarter(month, label, starts_on, ends_on, cast):
    Organization.objects.update(fiscal_year_start_month=month)

    draft = services.open_draft(kind=DocumentKind.CONTRIBUTION, by=cast["rita"], at=NOON)

    assert draft.clauses.get(key="quarter").body == {
        "label": label,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }


def test_quarter_that_begins_today_is_not_the_next(cast):
    first = NOON.replace(month=4, day=1)

    draft = services.open_draft(kind=DocumentKind.CONTRIBUTION, by=cast["rita"], at=first - DAY)
    assert draft.clauses.get(key="quarter").body["starts_on"] == "2026-04-01"
    Draft.objects.update(closed_at=first)
    draft = services.open_draft(kind=DocumentKind.CONTRIBUTION, by=cast["rita"], at=first)

    assert draft.clauses.get(key="quarter").body["starts_on"] == "2026-07-01"
