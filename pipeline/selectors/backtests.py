"""Back-tests as pages and services read them: the rule, the stored cube, names by group."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import Q

from definitions.canonical import canonical, sha256
from definitions.choices import DocumentKind
from definitions.content.scores import ScoreModel
from definitions.content.words import MqlRule
from definitions.documents import content_of
from definitions.selectors import (
    definitions_of,
    open_draft_of,
    score_model_of,
    version_in_use,
)
from pipeline.choices import JobStatus
from pipeline.cube import Cube, Rule, Signature, leaves_of
from pipeline.models import Backtest, BacktestSignature, Lead
from pipeline.selectors.persons import Person, person_of
from revops.people.models import Rep

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from django.core.paginator import Page

    from definitions.models import Draft, Version
    from revops.people.models import User

PAGE_SIZE = 50
KEPT_CUBES = 4
JUDGING = (DocumentKind.DEFINITIONS, DocumentKind.SCORE_MODEL)
"""The documents that decide who is an MQL."""


def rule_json(*, mql: MqlRule, model: ScoreModel) -> dict[str, Any]:
    """Return the stored form of a rule: what judges, without what explains."""
    plain = model.model_dump(mode="json") | {"purpose": "", "review": ""}
    return {"mql": mql.model_dump(mode="json"), "score_model": plain}


def rule_sha256(stored: dict[str, Any]) -> str:
    """Return the hash of a stored rule."""
    return sha256(canonical(stored))


def rule_from(stored: dict[str, Any]) -> Rule:
    """Return the rule that `rule_json` stored."""
    return Rule(
        mql=MqlRule.model_validate(stored["mql"]),
        model=ScoreModel.model_validate(stored["score_model"]),
    )


def rule_of_draft(*, draft: Draft, at: datetime) -> dict[str, Any]:
    """Return the stored form of the rule a draft makes with the other document in use."""
    content = content_of(clauses={clause.key: clause.body for clause in draft.clauses.all()})
    if draft.kind == DocumentKind.DEFINITIONS:
        return rule_of_proposal(mql=MqlRule.model_validate(content["mql"]), at=at)
    words = version_in_use(kind=DocumentKind.DEFINITIONS, at=at).version
    return rule_json(mql=definitions_of(words).mql, model=ScoreModel.model_validate(content))


def rule_of_proposal(*, mql: MqlRule, at: datetime) -> dict[str, Any]:
    """Return the stored form of the rule an MQL makes with the score model in use."""
    scores = version_in_use(kind=DocumentKind.SCORE_MODEL, at=at).version
    return rule_json(mql=mql, model=score_model_of(scores))


def rule_of_version(*, version: Version, at: datetime) -> dict[str, Any]:
    """Return the stored form of the rule a version makes with the other document in use."""
    if version.kind == DocumentKind.DEFINITIONS:
        return rule_of_proposal(mql=definitions_of(version).mql, at=at)
    words = version_in_use(kind=DocumentKind.DEFINITIONS, at=at).version
    return rule_json(mql=definitions_of(words).mql, model=score_model_of(version))


def base_rule(backtest: Backtest) -> Rule:
    """Return the rule in use that a back-test compares with."""
    return Rule(
        mql=definitions_of(backtest.base_version).mql,
        model=score_model_of(backtest.base_score_version),
    )


@lru_cache(maxsize=KEPT_CUBES)
def cube_of(backtest_id: int) -> tuple[Cube, Rule, Rule]:
    """Return the cube of a finished back-test, the rule in use and the draft's.

    Both never change once the back-test is done, so a process reads them once.
    """
    backtest = Backtest.objects.select_related("base_version", "base_score_version").get(
        pk=backtest_id
    )
    base, draft = base_rule(backtest), rule_from(backtest.rule)
    rows = BacktestSignature.objects.filter(backtest=backtest).order_by("pk")
    signatures = tuple(
        Signature(
            answers=tuple(answers),
            size=told["size"],
            tally=told["tally"],
            won={int(lead): amounts for lead, amounts in told["won"].items()},
            key=pk,
        )
        for pk, answers, told in rows.values_list("pk", "leaves", "outcomes").iterator()
    )
    return Cube(leaves_of(base, draft), signatures), base, draft


def reps_who_take_leads() -> int:
    """Return how many reps share the leads."""
    return Rep.objects.filter(takes_leads=True).count()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The latest back-test of a rule, and whether it speaks of the rule as it is now."""

    backtest: Backtest | None
    is_current: bool


def standing_of_draft(*, draft: Draft, at: datetime) -> Standing:
    """Return the latest back-test of a draft that was not given up."""
    found = (
        Backtest.objects.filter(draft=draft)
        .exclude(status=JobStatus.CANCELLED)
        .select_related("result")
        .order_by("-requested_at", "-pk")
        .first()
    )
    now = rule_sha256(rule_of_draft(draft=draft, at=at))
    return Standing(backtest=found, is_current=found is not None and found.rule_sha256 == now)


def latest_of_proposals() -> Backtest | None:
    """Return the latest back-test of a proposal that was not given up, or None."""
    return (
        Backtest.objects.filter(draft=None)
        .exclude(status=JobStatus.CANCELLED)
        .defer("rule")
        .order_by("-requested_at", "-pk")
        .first()
    )


def backtest_of_version(*, version: Version, at: datetime) -> Backtest | None:
    """Return the latest finished back-test of the rule of a version, or None."""
    if version.kind not in JUDGING:
        return None
    hashed = rule_sha256(rule_of_version(version=version, at=at))
    return (
        Backtest.objects.filter(Q(rule_sha256=hashed), status=JobStatus.DONE)
        .select_related("result")
        .order_by("-requested_at", "-pk")
        .first()
    )


def judging_draft(kind: str) -> Draft | None:
    """Return the open draft of a document that decides who is an MQL, or None."""
    return open_draft_of(kind=DocumentKind(kind)) if kind in JUDGING else None


@dataclass(frozen=True, kw_only=True)
class LeadName:
    """A lead of a group, as the reader may see it."""

    lead: Lead
    person: Person


@dataclass(frozen=True, kw_only=True)
class Names:
    """One page of the leads of a group."""

    rows: list[LeadName]
    page: Page[int]


def names(*, signature_ids: Collection[int], user: User, page: str | None) -> Names:
    """Return the leads of these signatures, one page; those the user may not open are left out."""
    held = BacktestSignature.objects.filter(pk__in=signature_ids).values_list(
        "lead_ids", flat=True
    )
    ids = sorted({pk for lead_ids in held for pk in lead_ids}, reverse=True)
    found: Page[int] = Paginator(ids, PAGE_SIZE).get_page(page)
    return Names(rows=named(lead_ids=list(found.object_list), user=user), page=found)


def named(*, lead_ids: Sequence[int], user: User) -> list[LeadName]:
    """Return these leads with their names, in this order; one statement."""
    rows = Lead.objects.visible_to(user).select_related("company", "owner").in_bulk(list(lead_ids))
    return [
        LeadName(lead=rows[pk], person=person_of(lead=rows[pk], reader=user))
        for pk in lead_ids
        if pk in rows
    ]
