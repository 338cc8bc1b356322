"""The frame of every page and the components, as a browser shows them."""

import pytest

from tests.e2e.conftest import (
    DESKTOP,
    PHONE,
    breaches_of_rules,
    drawn_types,
    overflow,
    show_charts,
)
from tests.factories.people import PASSWORD, OrganizationFactory, person

LOOKS = [
    pytest.param(theme, size, id=f"{theme} {name}")
    for theme in ("light", "dark")
    for name, size in (("desktop", DESKTOP), ("phone", PHONE))
]


@pytest.fixture(autouse=True)
def company(transactional_db):
    OrganizationFactory(is_sample=True)
    for key in ("rita", "carla", "mara", "vera", "sam", "ed"):
        person(key)


@pytest.mark.parametrize(("theme", "size"), LOOKS)
def test_the_gallery_is_accessible_and_draws_what_was_asked(open_as, theme, size):
    page = open_as("sales_rep", theme=theme, size=size)

    page.goto("/gallery/")
    show_charts(page)

    assert breaches_of_rules(page) == []
    assert overflow(page) <= 0
    types = drawn_types(page)
    assert len(types) == 4
    assert all(asked == drawn for asked, drawn in types)


@pytest.mark.parametrize(("theme", "size"), LOOKS)
def test_the_way_in_is_accessible(open_as, theme, size):
    page = open_as(theme=theme, size=size)

    for path in ("/login/", "/login/as/"):
        page.goto(path)
        assert breaches_of_rules(page) == []
        assert overflow(page) <= 0


def test_a_password_opens_the_product(open_as, watch):
    page = open_as()
    watch.allowed_statuses.add(422)
    page.goto("/login/?next=/settings/")
    page.get_by_text("Log in with a password instead").click()

    page.get_by_label("Mail address").fill("sam@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("do not match an account").wait_for()
    focused = page.evaluate("document.activeElement.className")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    page.get_by_role("heading", name="Profile").wait_for()
    assert focused == "errors"


def test_the_theme_switch_stays_after_the_page_is_left(open_as):
    page = open_as("sales_rep")
    page.goto("/gallery/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")

    with page.expect_response("**/settings/theme/") as answer:
        page.get_by_role("button", name="Switch between light and dark").click()
    page.reload()

    assert answer.value.status == 204
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_charts_follow_the_theme(open_as):
    page = open_as("sales_rep")
    page.goto("/gallery/")
    show_charts(page)
    line = "document.querySelector('[data-figure=figure-response]')._fullData[0].line.color"
    before = page.evaluate(line)

    page.get_by_role("button", name="Switch between light and dark").click()

    page.wait_for_function(f"{line} !== '{before}'")


def test_the_keyboard_moves_opens_and_goes(open_as):
    page = open_as("sales_rep")
    page.goto("/gallery/")

    page.keyboard.press("j")
    page.keyboard.press("j")
    row = page.locator("[data-row][data-current]")
    current = row.locator(".lead__name").inner_text()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.keyboard.press("g")
    page.keyboard.press("s")

    page.wait_for_url("**/settings/")
    assert current.startswith("Jonas")


def test_single_keys_can_be_switched_off(open_as):
    page = open_as("sales_rep")
    page.goto("/settings/")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()

    page.keyboard.press("?")

    assert page.locator("dialog[open]").count() == 0


def test_a_narrow_window_does_not_scroll_sideways(open_as):
    page = open_as("sales_rep", size={"width": 320, "height": 640})

    for path in ("/gallery/", "/settings/"):
        page.goto(path)
        assert overflow(page) <= 0


def test_error_pages_are_accessible_and_offer_a_way_out(open_as, watch):
    watch.allowed_statuses.update({403, 404})
    page = open_as("sales_rep")

    page.goto("/there/is/no/such/page/")

    assert breaches_of_rules(page) == []
    assert page.get_by_role("link", name="Shared pipeline").is_visible()
