"""What a document should not be signed with, and what its signers should know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING

from definitions.choices import Move, Purpose, RequiredField, Unit
from definitions.content import Contribution, Definitions, ScoreModel, Sla
from definitions.content.words import Dimension

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from definitions.content import Commitment, MqlRule, ReasonList
    from definitions.documents import Document

LONGEST_LIST = 10


class Level(StrEnum):
    """How bad a finding is."""

    REFUSED = "refused"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about one clause."""

    level: Level
    clause: str
    message: str

    def is_about(self, key: str) -> bool:
        """Return whether the remark is on a clause, or on a whole of which it is a piece."""
        return key == self.clause or key.startswith(f"{self.clause}/")


def findings(
    *,
    document: Document,
    score_model: ScoreModel | None = None,
    rules: Mapping[str, MqlRule] | None = None,
) -> list[Finding]:
    """Return the remarks on a document, refusals first.

    Args:
        document: The draft's content.
        score_model: The score model in use, to tell a threshold nobody can reach.
        rules: MQL rules a score model has to leave reachable, by how they are called.
    """
    match document:
        case Definitions():
            found = [*_definitions(document), *_reach(document, score_model)]
        case ScoreModel():
            found = [*_score_model(document), *_out_of_reach(document, rules or {})]
        case Sla():
            found = list(_sla(document))
        case Contribution():
            found = list(_contribution(document))
    return sorted(found, key=lambda finding: (finding.level is not Level.REFUSED, finding.clause))


def refusals(*, document: Document, score_model: ScoreModel | None = None) -> list[Finding]:
    """Return only what keeps the document from being signed."""
    found = findings(document=document, score_model=score_model)
    return [one for one in found if one.level is Level.REFUSED]


def _definitions(document: Definitions) -> Iterator[Finding]:
    yield from _mql(document)
    for code, term in document.terms.items():
        for edge in term.edge_cases:
            if not edge.ruling:
                yield Finding(
                    Level.REFUSED, f"terms/{code}", f"An edge case has no ruling: {edge.case}"
                )
        if not term.designated_by:
            yield Finding(Level.REFUSED, f"terms/{code}", "Nobody may say so: name the roles.")
    rejects = document.reasons[Purpose.REJECT].entries
    if any(entry.history_only and not entry.is_retired for entry in rejects):
        yield Finding(
            Level.REFUSED,
            f"reasons/{Purpose.REJECT}",
            "A signed list of reject reasons has no entry that only imports may use.",
        )
    for purpose, reasons in document.reasons.items():
        offered = [one for one in reasons.entries if not one.is_retired and not one.history_only]
        if not offered:
            yield Finding(Level.REFUSED, f"reasons/{purpose}", "No reason is left to choose.")
        if len(offered) > LONGEST_LIST:
            message = f"{len(offered)} reasons to choose from; about {LONGEST_LIST} at most."
            yield Finding(Level.WARNING, f"reasons/{purpose}", message)
        yield from _merges(purpose, reasons)
    yield from _moves(document)


def _merges(purpose: Purpose, reasons: ReasonList) -> Iterator[Finding]:
    entries = {entry.code: entry for entry in reasons.entries}
    for entry in reasons.entries:
        if entry.merged_into is None:
            continue
        into = entries.get(entry.merged_into)
        if into is None or into.is_retired or into.history_only:
            said = "is not on the list" if into is None else "is not offered itself"
            yield Finding(
                Level.REFUSED,
                f"reasons/{purpose}",
                f"{entry.label} is merged into a reason that {said}.",
            )


def _moves(document: Definitions) -> Iterator[Finding]:
    for rule in document.transitions:
        unknown = [key for key in rule.required_fields if key not in RequiredField.values]
        if unknown:
            yield Finding(
                Level.REFUSED,
                "transitions",
                f"Nobody can fill in {', '.join(unknown)} at the move to {rule.to}.",
            )
        if rule.to not in Move.values:
            yield Finding(Level.REFUSED, "transitions", f"There is no move to {rule.to}.")


def _mql(document: Definitions) -> Iterator[Finding]:
    rule = document.mql
    if rule.fit_threshold == 0:
        yield Finding(
            Level.REFUSED,
            "mql",
            "The MQL looks at behaviour only. A form or a page view is a signal, not a "
            "definition: set a fit threshold.",
        )
    if rule.intent_threshold == 0:
        yield Finding(
            Level.REFUSED,
            "mql",
            "The MQL looks at fit only. A company that never looked at us is a target account: "
            "set an intent threshold.",
        )
    top = rule.bands[0]
    if (top.minimum_fit, top.minimum_intent) != (rule.fit_threshold, rule.intent_threshold):
        yield Finding(Level.WARNING, "mql", f"The band {top.label} begins elsewhere than the MQL.")
    term = document.terms.get("mql")
    if term is not None and term.dimension is not Dimension.BOTH:
        yield Finding(Level.REFUSED, "terms/mql", "The term says it looks at one dimension only.")


def _reach(document: Definitions, score_model: ScoreModel | None) -> Iterator[Finding]:
    if score_model is None:
        return
    pairs = (
        ("fit", document.mql.fit_threshold, score_model.most_fit),
        ("intent", document.mql.intent_threshold, score_model.most_intent),
    )
    for name, threshold, most in pairs:
        if threshold > most:
            yield Finding(
                Level.REFUSED,
                "mql",
                f"Nobody can reach {threshold} points of {name}: the score model ends at {most}.",
            )


def _out_of_reach(model: ScoreModel, rules: Mapping[str, MqlRule]) -> Iterator[Finding]:
    for name, rule in rules.items():
        pairs = (
            ("fit", rule.fit_threshold, model.most_fit),
            ("intent", rule.intent_threshold, model.most_intent),
        )
        for score, threshold, most in pairs:
            if threshold > most:
                yield Finding(
                    Level.WARNING,
                    score,
                    f"{name} asks for {threshold} points of {score}, which nobody could reach: "
                    f"this model ends at {most}.",
                )


def _score_model(document: ScoreModel) -> Iterator[Finding]:
    if document.most_fit == 0:
        yield Finding(Level.REFUSED, "fit", "No attribute gives points.")
    if document.most_intent == 0:
        yield Finding(Level.REFUSED, "intent", "No act gives points.")


def _sla(document: Sla) -> Iterator[Finding]:
    active = [one for one in document.commitments.values() if one.is_active]
    for side in ("marketing", "sales"):
        if not any(one.side == side for one in active):
            yield Finding(Level.REFUSED, "commitments", f"Nothing is promised by {side}.")
    for key, commitment in document.commitments.items():
        if commitment.kind == "mql_volume" and (
            commitment.count is None or not commitment.is_active
        ):
            yield Finding(
                Level.WARNING,
                f"commitments/{key}",
                "No monthly volume is agreed yet; it has no default.",
            )
        if commitment.kind == "context" and commitment.is_active and not document.handoff_context:
            yield Finding(
                Level.WARNING,
                f"commitments/{key}",
                "Nothing is listed that a rep has to see at handoff, so nothing can be missing.",
            )
        if commitment.target_rate == 0:
            yield Finding(
                Level.WARNING,
                f"commitments/{key}",
                "Kept in none of the cases: nothing is promised.",
            )
        least = _least_minutes(commitment)
        if least > _most_minutes(commitment):
            yield Finding(
                Level.REFUSED,
                f"commitments/{key}",
                f"{commitment.count} attempts cannot be kept: those closer than "
                f"{commitment.collapse_minutes} minutes count as one, and the time is shorter.",
            )


def _least_minutes(commitment: Commitment) -> int:
    """Return in how many minutes the attempts can be made on one channel at the quickest."""
    return (commitment.collapse_minutes or 0) * ((commitment.count or 1) - 1)


def _most_minutes(commitment: Commitment) -> float:
    """Return the minutes allowed; days and months are always long enough."""
    hourly = {Unit.BUSINESS_HOURS: 60, Unit.CALENDAR_HOURS: 60, Unit.CALENDAR_MINUTES: 1}
    minutes = hourly.get(commitment.unit)
    return inf if minutes is None else minutes * (commitment.allowance_amount or 0)


def _contribution(document: Contribution) -> Iterator[Finding]:
    if document.quarter is None:
        yield Finding(Level.REFUSED, "quarter", "The agreement names no quarter.")
    if document.target.amount is None:
        yield Finding(
            Level.WARNING, "target", "No target amount: the page will show no target status."
        )
    total = sum(split.amount for split in document.target.split)
    if document.target.amount is not None and total > document.target.amount:
        yield Finding(Level.REFUSED, "target", "The parts are more than the whole target.")
