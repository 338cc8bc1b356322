"""The agreement in a browser: edited, sent, signed by three people, in force."""

import pytest

from definitions import services
from definitions.models import Clause
from revops.database import database_now
from tests.e2e.conftest import DESKTOP, PHONE, breaches_of_rules, overflow
from tests.factories.definitions import confirmed_gaps, edited
from tests.factories.people import PASSWORD, OrganizationFactory, person

LOOKS = [
    pytest.param("light", DESKTOP, id="light desktop"),
    pytest.param("dark", PHONE, id="dark phone"),
]
PAGES = (
    "/agreement/",
    "/agreement/sla/?tab=history",
    "/agreement/score-model/1/",
    "/definitions/",
    "/definitions/mql/",
    "/verify/",
    "/drafts/definitions/",
    "/drafts/definitions/give-up/",
    "/drafts/definitions/comments/mql/",
    "/agreement/definitions/compare/?from=1&to=draft",
    "/agreement/definitions/compare/?from=1&to=draft&layout=sides",
    "/agreement/timeline/",
    "/agreement/review/",
    "/agreement/substitutes/",
    "/agreement/definitions/1/certificate/",
)


@pytest.fixture(autouse=True)
def cast(transactional_db):
    OrganizationFactory(is_sample=True)
    cast = {key: person(key) for key in ("rita", "carla", "mara", "vera", "sam", "ed")}
    services.install_defaults(at=database_now())
    confirmed_gaps(by=cast["rita"])
    return cast


@pytest.mark.parametrize(("theme", "size"), LOOKS)
def test_the_pages_of_the_agreement_are_accessible(open_as, theme, size, cast):
    draft = services.open_draft(kind="definitions", by=cast["rita"], at=database_now())
    edited(draft, key="mql", by=cast["rita"], at=database_now(), fit_threshold=61)
    services.post_comment(
        draft=draft, clause_key="mql", text="Why not 70?", by=cast["sam"], at=database_now()
    )
    page = open_as("revops", theme=theme, size=size)

    for address in PAGES:
        page.goto(address)
        page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
        assert breaches_of_rules(page) == [], address
        assert overflow(page) <= 0, address


def test_a_threshold_is_changed_signed_by_three_and_in_force(open_as):
    rita = open_as("revops")
    rita.goto("/agreement/definitions/")
    rita.get_by_role("button", name="Open a draft").click()
    rita.get_by_role("link", name="Edit MQL rule and bands").click()
    rita.get_by_label("Fit threshold", exact=True).fill("60")
    rita.get_by_role("button", name="Save").click()
    rita.get_by_text("Fit score of at least 60 of 100").first.wait_for()
    for role in ("sales_leader", "sales_rep"):
        page = open_as(role)
        page.goto("/drafts/definitions/")
        page.get_by_role("button", name="I approve this draft as it stands").click()
        page.get_by_text("You approved this draft as it stands.").wait_for()
    rita.get_by_role("button", name="Send for signature").click()
    rita.wait_for_url("**/sign/*/")
    address = rita.url

    for role, name in (
        ("sales_leader", "Vera Okoro"),
        ("marketing_leader", "Carla Diaz"),
        ("revops", "Rita Lind"),
    ):
        page = open_as(role)
        page.goto(address)
        page.get_by_label("I have read this version").check()
        page.get_by_label("Your full name").fill(name)
        page.get_by_label("Your password again").fill(PASSWORD)
        page.get_by_role("button", name="Sign", exact=True).click()
        page.get_by_text(f"You signed Definitions v2 for {side(role)}.").wait_for()

    page.goto("/definitions/mql/")
    page.get_by_text("Fit score of at least 60 of 100").wait_for()
    assert page.locator("main").get_by_text("In force").count() >= 1
    page.goto("/verify/")
    page.get_by_text("Every hash and link is as it should be").wait_for()


def side(role):
    return {"sales_leader": "Sales", "marketing_leader": "Marketing", "revops": "RevOps"}[role]


def test_two_editors_of_one_clause_see_both_texts(open_as, watch, cast):
    draft = services.open_draft(kind="sla", by=cast["rita"], at=database_now())
    watch.allowed_statuses.add(409)
    first, second = open_as("revops"), open_as("revops")
    for page in (first, second):
        page.goto("/drafts/sla/clauses/coverage/")

    for page, text in ((first, "Theirs."), (second, "Mine.")):
        page.locator("textarea[name=body]").fill(text)
        page.get_by_role("button", name="Save").click()

    second.get_by_text("Theirs.").wait_for()
    assert breaches_of_rules(second) == []
    second.get_by_role("button", name="Save mine").click()
    second.wait_for_url("**/drafts/sla/")
    assert Clause.objects.get(draft=draft, key="coverage").body == "Mine."
