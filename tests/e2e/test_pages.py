"""Every page of the sample company: accessible, within its window, quiet, drawn as asked."""

import re

import pytest

from tests.e2e.conftest import (
    DESKTOP,
    PHONE,
    breaches_of_rules,
    drawn_types,
    overflow,
    show_charts,
)

PAGES = [
    ("revops", "/"),
    ("revops", "/?period=last_month&segment=Enterprise"),
    ("revops", "/metrics/mql_to_sql/"),
    ("revops", "/metrics/pipeline_by_source/"),
    ("revops", "/metrics/response_time/"),
    ("revops", "/metrics/win_rate/"),
    ("revops", "/metrics/sourced_pipeline_per_rep/"),
    ("revops", "/metrics/mql_to_sql/rows/"),
    ("revops", "/breaches/"),
    ("revops", "/agreement/"),
    ("revops", "/agreement/definitions/"),
    ("revops", "/agreement/sla/"),
    ("revops", "/definitions/"),
    ("revops", "/definitions/mql/"),
    ("revops", "/verify/"),
    ("revops", "/settings/"),
]


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_is_accessible_fits_and_draws(open_as, size):
    faults = []
    pages = {role: open_as(role, size=size) for role in {who for who, _ in PAGES}}

    for role, path in PAGES:
        page = pages[role]
        page.goto(path)
        show_charts(page)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            faults += [f"{path} {theme} {fault}" for fault in breaches_of_rules(page)]
        if overflow(page) > 0:
            faults.append(f"{path} is {overflow(page)} px too wide")
        faults += [
            f"{path} drew {drawn} for {asked}"
            for asked, drawn in drawn_types(page)
            if asked != drawn
        ]

    assert faults == []


@pytest.mark.usefixtures("sample")
def test_every_number_opens_as_many_rows_as_it_says(open_as):
    page = open_as("revops")
    page.goto("/")
    numbers = [
        (link.get_attribute("href"), link.inner_text())
        for link in page.locator("a.figure__value, a.hero__value, a.stat__value").all()
    ]

    for address, shown in numbers:
        page.goto(address)
        said = int(re.sub(r"\D", "", page.locator("h1").inner_text()))
        assert counted_rows(page) == said, f"{shown} at {address}"

    assert len(numbers) >= 6


@pytest.mark.usefixtures("sample")
def test_a_fraction_and_its_list_agree(open_as):
    page = open_as("revops")
    page.goto("/")
    figure = page.locator(".figure", has_text="MQL to SQL")
    fraction = figure.locator(".figure__fraction").inner_text()
    hits, base = map(int, re.match(r"(\d+) of (\d+)", fraction.replace(",", "")).groups())

    figure.locator("a.figure__value").first.click()

    assert counted_rows(page) == base
    page.get_by_role("link", name="Numerator").click()
    assert counted_rows(page) == hits


def counted_rows(page):
    """Count the rows of a list over all of its pages."""
    total = 0
    while True:
        total += page.locator("table tbody tr").count()
        following = page.locator('a[rel="next"]')
        if not following.count():
            return total
        following.click()
        page.wait_for_load_state()
