"""The list of broken promises on a phone."""

import pytest

from tests.e2e.conftest import PHONE


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("path", ["/breaches/", "/breaches/?state=missed", "/"])
def test_how_late_a_promise_is_shows_on_a_phone_without_scrolling(open_as, path):
    page = open_as("revops", size=PHONE)
    page.goto(path)

    late = page.locator("table[data-phone=cards] td.number").all()
    seen = [cell.bounding_box() for cell in [*late, *page.locator(".tab").all()]]

    assert late
    assert [box for box in seen if box["x"] < 0 or box["x"] + box["width"] > PHONE["width"]] == []
