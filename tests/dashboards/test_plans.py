"""The row queries reach their tables by the date they go by, not by reading all of them."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from dashboards.registry import REGISTRY
from tests.factories.dashboards import asked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agreement")]

# Shares of a stock at one instant, and of what was decided, read few rows of small tables.
BY_DATE = {
    "sourced_pipeline_per_rep": "pipeline_opportunity",
    "mql_to_sql": "pipeline_round",
    "response_time": "sla_clock",
    "win_rate": "pipeline_opportunity",
    "mql_volume": "pipeline_round",
    "pipeline_created": "pipeline_opportunity",
    "sales_cycle": "pipeline_opportunity",
    "quota_attainment": "pipeline_opportunity",
    "funnel": "pipeline_round",
}


def scans(node):
    """Return (kind of scan, table) of every scan in a plan."""
    found = [(node["Node Type"], node["Relation Name"])] if "Relation Name" in node else []
    for part in node.get("Plans", []):
        found += scans(part)
    return found


@pytest.mark.parametrize(("key", "table"), BY_DATE.items())
def test_a_metric_is_read_by_an_index_on_its_date(key, table):
    sql, params = REGISTRY[key].facts(asked(key)).query.sql_with_params()
    with connection.cursor() as cursor:
        # Empty tables are cheapest read whole; without that way the plan shows what is possible.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        (plan,) = cursor.fetchone()
    plan = plan if isinstance(plan, list) else json.loads(plan)

    assert ("Seq Scan", table) not in scans(plan[0]["Plan"])
