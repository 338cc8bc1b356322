"""Whether a lead is an MQL, and why: the signed definition applied to what is known.

An MQL needs fit and intent, both; an act the definition names, such as a demo request, stands in
for intent and never for fit; a disqualifier known to hold keeps the lead out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from definitions.criteria import evaluate
from pipeline.scoring import fit_score, intent_score

if TYPE_CHECKING:
    from definitions.content.scores import ScoreModel
    from definitions.content.words import Definitions
    from definitions.criteria import Explanation, Facts
    from pipeline.scoring import Score


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A disqualifier and its verdict; it excludes only when it is known to hold."""

    code: str
    label: str
    explanation: Explanation

    @property
    def excludes(self) -> bool:
        """Whether it keeps the lead out."""
        return self.explanation.qualifies


@dataclass(frozen=True, slots=True)
class Decision:
    """What the definition says about a lead at an instant.

    Attributes:
        is_mql: Whether the lead qualifies.
        fit: Who they are.
        intent: What they did.
        band: The code of the band both scores reach.
        explanation: The verdict on every criterion: pass, fail or missing.
        exclusions: The verdict on every disqualifier.
    """

    is_mql: bool
    fit: Score
    intent: Score
    band: str
    explanation: Explanation
    exclusions: tuple[Exclusion, ...]

    @property
    def disqualified_by(self) -> tuple[str, ...]:
        """The codes of the disqualifiers that hold."""
        return tuple(one.code for one in self.exclusions if one.excludes)

    def to_json(self) -> dict[str, object]:
        """Return the snapshot stored with the round."""
        return {
            "is_mql": self.is_mql,
            "band": self.band,
            "fit": self.fit.to_json(),
            "intent": self.intent.to_json(),
            "rule": self.explanation.to_json(),
            "disqualifiers": [
                {"code": one.code, "label": one.label, "rule": one.explanation.to_json()}
                for one in self.exclusions
            ],
        }


def decide(
    *,
    definitions: Definitions,
    model: ScoreModel,
    facts: Facts,
    fit: Score | None = None,
    intent: Score | None = None,
) -> Decision:
    """Judge `facts` by the definition.

    Args:
        definitions: The content of the definitions version in use at `facts.at`.
        model: The content of the score model in use then.
        facts: What is known, without scores.
        fit: A score that came with the lead; None computes it.
        intent: Likewise.
    """
    fit = fit or fit_score(model=model, attributes=facts.values)
    intent = intent or intent_score(model=model, acts=facts.acts or (), at=facts.at)
    scores = {"fit_score": fit.value, "intent_score": intent.value}
    facts = replace(facts, values={**facts.values, **scores})
    rule = definitions.mql
    explanation = evaluate(rule.tree, facts)
    exclusions = tuple(
        Exclusion(one.code, one.label, evaluate(one.tree, facts)) for one in rule.disqualifiers
    )
    return Decision(
        is_mql=explanation.qualifies and not any(one.excludes for one in exclusions),
        fit=fit,
        intent=intent,
        band=rule.band(fit=fit.value, intent=intent.value).code,
        explanation=explanation,
        exclusions=exclusions,
    )
