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
    "/",
    "/?period=last_month&source_group=marketing",
    "/?source_group=customer&rep=(missing)",
    "/metrics/mql_to_sql/",
    "/metrics/pipeline_by_source/",
    "/metrics/response_time/",
    "/metrics/win_rate/",
    "/metrics/sourced_pipeline_per_rep/",
    "/metrics/funnel/",
    "/metrics/mql_to_sql/rows/",
    "/breaches/",
    "/rejects/",
    "/sla/what-if/",
    "/start/breaches/",
    "/agreement/",
    "/agreement/definitions/",
    "/agreement/definitions/?tab=history",
    "/agreement/definitions/2/",
    "/agreement/sla/",
    "/drafts/definitions/",
    "/definitions/",
    "/definitions/mql/",
    "/verify/",
    "/settings/",
    "/notices/",
    "/notices/preferences/",
    "/notices/undelivered/",
]
ACTS = ["", "accept/", "reject/", "contact/", "recycle/", "disqualify/"]


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_of_revops_are_accessible_fit_and_draw(open_as, size):
    page = open_as("revops", size=size)
    page.goto("/agreement/definitions/")
    opening = page.get_by_role("button", name="Open a draft")
    if opening.count():
        opening.click()
        page.wait_for_url("**/drafts/definitions/")

    assert [fault for path in PAGES for fault in faults_of(page, path)] == []


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_of_a_rep_are_accessible_and_fit(open_as, size):
    page = open_as("sales_rep", size=size)
    page.goto("/queue/")
    lead = page.locator('.lead__link[data-for="phone"]').first.get_attribute("href")
    page.goto("/deals/")
    deal = page.locator("tbody a").first.get_attribute("href")
    paths = ["/queue/", "/queue/?tab=team", "/queue/?tab=unassigned", "/queue/?tab=done"]
    paths += ["/leads/", "/leads/?q=nobody+at+all", "/deals/", deal, *(lead + act for act in ACTS)]

    assert [fault for path in paths for fault in faults_of(page, path)] == []


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_clocks_explain_themselves_accessibly_and_fit(open_as, size):
    page = open_as("revops", size=size)
    paths = []
    for address in ("/breaches/", "/breaches/?state=missed", "/breaches/?kind=attempts"):
        page.goto(address)
        paths.append(page.get_by_role("link", name="Why?").first.get_attribute("href"))

    assert [fault for path in paths for fault in faults_of(page, path)] == []
    assert page.get_by_text("This is a breach").count() == 1


def faults_of(page, path):
    """Return what is wrong with a page in either theme, as lines one can act on."""
    page.goto(path)
    show_charts(page)
    found = [f"is {overflow(page)} px too wide"] if overflow(page) > 0 else []
    found += [f"drew {drawn} for {asked}" for asked, drawn in drawn_types(page) if asked != drawn]
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found += [f"{theme}: {fault}" for fault in breaches_of_rules(page)]
    return [f"{path} {fault}" for fault in found]


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
