"""Made-up persons beside the score model, so that its figures mean somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from definitions.criteria import Facts, evaluate
from pipeline.scoring import fit_score, intent_score

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from definitions.content import MqlRule, ScoreModel
    from definitions.criteria import FactValue


@dataclass(frozen=True, slots=True)
class Person:
    """A lead nobody is.

    Attributes:
        told: Who they are and what they did, in words.
        acts: Kind of act and how many days ago.
    """

    name: str
    told: str
    attributes: Mapping[str, FactValue]
    acts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """What the document as it stands makes of a person, beside what is in use makes of them."""

    person: Person
    fit: int
    intent: int
    fit_before: int
    intent_before: int
    band: str
    is_mql: bool
    was_mql: bool

    @property
    def verdict(self) -> str:
        """Whether the person is an MQL, and whether that is new."""
        words = "MQL" if self.is_mql else "no MQL"
        if self.is_mql == self.was_mql:
            return words
        return f"{words}, so far {'MQL' if self.was_mql else 'none'}"

    @property
    def has_moved(self) -> bool:
        """Whether either score differs from the one in use."""
        return (self.fit, self.intent) != (self.fit_before, self.intent_before)


PEOPLE = (
    Person(
        "Ada",
        "VP at a software company of 250 in Germany. Asked for a demo yesterday, looked at "
        "prices twice this week.",
        {
            "company_size": 250, "industry": "Software", "country": "Germany",
            "title": "VP Operations", "seniority": "vp", "technology": ("Salesforce", "HubSpot"),
            "email_domain": "example.com", "has_email": True, "is_customer": False,
            "is_competitor": False, "hand_raiser": True,
        },
        (("demo_request", 1), ("pricing_view", 2), ("pricing_view", 4), ("product_page", 4)),
    ),
    Person(
        "Ben",
        "Manager at a manufacturer of 80 in the United States. Went to a webinar 40 days ago, "
        "read a case study since.",
        {
            "company_size": 80, "industry": "Manufacturing", "country": "United States",
            "title": "Marketing Manager", "seniority": "manager", "technology": ("Salesforce",),
            "email_domain": "example.org", "has_email": True, "is_customer": False,
            "is_competitor": False, "hand_raiser": False,
        },
        (("webinar", 40), ("case_study", 21), ("email_click", 21)),
    ),
    Person(
        "Cleo",
        "Student; nothing is known of a company. Read nine pages and took three downloads.",
        {
            "title": "Student", "seniority": "student", "email_domain": "example.edu",
            "has_email": True, "is_customer": False, "is_competitor": False, "hand_raiser": False,
        },
        (*(("page_view", day) for day in range(1, 10)), *(("download", day) for day in (2, 5, 6))),
    ),
)  # fmt: skip


def examples(
    *,
    model: ScoreModel,
    rule: MqlRule,
    model_before: ScoreModel,
    rule_before: MqlRule,
    at: datetime,
) -> list[Example]:
    """Return the made-up persons as a draft judges them, beside what is in use.

    Args:
        model: The score model as it is being written, or the one in use.
        rule: The MQL rule as it is being written, or the one in use.
        model_before: The score model in use.
        rule_before: The MQL rule in use.
        at: The instant of the judgement.
    """
    found = []
    for person in PEOPLE:
        fit, intent, is_mql = _judged(person, model, rule, at)
        fit_before, intent_before, was_mql = _judged(person, model_before, rule_before, at)
        band = rule.band(fit=fit, intent=intent).label
        found.append(
            Example(person, fit, intent, fit_before, intent_before, band, is_mql, was_mql)
        )
    return found


def _judged(
    person: Person, model: ScoreModel, rule: MqlRule, at: datetime
) -> tuple[int, int, bool]:
    acts = [(kind, at - timedelta(days=days)) for kind, days in person.acts]
    fit = fit_score(model=model, attributes=person.attributes).value
    intent = intent_score(model=model, acts=acts, at=at).value
    values: dict[str, Any] = {**person.attributes, "fit_score": fit, "intent_score": intent}
    facts = Facts(values=values, at=at, acts=acts)
    is_out = any(evaluate(one.tree, facts).qualifies for one in rule.disqualifiers)
    return fit, intent, evaluate(rule.tree, facts).qualifies and not is_out
