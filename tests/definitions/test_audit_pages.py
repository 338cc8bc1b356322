"""The pages of the blind audit, and that nothing leaks through any of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from definitions import services
from definitions.models import AuditAnswer, AuditRound, AuditSketch, Gap
from revops.people.choices import Side
from tests.factories.audit import (
    SIZE_50,
    SIZE_200,
    answered,
    asked,
    gap,
    said,
    unsealed,
)
from tests.factories.definitions import NOON

EVERYBODY = ["rita", "carla", "mara", "vera", "sam", "ed"]
OF_TEAM = {"carla": "marketing", "mara": "marketing", "vera": "sales", "sam": "sales"}
SECRETS = {"marketing": "MARMALADE", "sales": "SALAMANDER"}
HTMX = {"HX-Request": "true"}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cast(unaudited):
    return unaudited


@pytest.fixture
def sealed(cast):
    """A round with an answer of sales and a sketch of marketing; neither is to be read yet."""
    round_ = asked(cast=cast)
    services.save_sketch(
        round_id=round_.pk, side=Side.MARKETING, revision=0, by=cast["mara"], at=NOON,
        written=said("We say MARMALADE", criteria=SIZE_50, examples=("MARMALADE jar",)),
    )  # fmt: skip
    answered(round_, Side.SALES, cast=cast, text="We say SALAMANDER", criteria=SIZE_200)
    return round_


def form(text, *, revision=0, **values):
    return {"text": text, "examples": "", "criteria": "", "revision": revision, **values}


# --- the seal ---------------------------------------------------------------------------------


def pages():
    """Every address of the product that takes no argument, and those of the audit with one."""
    fixed = ["/audit/mql/", "/audit/mql/?round=1", "/audit/mql/open/", "/audit/gaps/add/?term=mql",
             "/definitions/mql/", "/definitions/mql/?tab=history", "/agreement/definitions/",
             "/agreement/definitions/?tab=history", "/agreement/definitions/1/"]  # fmt: skip
    from revops.urls import urlpatterns  # noqa: PLC0415 - needs the apps

    return [*fixed, *sorted(set(_addresses(urlpatterns, "/")))]


def _addresses(patterns, prefix):
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if hasattr(pattern, "url_patterns"):
            yield from _addresses(pattern.url_patterns, route)
        # A drawing is compressed, so it would prove nothing; it draws what its page says.
        elif re.fullmatch(r"[a-z0-9/._-]+", route) and not re.search("logout|pdf", route):
            yield route


@pytest.mark.parametrize("key", EVERYBODY)
def test_no_page_shows_what_the_other_team_wrote(key, as_, sealed):
    client = as_(key)
    mine = SECRETS.get(OF_TEAM.get(key, ""), "")

    for address in pages():
        content = client.get(address).content.decode(errors="replace")
        for secret in set(SECRETS.values()) - {mine}:
            assert secret not in content, address


@pytest.mark.parametrize("key", EVERYBODY)
def test_sealed_page_tells_only_that_a_team_has_submitted(key, as_, sealed):
    before = as_(key).get("/audit/mql/").content.decode()

    assert before.count("submitted</span>") == 1
    assert before.count("not yet</span>") == 1
    if OF_TEAM.get(key) != "sales":
        assert "Vera Okoro" not in re.sub(r"Account of [^<]*", "", before.split("<main")[1])
    if OF_TEAM.get(key) != "marketing":
        assert "Mara Lindqvist" not in before.split("<main")[1]


def test_length_of_a_sealed_answer_changes_nothing_on_the_page(as_, cast):
    sizes = []
    for term, text in (("mql", "x"), ("sql", "x" * 5000)):
        answered(asked(cast=cast, term=term), Side.SALES, cast=cast, text=text)
        page = as_("rita").get(f"/audit/{term}/").content.decode().split("<main")[1]
        sizes.append(re.sub(r"Marketing|Sales", "", page).count("x"))

    assert abs(sizes[0] - sizes[1]) < 5


@pytest.mark.parametrize(("key", "side"), OF_TEAM.items())
def test_each_team_reads_its_own_question_and_words(key, side, as_, sealed):
    page = as_(key).get("/audit/mql/").content.decode()

    assert SECRETS[side] in page
    questions = {"marketing": "What is a mql?", "sales": "What makes a mql worth a call?"}
    other = "sales" if side == "marketing" else "marketing"
    assert questions[other] not in page
    if side == "marketing":
        assert questions[side] in page


def test_no_row_outside_its_own_table_holds_what_was_written(sealed):
    own = {AuditAnswer._meta.db_table, AuditSketch._meta.db_table}
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - own

    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(
                f"SELECT count(*) FROM {table} AS held WHERE held::text ~ %s",
                ["|".join(SECRETS.values())],
            )
            assert cursor.fetchone() == (0,), table


def test_only_the_audit_itself_reads_answers_and_sketches():
    # The first run asks only whether there is an answer of a side, which everybody may know.
    allowed = {
        "dashboards/selectors/start.py",
        "definitions/models",
        "definitions/selectors/audit.py",
        "definitions/services/audit.py",
    }
    names = re.compile(
        r"AuditAnswer|AuditSketch|\.sketches\b|auditanswer|auditsketch|round\.answers"
    )

    readers = {
        str(path.relative_to(ROOT))
        for package in ("revops", "definitions", "sla", "pipeline", "dashboards", "templates")
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", ".html"} and "migrations" not in path.parts
        and names.search(path.read_text())
    }  # fmt: skip

    assert {name for name in readers if not name.startswith(tuple(allowed))} == set()


def test_api_has_no_word_of_the_audit(tmp_path):
    schema = tmp_path / "openapi.yaml"

    call_command("spectacular", file=str(schema))

    assert not re.search(r"audit|sketch|gaps", schema.read_text(), re.IGNORECASE)


# --- who may what -----------------------------------------------------------------------------

READING = ["/audit/", "/audit/mql/", "/audit/sal/", "/audit/gaps/", "/audit/session/"]


@pytest.mark.parametrize("address", READING)
def test_nobody_reads_without_logging_in(address, client, cast):
    assert client.get(address).headers["Location"].startswith(reverse("people:login"))


@pytest.mark.parametrize("key", EVERYBODY)
def test_everybody_reads_the_audit(key, as_, sealed):
    assert [as_(key).get(address).status_code for address in READING] == [200] * len(READING)


@pytest.mark.parametrize("key", ["carla", "mara", "vera", "sam", "ed"])
def test_only_revops_runs_the_audit(key, as_, cast):
    unsealed(cast=cast)
    made = gap(cast=cast)
    client = as_(key)

    for address in (
        "/audit/mql/open/", "/audit/gaps/add/", "/audit/gaps/confirm/", "/audit/session/",
        f"/audit/gaps/{made.pk}/", f"/audit/gaps/{made.pk}/remove/",
        "/audit/mql/criteria/0/gap/",
    ):  # fmt: skip
        assert client.post(address, {"act": "decide"}).status_code == 403, address


@pytest.mark.parametrize("key", ["rita", "ed"])
def test_those_of_no_team_do_not_answer(key, as_, cast):
    asked(cast=cast)

    for act in ("save", "submit"):
        assert as_(key).post(f"/audit/mql/{act}/", form("x", agrees="on")).status_code == 403
    assert not AuditSketch.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["/audit/whim/", "/audit/mql/?round=2", "/audit/mql/?round=x%00", "/audit/gaps/9/",
     f"/audit/gaps/{10**30}/", "/audit/session/9/", "/audit/whim/open/"],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(address, as_, sealed):
    assert as_("rita").get(address).status_code == 404


def test_criterion_of_a_sealed_round_is_not_found(as_, sealed):
    assert as_("rita").post("/audit/mql/criteria/0/gap/").status_code == 404
    assert not Gap.objects.exists()


# --- asking and answering ---------------------------------------------------------------------


def test_round_is_opened_with_the_default_questions(as_, cast):
    client = as_("rita")
    offered = client.get("/audit/mql/open/").context["form"].initial

    response = client.post("/audit/mql/open/", offered, follow=True)

    assert response.redirect_chain[-1][0] == "/audit/mql/"
    round_ = AuditRound.objects.get()
    assert "hand a lead to sales" in round_.marketing_question
    assert "worth a call" in round_.sales_question
    assert client.post("/audit/mql/open/", offered).status_code == 422


def test_refused_question_is_named(as_, cast):
    response = as_("rita").post(
        "/audit/mql/open/", {"marketing_question": "Why?", "sales_question": "Why?"}
    )

    assert response.status_code == 422
    assert b"Ask each team in words of its own" in response.content


def test_answer_is_saved_and_submitted_without_javascript(as_, cast):
    asked(cast=cast)
    client = as_("mara")

    saved = client.post("/audit/mql/save/", form("Engaged", examples="Halden\n\nNorthwind"))
    page = client.get("/audit/mql/").content.decode()
    sent = client.post("/audit/mql/submit/", form("Engaged.", revision=1, agrees="on"))

    assert (saved.status_code, sent.status_code) == (302, 302)
    assert "Saved for your team by Mara Lindqvist" in page
    assert "Halden\nNorthwind" in page
    assert AuditAnswer.objects.get().text == "Engaged."
    assert "Sealed until both teams have submitted" in client.get("/audit/mql/").content.decode()


def test_autosave_answers_with_its_line_only(as_, cast):
    asked(cast=cast)
    client = as_("sam")

    first = client.post("/audit/mql/save/", form("Fit"), headers=HTMX)
    second = client.post("/audit/mql/save/", form("Fit first", revision=1), headers=HTMX)

    assert (first.status_code, second.status_code) == (200, 200)
    page = second.content.decode()
    assert "<html" not in page
    assert 'name="revision" value="2"' in page
    assert AuditSketch.objects.get().text == "Fit first"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_second_writer_sees_both_texts_and_may_write_over(headers, as_, cast):
    asked(cast=cast)
    as_("mara").post("/audit/mql/save/", form("Engaged people."))
    client = as_("carla")

    response = client.post("/audit/mql/save/", form("Fitting people."), headers=headers)

    assert response.status_code == 409
    page = re.sub(r"<[^>]+>", "", response.content.decode())
    assert "Mara Lindqvist was first" in page
    assert "Fitting people." in page
    assert "people." in page
    assert AuditSketch.objects.get().text == "Engaged people."
    over = client.post("/audit/mql/save/", form("Fitting people.", over=1))
    assert over.status_code == 302
    assert AuditSketch.objects.get().text == "Fitting people."


def test_submitting_needs_the_tick_and_words(as_, cast):
    asked(cast=cast)
    client = as_("sam")

    unticked = client.post("/audit/mql/submit/", form("Fit."))
    empty = client.post("/audit/mql/submit/", form(" ", agrees="on"))

    assert (unticked.status_code, empty.status_code) == (422, 422)
    assert b"Fit.</textarea>" in unticked.content
    assert b"Our answer: Write an answer before you submit it." in empty.content
    assert not AuditAnswer.objects.exists()


@pytest.mark.parametrize("act", ["save", "submit"])
def test_writing_after_the_team_has_submitted_is_a_conflict(act, as_, cast):
    answered(asked(cast=cast), Side.SALES, cast=cast, text="Ours.")

    response = as_("sam").post(f"/audit/mql/{act}/", form("Mine instead.", agrees="on"))

    assert response.status_code == 409
    page = response.content.decode()
    assert "Your team has submitted its answer" in page
    assert "Mine instead." in page
    assert AuditAnswer.objects.get().text == "Ours."


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"text": "x" * 100_000}, b"at most 20000 characters", id="100k"),
        pytest.param({"text": "a\x00b"}, b"Null characters are not allowed", id="NUL"),
        pytest.param({"criteria": "{"}, b"must be an object", id="no JSON"),
        pytest.param({"criteria": "[" * 50_000}, b"must be an object", id="brackets"),
        pytest.param({"criteria": '{"field": "shoe_size"}'}, b"no field is called", id="field"),
        pytest.param({"criteria": '{"not": ' * 50 + "{}" + "}" * 50}, b"nested deeper", id="deep"),
        pytest.param({"examples": "x\n" * 21}, b"At most 20 examples", id="many examples"),
        pytest.param({"revision": "9" * 40}, b"Please check this", id="huge revision"),
        pytest.param({"revision": "x"}, b"Please check this", id="rubbish revision"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_what_cannot_be_stored_is_refused_and_kept_in_the_form(values, words, headers, as_, cast):
    asked(cast=cast)

    response = as_("sam").post("/audit/mql/save/", {**form("a"), **values}, headers=headers)

    assert response.status_code == 422
    assert words in response.content
    assert not AuditSketch.objects.exists()


def test_criteria_are_built_with_buttons_that_store_nothing(as_, cast):
    asked(cast=cast)
    client = as_("sam")
    press = {**form("Fit."), "_do": "add criteria-n"}

    page = client.post("/audit/mql/save/", press)
    part = client.post("/audit/mql/shape/", press, headers=HTMX)
    words = client.post("/audit/mql/reading/", form("Fit.", criteria=json.dumps(SIZE_50)))

    for answer in (page, part):
        assert answer.status_code == 200
        assert 'name="criteria-n-kind"' in answer.content.decode()
    assert "company size is at least 50 employees" in words.content.decode()
    assert not AuditSketch.objects.exists()


def test_scripts_in_an_answer_are_shown_as_text(as_, cast):
    evil = "<script>alert(1)</script>"
    round_ = asked(cast=cast)
    answered(round_, Side.MARKETING, cast=cast, text=evil)
    answered(round_, Side.SALES, cast=cast, text=f"{evil} and {evil}")

    assert "<script>alert" not in as_("ed").get("/audit/mql/").content.decode()
