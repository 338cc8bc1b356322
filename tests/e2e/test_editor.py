"""The editor in a browser: criteria by keyboard only, sliders, promises, autosave."""

import pytest

from definitions import services
from definitions.models import Clause
from revops.database import database_now
from sla.services import ensure_default_calendar
from tests.e2e.conftest import DESKTOP, PHONE, breaches_of_rules, overflow, until
from tests.factories.definitions import confirmed_gaps
from tests.factories.people import OrganizationFactory, person

LOOKS = [
    pytest.param("light", DESKTOP, id="light desktop"),
    pytest.param("dark", PHONE, id="dark phone"),
]
PATIENCE = 30_000
KINDS = ("definitions", "score_model", "sla")
PAGES = (
    "/drafts/definitions/clauses/mql/",
    "/drafts/definitions/clauses/terms/mql/",
    "/drafts/definitions/clauses/reasons/reject/",
    "/drafts/score-model/clauses/fit/",
    "/drafts/sla/clauses/commitments/first_contact/",
)
# One entry of each list looks like the others, and axe takes its time over every input.
OPEN_FIRST_ENTRIES = """
document.querySelectorAll(".entry:first-of-type > .disclosure, .builder > .disclosure")
  .forEach((one) => { one.open = true; })
"""


@pytest.fixture(autouse=True)
def rita(transactional_db):
    OrganizationFactory(is_sample=True)
    rita = person("rita")
    services.install_defaults(at=database_now())
    ensure_default_calendar(at=database_now())
    confirmed_gaps(by=rita)
    for kind in KINDS:
        services.open_draft(kind=kind, by=rita, at=database_now())
    return rita


def test_a_criterion_is_built_by_keyboard_and_saves_itself(open_as, watch):
    # What is not finished is not saved: the answer to that is 422.
    watch.allowed_statuses.add(422)
    page = open_as("revops")
    page.set_default_timeout(PATIENCE)
    page.goto("/drafts/definitions/clauses/mql/")
    page.get_by_role("button", name="Add a condition").first.focus()

    page.keyboard.press("Enter")
    page.locator("#id_body-also-n:focus").wait_for()
    page.keyboard.press("C")
    page.locator("#id_body-also-n-value").wait_for()
    page.locator("#id_body-also-n:focus").wait_for()
    for name in ("operator", "value"):
        page.keyboard.press("Tab")
        page.locator(f"#id_body-also-n-{name}:focus").wait_for()
    page.keyboard.type("50")

    reading = page.locator("#id_body-also-reading")
    reading.get_by_text("company size is at least 50 employees.").wait_for()
    reading.get_by_text("No lead came in during the last 90 days").wait_for()
    # "Saved" may still tell of the save before the last key.
    until(page, lambda: stored_condition().get("value") == 50)
    assert breaches_of_rules(page) == []


def stored_condition():
    body = Clause.objects.get(draft__kind="definitions", key="mql").body
    return body.get("also") or {}


def test_a_slider_moves_the_number_and_the_example(open_as):
    page = open_as("revops")
    page.set_default_timeout(PATIENCE)
    page.goto("/drafts/definitions/clauses/mql/")
    page.get_by_text("An MQL needs fit 50 and intent 40.").wait_for()

    slider = page.get_by_label("Fit threshold, slider")
    slider.focus()
    page.keyboard.press("ArrowRight")

    page.get_by_text("An MQL needs fit 51 and intent 40.").wait_for()
    assert page.get_by_label("Fit threshold", exact=True).input_value() == "51"


def test_a_promise_says_when_it_is_due(open_as):
    page = open_as("revops")
    page.set_default_timeout(PATIENCE)
    page.goto("/drafts/sla/clauses/commitments/first_contact/")
    page.get_by_text("Assigned Fri 16:30").wait_for()

    page.get_by_label("Time allowed").fill("4")
    page.locator("#id_body-unit").select_option("business_hours")

    page.get_by_text("Assigned Fri 16:30 \u2192 due Mon 12:30").wait_for()
    page.locator(".autosave").get_by_text("Saved ").wait_for()


@pytest.mark.parametrize(("theme", "size"), LOOKS)
def test_the_editor_is_accessible(open_as, theme, size):
    page = open_as("revops", theme=theme, size=size)

    for address in PAGES:
        page.goto(address)
        page.evaluate(OPEN_FIRST_ENTRIES)
        page.wait_for_load_state("networkidle")
        assert breaches_of_rules(page) == [], address
        assert overflow(page) <= 0, address
