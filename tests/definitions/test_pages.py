"""The pages of the agreement: who sees and does what, in the browser's terms."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from definitions import selectors, services
from definitions.choices import Closure, DocumentKind
from definitions.models import RequestClosure, Signature, SignatureRequest
from revops.database import database_now
from tests.factories.definitions import DAY, heard, sign, signed_version
from tests.factories.people import PASSWORD

READING = [
    "/agreement/",
    "/agreement/definitions/",
    "/agreement/score-model/",
    "/agreement/sla/?tab=history",
    "/agreement/contribution/",
    "/agreement/sla/1/",
    "/agreement/sla/1/text/",
    "/definitions/",
    "/definitions/mql/",
    "/definitions/closed-lost/?tab=history",
    "/verify/",
]
EVERYBODY = ["rita", "carla", "mara", "vera", "sam", "ed"]


def signing(asked, name, **values):
    return {
        "document_sha256": asked.version.sha256,
        "agrees": "on",
        "typed_name": name,
        "password": PASSWORD,
        **values,
    }


@pytest.mark.parametrize("address", READING)
@pytest.mark.parametrize("key", EVERYBODY)
def test_everybody_reads(key, address, as_):
    assert as_(key).get(address).status_code == 200


@pytest.mark.parametrize("address", [*READING, "/drafts/sla/", "/sign/1/"])
def test_nobody_reads_without_logging_in(address, client, db):
    response = client.get(address)

    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("people:login"))


@pytest.mark.parametrize(
    "address",
    [
        "/definitions/whim/",
        "/agreement/contract/",
        "/agreement/sla/9/",
        f"/agreement/sla/{10**30}/",
        f"/sign/{10**30}/",
        "/drafts/sla/",
        "/drafts/sla/clauses/a%00b/",
    ],
)
def test_what_does_not_exist_is_not_found(address, as_):
    assert as_("rita").get(address).status_code == 404


def test_agreement_says_plainly_that_nothing_is_agreed(as_):
    page = as_("ed").get("/agreement/").content.decode()

    assert "Observing: nothing counts as a breach" in page
    assert "Provisional: not agreed" in page
    assert "Nothing is signed yet" in page


def test_agreement_shows_signers_and_head_once_signed(as_, cast, now):
    signed_version("sla", cast=cast, at=now - DAY)

    page = as_("ed").get("/agreement/").content.decode()

    assert "Observing" not in page
    assert "Vera Okoro" in page
    assert selectors.head_sha256() in page


def test_agreement_page_asks_a_bounded_number_of_queries(
    as_, cast, now, django_assert_max_num_queries
):
    for kind in ("definitions", "score_model", "sla"):
        signed_version(kind, cast=cast, at=now - DAY)
    client = as_("ed")
    client.get("/agreement/")

    with django_assert_max_num_queries(24):
        client.get("/agreement/")


@pytest.mark.parametrize("key", ["carla", "mara", "vera", "sam", "ed"])
def test_only_revops_drafts(key, as_, sla_draft):
    client = as_(key)

    assert client.post("/drafts/definitions/open/").status_code == 403
    assert client.get("/drafts/sla/clauses/purpose/").status_code == 403
    assert client.post("/drafts/sla/clauses/purpose/", {"body": "x"}).status_code == 403
    assert client.post("/drafts/sla/send/").status_code == 403
    assert client.post("/agreement/sla/1/withdraw/").status_code == 403
    expected = 403 if key == "ed" else 200
    assert client.get("/drafts/sla/").status_code == expected


def test_draft_is_sent_and_signed_by_three_in_the_browser(as_, cast, sla_draft, now):
    heard(sla_draft, at=now)
    sent = as_("rita").post("/drafts/sla/send/", {"effective_on": "", "exceptional_reason": ""})
    asked = SignatureRequest.objects.get()
    assert sent.headers["Location"] == f"/sign/{asked.pk}/"

    for key in ("vera", "rita", "carla"):
        client = as_(key)
        assert "Waiting for your signature" in client.get("/agreement/").content.decode()
        answer = client.post(f"/sign/{asked.pk}/", signing(asked, cast[key].name))
        assert answer.status_code == 302

    assert RequestClosure.objects.get().cause == Closure.COMPLETED
    in_use = selectors.version_in_use(kind="sla", at=database_now())
    assert (in_use.version, in_use.is_signed) == (asked.version, True)
    assert Signature.objects.first().ip == "127.0.0.1"
    assert "Observe mode" not in as_("ed").get("/agreement/").content.decode()


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        pytest.param({"password": "wrong"}, (422, "This is not your password"), id="password"),
        pytest.param({"typed_name": "Carla Diaz"}, (422, "as it stands in your"), id="name"),
        pytest.param({"agrees": ""}, (422, "required"), id="not agreed"),
        pytest.param({"document_sha256": "0" * 64}, (409, "has changed since"), id="hash"),
    ],
)
def test_signature_is_refused(values, answer, as_, asked):
    data = {key: held for key, held in signing(asked, "Vera Okoro", **values).items() if held}

    response = as_("vera").post(f"/sign/{asked.pk}/", data)

    assert response.status_code == answer[0]
    assert answer[1] in response.content.decode()
    assert not Signature.objects.exists()


def test_editing_between_view_and_signature_is_a_conflict(as_, cast, asked, sla_draft, now):
    services.edit_clause(
        draft=sla_draft, key="purpose", body="New.", revision=1, by=cast["rita"], at=now
    )

    response = as_("vera").post(f"/sign/{asked.pk}/", signing(asked, "Vera Okoro"))

    assert response.status_code == 409
    assert not Signature.objects.exists()


@pytest.mark.parametrize("key", ["mara", "sam", "ed"])
def test_who_holds_no_slot_reads_but_cannot_sign(key, as_, cast, asked):
    client = as_(key)

    assert client.get(f"/sign/{asked.pk}/").status_code == 200
    assert client.post(f"/sign/{asked.pk}/", signing(asked, cast[key].name)).status_code == 403
    assert client.get(f"/sign/{asked.pk}/decline/").status_code == 403
    assert not Signature.objects.exists()


def test_second_signature_of_a_person_is_forbidden(as_, cast, asked, now):
    sign(asked, slot="sales", by=cast["vera"], at=now)

    response = as_("vera").post(f"/sign/{asked.pk}/", signing(asked, "Vera Okoro"))

    assert response.status_code == 409
    assert Signature.objects.count() == 1


def test_declining_asks_why(as_, cast, asked):
    client = as_("vera")
    address = f"/sign/{asked.pk}/decline/"

    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "Two hours are too few."}).status_code == 302

    assert RequestClosure.objects.get().cause == Closure.DECLINED
    assert "Two hours are too few." in client.get("/agreement/sla/?tab=history").content.decode()
    assert client.post(address, {"reason": "Again."}).status_code == 409


def test_one_dimensional_mql_cannot_be_sent(as_, cast, now):
    draft = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)
    mql = draft.clauses.get(key="mql")
    services.edit_clause(
        draft=draft, key="mql", body={**mql.body, "fit_threshold": 0}, revision=1,
        by=cast["rita"], at=now,
    )  # fmt: skip
    client = as_("rita")

    assert "behaviour only" in client.get("/drafts/definitions/").content.decode()
    response = client.post("/drafts/definitions/send/", {})

    assert response.status_code == 422
    assert not SignatureRequest.objects.exists()


def test_version_is_withdrawn_with_a_reason(as_, cast, now):
    version = signed_version("sla", cast=cast, at=now - DAY)
    client = as_("rita")
    address = f"/agreement/sla/{version.number}/withdraw/"

    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Wrong unit."}).status_code == 302

    assert selectors.version_in_use(kind="sla", at=database_now()).version.number == 1


def test_canonical_text_is_served_byte_for_byte(as_, asked):
    response = as_("ed").get(f"/agreement/sla/{asked.version.number}/text/")

    assert response.content.decode() == asked.version.canonical_text
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_verify_page_misses_a_head_that_is_gone(as_):
    page = as_("ed").get("/verify/", {"head": "A" * 64}).content.decode()

    assert f"the chain has lost its record {'a' * 64}" in page


def test_definition_is_shown_where_people_decide(cast, now):
    signed_version("definitions", cast=cast, at=now - DAY)
    word = selectors.wordings(at=now)["sal"]

    shown = render_to_string(
        "definitions/_definition.html",
        {"word": word, "checks": [{"state": "fail", "label": "Fit", "value": "12"}]},
    )

    assert "An MQL that sales has looked at" in shown
    assert "Signed by Rita Lind, Carla Diaz and Vera Okoro" in shown
    assert 'href="/definitions/sal/"' in shown
    assert 'data-state="fail"' in shown
