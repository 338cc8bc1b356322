"""The pages of the two answers side by side, the gap list, the session, and the gate."""

from __future__ import annotations

import re

import pytest

from definitions.models import Draft, Gap, GapConfirmation
from tests.definitions.test_audit_pages import form
from tests.factories.audit import PRICING, SIZE_50, SIZE_200, gap, unsealed


@pytest.fixture
def cast(unaudited):
    return unaudited


def test_both_answers_stand_side_by_side_with_their_differences(as_, cast):
    unsealed(
        cast=cast,
        marketing={"all": [SIZE_50, PRICING]},
        sales={"all": [SIZE_200, {"field": "has_phone", "operator": "is_known"}]},
    )

    page = as_("ed").get("/audit/mql/").content.decode()

    assert '<del><span class="visually-hidden">only marketing: </span>Engaged </del>' in page
    assert '<ins><span class="visually-hidden">only sales: </span>Buying </ins>' in page
    rows = page.split('<th scope="row">')[1:]
    labels = [re.search(r'class="badge"[^>]*>([^<]+)<', row)[1] for row in rows]
    assert labels == ["Differs", "Only marketing", "Only sales"]
    assert "Make it a gap" not in page


def test_difference_becomes_a_gap_with_one_click(as_, cast):
    unsealed(cast=cast, marketing=SIZE_50, sales=SIZE_200)
    client = as_("rita")

    response = client.post("/audit/mql/criteria/0/gap/", follow=True)

    made = Gap.objects.get()
    assert response.redirect_chain[-1][0] == f"/audit/gaps/{made.pk}/"
    assert (made.kind, made.title) == ("threshold", "Company size: not the same for both")
    assert made.marketing_view == "Company size is at least 50 employees"
    assert made.sales_view == "Company size is at least 200 employees"
    assert "on the list" in client.get("/audit/mql/").content.decode()
    assert client.post("/audit/mql/criteria/1/gap/").status_code == 404


def test_new_gap_is_prefilled_from_both_answers(as_, cast):
    unsealed(cast=cast)

    initial = as_("rita").get("/audit/gaps/add/?term=mql").context["form"].initial

    assert (initial["marketing_view"], initial["sales_view"]) == (
        "Engaged people.", "Buying people.",
    )  # fmt: skip
    assert as_("rita").get("/audit/gaps/add/?term=%00").status_code == 200


def test_gap_is_recorded_edited_decided_and_removed(as_, cast):
    unsealed(cast=cast)
    client = as_("rita")
    words = {"title": "Silence", "kind": "silent_rejects", "priority": "high"}
    assert client.post("/audit/gaps/add/", {"term": "mql", **words}).status_code == 302
    address = f"/audit/gaps/{Gap.objects.get().pk}/"

    edited = client.post(address, {"act": "edit", **words, "priority": "low"})
    decided = client.post(address, {"act": "decide", "decision": "Never."})
    assert (edited.status_code, decided.status_code) == (302, 302)
    assert "Never." in client.get("/audit/gaps/").content.decode()
    client.post(f"{address}remove/")

    assert client.get(address).status_code == 404
    assert "No gap is on the list" in client.get("/audit/gaps/").content.decode()


@pytest.mark.parametrize(
    "values",
    [{}, {"act": "whim"}, {"act": "edit"}, {"act": "edit", "title": "x" * 201},
     {"act": "decide", "decision": "x" * 1001}, {"act": "resolve", "version": "9"},
     {"act": "resolve", "version": "x"}, {"act": "decide", "decision": "\x00"}],
)  # fmt: skip
def test_rubbish_about_a_gap_changes_nothing(values, as_, cast):
    unsealed(cast=cast)
    made = gap(cast=cast)

    assert as_("rita").post(f"/audit/gaps/{made.pk}/", values).status_code == 422
    assert Gap.objects.get().history.count() == 1


def test_confirmation_refuses_with_what_is_missing(as_, cast):
    response = as_("rita").post("/audit/gaps/confirm/")

    assert response.status_code == 422
    assert b"Open a round on MQL and let both teams answer it." in response.content


def test_session_is_recorded_in_the_browser(as_, cast):
    client = as_("rita")
    record = {"held_on": "2026-03-03", "facilitator": "A neutral one", "changed_metric": "Speed",
              "attendees": [cast["vera"].pk, cast["carla"].pk]}  # fmt: skip

    future = client.post("/audit/session/", {**record, "held_on": "2999-01-01"})
    stored = client.post("/audit/session/", record, follow=True)

    assert future.status_code == 422
    page = stored.content.decode()
    assert "Led by A neutral one" in page
    assert "There: Carla Diaz, Vera Okoro" in page
    assert "One metric changed: Speed" in page


def test_gate_is_explained_where_somebody_would_draft(as_, cast):
    client = as_("rita")

    for address in ("/drafts/definitions/open/", "/agreement/definitions/1/restore/"):
        refused = client.post(address, follow=True).content.decode()
        assert "confirm the gap list first" in refused
        assert 'href="/audit/"' in refused
    assert 'href="/audit/"' in client.get("/definitions/").content.decode()
    assert "Start with the blind audit" in client.get("/definitions/").content.decode()
    assert not Draft.objects.exists()


def test_new_organisation_goes_from_the_question_to_the_first_draft(as_, cast):
    for term in ("mql", "sql"):
        client = as_("rita")
        offered = client.get(f"/audit/{term}/open/").context["form"].initial
        client.post(f"/audit/{term}/open/", offered)
        for key, text in (("mara", "Engaged."), ("sam", "Fit.")):
            writer = as_(key)
            assert "answer is open" in writer.get("/audit/").content.decode()
            writer.post(f"/audit/{term}/submit/", form(text, agrees="on"))

    client = as_("rita")
    client.post("/audit/gaps/add/", {"term": "mql", "title": "Fit or engagement",
                "kind": "score_against_fit", "priority": "high"})  # fmt: skip
    assert client.post("/audit/gaps/confirm/").status_code == 422
    client.post(f"/audit/gaps/{Gap.objects.get().pk}/", {"act": "decide", "decision": "Both."})
    assert client.post("/audit/gaps/confirm/", {"note": "All said."}).status_code == 302
    opened = client.post("/drafts/definitions/open/")

    assert GapConfirmation.objects.get().note == "All said."
    assert opened.headers["Location"] == "/drafts/definitions/"
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("address", ["/audit/", "/audit/mql/", "/audit/gaps/", "/audit/session/"])
def test_pages_of_the_audit_ask_a_bounded_number_of_queries(
    address, as_, cast, django_assert_max_num_queries
):
    for term in ("mql", "sql", "opportunity"):
        unsealed(cast=cast, term=term, marketing=SIZE_50, sales=SIZE_200)
        for number in range(5):
            gap(cast=cast, term=term, title=f"Gap {number}")
    client = as_("rita")
    client.get(address)

    with django_assert_max_num_queries(16):
        client.get(address)
