"""The blind audit on its way: rounds asked, answered, and their gaps."""

from __future__ import annotations

from definitions import services
from definitions.choices import GapPriority
from revops.people.choices import Side
from tests.factories.definitions import NOON

SPEAKERS = {Side.MARKETING: "carla", Side.SALES: "vera"}
SIZE_50 = {"field": "company_size", "operator": "at_least", "value": 50}
SIZE_200 = {"field": "company_size", "operator": "at_least", "value": 200}
PRICING = {"acts": ["pricing_view"], "at_least": 2, "within_days": 30}


def asked(*, cast, term="mql", at=NOON):
    """Open a round on a term."""
    return services.open_round(
        term=term,
        marketing_question=f"What is a {term}?",
        sales_question=f"What makes a {term} worth a call?",
        by=cast["rita"],
        at=at,
    )


def said(text, *, criteria=None, examples=()):
    """What a team hands in."""
    return services.Written(text=text, criteria=criteria, examples=tuple(examples))


def answered(round_, side, *, cast, text="Some words.", criteria=None, at=NOON):
    """Submit for a side."""
    return services.submit_answer(
        round_id=round_.pk,
        side=side,
        written=said(text, criteria=criteria),
        revision=0,
        by=cast[SPEAKERS[side]],
        at=at,
    )


def unsealed(*, cast, term="mql", marketing=None, sales=None, at=NOON):
    """Open a round and let both sides submit, with criteria of one's choice."""
    round_ = asked(cast=cast, term=term, at=at)
    answered(round_, Side.MARKETING, cast=cast, text="Engaged people.", criteria=marketing, at=at)
    answered(round_, Side.SALES, cast=cast, text="Buying people.", criteria=sales, at=at)
    return round_


def gap(*, cast, term="mql", title="Fit or engagement", priority=GapPriority.HIGH, at=NOON):
    """Record a gap on a term that both teams answered."""
    return services.record_gap(
        term=term,
        difference=services.Difference(title=title, priority=priority),
        by=cast["rita"],
        at=at,
    )
