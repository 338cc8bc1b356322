"""The agreement's whole way in the browser: two questions, the gaps, a draft, its date, a lead."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from definitions import services
from definitions.models import AuditAnswer, GapConfirmation
from pipeline.models import Round
from pipeline.services.backtests import run_waiting_backtests
from revops.database import database_now
from revops.people import keys
from tests.api.conftest import body, forget
from tests.factories.people import PASSWORD, OrganizationFactory, person
from tests.factories.pipeline import RepFactory

ROLES = {
    "rita": "revops",
    "carla": "marketing_leader",
    "vera": "sales_leader",
    "sam": "sales_rep",
}
ANSWERS = {
    ("mql", "carla"): "Whoever fits the profile and looked at prices twice.",
    ("mql", "sam"): "Somebody at a company of two hundred who will take my call.",
    ("sql", "carla"): "A lead that sales has taken on.",
    ("sql", "sam"): "Budget, authority, need and a date, all four confirmed.",
}


@pytest.fixture
def cast(transactional_db):
    """Everybody in a company that has signed nothing; its leads are judged provisionally."""
    forget()
    OrganizationFactory(is_sample=True)
    services.install_defaults(at=database_now())
    RepFactory(name="Sam Ortiz")
    yield {key: person(key) for key in ROLES}
    forget()


@pytest.fixture
def as_(open_as, cast):
    """One open page per person, logged in once."""
    pages = {}

    def page_of(key):
        if key not in pages:
            pages[key] = open_as(ROLES[key])
        return pages[key]

    return page_of


@pytest.fixture
def post_lead(as_, live_server):
    """Post a lead over HTTP as the website does; return the answer."""
    _, token = keys.create_key(
        name="Website", scopes=keys.SCOPES, actor="system:test", at=database_now()
    )
    headers = {"Authorization": f"Bearer {token}"}

    def post(number, *, fit):
        answer = as_("rita").request.post(
            f"{live_server.url}/api/v1/leads/", headers=headers, data=body(number, fit_score=fit)
        )
        assert answer.status == 201, answer.text()
        return answer.json()

    return post


def ask_both_teams(as_, *, term):
    rita = as_("rita")
    rita.goto(f"/audit/{term}/")
    rita.get_by_role("link", name="Open a round").click()
    rita.get_by_role("button", name="Open the round").click()
    rita.get_by_text("Sealed until both teams have submitted").wait_for()


def answer(as_, *, key, term):
    page = as_(key)
    page.goto(f"/audit/{term}/")
    page.get_by_label("Our answer").fill(ANSWERS[term, key])
    page.get_by_label("This is our team's answer").check()
    page.locator("[data-submit]").click()
    page.get_by_text("What your team submitted").or_(page.locator("#side-sales")).wait_for()


def audit(as_):
    """Ask about both words; nobody reads the other side's answer before the second is in."""
    for term in ("mql", "sql"):
        ask_both_teams(as_, term=term)
        answer(as_, key="carla", term=term)
        for key in ("sam", "rita"):
            as_(key).goto(f"/audit/{term}/")
            assert ANSWERS[term, "carla"] not in as_(key).content()
        answer(as_, key="sam", term=term)
        as_("rita").goto(f"/audit/{term}/")
        assert as_("rita").get_by_role("heading", name="Marketing", exact=True).count() == 1
    assert AuditAnswer.objects.count() == len(ANSWERS)


def confirm_gaps(as_):
    """Record a gap, decide it and confirm the list; drafting is closed until then."""
    rita = as_("rita")
    rita.goto("/agreement/definitions/")
    assert rita.get_by_role("button", name="Open a draft").count() == 0
    rita.goto("/audit/gaps/add/?term=mql")
    rita.get_by_label("What differs").fill("Size of the company")
    rita.get_by_label("Priority").select_option("high")
    rita.get_by_role("button", name="Put it on the list").click()
    rita.get_by_role("link", name="Edit Size of the company").click()
    rita.get_by_label("Decision").fill("Fit decides first: at least 80 points.")
    rita.get_by_role("button", name="Save the decision").click()
    rita.goto("/audit/gaps/")
    rita.get_by_role("button", name="Confirm the gap list").click()
    rita.get_by_text("1 gap, confirmed").wait_for()
    assert GapConfirmation.objects.get().gap_count == 1


def draft_a_higher_threshold(as_):
    rita = as_("rita")
    rita.goto("/agreement/definitions/")
    rita.get_by_role("button", name="Open a draft").click()
    rita.goto("/drafts/definitions/clauses/mql/")
    rita.get_by_label("Fit threshold", exact=True).focus()
    rita.keyboard.press("Control+A")
    rita.keyboard.type("80")
    rita.get_by_role("button", name="Save", exact=True).press("Enter")
    rita.wait_for_url("**/drafts/definitions/")
    for key in ("vera", "sam"):
        as_(key).goto("/drafts/definitions/")
        as_(key).get_by_role("button", name="I approve this draft as it stands").click()
        as_(key).get_by_text("You approved this text").wait_for()


def back_test(as_):
    rita = as_("rita")
    rita.goto("/drafts/definitions/")
    rita.get_by_role("button", name="Start a back-test").click()
    rita.wait_for_url("**/backtests/*/")
    assert run_waiting_backtests(at=database_now()) == 1
    rita.goto(rita.url)
    rita.get_by_text("would have dropped").wait_for()
    row = rita.get_by_role("row").filter(has=rita.get_by_text("No longer MQLs"))
    assert row.get_by_role("cell").first.inner_text() == "1"


def sign_by_keyboard(page, *, name):
    """Tick, type, type and press Enter; nothing is pointed at."""
    page.get_by_label("I have read this version").focus()
    page.keyboard.press("Space")
    for text in (name, PASSWORD):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")


def sign_for(as_, *, day):
    """Send the draft for a day to come, and let all three sign."""
    rita = as_("rita")
    rita.goto("/drafts/definitions/")
    rita.get_by_label("Takes effect on").fill(f"{day}")
    rita.get_by_role("button", name="Send for signature").press("Enter")
    rita.wait_for_url("**/sign/*/")
    for key, name in (("vera", "Vera Okoro"), ("carla", "Carla Diaz"), ("rita", "Rita Lind")):
        page = as_(key)
        page.goto(rita.url)
        page.get_by_text("would have dropped").first.wait_for()
        sign_by_keyboard(page, name=name)
        page.get_by_text("You signed Definitions v2").wait_for()
    rita.goto("/agreement/definitions/2/")
    rita.get_by_text("Signed, not yet in force").first.wait_for()


def version_that_judged(lead):
    return Round.objects.get(lead=lead["id"]).definitions_version.number


def test_from_two_answers_to_the_lead_the_signed_version_judges(as_, cast, post_lead, run_ahead):
    early = post_lead(1, fit=60)
    audit(as_)
    confirm_gaps(as_)
    draft_a_higher_threshold(as_)
    back_test(as_)
    tomorrow = database_now().astimezone(ZoneInfo("America/New_York")).date() + timedelta(days=1)
    sign_for(as_, day=tomorrow)
    waiting = post_lead(2, fit=60)

    run_ahead(timedelta(days=1, minutes=1))
    services.announce_in_force(at=database_now())
    late, fitting = post_lead(3, fit=60), post_lead(4, fit=85)

    assert [each["is_mql"] for each in (early, waiting, late, fitting)] == [
        True, True, False, True,
    ]  # fmt: skip
    assert [version_that_judged(lead) for lead in (early, waiting, fitting)] == [1, 1, 2]
    rita = as_("rita")
    for lead, number in ((early, 1), (fitting, 2)):
        rita.goto(f"/leads/{lead['id']}/")
        rita.locator("main").get_by_text(f"Version {number}").first.wait_for()
    rita.goto("/definitions/mql/")
    rita.get_by_text("Fit score of at least 80 of 100").first.wait_for()
