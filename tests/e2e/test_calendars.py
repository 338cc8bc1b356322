"""Hours edited in a browser: the meaning follows the typing, and nothing is stored unasked."""

import re

import pytest

from tests.e2e.conftest import DESKTOP, PHONE, breaches_of_rules, overflow

pytestmark = pytest.mark.usefixtures("sample")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_are_accessible_and_fit(open_as, size):
    page = open_as("revops", size=size)
    for path in ("", "1/", "1/edit/", "1/holidays/?country=US&year=2027", "new/"):
        page.goto(f"/calendars/{path}")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            assert breaches_of_rules(page) == [], (path, theme)
        assert overflow(page) <= 0, path


def test_meaning_follows_the_typing_and_a_question_is_confirmed(open_as, watch):
    watch.allowed_statuses.add(422)
    page = open_as("revops")
    page.goto("/calendars/1/edit/")

    page.get_by_label("Monday").fill("09:00-12:00, 14:00-23:59")
    page.get_by_text("Monday ends at 23:59").first.wait_for()
    page.get_by_text("09:00\u201312:00, 14:00\u201323:59").wait_for()
    page.get_by_role("button", name="Save hours").click()
    page.get_by_label("Yes, save these hours").check()
    page.get_by_role("button", name="Save hours").click()

    page.wait_for_url("**/calendars/1/**")
    assert "/edit/" not in page.url
    page.get_by_text(re.compile(r"Version \d+ holds from now on\.")).wait_for()


def test_deadlines_are_planned_again_by_choice(open_as):
    page = open_as("revops")
    page.goto("/calendars/1/edit/")
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        page.get_by_label(day).fill("10:00-12:00")
    page.get_by_role("button", name="Save hours").click()

    page.wait_for_url("**/replan/")
    page.get_by_text("Gains time").first.wait_for()
    assert breaches_of_rules(page) == []
    page.get_by_role("button", name="Move the chosen").click()

    page.get_by_text("planned again.").wait_for()
