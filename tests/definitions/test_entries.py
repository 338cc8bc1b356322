"""Entries of a list change places by buttons, and a half-life is chosen."""

from __future__ import annotations

import pytest

from definitions import editing, services
from definitions.choices import DocumentKind
from tests.definitions.test_content import posted

BANDS = "/drafts/definitions/clauses/mql/"
REASONS = "/drafts/definitions/clauses/reasons/reject/"
FIT = "/drafts/score-model/clauses/fit/"
HALF_LIFE = "/drafts/score-model/clauses/half_life_days/"


@pytest.fixture
def rita(as_, cast, now):
    for kind in (DocumentKind.DEFINITIONS, DocumentKind.SCORE_MODEL):
        services.open_draft(kind=kind, by=cast["rita"], at=now)
    return as_("rita")


def form_at(client, address):
    return posted(client.get(address).context["node"])


def labels(response, name):
    """Return the entries of a list as the form shows them, without the one to fill in."""
    nodes = editing.walk(response.context["node"])
    held = next(each for each in nodes if each.name == name)
    return [entry.label for entry in held.children if not entry.is_new]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        pytest.param(BANDS, "body-bands", id="bands"),
        pytest.param(REASONS, "body-entries", id="reasons"),
        pytest.param(FIT, "body", id="attributes"),
        pytest.param(FIT, "body-0-levels", id="levels of an attribute"),
    ],
)
def test_an_entry_moves_down_and_up_again(address, name, rita):
    form = form_at(rita, address)
    before = labels(rita.get(address), name)
    form["_do"] = f"down {name}-0"

    down = rita.post(address, form)
    again = posted(down.context["node"])
    again["_do"] = f"up {name}-1"
    up = rita.post(address, again)

    assert labels(down, name) == [before[1], before[0], *before[2:]]
    assert labels(up, name) == before
    assert f'value="up {name}-1" id="id_{name}-1-up"' in down.content.decode()


def test_the_moved_entry_keeps_the_keyboard_until_the_end_of_the_list(rita):
    form = form_at(rita, BANDS)
    form["_do"], form["_input"] = "down body-bands-0", "body-bands"

    page = rita.post(BANDS.replace("/clauses/", "/shape/"), form).content.decode()

    (focused,) = [line for line in page.splitlines() if "autofocus" in line]
    assert 'value="down body-bands-1"' in focused[: focused.index("autofocus")]
    assert 'value="up body-bands-0"' not in page


@pytest.mark.parametrize(
    "press",
    [
        "up body-bands-0",
        "down body-bands-99",
        "up body-bands-",
        "up body",
        "down x-1",
        "up \u0663-\u0661",
    ],
)
def test_presses_that_lead_nowhere_change_nothing(press, rita):
    form = form_at(rita, BANDS)
    before = labels(rita.get(BANDS), "body-bands")
    form["_do"] = press

    response = rita.post(BANDS, form)

    assert response.status_code == 200
    assert labels(response, "body-bands") == before


def test_the_new_order_is_stored(rita):
    before = labels(rita.get(REASONS), "body-entries")
    form = form_at(rita, REASONS)
    form["_do"] = "down body-entries-0"
    moved = posted(rita.post(REASONS, form).context["node"])
    moved["revision"] = "1"

    assert rita.post(REASONS, moved).status_code == 302

    assert labels(rita.get(REASONS), "body-entries")[:2] == [before[1], before[0]]


@pytest.mark.parametrize(
    ("chosen", "typed", "stored"),
    [
        pytest.param("off", "45", None, id="off"),
        pytest.param("30", "", 30, id="30 days"),
        pytest.param("other", "45", 45, id="other"),
        pytest.param("other", "", None, id="other, left empty"),
    ],
)
def test_a_half_life_is_off_or_so_many_days(chosen, typed, stored):
    node = editing.form_of(
        kind=DocumentKind.SCORE_MODEL, key="half_life_days", body=None, title="Half-life"
    )
    post = posted(node)
    post["body-_preset"], post["body"] = chosen, typed

    body = editing.body_of(kind=DocumentKind.SCORE_MODEL, key="half_life_days", post=post)

    assert body == stored


@pytest.mark.parametrize(("body", "chosen"), [(None, "off"), (30, "30"), (45, "other")])
def test_the_stored_half_life_is_the_one_chosen(body, chosen):
    node = editing.form_of(
        kind=DocumentKind.SCORE_MODEL, key="half_life_days", body=body, title="Half-life"
    )

    assert node.preset == chosen


@pytest.mark.parametrize("chosen", ["-3", "731", "soon", "1e3"])
def test_a_half_life_nobody_offers_is_refused(chosen, rita):
    response = rita.post(HALF_LIFE, {"revision": "1", "body-_preset": chosen, "body": "5"})

    assert response.status_code == 422


def test_remarks_stand_at_their_clause_on_the_page_of_the_draft(rita):
    form = form_at(rita, BANDS)
    form.update({"body-fit_threshold": "0", "revision": "1"})
    rita.post(BANDS, form)

    response = rita.get("/drafts/definitions/")

    (row,) = [row for row in response.context["rows"] if row["section"].key == "mql"]
    assert "The MQL looks at behaviour only" in row["findings"][0].message
    page = response.content.decode()
    assert page.count("The MQL looks at behaviour only") == 2
    assert f'<a href="#{row["section"].anchor}">The MQL looks at behaviour only' in page


def test_a_score_model_is_warned_of_the_thresholds_in_use_and_drafted(rita, cast, now):
    form = form_at(rita, BANDS)
    form.update({"body-fit_threshold": "100", "revision": "1"})
    rita.post(BANDS, form)
    form = form_at(rita, FIT)
    form.update({"body-0-_remove": "on", "revision": "1"})
    rita.post(FIT, form)

    page = rita.get("/drafts/score-model/").content.decode()

    assert "The drafted MQL asks for 100 points of fit, which nobody could reach" in page
    assert "The MQL in use" not in page
