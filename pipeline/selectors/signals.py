"""Count which criteria won deals met before sales accepted them, and which the others met.

Three statements, however many leads and criteria there are: the values that occur, the counts,
and the reach of the scores. Criteria are judged at an instant of each lead's own, by the compiler
that counts and back-tests.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import TextChoices

from definitions import criteria_json
from definitions.choices import DocumentKind
from definitions.criteria import Acts, All, Compare, Operator, leaf_text
from definitions.fields import REGISTRY
from definitions.selectors import score_model_of, version_in_use
from pipeline.selectors.predicates import COUNTED, LEADS, predicate_of
from pipeline.signals import Candidate, Reach, Report, signals_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from definitions.content import ScoreModel

MONTH: Final = timedelta(days=365) / 12
SPANS: Final = (3, 6, 12, 24)
"""Months one may look back."""
MOST_OTHERS: Final = 5_000
"""Of the leads the won are compared with, the latest so many: more add time, not knowledge."""
MOST_VALUES: Final = 8
"""Values of a field that are looked at, the most frequent first."""
WINDOW_DAYS: Final = 30
SIZES: Final = ((1, 49), (50, 199), (200, 999), (1000, None))
THRESHOLDS: Final = tuple(range(5, 100, 5))


class Against(TextChoices):
    """Whom the won are compared with."""

    REJECTED = "rejected", "rejected leads"
    LOST = "lost", "lost deals"
    NO_DEAL = "no_deal", "leads without a deal"


@dataclass(frozen=True, slots=True)
class Found:
    """The report and what it was made of.

    Attributes:
        sizes: How many leads each kind of comparison would have.
        unknown_won: Won deals of the span that name no lead; nothing is known of these.
        is_cut: Whether only the latest of the others were looked at.
    """

    report: Report
    against: Against
    sizes: dict[Against, int]
    unknown_won: int
    is_cut: bool


# Leads sales found by itself never went through the rule that is to be written.
_INBOUND: Final = f"{COUNTED} AND l.source_group <> 'outbound'"

_WON: Final = f"""
    SELECT DISTINCT ON (o.lead_id) o.lead_id, true AS is_won,
        COALESCE(r.accepted_at, o.accepted_at, o.created_at, o.recorded_at) AS judged_at,
        r.fit_score, r.intent_score
    FROM pipeline_opportunity o JOIN pipeline_lead l ON l.id = o.lead_id
        LEFT JOIN pipeline_round r ON r.id = o.round_id
    WHERE {_INBOUND} AND o.outcome = 'won' AND o.voided_at IS NULL
        AND COALESCE(o.closed_at, o.recorded_at) >= %(since)s
        AND COALESCE(o.closed_at, o.recorded_at) < %(at)s
    ORDER BY o.lead_id, o.closed_at, o.id"""  # noqa: S608 - constants

_OTHERS: Final = {
    Against.REJECTED: f"""
    SELECT DISTINCT ON (r.lead_id) r.lead_id, r.rejected_at AS judged_at,
        r.fit_score, r.intent_score
    FROM pipeline_round r JOIN pipeline_lead l ON l.id = r.lead_id
    WHERE {_INBOUND} AND r.rejected_at >= %(since)s AND r.rejected_at < %(at)s
        AND r.voided_at IS NULL
    ORDER BY r.lead_id, r.rejected_at""",  # noqa: S608 - constants
    Against.LOST: f"""
    SELECT DISTINCT ON (o.lead_id) o.lead_id,
        COALESCE(r.accepted_at, o.accepted_at, o.created_at, o.recorded_at) AS judged_at,
        r.fit_score, r.intent_score
    FROM pipeline_opportunity o JOIN pipeline_lead l ON l.id = o.lead_id
        LEFT JOIN pipeline_round r ON r.id = o.round_id
    WHERE {_INBOUND} AND o.outcome = 'lost' AND o.voided_at IS NULL
        AND COALESCE(o.closed_at, o.recorded_at) >= %(since)s
        AND COALESCE(o.closed_at, o.recorded_at) < %(at)s
    ORDER BY o.lead_id, o.closed_at, o.id""",  # noqa: S608 - constants
    Against.NO_DEAL: f"""
    SELECT l.id AS lead_id, %(at)s::timestamptz AS judged_at,
        NULL::smallint AS fit_score, NULL::smallint AS intent_score
    FROM pipeline_lead l
    WHERE {_INBOUND} AND COALESCE(l.captured_at, l.recorded_at) >= %(since)s
        AND COALESCE(l.captured_at, l.recorded_at) < %(at)s
        AND NOT EXISTS (SELECT 1 FROM pipeline_opportunity d
            WHERE d.lead_id = l.id AND d.voided_at IS NULL)""",  # noqa: S608 - constants
}

# Deals that were lost and later won by the same lead count as won only.
_SUBJECTS: Final = """
WITH won AS ({won}), others AS (
    SELECT o.* FROM ({others}) o
    WHERE NOT EXISTS (SELECT 1 FROM won WHERE won.lead_id = o.lead_id)
    ORDER BY o.judged_at DESC, o.lead_id LIMIT {limit}
), s AS MATERIALIZED (
    SELECT lead_id, is_won, judged_at, fit_score, intent_score FROM won
    UNION ALL SELECT lead_id, false, judged_at, fit_score, intent_score FROM others
)"""

_JOINED: Final = f"FROM {LEADS} JOIN s ON s.lead_id = l.id"

_VALUES: Final = {
    "industry": "c.industry",
    "country": "c.country",
    "seniority": "l.seniority",
    "channel": "ch.name",
    "source_group": "l.source_group",
}
_HEADINGS: Final = {
    "industry": "Industry",
    "country": "Country",
    "seniority": "Seniority",
    "channel": "Channel",
    "source_group": "Source group",
}


def signal_report(*, at: datetime, months: int = 12, against: Against | None = None) -> Found:
    """Return which signals the won deals of the last months showed before they were accepted.

    Args:
        at: The end of the span, which is excluded.
        months: How long the span is.
        against: Whom they are compared with; None takes the first of rejected, lost and no deal
            of which there are any.
    """
    span = {"since": at - months * MONTH, "at": at}
    sizes, unknown = _sizes(span)
    if against is None:
        against = next((each for each in Against if sizes[each]), Against.REJECTED)
    common, kinds = _common(span, against=against)
    model = score_model_of(version_in_use(kind=DocumentKind.SCORE_MODEL, at=at).version)
    found = candidates(model=model, common=common, kinds=kinds)
    report = _counted(found, span=span, against=against)
    return Found(
        report=report,
        against=against,
        sizes=sizes,
        unknown_won=unknown,
        is_cut=report.other_n == MOST_OTHERS,
    )


def candidates(
    *, model: ScoreModel, common: dict[str, list[str]], kinds: Iterable[str]
) -> list[Candidate]:
    """Return what is looked at, each criterion once.

    Args:
        model: The score model in use; every level of its fit is a candidate.
        common: Field -> its most frequent values.
        kinds: The acts that occurred.
    """
    found = [
        Candidate("Score model", f"{attribute.label}: {level.label}", level.tree)
        for attribute in model.fit
        for level in attribute.levels
    ]
    for key in REGISTRY.acts:
        if key in kinds:
            trees = (
                Acts(acts=(key,)),
                Acts(acts=(key,), within_days=WINDOW_DAYS),
                Acts(acts=(key,), at_least=2, within_days=WINDOW_DAYS),
            )
            found += [Candidate("Acts", leaf_text(tree), tree) for tree in trees]
    for name, values in common.items():
        for value in values:
            equal = Compare(field=name, operator=Operator.EQUALS, value=value)
            found.append(Candidate(_HEADINGS[name], leaf_text(equal), equal))
    found += [_size(low, high) for low, high in SIZES]
    for name in ("hand_raiser", "has_phone", "has_email"):
        flag = Compare(field=name, operator=Operator.EQUALS, value=True)
        label = REGISTRY.fields[name].label
        found.append(Candidate("Lead", label[:1].upper() + label[1:], flag))
    once = {str(criteria_json.to_json(one.tree)): one for one in reversed(found)}
    return list(reversed(once.values()))


def _size(low: int, high: int | None) -> Candidate:
    least = Compare(field="company_size", operator=Operator.AT_LEAST, value=low)
    if high is None:
        return Candidate("Company size", f"{low:,} employees or more", least)
    most = Compare(field="company_size", operator=Operator.AT_MOST, value=high)
    return Candidate("Company size", f"{low:,} to {high:,} employees", All((least, most)))


def _subjects(against: Against) -> str:
    return _SUBJECTS.format(won=_WON, others=_OTHERS[against], limit=MOST_OTHERS)


def _sizes(span: dict[str, Any]) -> tuple[dict[Against, int], int]:
    """Return how many leads each comparison has, and how many won deals name no lead."""
    counts = ", ".join(
        f"(SELECT count(*) FROM ({_OTHERS[each]}) x)"  # noqa: S608 - constants
        for each in Against
    )
    statement = f"""
        SELECT {counts}, (SELECT count(*) FROM pipeline_opportunity o
            WHERE o.outcome = 'won' AND o.voided_at IS NULL AND o.lead_id IS NULL
            AND COALESCE(o.closed_at, o.recorded_at) >= %(since)s
            AND COALESCE(o.closed_at, o.recorded_at) < %(at)s)"""  # noqa: S608 - constants
    with connection.cursor() as cursor:
        cursor.execute(statement, span)
        *sizes, unknown = cursor.fetchone()
    return dict(zip(Against, sizes, strict=True)), unknown


def _common(
    span: dict[str, Any], *, against: Against
) -> tuple[dict[str, list[str]], frozenset[str]]:
    """Return the most frequent values of each field, and the acts that occurred."""
    parts = " UNION ALL ".join(
        f"SELECT '{name}' AS name, min({column}) AS value, count(*) AS n {_JOINED}"
        f" WHERE {column} <> '' GROUP BY lower({column})"
        for name, column in _VALUES.items()
    )
    statement = f"""{_subjects(against)}
        {parts} UNION ALL SELECT 'acts', t.kind, count(DISTINCT t.lead_id)
        FROM s JOIN pipeline_touch t ON t.lead_id = s.lead_id AND t.occurred_at <= s.judged_at
        GROUP BY t.kind ORDER BY name, n DESC, value"""  # noqa: S608 - constants
    found: dict[str, list[str]] = defaultdict(list)
    kinds = set()
    with connection.cursor() as cursor:
        cursor.execute(statement, span)
        for name, value, _ in cursor.fetchall():
            if name == "acts":
                kinds.add(value)
            elif len(found[name]) < MOST_VALUES:
                found[name].append(value)
    return {name: found[name] for name in _VALUES}, frozenset(kinds)


def _counted(found: list[Candidate], *, span: dict[str, Any], against: Against) -> Report:
    """Count every candidate and every threshold in one statement over the leads."""
    columns: list[str] = []
    params = dict(span)
    for candidate in found:
        predicate = predicate_of(candidate.tree, at="s.judged_at")
        names = []
        for value in predicate.params:
            name = f"p{len(params)}"
            params[name] = value
            names.append(f"%({name})s")
        columns.append(f"count(*) FILTER (WHERE {predicate.sql % tuple(names)})")
    for score in ("fit_score", "intent_score"):
        columns += [
            f"count(*) FILTER (WHERE COALESCE(s.{score}, l.{score}) >= {least})"
            for least in THRESHOLDS
        ]
    statement = f"""{_subjects(against)}
        SELECT s.is_won, count(*), {", ".join(columns)} {_JOINED}
        GROUP BY s.is_won"""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows = {is_won: counts for is_won, *counts in cursor.fetchall()}
    none = [0] * (len(columns) + 1)
    won_n, *won = rows.get(True, none)
    other_n, *other = rows.get(False, none)
    ends = len(found), len(found) + len(THRESHOLDS)
    return Report(
        won_n=won_n,
        other_n=other_n,
        signals=signals_of(
            zip(found, won[: ends[0]], other[: ends[0]], strict=True),
            won_n=won_n,
            other_n=other_n,
        ),
        looked_at=len(found),
        fit=_reaches(won[ends[0] : ends[1]], other[ends[0] : ends[1]]),
        intent=_reaches(won[ends[1] :], other[ends[1] :]),
    )


def _reaches(won: list[int], other: list[int]) -> tuple[Reach, ...]:
    return tuple(map(Reach, THRESHOLDS, won, other))
