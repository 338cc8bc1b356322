"""The pages of a clause: builder without script, live reading, autosave, findings."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from definitions import selectors, services
from definitions.choices import DocumentKind
from definitions.models import SignatureRequest
from tests.definitions.test_content import posted
from tests.factories.definitions import MINUTE, NOON, edited, sent

MQL = "/drafts/definitions/clauses/mql/"
SHAPE = "/drafts/definitions/shape/mql/"
READING = "/drafts/definitions/reading/mql/"
SIZE = {"field": "company_size", "operator": "at_least", "value": 50, "unit": "employees"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def open_draft(cast, now):
    return services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)


@pytest.fixture
def form(as_, open_draft):
    """The form of the MQL rule as a browser without script sends it."""
    page = posted(as_("rita").get(MQL).context["node"])
    page["revision"] = "1"
    return page


def test_builder_works_without_script(client, form):
    form["_do"] = "add body-also-n"
    first = client.post(MQL, form)
    assert 'name="body-also-n-about"' in first.content.decode()
    form.update({"body-also-n-kind": "leaf", "body-also-n-about": "company_size"})
    form["_do"] = "show body-also-n"
    second = client.post(MQL, form).content.decode()
    assert "employees" in second
    del form["_do"]
    form.update(
        {"body-also-n-was": "company_size", "body-also-n-operator": "at_least",
         "body-also-n-value": "50"}
    )  # fmt: skip
    form["body-also-_shown"] = form["body-also"] = ""

    saved = client.post(MQL, form)

    assert (first.status_code, saved.status_code) == (200, 302)
    page = client.get("/drafts/definitions/").content.decode()
    assert "company size is at least 50 employees" in page


def test_pressing_a_button_stores_nothing(client, form, open_draft):
    form["_do"] = "add body-also-n"

    client.post(MQL, form)

    assert open_draft.clauses.get(key="mql").revision == 1


def test_only_the_builder_is_drawn_again(client, form):
    form.update({"_do": "group body-also-n", "_input": "body-also"})

    answer = client.post(SHAPE, form, headers=HTMX)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count("<fieldset") == 1 + page.count('class="branch__options"')
    assert "autofocus" in page
    assert answer.headers["HX-Trigger"] == "shaped" or "shaped" in answer.headers["HX-Trigger"]


def test_a_list_shows_one_more_entry_and_keeps_what_was_typed(client, form):
    form.update({"_do": "more body-bands", "_input": "body-bands", "body-bands-3-label": "Cold"})

    page = client.post(SHAPE, form, headers=HTMX).content.decode()

    assert 'value="Cold"' in page
    assert 'name="body-bands-4-label"' in page


def test_reading_follows_the_typing(client, form):
    form.update({"_input": "body-also", "body-also": json.dumps(SIZE)})

    page = client.post(READING, form, headers=HTMX).content.decode()

    assert "company size is at least 50 employees." in page
    assert 'hx-post="/criteria/count/"' in page


def test_reading_names_the_line_that_is_wrong(client, form):
    form.update({"_input": "body-also", "body-also": json.dumps({"all": [SIZE, {}]})})

    page = client.post(READING, form, headers=HTMX).content.decode()

    assert "Line 2: Choose what is looked at" in page


@pytest.mark.parametrize("address", [SHAPE, READING])
@pytest.mark.parametrize("name", ["", "x", "body-also'", "body-" + "a" * 500, "body-nothing"])
def test_rubbish_names_are_not_found_or_harmless(address, name, client, form):
    form.update({"_do": "add body-also-n", "_input": name})

    assert client.post(address, form, headers=HTMX).status_code in {200, 404}


@pytest.mark.parametrize("key", ["mara", "sam", "vera", "ed"])
@pytest.mark.parametrize("address", [MQL, SHAPE, READING])
def test_only_revops_edits(key, address, as_, open_draft):
    assert as_(key).post(address, {}).status_code == 403


def test_autosave_says_when_and_brings_the_revision(client, form, open_draft):
    form["body-fit_threshold"] = "60"

    page = client.post(MQL, form, headers=HTMX).content.decode()

    assert "Saved" in page
    assert 'value="2"' in page
    assert open_draft.clauses.get(key="mql").body["fit_threshold"] == 60


def test_autosave_counts_the_problems(client, form, open_draft):
    form["body-fit_threshold"] = "600"

    answer = client.post(MQL, form, headers=HTMX)

    assert answer.status_code == 422
    assert "Not saved: 1 problem" in answer.content.decode()
    assert open_draft.clauses.get(key="mql").revision == 1


def test_autosave_brings_the_findings(client, form):
    form["body-intent_threshold"] = "0"

    page = client.post(MQL, form, headers=HTMX).content.decode()

    assert "looks at fit only" in page


def test_autosave_conflict_shows_both_texts(client, form, open_draft, cast, now):
    edited(open_draft, key="mql", by=cast["rita"], at=now, fit_threshold=70)
    form["body-fit_threshold"] = "60"

    answer = client.post(MQL, form, headers=HTMX)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "at least 70 of 100" in page
    assert "at least 60 of 100" in page
    form["over"] = "2"
    assert client.post(MQL, form).status_code == 302
    assert open_draft.clauses.get(key="mql").body["fit_threshold"] == 60


def test_sending_one_save_twice_is_no_conflict(client, form, open_draft):
    form["body-fit_threshold"] = "60"

    first, second = (client.post(MQL, form, headers=HTMX) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert open_draft.clauses.get(key="mql").revision == 2


def test_autosave_never_voids_signatures(client, form, open_draft, cast, now):
    sent(open_draft, by=cast["rita"], at=now)
    form["body-fit_threshold"] = "60"

    by_itself = client.post(MQL, form, headers=HTMX)
    waiting = SignatureRequest.objects.filter(closure__isnull=True).count()
    by_hand = client.post(MQL, form)

    assert (by_itself.status_code, waiting, by_hand.status_code) == (409, 1, 302)
    assert not SignatureRequest.objects.filter(closure__isnull=True).exists()


def saved(draft, fit, *, by, minutes, is_autosave=True):
    clause = draft.clauses.get(key="mql")
    return services.edit_clause(
        draft=draft, key="mql", body={**clause.body, "fit_threshold": fit},
        revision=clause.revision, by=by, at=NOON + minutes * MINUTE, is_autosave=is_autosave,
    )  # fmt: skip


def sittings(draft):
    found = selectors.sittings(clause=draft.clauses.get(key="mql"))
    return [(one.by, one.first, one.last) for one in found]


def test_autosaves_of_one_sitting_read_as_one_and_lose_no_text(draft, cast):
    for minutes, fit in enumerate((51, 52, 53), start=1):
        saved(draft, fit, by=cast["rita"], minutes=minutes)

    clause = draft.clauses.get(key="mql")
    assert (clause.history.count(), clause.revision) == (4, 4)
    assert sittings(draft) == [("Rita Lind", 2, 4), ("Rita Lind", 1, 1)]


@pytest.mark.parametrize(
    ("minutes", "is_autosave"), [(12, True), (2, False)], ids=["a pause", "a save by hand"]
)
def test_a_sitting_ends(minutes, is_autosave, draft, cast):
    saved(draft, 51, by=cast["rita"], minutes=1)

    saved(draft, 52, by=cast["rita"], minutes=minutes, is_autosave=is_autosave)

    assert [one[1:] for one in sittings(draft)] == [(3, 3), (2, 2), (1, 1)]


def test_entries_written_in_this_draft_may_go_again(draft, cast):
    entries = draft.clauses.get(key="reasons/reject").body["entries"]
    made = {**entries[0], "code": "wro", "label": "Wro"}
    edited(draft, key="reasons/reject", by=cast["rita"], entries=[*entries, made])

    edited(draft, key="reasons/reject", by=cast["rita"], entries=entries)

    assert len(draft.clauses.get(key="reasons/reject").body["entries"]) == len(entries)


def test_merged_reason_is_retired_and_says_where_to(draft, cast, as_):
    entries = draft.clauses.get(key="reasons/reject").body["entries"]
    merged = [
        {**entry, "merged_into": "no_need"} if entry["code"] == "not_now" else entry
        for entry in entries
    ]

    clause = edited(draft, key="reasons/reject", by=cast["rita"], entries=merged)

    entry = next(each for each in clause.body["entries"] if each["code"] == "not_now")
    assert entry["is_retired"]
    assert "merged into" in as_("rita").get("/drafts/definitions/").content.decode()


@pytest.mark.parametrize("key", ["mql", "terms/mql", "reasons/reject"])
def test_the_number_of_queries_does_not_grow_with_the_form(key, as_, open_draft):
    client = as_("rita")
    client.get(f"/drafts/definitions/clauses/{key}/")

    with CaptureQueriesContext(connection) as queries:
        client.get(f"/drafts/definitions/clauses/{key}/")

    assert len(queries) <= 20
