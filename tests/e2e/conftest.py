"""A browser on a live server, watched: no error, no warning of ours, no foreign request."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connections, transaction
from django.test import Client
from psycopg import sql

from dashboards.sample.loading import load
from revops import local
from revops.database import database_now
from revops.people.services import sample_person
from tests.database import OWNER, drop, remember

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
MEANT = ("htmx:sendAbort", "htmx:afterRequest")
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
TRIES = 100
FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items):
    """Mark everything here."""
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Keep the browser from calling home."""
    return {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], *FLAGS]}


@pytest.fixture(scope="session", autouse=True)
def _allow_queries_beside_the_browser():
    """Keep Playwright's event loop, which runs to the end of the session, from stopping Django."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="session")
def sample_template(django_db_setup, django_db_blocker):
    """A database with the sample company in it, loaded once and cloned for every test."""
    database = django_db_setup
    name = f"{database.name}_sample"
    with django_db_blocker.unblock():
        with transaction.atomic():
            load(at=database_now(), progress=lambda *_: None)
        connections.close_all()
        local.refresh_statistics(name=database.name)
        with database.admin() as admin:
            drop(admin, name=name)
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    *map(sql.Identifier, (name, OWNER, database.name))
                )
            )
            remember(admin, name=name)
        database.renew()
    yield name
    with database.admin() as admin:
        drop(admin, name=name)


@pytest.fixture(scope="module")
def sample(sample_template, django_db_setup, django_db_blocker):
    """The sample company for the tests of one module, which see each other's changes.

    A clone of it takes seconds, so the harness's clone after each test is left out meanwhile.
    """
    database = django_db_setup
    plain = database.template
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        database.template = sample_template
        database.renew()
        patch.setattr(database, "renew", lambda: None)
        with django_db_blocker.block():
            yield
        connections.close_all()
    database.template = plain
    with django_db_blocker.unblock():
        database.renew()


@dataclass
class Watch:
    """What a browser did that it must not do."""

    origin: str
    faults: list[str] = field(default_factory=list)
    allowed_statuses: set[int] = field(default_factory=set)

    def follow(self, page):
        """Listen to `page`."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("response", self._response)
        page.on("request", self._request)

    def _console(self, message):
        # Chromium repeats every refused answer on the console; `_response` judges those. A newer
        # request that takes the place of one under way is told as an abort and is meant.
        is_told = message.text.startswith(MEANT) or "Failed to load resource" in message.text
        if message.type in {"error", "warning"} and not is_told:
            self.faults.append(f"console: {message.text}")

    def _response(self, response):
        if response.status >= 400 and response.status not in self.allowed_statuses:
            self.faults.append(f"{response.status} {response.url}")

    def _request(self, request):
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.faults.append(f"foreign request: {request.url}")


@pytest.fixture
def watch(live_server):
    """Collect the faults of every page; the test fails when there is one."""
    watched = Watch(origin=live_server.url)
    yield watched
    assert watched.faults == []


def session_of(role, *, url):
    """Log the sample's person of a role in; return the session as a browser keeps it."""
    client = Client()
    client.force_login(sample_person(role=role), backend="revops.people.backends.RoleBackend")
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


@pytest.fixture
def open_as(browser, live_server, watch):
    """Open pages as one of the sample's people, in a theme and at a size of one's choice."""
    contexts = []

    def start(role=None, *, theme="light", size=DESKTOP, **options):
        is_phone = size["width"] < 640
        context = browser.new_context(
            viewport=size, color_scheme=theme, base_url=live_server.url, has_touch=is_phone,
            is_mobile=is_phone, reduced_motion="reduce", **options,
        )  # fmt: skip
        context.set_default_timeout(10_000)
        contexts.append(context)
        if role:
            context.add_cookies([session_of(role, url=live_server.url)])
        page = context.new_page()
        watch.follow(page)
        return page

    yield start
    for context in contexts:
        context.close()


def breaches_of_rules(page, *, within=None):
    """Return what axe finds on the page, or in a part of it, as lines one can act on."""
    # What the bar at the top half covers while a page is scrolled counts as too small.
    page.evaluate("scrollTo(0, 0)")
    answer = Axe().run(page, context=within, options={"runOnly": RULES}).response
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


def until(page, holds):
    """Wait until what is stored says so: a page may show "saved" for the save before."""
    for _ in range(TRIES):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come true in time")


def overflow(page):
    """Return by how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def drawn_types(page):
    """Return pairs of the trace type each chart asked for and the one that was drawn."""
    return page.evaluate(
        """() => [...document.querySelectorAll('[data-figure]')].flatMap((canvas) => {
          const asked = JSON.parse(document.getElementById(canvas.dataset.figure).textContent);
          const drawn = canvas._fullData ?? [];
          return asked.data.map((trace, number) =>
            [trace.type ?? 'scatter', drawn[number]?.type ?? null]);
        })"""
    )


def show_charts(page):
    """Bring every chart into view and wait until it is drawn."""
    for canvas in page.locator(".chart__canvas[data-figure]").all():
        if canvas.is_visible():
            canvas.scroll_into_view_if_needed()
            ask = canvas.locator(".chart__ask")
            if ask.count():
                ask.click()
            canvas.and_(page.locator("[data-drawn]")).wait_for(timeout=20_000)
