"""One pass over the leads of a span: their answers to every leaf, grouped in SQL.

Acts count until sales first decided on the lead's first round, or until the end of the span
where nobody did: what came later is an effect of the decision. Deals count as they stood then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction

from definitions.criteria import Acts, Compare
from definitions.fields import REGISTRY, FieldType
from pipeline.cube import NOTHING, Count, Decayed, Given
from pipeline.selectors.predicates import COUNTED, LEADS, Compiler, Predicate, column_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pipeline.cube import Answers, Leaf

IN_SPAN: Final = f"""{COUNTED} AND l.source_group <> 'outbound'
    AND l.captured_at >= %s AND l.captured_at < %s"""
"""Outbound leads are sales' own; no score makes them MQLs."""

TALLIED: Final = {
    "rounds": "j.decision IS NOT NULL",
    "accepted": "j.is_accepted",
    "rejected": "j.decision = 'rejected'",
    "recycled": "j.decision = 'recycled'",
    "disqualified": "j.decision = 'disqualified'",
    "decided": "j.decision <> ''",
    "sql": "j.is_sql",
    "opportunity": "j.is_opportunity",
    "won": "j.is_won",
    "lost": "j.is_lost",
}
"""What became of a lead: by the first decision on its first round, and how far any round came."""

JUDGED: Final = f"""
judged AS MATERIALIZED (
    SELECT l.id AS lead_id, LEAST(COALESCE(r.decided_at, %s), %s) AS at,
        CASE WHEN r.lead_id IS NOT NULL THEN COALESCE(r.decision, '') END AS decision,
        r.given_fit, r.given_intent, r.is_accepted, r.is_sql, r.is_opportunity, r.is_won, r.is_lost
    FROM pipeline_lead l LEFT JOIN (
        SELECT r.lead_id,
            (array_agg(r.decided_at ORDER BY r.number))[1] AS decided_at,
            (array_agg(r.first_decision ORDER BY r.number))[1] AS decision,
            (array_agg(CASE WHEN r.explanation -> 'fit' -> 'is_given' = 'true'
                THEN r.fit_score END ORDER BY r.number))[1] AS given_fit,
            (array_agg(CASE WHEN r.explanation -> 'intent' -> 'is_given' = 'true'
                THEN r.intent_score END ORDER BY r.number))[1] AS given_intent,
            bool_or(r.accepted_at IS NOT NULL) AS is_accepted,
            bool_or(r.sql_at IS NOT NULL) AS is_sql,
            bool_or(r.opportunity_at IS NOT NULL) AS is_opportunity,
            bool_or(r.won_at IS NOT NULL) AS is_won,
            bool_or(r.lost_at IS NOT NULL) AS is_lost
        FROM pipeline_round r
        WHERE r.voided_at IS NULL AND r.lead_id BETWEEN %s AND %s
        GROUP BY r.lead_id
    ) r ON r.lead_id = l.id
    WHERE l.id BETWEEN %s AND %s AND {IN_SPAN}
)"""  # noqa: S608

PLANNING: Final = "SET LOCAL jit = off; SET LOCAL enable_nestloop = off"
"""How a pass is planned.

Compiling a hundred expressions takes longer than running them does. Tables that an import has
just filled have no statistics, and a planner that expects a handful of rows joins them one by
one, which takes longer than a statement may.
"""

AMOUNTS: Final = f"""
SELECT o.lead_id, COALESCE(NULLIF(o.currency, ''), '?'),
    round(sum(COALESCE(o.accepted_amount, o.amount, 0)) * 100)::bigint
FROM pipeline_opportunity o JOIN pipeline_lead l ON l.id = o.lead_id
WHERE o.outcome = 'won' AND o.voided_at IS NULL AND {IN_SPAN}
GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Span:
    """Leads captured in [from_at, to_at)."""

    from_at: datetime
    to_at: datetime


@dataclass(slots=True)
class Group:
    """Leads with the same answers, as one step or several found them."""

    lead_ids: list[int]
    won_ids: list[int]
    tally: dict[str, int]


def size_of(*, span: Span) -> tuple[int, int, int]:
    """Return the number of leads in the span, the lowest id and the highest."""
    statement = (
        f"SELECT count(*), COALESCE(min(l.id), 0), COALESCE(max(l.id), 0)"  # noqa: S608
        f" FROM pipeline_lead l WHERE {IN_SPAN}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [span.from_at, span.to_at])
        total, low, high = cursor.fetchone()
    return int(total), int(low), int(high)


def amounts_won(*, span: Span) -> dict[int, dict[str, int]]:
    """Return what leads of the span won, in hundredths by currency."""
    found: dict[int, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(AMOUNTS, [span.from_at, span.to_at])
        for lead_id, currency, amount in cursor.fetchall():
            found.setdefault(lead_id, {})[currency] = int(amount)
    return found


def statement_of(
    *, leaves: Sequence[Leaf], span: Span, ids: tuple[int, int]
) -> tuple[str, list[Any]]:
    """Return the statement of one step and its parameters.

    Args:
        leaves: What is asked.
        span: When the leads were captured.
        ids: The lowest and the highest id of the step.
    """
    acts, columns = _acts(leaves)
    known, read = _known(leaves)
    compiler = Compiler("j.at", known=known, counts=columns)
    answers = [_answer(leaf, compiler) for leaf in leaves]
    exact = [each.sql for each, leaf in zip(answers, leaves, strict=True) if not _is_weight(leaf)]
    weighed = [each.sql for each, leaf in zip(answers, leaves, strict=True) if _is_weight(leaf)]
    counted = ", ".join(f"count(*) FILTER (WHERE {sql})" for sql in TALLIED.values())
    in_order = sorted(zip(answers, leaves, strict=True), key=lambda pair: _is_weight(pair[1]))
    params: list[Any] = [span.to_at, span.to_at, *ids, *ids, span.from_at, span.to_at]
    params += acts.params
    params += [param for answer, _ in in_order for param in answer.params]
    statement = f"""
        WITH {JUDGED}, acts AS (
            SELECT j.lead_id{acts.sql}
            FROM judged j JOIN pipeline_touch t ON t.lead_id = j.lead_id AND t.occurred_at <= j.at
            GROUP BY j.lead_id
        )
        SELECT j.exact, j.weighed, array_agg(j.lead_id),
            array_agg(j.lead_id) FILTER (WHERE j.is_won), {counted}
        FROM (
            SELECT j.*, ARRAY[{", ".join(exact)}]::int[] AS exact,
                ARRAY[{", ".join(weighed)}]::float8[] AS weighed
            FROM judged j
                JOIN ({LEADS}) ON l.id = j.lead_id
                LEFT JOIN acts a ON a.lead_id = j.lead_id
                CROSS JOIN LATERAL (SELECT {read} OFFSET 0) k
        ) j
        GROUP BY j.exact, j.weighed
    """  # noqa: S608
    return statement, params


def read_step(
    *, leaves: Sequence[Leaf], span: Span, ids: tuple[int, int], into: dict[Answers, Group]
) -> int:
    """Read the leads of one step into their groups; return how many they were."""
    statement, params = statement_of(leaves=leaves, span=span, ids=ids)
    order = sorted(range(len(leaves)), key=lambda index: _is_weight(leaves[index]))
    done = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PLANNING)
        cursor.execute(statement, params)
        for exact, weighed, lead_ids, won_ids, *counts in cursor.fetchall():
            found = dict(zip(order, (*exact, *weighed), strict=True))
            answers = tuple(found[index] for index in range(len(leaves)))
            done += len(lead_ids)
            tally = dict(zip(TALLIED, counts, strict=True))
            group = into.get(answers)
            if group is None:
                into[answers] = Group(lead_ids, won_ids or [], tally)
                continue
            group.lead_ids += lead_ids
            group.won_ids += won_ids or []
            group.tally = {name: group.tally[name] + tally[name] for name in tally}
    return done


def _is_weight(leaf: Leaf) -> bool:
    return isinstance(leaf, Decayed)


def _acts(leaves: Iterable[Leaf]) -> tuple[Predicate, dict[Acts, str]]:
    """Return the columns of the acts' counts and weights, and where counts in windows stand."""
    parts: list[str] = []
    params: list[object] = []
    columns: dict[Acts, str] = {}
    for leaf in leaves:
        name = f"n{len(parts)}"
        match leaf:
            case Count(act=act):
                parts.append(f", count(*) FILTER (WHERE t.kind = %s) AS {_count(act)}")
                params.append(act)
            case Decayed(act=act, half_life_days=days):
                age = "extract(epoch FROM j.at - t.occurred_at)::float8"
                parts.append(
                    f", sum(power(0.5::float8, {age} / %s::float8)) FILTER (WHERE t.kind = %s)"
                    f" AS {_weight(act, days)}"
                )
                params += [days * 86400, act]
            case Acts(acts=kinds, within_days=within):
                since = ""
                params.append(list(kinds))
                if within is not None:
                    since = " AND t.occurred_at > j.at - make_interval(hours => %s)"
                    params.append(within * 24)
                parts.append(f", count(*) FILTER (WHERE t.kind = ANY(%s){since}) AS {name}")
                columns[leaf] = f"COALESCE(a.{name}, 0)"
            case _:
                continue
    return Predicate("".join(parts), tuple(params)), columns


def _count(act: str) -> str:
    return f"count_{act}"


def _weight(act: str, days: int) -> str:
    return f"weight_{act}_{int(days)}"


def _known(leaves: Iterable[Leaf]) -> tuple[dict[str, str], str]:
    """Return the fields read once for each lead, and the SQL that reads them."""
    known: dict[str, str] = {}
    read: list[str] = []
    for leaf in leaves:
        if not isinstance(leaf, Compare) or leaf.field in known:
            continue
        if REGISTRY.fields[leaf.field].type is FieldType.TEXT:
            known[leaf.field] = f"k.{leaf.field}"
            read.append(f"{column_of(leaf.field)} AS {leaf.field}")
    return known, ", ".join(read) or "1"


def _answer(leaf: Leaf, compiler: Compiler) -> Predicate:
    match leaf:
        case Count(act=act, most=most):
            return Predicate(f"LEAST(COALESCE(a.{_count(act)}, 0), {int(most)})")
        case Decayed(act=act, half_life_days=days):
            return Predicate(f"COALESCE(a.{_weight(act, days)}, 0)")
        case Given(score=score):
            return Predicate(f"COALESCE(j.given_{score}, {NOTHING})")
        case Compare() | Acts():
            asked = compiler.of(leaf)
            return Predicate(f"COALESCE(({asked.sql})::int, {NOTHING})", asked.params)
