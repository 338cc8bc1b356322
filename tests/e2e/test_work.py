"""What people do all day, counted in clicks and keys, in the sample company."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, breaches_of_rules, overflow

pytestmark = pytest.mark.usefixtures("sample")
LAPTOP = {"width": 1280, "height": 720}


def decisions(page):
    """Return how many decisions of sales the shared page counts."""
    page.goto("/")
    hint = page.locator(".stat", has_text="Accepted by sales").locator(".stat__hint").inner_text()
    return tuple(int(number.replace(",", "")) for number in re.findall(r"[\d,]+", hint))


def first_undecided(page):
    """Open the queue with the first lead that may be accepted in the panel."""
    page.goto("/queue/")
    panel = page.locator("[data-panel]")
    for row in page.locator("[data-row]").all():
        name = row.locator(".lead__link:visible").inner_text()
        if not panel.get_by_role("heading", name=name).count():
            row.locator(".lead__link:visible").click()
            panel.get_by_role("heading", name=name).wait_for()
        if panel.get_by_role("button", name="Accept").count():
            return name
    raise AssertionError("no lead of the queue waits for a decision")


def test_a_rep_rejects_in_three_clicks_and_the_numbers_follow(open_as):
    page = open_as("sales_rep")
    accepted, decided = decisions(page)
    name = first_undecided(page)

    page.locator("[data-panel]").get_by_role("link", name="Reject").click()
    page.get_by_text("Not ICP: role").click()
    page.get_by_role("button", name="Reject lead").click()

    page.locator(".toast", has_text=name).wait_for()
    assert decisions(page) == (accepted, decided + 1)


def test_accepting_is_one_click_and_so_is_taking_it_back(open_as):
    page = open_as("sales_rep")
    accepted, decided = decisions(page)
    name = first_undecided(page)

    page.locator("[data-panel]").get_by_role("button", name="Accept").click()
    page.locator(".toast", has_text=name).wait_for()
    page.get_by_role("button", name="Undo").click()
    page.locator(".toast").first.wait_for()

    assert decisions(page) == (accepted, decided)


def test_a_reject_needs_three_keys(open_as):
    page = open_as("sales_rep")
    name = first_undecided(page)

    page.keyboard.press("r")
    page.get_by_text("Why is it rejected?").wait_for()
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")

    page.locator(".toast", has_text=name).wait_for()


def test_a_reject_without_a_reason_keeps_the_form_and_moves_the_focus(open_as, watch):
    watch.allowed_statuses.add(422)
    page = open_as("sales_rep")
    first_undecided(page)
    page.locator("[data-panel]").get_by_role("link", name="Reject").click()
    page.get_by_role("textbox", name="Note").fill("She has no say in it.")

    page.locator("[data-act] form").evaluate("form => { form.noValidate = true; }")
    page.get_by_role("button", name="Reject lead").click()

    page.locator(".errors").wait_for()
    expect(page.locator(".errors")).to_be_focused()
    assert page.get_by_role("textbox", name="Note").input_value() == "She has no say in it."
    assert breaches_of_rules(page) == []


def test_the_signed_words_are_in_view_where_a_person_decides(open_as):
    page = open_as("sales_rep", size=LAPTOP)
    first_undecided(page)
    page.locator("[data-panel]").get_by_role("link", name="Reject").click()
    page.get_by_text("Why is it rejected?").wait_for()
    page.goto(page.locator("[data-act] form").get_attribute("action"))

    boxes = [
        page.locator(part).first.bounding_box() for part in (".definition__text", ".choice input")
    ]

    assert all(0 <= box["y"] < LAPTOP["height"] for box in boxes)


def test_a_lead_is_rejected_without_script(open_as):
    page = open_as(java_script_enabled=False)
    page.goto("/login/as/?next=/queue/")
    page.locator('button[value="sales_rep"]').click()
    page.locator(".lead__link:visible").first.click()
    for _ in range(40):
        if page.get_by_role("button", name="Accept").count():
            break
        page.goto("/queue/")
        page.locator(".lead__link:visible").nth(_ + 1).click()

    page.locator('[data-panel] a[data-key="r"]').click()
    page.get_by_label("Not ICP: role").check()
    page.get_by_role("button", name="Reject lead").click()

    page.locator(".toast").first.wait_for()


def test_a_rep_works_on_the_phone(open_as):
    page = open_as("sales_rep", size=PHONE)
    page.goto("/queue/")
    page.locator(".lead__link:visible").first.click()
    page.wait_for_url(re.compile(r"/leads/\d+/"))

    page.get_by_role("link", name="Log contact").first.click()
    page.get_by_text("No answer").click()
    page.get_by_role("button", name="Log contact").click()

    page.locator(".toast").first.wait_for()
    assert overflow(page) <= 0


def test_from_a_breach_to_its_lead_is_one_click(open_as):
    page = open_as("revops")
    page.goto("/")

    page.locator(".panel", has_text="Open breaches").locator("tbody a").first.click()

    page.wait_for_url(re.compile(r"/leads/\d+/"))


def test_a_viewer_sees_no_personal_data(open_as):
    page = open_as("viewer")

    page.goto("/leads/")

    assert "@" not in page.locator("main").inner_text()
    page.locator("tbody a").first.click()
    page.get_by_text("masked for your role").wait_for()
