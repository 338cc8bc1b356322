"""Many leads folded at once: the outcomes are those of one clock after another."""

import random
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from bench import histories
from sla import fold
from sla.fold import plans
from tests.sla.test_fold_properties import AT, HOUR, KINDS, MONDAY, TERMS, evidence

NEVER = 10**9


def drawn_facts(*, leads, seed, without=()):
    draw = random.Random(seed)
    kinds = [row for row in KINDS if row[0] not in without]
    found = []
    for lead in range(leads):
        for kind, payload in (("mql", {}), ("assigned", {}), *draw.choices(kinds, k=6)):
            at = MONDAY + timedelta(seconds=draw.randrange(500 * 3600))
            found.append(
                fold.Fact(
                    key=len(found),
                    lead=lead,
                    kind=kind,
                    occurred_at=at,
                    recorded_at=at + draw.randrange(48) * HOUR,
                    rep=draw.choice([None, "ana", "bo"]) if kind == "assigned" else None,
                    payload=payload | {"into": lead - 1} if kind == "merged" else payload,
                )
            )
    return found


@settings(max_examples=200, deadline=None)
@given(facts=evidence())
def test_any_evidence_gives_the_same_outcomes_at_once(facts):
    apart = fold.fold(facts=facts, terms=TERMS, at=AT, vector_from=NEVER)
    with patch.object(plans, "ROWS_FROM", 1):
        together = fold.fold(facts=facts, terms=TERMS, at=AT, vector_from=0)

    assert together == apart


@pytest.mark.parametrize("seed", range(5))
def test_many_leads_give_the_same_outcomes_at_once(seed):
    facts = drawn_facts(leads=150, seed=seed)

    apart = fold.fold(facts=facts, terms=TERMS, at=AT, vector_from=NEVER)
    together = fold.fold(facts=facts, terms=TERMS, at=AT)

    assert len(apart) >= plans.VECTOR_FROM
    assert together == apart


def test_clocks_without_a_pause_need_no_scalar_sum():
    facts = drawn_facts(leads=300, seed=1, without={"paused", "replanned", "merged"})
    expected = fold.fold(facts=facts, terms=TERMS, at=AT, vector_from=NEVER)

    with (
        patch.object(plans, "ROWS_FROM", 1),
        patch.object(plans, "deadline", side_effect=AssertionError("a scalar deadline")),
        patch.object(plans, "seconds", wraps=plans.seconds) as measured,
    ):
        found = fold.fold(facts=facts, terms=TERMS, at=AT)

    assert found == expected
    assert measured.call_count == 0


def test_a_calendar_that_cannot_be_told_on_arrays_is_told_by_the_scalar_form():
    facts = drawn_facts(leads=300, seed=2)
    expected = fold.fold(facts=facts, terms=TERMS, at=AT, vector_from=NEVER)

    with patch("sla.vector.vector_of", side_effect=ValueError("declined")):
        found = fold.fold(facts=facts, terms=TERMS, at=AT)

    assert found == expected


def test_a_lead_too_far_from_any_opening_fails_alike_at_once():
    facts = drawn_facts(leads=300, seed=3, without={"merged"})
    late = [replace(fact, key=-1, kind="mql", lead=-1) for fact in facts[:1]]
    calendar = TERMS.calendar_version("v1")
    closed = fold.CalendarVersion(
        key="v1",
        calendar="company",
        effective_from=calendar.effective_from,
        hours=type(calendar.hours).from_dict(
            {"timezone": "UTC", "exceptions": {"2019-01-01": [["09:00", "17:00"]]}}
        ),
    )
    terms = fold.Terms(agreements=TERMS.agreements, calendars=[closed])

    for vector_from in (0, NEVER):
        with pytest.raises(ValueError, match="400 days"):
            fold.fold(facts=[*facts, *late], terms=terms, at=AT, vector_from=vector_from)


def test_made_up_histories_end_before_they_are_folded():
    draw = random.Random(7)

    ends = [
        max(row[1] for row in histories.history(draw, [1, 2])) + timedelta(minutes=90)
        for _ in range(5_000)
    ]

    assert max(ends) < histories.AT
