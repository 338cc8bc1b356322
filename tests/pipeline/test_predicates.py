"""Criteria as SQL agree with criteria as Python, gaps and awkward texts included."""

from __future__ import annotations

import random

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings

from definitions.criteria import Outcome, evaluate, fold_text
from definitions.criteria_json import parse
from pipeline.selectors.predicates import (
    LEADS,
    Matching,
    count_matching,
    folded,
    predicate_of,
)
from tests.factories.pipeline import DAY, NOON, CompanyFactory, LeadFactory
from tests.pipeline.random_leads import known_of, random_lead, trees

OUTCOMES = {True: Outcome.PASS, False: Outcome.FAIL, None: Outcome.MISSING}
BIG = {"field": "company_size", "operator": "at_least", "value": 50}


@pytest.fixture
def known(agreement):
    """Sixty leads at random, as qualification knows them."""
    dice = random.Random(20260303)
    for _ in range(60):
        random_lead(dice)
    return known_of(at=NOON)


def by_sql(tree, *, at):
    predicate = predicate_of(tree, at=at)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT l.id, {predicate.sql} FROM {LEADS}", predicate.params)
        return {pk: OUTCOMES[holds] for pk, holds in cursor.fetchall()}


def test_sql_and_python_judge_alike(known):
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(tree=trees())
    def agree(tree):
        expected = {pk: evaluate(tree, facts).outcome for pk, facts in known.items()}

        assert by_sql(tree, at=NOON) == expected

    agree()


def test_an_instant_may_be_a_column(known):
    tree = parse({"acts": ["pricing_view"], "within_days": 30})

    assert by_sql(tree, at="(l.recorded_at + interval '1 day')") == by_sql(tree, at=NOON)


def test_every_letter_is_folded_alike(db):
    codes = (code for code in range(1, 0x110000) if not 0xD800 <= code <= 0xDFFF)
    texts = [f"\u03a3{chr(code)}a" for code in codes] + [chr(code) for code in range(1, 0x3100)]

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {folded('x')} FROM unnest(%s::text[]) WITH ORDINALITY u(x, n) ORDER BY n",
            [texts],
        )
        stored = [row[0] for row in cursor.fetchall()]

    # Servers of another Unicode version know a few letters more or less.
    assert sum(fold_text(text) != found for text, found in zip(texts, stored, strict=True)) < 200


def test_matching_counts_three_ways(agreement):
    for size in (10, 50, 500, None):
        LeadFactory(company=CompanyFactory(size=size))
    LeadFactory(company=None, is_test=True)
    LeadFactory(company=CompanyFactory(size=500), captured_at=NOON - 90 * DAY)

    assert count_matching(tree=parse(BIG), at=NOON) == Matching(matching=3, missing=1, total=5)
    assert count_matching(tree=parse(BIG), at=NOON, since=NOON - 30 * DAY) == Matching(
        matching=2, missing=1, total=4
    )


def test_literals_are_parameters(agreement):
    LeadFactory(title="x' OR true --")
    hostile = parse({"field": "title", "operator": "contains", "value": ["' OR true --", "%s"]})

    predicate = predicate_of(hostile, at=NOON)

    assert "true --" not in predicate.sql
    assert count_matching(tree=hostile, at=NOON).matching == 1
