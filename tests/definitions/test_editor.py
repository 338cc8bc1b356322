"""The editor of drafts in the browser's terms."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from definitions import services
from definitions.choices import DocumentKind
from definitions.models import Clause, Draft, SignatureRequest
from tests.definitions.test_content import posted
from tests.factories.definitions import DAY, edited, heard, sent, sign_all, signed_version


def test_draft_is_opened_and_shown(as_):
    client = as_("rita")

    response = client.post("/drafts/definitions/open/", follow=True)

    assert response.redirect_chain[-1][0] == "/drafts/definitions/"
    assert b"Opened" in response.content
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("kind", list(DocumentKind), ids=lambda kind: kind.value)
def test_every_clause_has_a_form(kind, as_, cast, now):
    draft = services.open_draft(kind=kind, by=cast["rita"], at=now)
    client = as_("rita")

    for clause in draft.clauses.all():
        address = reverse("definitions:clause", args=[kind.value.replace("_", "-"), clause.key])
        assert client.get(address).status_code == 200, clause.key


def test_threshold_is_edited_in_the_form(as_, cast, now):
    draft = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)
    client = as_("rita")
    address = "/drafts/definitions/clauses/mql/"
    form = posted(client.get(address).context["node"])
    form["body-fit_threshold"] = "60"
    form["revision"] = "1"

    response = client.post(address, form)

    assert (response.status_code, response.headers["Location"]) == (302, "/drafts/definitions/")
    clause = draft.clauses.get(key="mql")
    assert (clause.body["fit_threshold"], clause.revision) == (60, 2)
    assert clause.history.latest().history_user == cast["rita"]
    page = client.get("/drafts/definitions/").content.decode()
    assert "before: </span>50" in page
    assert "now: </span>60" in page


def test_new_term_is_written_signed_and_has_its_own_page(as_, cast, now):
    draft = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)
    client = as_("rita")
    added = client.post("/drafts/definitions/add/", {"name": "Target Account"})
    address = "/drafts/definitions/clauses/terms/target_account/"
    assert added.headers["Location"] == address
    form = posted(client.get(address).context["node"])
    form["revision"] = "0"
    assert client.post(address, form).status_code == 422

    form.update(
        {
            "body-position": "8",
            "body-name": "Target account",
            "body-long_name": "Target account",
            "body-summary": "A company both teams want.",
            "body-decided_by": "sales",
            "body-designated_by": "sales_leader",
        }
    )
    assert client.post(address, form).status_code == 302
    sent(draft, by=cast["rita"], at=now)
    sign_all(SignatureRequest.objects.get(), cast=cast, at=now)

    page = as_("ed").get("/definitions/target-account/").content.decode()
    assert "A company both teams want." in page


@pytest.mark.parametrize("name", ["", "  ", "!!!", "7"])
def test_new_term_needs_a_name(name, as_, cast, now):
    services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)

    response = as_("rita").post("/drafts/definitions/add/", {"name": name})

    assert response.headers["Location"] == "/drafts/definitions/"


@pytest.mark.parametrize("key", ["reasons/whim", "whim", "terms/Bad-Key", "terms/a/b"])
def test_other_clauses_cannot_be_added(key, as_, cast, now):
    services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)

    assert as_("rita").get(f"/drafts/definitions/clauses/{key}/").status_code == 404


def test_impossible_threshold_is_refused_at_its_input(as_, cast, now):
    services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)
    client = as_("rita")
    address = "/drafts/definitions/clauses/mql/"
    form = posted(client.get(address).context["node"])
    form["body-fit_threshold"] = "600"
    form["revision"] = "1"

    response = client.post(address, form)

    assert response.status_code == 422
    page = response.content.decode()
    assert 'value="600"' in page
    assert "<li>Fit threshold: at most 100</li>" in page
    assert "At most 100</p>" in page
    assert "Input should" not in page


def test_second_editor_gets_both_texts(as_, sla_draft):
    client = as_("rita")
    address = "/drafts/sla/clauses/purpose/"
    client.post(address, {"body": "Their promise.", "revision": "1"})

    response = client.post(address, {"body": "My promise.", "revision": "1"})

    assert response.status_code == 409
    page = response.content.decode()
    assert "Their promise." in page
    assert "My promise." in page
    assert Clause.objects.get(draft=sla_draft, key="purpose").body == "Their promise."
    over = client.post(address, {"body": "My promise.", "revision": "2"})
    assert over.status_code == 302
    assert Clause.objects.get(draft=sla_draft, key="purpose").body == "My promise."


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 40, "\u0663"])
def test_rubbish_revision_is_a_conflict(revision, as_, sla_draft):
    response = as_("rita").post(
        "/drafts/sla/clauses/purpose/", {"body": "Mine.", "revision": revision}
    )

    assert response.status_code == 409


@pytest.mark.parametrize(
    ("key", "values"),
    [
        pytest.param("purpose", {"body": "a\x00b"}, id="NUL"),
        pytest.param("commitments/routing", {"body-count": "9" * 5000}, id="huge number"),
        pytest.param("ladder", {"body-_count": "9" * 50}, id="huge list"),
        pytest.param("ladder", {"body-_count": "9" * 5000}, id="number Python does not read"),
        pytest.param("ladder", {"body-_count": "1", "body-0-share": "x"}, id="half an entry"),
        pytest.param("pauses", {}, id="nothing at all"),
    ],
)
def test_rubbish_never_breaks_the_form(key, values, as_, sla_draft):
    response = as_("rita").post(f"/drafts/sla/clauses/{key}/", {"revision": "1", **values})

    assert response.status_code in {302, 422}


def test_hostile_criteria_are_refused_naming_the_node(as_, cast, now):
    services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)
    client = as_("rita")
    address = "/drafts/definitions/clauses/mql/"
    form = posted(client.get(address).context["node"])
    form["revision"] = "1"

    for text, words in (
        ("{", "Further criteria: cannot be read"),
        ('{"not": ' * 50 + "{}" + "}" * 50, "nested deeper than 10 levels"),
        ('{"not": ' * 900 + "{}" + "}" * 900, "Please check this"),
        ("[" * 100_000, "Further criteria: cannot be read"),
        ('{"field": "shoe_size", "operator": "is_known"}', "No field is called shoe_size"),
    ):
        form["body-also"] = text
        response = client.post(address, form)
        assert response.status_code == 422
        assert words in response.content.decode()


def test_scripts_in_a_text_are_shown_as_text(as_, sla_draft):
    client = as_("rita")
    evil = "<script>alert(1)</script> [x](javascript:alert(1)) **bold**"

    client.post("/drafts/sla/clauses/purpose/", {"body": evil, "revision": "1"})

    page = client.get("/drafts/sla/").content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page
    assert "<strong>bold</strong>" in page


def test_refusal_and_hint_write_the_earliest_day_alike(as_, cast, now):
    signed_version("definitions", cast=cast, at=now - DAY)
    draft = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)
    edited(draft, key="mql", by=cast["rita"], at=now, fit_threshold=60)
    heard(draft, at=now)
    earliest = services.earliest_change(kind=DocumentKind.DEFINITIONS, at=now)
    day = services.day_in_words(instant=earliest)

    page = as_("rita").post("/drafts/definitions/send/", {"effective_on": ""}).content.decode()

    assert f"take effect on {day} or later" in page
    assert f"Without an exception: {day} or later." in page
    assert f"{earliest:%Y-%m-%d}" not in page


def test_the_earliest_day_that_is_named_is_accepted(as_, cast, now):
    signed_version("definitions", cast=cast, at=now - DAY)
    draft = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)
    edited(draft, key="mql", by=cast["rita"], at=now, fit_threshold=60)
    heard(draft, at=now)
    earliest = services.earliest_change(kind=DocumentKind.DEFINITIONS, at=now)
    day = earliest.astimezone(ZoneInfo("America/New_York")).date()
    client = as_("rita")

    before = client.post("/drafts/definitions/send/", {"effective_on": f"{day - DAY}"})
    there = client.post("/drafts/definitions/send/", {"effective_on": f"{day}"})

    assert (before.status_code, there.status_code) == (422, 302)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("effective_on", {"effective_on": "2020-01-01"}),
        ("effective_on", {"effective_on": "2199-01-01"}),
        ("effective_on", {"effective_on": "9999-12-31"}),
        ("report", {"report": "javascript:alert(1)"}),
    ],
)
def test_refusal_to_send_stands_at_its_field(field, values, as_, now, sla_draft):
    heard(sla_draft, at=now)

    answer = as_("rita").post("/drafts/sla/send/", values)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not SignatureRequest.objects.exists()


def test_a_promise_judged_at_handoff_is_asked_for_no_time(as_, cast, now):
    draft = services.open_draft(kind=DocumentKind.SLA, by=cast["rita"], at=now)
    client = as_("rita")
    address = "/drafts/sla/clauses/commitments/context/"
    page = client.get(address)
    text = page.content.decode()
    assert not any(f'id="id_body-{field}"' in text for field in ("allowance_amount", "count"))
    form = posted(page.context["node"])
    form["body-target_rate"], form["revision"] = "0.97", "1"

    response = client.post(address, form)

    assert response.status_code == 302
    body = draft.clauses.get(key="commitments/context").body
    assert (body["target_rate"], body["unit"]) == ("0.97", "at_handoff")
    assert (body["allowance_amount"], body["warning_share"]) == (None, "0.75")


def test_a_promise_that_becomes_one_of_time_is_asked_for_it(as_, cast, now):
    services.open_draft(kind=DocumentKind.SLA, by=cast["rita"], at=now)
    client = as_("rita")
    address = "/drafts/sla/clauses/commitments/context/"
    form = posted(client.get(address).context["node"])
    form["body-unit"], form["body-kind"] = "business_hours", "routing"
    form["revision"] = "1"

    response = client.post(address, form)

    assert response.status_code == 422
    assert 'name="body-allowance_amount"' in response.content.decode()


def test_a_promise_follows_territories_and_its_reading_says_so(as_, cast, now):
    draft = services.open_draft(kind=DocumentKind.SLA, by=cast["rita"], at=now)
    client = as_("rita")
    address = "/drafts/sla/clauses/commitments/first_contact/"
    page = client.get(address)
    form = posted(page.context["node"])
    form["body-follows_territory"], form["revision"] = "on", "1"

    response = client.post(address, form)

    assert "In the hours of the holder&#x27;s territory" in page.content.decode()
    assert response.status_code == 302
    assert draft.clauses.get(key="commitments/first_contact").body["follows_territory"] is True
    assert "whoever holds the lead at the start" in client.get("/drafts/sla/").content.decode()
