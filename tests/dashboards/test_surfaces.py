"""Page, API, rows and file answer from one query: they cannot disagree."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal

import pytest
from django.urls import reverse

from dashboards.registry import REGISTRY
from dashboards.registry.base import Unit
from pipeline.choices import Stage
from revops.people import keys
from sla.choices import ClockStatus
from tests.dashboards.test_clock_metrics import clock
from tests.factories.dashboards import AT, deal, instant, lead_from, promise, quota, round_of
from tests.factories.pipeline import RepFactory
from tests.standing import standing

pytestmark = pytest.mark.django_db

FILTERS = [
    "from=2026-10-01&to=2027-01-01",
    "from=2026-10-01&to=2026-11-01&group_by=channel",
    "from=2026-10-01&to=2027-01-01&group_by=month&timezone=Asia/Kolkata",
    "from=2026-10-01&to=2027-01-01&source_group=marketing&group_by=rep",
    "from=2026-10-01&to=2027-01-01&channel=(missing)",
    "from=2020-01-01&to=2020-02-01&group_by=source_group",
    "from=2026-10-01&to=2027-01-01&group_by=attributes.plan&segment=Enterprise",
]
UNSUMMED = {"sales_cycle", "response_time"}


@standing
def company(agreement):
    """Some of everything, on both sides of local midnights and of the period."""
    sam = RepFactory(external_id="sam", name="Sam Ortiz", segment="Enterprise")
    quota(sam, amount=Decimal(90_000))
    held = promise()
    days = ["2026-09-30 19:00", "2026-10-31 18:40", "2026-11-01 04:10", "2026-11-20 12:00"]
    for number, day in enumerate(days * 2):
        channel = ["social", "paid_search", None][number % 3]
        group = ["marketing", "outbound", ""][number % 3]
        lead = lead_from(group=group, channel=channel, attributes={"plan": f"p{number % 2}"})
        at = instant(day)
        round_of(
            lead,
            stage=[Stage.MQL, Stage.SQL, Stage.WON][number % 3],
            mql_at=at,
            rep=sam,
            decided_at=at,
            first_decision=["accepted", "rejected"][number % 2],
            sql_at=at if number % 3 else None,
            won_at=at if number % 3 == 2 else None,
        )
        outcome = ["won", "lost", ""][number % 3]
        deal(
            outcome,
            closed=day if outcome else "",
            accepted="2026-09-29 10:00" if outcome else day,
            lead=lead,
            rep=sam,
            source_group=group,
            amount=Decimal(100 + number) if number != 5 else None,
        )
        status = [ClockStatus.MET, ClockStatus.MET_LATE, ClockStatus.BREACHED_OPEN][number % 3]
        answered = status != ClockStatus.BREACHED_OPEN
        clock(
            held,
            status,
            started_at=at,
            lead=lead,
            rep=sam,
            seconds=600 * number if answered else None,
        )


@pytest.fixture
def api(client, agreement):
    """A client with a key that may read metrics."""
    keys.forget_keys()
    _, token = keys.create_key(name="BI", scopes=["metrics:read"], actor="system:test", at=AT)
    return lambda url: client.get(url, HTTP_AUTHORIZATION=f"Bearer {token}")


def api_rows(api, url):
    """Follow the pages to the end."""
    found = []
    while url:
        answer = api(url).json()
        found += answer["data"]
        url = answer["next"]
    return found


@pytest.mark.parametrize("query", FILTERS)
@pytest.mark.parametrize("key", [metric.key for metric in REGISTRY])
def test_page_api_and_rows_say_the_same(key, query, api, logged_in, company):
    told = api(f"{reverse('dashboards:api_metric_detail', args=[key])}?{query}").json()
    listed = api_rows(api, f"{reverse('dashboards:api_metric_rows', args=[key])}?{query}&limit=3")
    shown = logged_in.get(f"{reverse('dashboards:metric', args=[key])}?{query}")
    rows_page = logged_in.get(f"{reverse('dashboards:metric_rows', args=[key])}?{query}")

    assert told["n"] == len(listed) == shown.context["n"]
    assert rows_page.context["page"].paginator.count == told["n"]
    assert len({row["id"] for row in listed}) == len(listed)
    hits = [row for row in listed if row["in_numerator"]]
    if REGISTRY[key].unit is Unit.RATE and isinstance(told["numerator"], int):
        assert told["numerator"] == len(hits)
        assert told["value"] == (len(hits) / len(listed) if listed else None)
    if isinstance(told["numerator"], dict):
        total = sum((Decimal(row["measure"]["amount"]) for row in hits), Decimal(0))
        assert Decimal(told["numerator"]["amount"]) == total
    if told["groups"] and key not in UNSUMMED:
        assert sum(group["n"] for group in told["groups"]) == told["n"]
    for group in told["groups"]:
        bucket = f"{told['rows_url']}&bucket={group['key']}&limit=200"
        assert len(api(bucket).json()["data"]) == group["n"]


@pytest.mark.parametrize("key", [metric.key for metric in REGISTRY])
def test_the_file_has_the_same_rows(key, api, logged_in, company):
    query = FILTERS[0]
    told = api(f"{reverse('dashboards:api_metric_detail', args=[key])}?{query}").json()

    answer = logged_in.get(f"{reverse('dashboards:metric_rows', args=[key])}?{query}&format=csv")

    lines = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(lines) == told["n"]


def test_every_number_of_the_shared_page_opens_as_many_rows(logged_in, company):
    shared = logged_in.get("/?from=2026-10-01&to=2027-01-01")
    links = set(re.findall(r'href="(/metrics/\w+/rows/\?[^"]+)"', shared.content.decode()))

    assert len(links) > 10
    for link in links:
        path = link.replace("&amp;", "&")
        key = path.split("/")[2]
        rows = logged_in.get(path)
        metric = logged_in.get(path.replace("/rows/", "/").replace("&part=excluded", ""))
        if "part=" not in path:
            assert rows.context["page"].paginator.count == metric.context["n"], (key, path)


def test_a_spreadsheet_runs_nothing_from_a_file(logged_in, company):
    lead_from(channel="social")
    deal("won", closed="2026-10-20", name="=HYPERLINK(1)")

    answer = logged_in.get("/metrics/win_rate/rows/?from=2026-10-20&to=2026-10-21&format=csv")

    assert "'=HYPERLINK(1)" in answer.content.decode()
