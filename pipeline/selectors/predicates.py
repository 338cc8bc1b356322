"""Criteria as SQL over stored leads: the same three values as `definitions.criteria`.

SQL's NULL is "missing", and its AND, OR and NOT are Kleene's, so a tree becomes an expression
without a case apart. Every literal is a parameter; no cast can fail on what a sender put into
the attributes. The statement names the lead `l`, its company `c` and its channel `ch`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from definitions.criteria import Acts, All, AnyOf, Compare, Not, Operator, fold_text
from definitions.fields import REGISTRY, FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from definitions.criteria import Node

LEADS: Final = """pipeline_lead l
    LEFT JOIN pipeline_company c ON c.id = l.company_id
    LEFT JOIN pipeline_channel ch ON ch.id = l.channel_id"""
"""What a statement around a predicate reads from."""

COUNTED: Final = "NOT l.is_test AND l.merged_into_id IS NULL AND l.voided_at IS NULL"
"""The leads that numbers count, as `LeadQuerySet.counted` has it."""

# What str.strip() takes off: Unicode's white space and the four ASCII separators.
_BLANKS: Final = (
    r"E'\t\n\x0b\f\r\x1c\x1d\x1e\x1f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    r"\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'"
)
# Some sources tell of closed deals and not when they closed.
_CLOSED: Final = "COALESCE(o.closed_at, o.recorded_at)"
# JSON values that are false in Python: a phone number that is one of them is no number.
_EMPTY_JSON: Final = """('null', 'false', '0', '""', '[]', '{}')"""


@dataclass(frozen=True, slots=True)
class Predicate:
    """An SQL expression that is true, false or NULL for "missing", with its parameters."""

    sql: str
    params: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Matching:
    """How many leads a tree holds for, how many it cannot tell of, and of how many."""

    matching: int
    missing: int
    total: int


def folded(text: str) -> str:
    """Return the SQL of `definitions.criteria.fold_text` of the SQL expression `text`.

    PostgreSQL lowers letter by letter; the two letters of which Python knows more, the dotted
    capital I and the final sigma, are replaced on both sides.
    """
    trimmed = f"btrim(normalize({text}, NFC), {_BLANKS})"
    return rf"replace(lower(replace({trimmed}, E'\u0130', E'i\u0307')), E'\u03c2', E'\u03c3')"


def _known(text: str) -> str:
    return f"NULLIF({folded(text)}, '')"


def _said(key: str) -> str:
    """Return the SQL of an attribute: the lead's own, else its company's."""
    return (
        f"CASE WHEN l.attributes ? '{key}' THEN l.attributes -> '{key}'"
        f" ELSE c.attributes -> '{key}' END"
    )


def _flag(key: str, *, stored: Predicate, otherwise: str) -> Predicate:
    """Return what our rows say, or else what the sender said, or else `otherwise`."""
    said = f"({_said(key)})"
    return Predicate(
        f"(CASE WHEN {stored.sql} THEN true"
        f" WHEN {said} = 'true'::jsonb THEN true WHEN {said} = 'false'::jsonb THEN false"
        f" ELSE {otherwise} END)",
        stored.params,
    )


def _deals(condition: str, *params: object) -> Predicate:
    return Predicate(
        "EXISTS (SELECT 1 FROM pipeline_opportunity o"  # noqa: S608
        f" WHERE o.company_id = l.company_id AND o.voided_at IS NULL AND {condition})",
        params,
    )


_COLUMNS: Final[dict[str, str]] = {
    "company_size": "c.size",
    "industry": _known("c.industry"),
    "country": _known("c.country"),
    "title": _known("l.title"),
    "seniority": _known("l.seniority"),
    "technology": "c.technology",
    "company": _known("c.name"),
    "company_domain": _known("c.domain"),
    "email_domain": _known("split_part(l.email, '@', -1)"),
    "fit_score": "l.fit_score",
    "intent_score": "l.intent_score",
    "hand_raiser": "l.is_hand_raiser",
    "channel": _known("ch.name"),
    "campaign": _known("l.campaign"),
    "source_group": _known("l.source_group"),
    "has_email": "(l.email <> '')",
    "has_phone": f"COALESCE(({_said('phone')}) NOT IN {_EMPTY_JSON}, false)",
    "is_test": "l.is_test",
}


class Compiler:
    """Compiles trees for one instant: a constant, or SQL that names it for each lead.

    Args:
        at: The instant, or its SQL.
        known: Field -> SQL of its value where a statement has it at hand already.
        counts: Likewise for counts of acts.
    """

    def __init__(
        self,
        at: datetime | str,
        *,
        known: Mapping[str, str] | None = None,
        counts: Mapping[Acts, str] | None = None,
    ) -> None:
        self.at = Predicate(at) if isinstance(at, str) else Predicate("%s::timestamptz", (at,))
        self.known = known or {}
        self.counts = counts or {}

    def of(self, tree: Node) -> Predicate:
        """Return the predicate of `tree`."""
        match tree:
            case All(children=children) | AnyOf(children=children):
                parts = [self.of(child) for child in children]
                word = " AND " if isinstance(tree, All) else " OR "
                return Predicate(
                    f"({word.join(part.sql for part in parts)})",
                    tuple(param for part in parts for param in part.params),
                )
            case Not(child=child):
                inner = self.of(child)
                return Predicate(f"(NOT {inner.sql})", inner.params)
            case Acts():
                return self._acts(tree)
            case Compare():
                return self._compare(tree)

    def _acts(self, node: Acts) -> Predicate:
        if node in self.counts:
            counted = Predicate(self.counts[node])
        else:
            counted = self.count(acts=node.acts, within_days=node.within_days)
        if node.at_most is None:
            return Predicate(f"({counted.sql} >= %s)", (*counted.params, node.at_least))
        return Predicate(
            f"({counted.sql} BETWEEN %s AND %s)",
            (*counted.params, node.at_least, node.at_most),
        )

    def count(self, *, acts: tuple[str, ...], within_days: int | None) -> Predicate:
        """Return the SQL that counts these acts of a lead in the window that ends at `at`."""
        since, params = "", (list(acts), *self.at.params)
        if within_days is not None:
            # Hours, because a day of an interval has 23 or 25 of them when clocks change.
            since = f" AND t.occurred_at > {self.at.sql} - make_interval(hours => %s)"
            params = (*params, *self.at.params, within_days * 24)
        return Predicate(
            "(SELECT count(*) FROM pipeline_touch t WHERE t.lead_id = l.id"  # noqa: S608
            f" AND t.kind = ANY(%s) AND t.occurred_at <= {self.at.sql}{since})",
            params,
        )

    def _compare(self, node: Compare) -> Predicate:
        value = self.value(node.field)
        kind = REGISTRY.fields[node.field].type
        if node.operator is Operator.IS_KNOWN:
            known = "cardinality({}) > 0" if kind is FieldType.LIST else "{} IS NOT NULL"
            return Predicate(f"COALESCE({known.format(value.sql)}, false)", value.params)
        match kind:
            case FieldType.NUMBER:
                return _number(node, value)
            case FieldType.FLAG:
                return Predicate(f"({value.sql} = %s)", (*value.params, node.value))
            case FieldType.LIST:
                held = f"SELECT 1 FROM unnest({value.sql}) e WHERE {folded('e')} = ANY(%s)"  # noqa: S608
                return Predicate(
                    f"(CASE WHEN cardinality({value.sql}) > 0 THEN EXISTS ({held}) END)",
                    (*value.params, *value.params, _texts(node)),
                )
            case FieldType.TEXT:
                return _text(node, value)

    def value(self, key: str) -> Predicate:
        """Return the SQL of a field's value; NULL where nothing is known."""
        if key in self.known:
            return Predicate(self.known[key])
        known = "CASE WHEN l.company_id IS NOT NULL THEN false END"
        match key:
            case "is_customer":
                stored = _deals(
                    f"o.outcome = 'won' AND {_CLOSED} <= {self.at.sql}", *self.at.params
                )
                return _flag(key, stored=stored, otherwise=known)
            case "has_open_deal":
                stored = _deals(
                    f"o.accepted_at <= {self.at.sql}"
                    f" AND (o.outcome = '' OR {_CLOSED} > {self.at.sql})",
                    *self.at.params,
                    *self.at.params,
                )
                return _flag(key, stored=stored, otherwise=known)
            case "is_competitor":
                return _flag(key, stored=Predicate("false"), otherwise="NULL")
            case _:
                return Predicate(column_of(key))


def column_of(key: str) -> str:
    """Return the SQL of a field that is read from the lead, its company or its channel."""
    return _COLUMNS[key]


def _number(node: Compare, value: Predicate) -> Predicate:
    """Return the comparison of a whole number; the limit is rounded so that nothing changes."""
    limit = Decimal(node.value) if isinstance(node.value, int) else node.value
    assert isinstance(limit, Decimal)  # noqa: S101 - the reader of criteria lets nothing else in
    up = int(limit.to_integral_value(ROUND_CEILING))
    down = int(limit.to_integral_value(ROUND_FLOOR))
    match node.operator:
        case Operator.AT_LEAST:
            return Predicate(f"({value.sql} >= %s)", (*value.params, up))
        case Operator.AT_MOST:
            return Predicate(f"({value.sql} <= %s)", (*value.params, down))
        case _:
            return Predicate(f"({value.sql} BETWEEN %s AND %s)", (*value.params, up, down))


def _text(node: Compare, value: Predicate) -> Predicate:
    if node.operator is not Operator.CONTAINS:
        return Predicate(f"({value.sql} = ANY(%s))", (*value.params, _texts(node)))
    parts = [f"strpos({value.sql}, %s) > 0" for _ in _texts(node)]
    params = [param for text in _texts(node) for param in (*value.params, text)]
    return Predicate(f"({' OR '.join(parts)})", tuple(params))


def _texts(node: Compare) -> list[str]:
    wanted = node.value if isinstance(node.value, tuple) else (str(node.value),)
    return [fold_text(text) for text in wanted]


def predicate_of(tree: Node, *, at: datetime | str) -> Predicate:
    """Return `tree` as an SQL expression over `LEADS`.

    Args:
        tree: A tree that `criteria_json.parse` accepted.
        at: The instant of the judgement, aware; or the SQL of an instant for each lead, which
            is code and never input.

    Returns:
        An expression with the answers of `definitions.criteria.evaluate`. Deals count as they
        stood at `at`; the scores are those stored with the lead.
    """
    return Compiler(at).of(tree)


def count_matching(*, tree: Node, at: datetime, since: datetime | None = None) -> Matching:
    """Return how many of the leads that numbers count `tree` holds for at `at`.

    Args:
        tree: The criteria.
        at: The instant of the judgement.
        since: Only leads captured then or later; None takes all.
    """
    predicate = predicate_of(tree, at=at)
    params: list[Any] = [*predicate.params]
    span = ""
    if since is not None:
        span = " AND l.captured_at >= %s"
        params.append(since)
    # OFFSET 0 keeps the planner from judging every lead twice, once for each count.
    statement = f"""
        SELECT count(*) FILTER (WHERE j.holds), count(*) FILTER (WHERE j.holds IS NULL), count(*)
        FROM (SELECT {predicate.sql} AS holds FROM {LEADS} WHERE {COUNTED}{span} OFFSET 0) j
    """  # noqa: S608 - put together from the constants above; literals are parameters
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        matching, missing, total = cursor.fetchone()
    return Matching(matching=matching, missing=missing, total=total)
