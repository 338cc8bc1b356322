"""The words where people decide: sheets, glossary, reading page; by keyboard, in every size."""

import pytest

from tests.e2e.conftest import DESKTOP, PHONE, breaches_of_rules, overflow
from tests.factories.people import UserFactory

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
LAPTOP = {"width": 1280, "height": 720}
pytestmark = pytest.mark.usefixtures("sample")


def faults_in_both_themes(page, *, within=None):
    found = [f"{overflow(page)} px too wide"] if overflow(page) > 0 else []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found += [f"{theme}: {fault}" for fault in breaches_of_rules(page, within=within)]
    return found


@SIZES
def test_a_sheet_opens_by_keyboard_is_accessible_and_gives_the_focus_back(open_as, size):
    page = open_as("sales_rep", size=size)
    page.goto("/leads/")
    label = page.locator("tbody .word").first
    sheet = page.locator(".sheet:popover-open")

    label.focus()
    page.keyboard.press("Enter")
    sheet.wait_for()

    assert "Signed by" in sheet.inner_text()
    assert faults_in_both_themes(page) == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "sheet__more"
    page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.matches('.word')")


@SIZES
def test_a_metric_opens_its_sentence_formula_and_owner(open_as, size):
    page = open_as("viewer", size=size)
    page.goto("/")
    assert faults_in_both_themes(page) == []

    page.locator(".figure .word").first.click()

    sheet = page.locator(".sheet:popover-open")
    assert {"Formula", "Owner", "Depends on"} <= set(
        sheet.locator(".sheet__label").all_inner_texts()
    )
    # What the sheet half covers is no target while it is open.
    assert faults_in_both_themes(page, within=".sheet:popover-open") == []


@SIZES
def test_the_glossary_answers_while_one_types(open_as, size):
    page = open_as("sales_rep", size=size)
    page.goto("/definitions/")

    page.get_by_label("Search terms").press_sequentially("explicitly")
    page.wait_for_url("**/definitions/?q=explicitly")

    assert page.locator(".card__link").first.inner_text() == "SAL"
    assert faults_in_both_themes(page) == []
    page.goto("/definitions/?q=zeppelin")
    assert faults_in_both_themes(page) == []
    page.goto("/definitions/sal/?tab=used")
    assert faults_in_both_themes(page) == []


def test_a_new_person_is_asked_to_read_until_they_have(open_as):
    page = open_as("viewer")
    page.goto("/queue/")

    page.locator(".banner", has_text="New here?").get_by_role("link").click()
    page.get_by_role("button", name="I have read this").wait_for()
    assert faults_in_both_themes(page) == []
    page.get_by_role("button", name="I have read this").press("Enter")

    page.locator(".badge", has_text="You have read this").wait_for()
    page.goto("/queue/")
    assert page.get_by_text("New here?").count() == 0


def test_leaders_see_who_has_read(open_as):
    # The others may have read it by now: tests of one module see each other's changes.
    UserFactory(role="viewer")
    page = open_as("marketing_leader", size=PHONE)
    page.goto("/reading/readers/")

    page.get_by_role("button", name="Remind those who have not").click()

    page.get_by_text("Reminded ", exact=False).first.wait_for()
    assert faults_in_both_themes(page) == []


def test_the_definition_shares_the_window_with_the_decision(open_as):
    page = open_as("sales_rep", size=LAPTOP)
    page.goto("/queue/")
    lead = page.locator('.lead__link[data-for="phone"]').first.get_attribute("href")

    for act in ("accept/", "reject/", "contact/"):
        page.goto(lead + act)
        text = page.locator(".row__aside .definition").bounding_box()
        question = page.locator(
            "form.form :is(input, select, button):visible"
        ).first.bounding_box()

        assert text["y"] + text["height"] <= LAPTOP["height"], act
        assert question["y"] + question["height"] <= LAPTOP["height"], act
