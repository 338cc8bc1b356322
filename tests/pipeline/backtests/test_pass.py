"""The pass over a span's leads reads each table once, whatever the planner knows of them."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from django.db import connection

from bench import backtest as bench
from pipeline.cube import leaves_of
from pipeline.selectors.signatures import PLANNING, read_step, size_of, statement_of

LEADS = 3000


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


@pytest.mark.django_db
def test_freshly_filled_tables_are_read_once_and_in_time():
    base, draft = bench.prepare(LEADS)
    leaves = leaves_of(base, draft)
    total, low, high = size_of(span=bench.SPAN)
    found = {}
    assert total > LEADS / 2

    # The application may not analyse, so the tables are as an import leaves them.
    assert read_step(leaves=leaves, span=bench.SPAN, ids=(low, high), into=found) == total
    statement, params = statement_of(leaves=leaves, span=bench.SPAN, ids=(low, high))
    with connection.cursor() as cursor:
        cursor.execute(PLANNING)
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", params)
        told = cursor.fetchone()[0]

    (explained,) = json.loads(told) if isinstance(told, str) else told
    scans = [
        node
        for node in nodes(explained["Plan"])
        if node.get("Relation Name") in {"pipeline_touch", "pipeline_lead"}
    ]
    assert len(leaves) > 40
    # Once for whom the span holds, once for what is known of them.
    assert Counter(node["Relation Name"] for node in scans) == {
        "pipeline_touch": 1,
        "pipeline_lead": 2,
    }
    assert {node["Actual Loops"] for node in scans} == {1}
