"""The SLA page, its share link and the ledger in the browser."""

from __future__ import annotations

import re

import pytest

from tests.e2e.conftest import DESKTOP, PHONE, breaches_of_rules, overflow, show_charts

PAGES = [
    "/sla/",
    "/sla/slack/",
    "/sla/revisions/1/",
    "/breaches/?state=missed&by=person",
    "/breaches/?state=missed&by=month",
    "/breaches/?state=measured",
]


def faults_of(page, path):
    """Return what is wrong with a page in either theme."""
    page.goto(path)
    show_charts(page)
    found = [f"is {overflow(page)} px too wide"] if overflow(page) > 0 else []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found += [f"{theme}: {fault}" for fault in breaches_of_rules(page)]
    return [f"{path} {fault}" for fault in found]


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_pages_of_the_sla_are_accessible_and_fit(open_as, size):
    page = open_as("revops", size=size)

    assert [fault for path in PAGES for fault in faults_of(page, path)] == []


@pytest.mark.usefixtures("sample")
def test_a_link_is_made_shown_once_and_opens_the_page_for_nobody_in_particular(open_as):
    page = open_as("sales_leader")
    page.goto("/sla/")
    page.get_by_role("button", name="Make a link").click()
    address = re.sub(r"^https?://[^/]+", "", page.locator(".share__address").inner_text())
    page.goto("/sla/")
    again = page.locator(".share__address").count()
    stranger = open_as(size=PHONE)

    assert again == 0
    assert faults_of(stranger, address) == []
    assert stranger.get_by_role("heading", name="Service level agreement").count() == 1


@pytest.mark.usefixtures("sample")
def test_a_group_opens_as_many_rows_as_it_says(open_as):
    page = open_as("revops")
    page.goto("/breaches/?state=missed&by=side")
    link = page.locator("section.panel table tbody td.number a").first
    said = int(link.inner_text().replace(",", ""))
    link.click()

    shown = page.locator(".tab[aria-current] .tab__count").inner_text()
    assert int(shown.replace(",", "")) == said


@pytest.mark.usefixtures("sample")
def test_the_parts_of_the_reconciliation_are_the_rows_of_the_ledger(open_as):
    page = open_as("revops")
    page.goto("/breaches/?state=missed")
    panel = page.locator("section.panel", has_text="How it adds up")
    heads = panel.locator("thead th").all_inner_texts()
    total = dict(zip(heads, panel.locator("tfoot tr > *").all_inner_texts(), strict=True))

    number = {name: int(text.replace(",", "")) for name, text in total.items() if name not in
              {"Promise", "Kept"}}  # fmt: skip
    broken = number["Met late"] + number["Missed"] + number["Excused"]
    shown = page.locator(".tab[aria-current] .tab__count").inner_text()
    assert number["Left over"] == 0
    assert int(shown.replace(",", "")) == broken
