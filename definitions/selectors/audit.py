"""The blind audit as one reader may see it; nothing else reads what the teams wrote.

Until both teams have submitted, a reader sees of the other team only whether it has. That holds
for everybody, RevOps included (`sheet`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from definitions.models import AuditAnswer, AuditRound, AuditSketch
from revops.people.choices import Side

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from revops.people.models import User

AUDITED = (Side.MARKETING, Side.SALES)
FIRST_TERMS = ("mql", "sql")


@dataclass(frozen=True, slots=True)
class RoundState:
    """A round without anything that was written in it.

    Attributes:
        submitted: The teams that have submitted.
    """

    pk: int
    term: str
    number: int
    opened_at: datetime
    opened_by: str
    questions: dict[str, str]
    submitted: frozenset[str]

    @property
    def is_sealed(self) -> bool:
        """Whether a team has still to submit."""
        return not self.submitted.issuperset(AUDITED)

    @property
    def waiting_for(self) -> list[Side]:
        """The teams that have not submitted."""
        return [side for side in AUDITED if side not in self.submitted]


@dataclass(frozen=True, slots=True)
class Words:
    """What a team wrote: a sketch, or the answer it submitted.

    Attributes:
        revision: Of a sketch; 0 for an answer, and where nothing is written yet.
    """

    side: Side
    text: str = ""
    criteria: Any = None
    examples: tuple[str, ...] = ()
    revision: int = 0
    written_at: datetime | None = None
    written_by: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One round as one reader may see it.

    Attributes:
        side: The reader's team; None for those who answer for neither.
        own: What the reader's team wrote, submitted or not; None without a team.
        both: Both answers, marketing's first; None while the round is sealed.
    """

    state: RoundState
    side: Side | None
    own: Words | None
    both: tuple[Words, Words] | None

    @property
    def question(self) -> str:
        """What the reader's team was asked."""
        return "" if self.side is None else self.state.questions[self.side]

    @property
    def may_write(self) -> bool:
        """Whether the reader's team has still to submit."""
        return self.side is not None and self.side not in self.state.submitted


def team_of(user: User) -> Side | None:
    """Return the team a person answers for, or None."""
    return next((side for side in AUDITED if user.has_perm(f"definitions.answer_{side}")), None)


def latest_rounds() -> dict[str, RoundState]:
    """Return the newest round of every term that was asked about."""
    rounds = AuditRound.objects.order_by("term", "-number").distinct("term")
    return {state.term: state for state in _states(rounds.select_related("opened_by"))}


def rounds_of(*, term: str) -> list[RoundState]:
    """Return every round of a term, the newest first."""
    rounds = AuditRound.objects.filter(term=term).order_by("-number")
    return _states(rounds.select_related("opened_by"))


def rounds_by_term() -> dict[str, list[RoundState]]:
    """Return every round, the newest of a term first."""
    found: dict[str, list[RoundState]] = {}
    for state in _states(AuditRound.objects.select_related("opened_by").order_by("-number")):
        found.setdefault(state.term, []).append(state)
    return found


def _states(rounds: Iterable[AuditRound]) -> list[RoundState]:
    held = list(rounds)
    submitted: dict[int, set[str]] = {}
    for pk, side in AuditAnswer.objects.filter(round__in=held).values_list("round_id", "side"):
        submitted.setdefault(pk, set()).add(side)
    return [
        RoundState(
            pk=each.pk,
            term=each.term,
            number=each.number,
            opened_at=each.opened_at,
            opened_by=each.opened_by.name,
            questions={
                Side.MARKETING: each.marketing_question,
                Side.SALES: each.sales_question,
            },
            submitted=frozenset(submitted.get(each.pk, ())),
        )
        for each in held
    ]


def sheet(*, state: RoundState, reader: User) -> Sheet:
    """Return what `reader` may see of a round: the own team's words, and both once unsealed."""
    side = team_of(reader)
    both = None
    if not state.is_sealed:
        answers = {each.side: each for each in _answers(state, AUDITED)}
        both = (answers[Side.MARKETING], answers[Side.SALES])
    own = None if side is None else _own(state, side)
    return Sheet(state=state, side=side, own=own, both=both)


def _own(state: RoundState, side: Side) -> Words:
    if side in state.submitted:
        return _answers(state, (side,))[0]
    sketch = (
        AuditSketch.objects.filter(round=state.pk, side=side).select_related("saved_by").first()
    )
    return Words(side=side) if sketch is None else sketch_words(sketch)


def _answers(state: RoundState, sides: Iterable[Side]) -> list[Words]:
    rows = AuditAnswer.objects.filter(round=state.pk, side__in=list(sides))
    return [
        Words(
            side=Side(row.side),
            text=row.text,
            criteria=row.criteria,
            examples=tuple(row.examples),
            written_at=row.submitted_at,
            written_by=row.submitted_by.name,
        )
        for row in rows.select_related("submitted_by")
    ]


def sketch_words(sketch: AuditSketch) -> Words:
    """Return a sketch as its own team reads it."""
    return Words(
        side=Side(sketch.side),
        text=sketch.text,
        criteria=sketch.criteria,
        examples=tuple(sketch.examples),
        revision=sketch.revision,
        written_at=sketch.saved_at,
        written_by=sketch.saved_by.name,
    )
