"""What a draft would have done: two rules compared over one cube, in numbers.

Precision and recall are shares with their counts, so that a page can show both; a share of
nothing is None and reads as a dash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pipeline.cube import judged
from pipeline.scoring import SCALE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipeline.cube import Cube, Rule, Signature, Verdict

CURVE_STEP: Final = 5
CURVE: Final = tuple(range(0, SCALE + 1, CURVE_STEP))
"""The thresholds of the curve: 21 of them."""
DAYS_OF_WEEK: Final = 7
WORKING_DAYS: Final = 5
SHOWN_COUNTS: Final = ("accepted", "decided", "sql", "opportunity", "won", "lost")


class Side(StrEnum):
    """Which of the two rules makes a lead an MQL."""

    NEWLY = "newly"
    NO_LONGER = "no_longer"
    BOTH = "both"
    NEITHER = "neither"


@dataclass(slots=True)
class Tally:
    """Leads, and what became of them; amounts won are in hundredths by currency."""

    leads: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    won_amounts: dict[str, int] = field(default_factory=dict)

    def add(self, cell: _Cell) -> None:
        """Count the leads of a cell."""
        self.leads += cell.size
        for name, count in zip(SHOWN_COUNTS, cell.counts, strict=True):
            self.counts[name] = self.counts.get(name, 0) + count
        for amounts in cell.won.values():
            for currency, amount in amounts.items():
                self.won_amounts[currency] = self.won_amounts.get(currency, 0) + amount

    def count(self, name: str) -> int:
        """Return one of the counts."""
        return self.counts.get(name, 0)

    def to_json(self) -> dict[str, Any]:
        """Return the stored form, with a zero for what became of nobody."""
        counts = {name: self.count(name) for name in SHOWN_COUNTS}
        return {"leads": self.leads, **counts, "won_amounts": self.won_amounts}


def total_of(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    total = Tally()
    for tally in tallies:
        total.leads += tally.leads
        for name, count in tally.counts.items():
            total.counts[name] = total.counts.get(name, 0) + count
        for currency, amount in tally.won_amounts.items():
            total.won_amounts[currency] = total.won_amounts.get(currency, 0) + amount
    return total


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """The share from 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None

    def to_json(self) -> list[int]:
        """Return the stored form."""
        return [self.part, self.whole]


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a rule tells apart what sales accepts and what is won.

    Attributes:
        accepted_precision: Of its MQLs that sales decided on, those accepted.
        accepted_recall: Of all leads sales accepted, those it makes MQLs.
        won_precision: Of its MQLs that sales decided on, those won.
        won_recall: Of all leads won, those it makes MQLs.
    """

    accepted_precision: Share
    accepted_recall: Share
    won_precision: Share
    won_recall: Share


def quality_of(*, mqls: Tally, everybody: Tally) -> Quality:
    """Return the shares of a rule that makes `mqls` of `everybody`."""
    decided = mqls.count("decided")
    return Quality(
        accepted_precision=Share(mqls.count("accepted"), decided),
        accepted_recall=Share(mqls.count("accepted"), everybody.count("accepted")),
        won_precision=Share(mqls.count("won"), decided),
        won_recall=Share(mqls.count("won"), everybody.count("won")),
    )


@dataclass(frozen=True, slots=True)
class Load:
    """What a number of MQLs means for the people who call them."""

    mqls: int
    days: float
    reps: int

    @property
    def per_week(self) -> float:
        """MQLs a week."""
        return self.mqls * DAYS_OF_WEEK / self.days

    @property
    def per_rep(self) -> float | None:
        """MQLs a week for each rep who takes leads; None without reps."""
        return self.per_week / self.reps if self.reps else None

    @property
    def contacts_per_day(self) -> float | None:
        """First contacts each rep owes on a working day."""
        return None if self.per_rep is None else self.per_rep / WORKING_DAYS


@dataclass(frozen=True, slots=True)
class Step:
    """A threshold of the curve: the MQLs it gives, and those among them accepted and won."""

    threshold: int
    leads: int
    accepted: int
    won: int


@dataclass(frozen=True)
class Comparison:
    """The draft's rule against the one in use, over the same leads.

    Attributes:
        sides: The side of each cell of signatures with the same verdicts.
        which: The cell of each signature, in the order of the cube.
        won_lost: Leads won that the rule in use makes MQLs and the draft's does not.
        fit_curve: The draft's rule with every fit threshold, all else as it is.
        intent_curve: Likewise for intent.
    """

    tallies: dict[Side, Tally]
    sides: tuple[Side, ...]
    which: list[int]
    base_fit: int
    base_intent: int
    fit: int
    intent: int
    fit_curve: tuple[Step, ...]
    intent_curve: tuple[Step, ...]
    won_lost: tuple[int, ...]
    won_gained: tuple[int, ...]

    def signatures(self, *, cube: Cube, side: Side) -> list[Signature]:
        """Return the signatures of one side."""
        return [
            signature
            for signature, cell in zip(cube.signatures, self.which, strict=True)
            if self.sides[cell] is side
        ]

    @property
    def before(self) -> Tally:
        """The MQLs of the rule in use."""
        return total_of([self.tallies[Side.BOTH], self.tallies[Side.NO_LONGER]])

    @property
    def after(self) -> Tally:
        """The MQLs of the draft's rule."""
        return total_of([self.tallies[Side.BOTH], self.tallies[Side.NEWLY]])

    @property
    def everybody(self) -> Tally:
        """All leads of the span."""
        return total_of(self.tallies.values())

    def to_json(self) -> dict[str, Any]:
        """Return the numbers that are stored and shown to signers."""
        stored: dict[str, Any] = {side.value: self.tallies[side].to_json() for side in Side}
        everybody = self.everybody
        for name, mqls in (("before", self.before), ("after", self.after)):
            quality = quality_of(mqls=mqls, everybody=everybody)
            stored[name] = mqls.to_json() | {
                share: getattr(quality, share).to_json() for share in Quality.__slots__
            }
        stored["everybody"] = everybody.to_json()
        stored["thresholds"] = {
            "before": [self.base_fit, self.base_intent],
            "after": [self.fit, self.intent],
        }
        stored["curves"] = {
            name: [[step.threshold, step.leads, step.accepted, step.won] for step in curve]
            for name, curve in (("fit", self.fit_curve), ("intent", self.intent_curve))
        }
        return stored


def compared(*, cube: Cube, base: Rule, draft: Rule) -> Comparison:
    """Compare two rules over the leads of `cube`; no lead is read.

    Raises:
        NeedsPassError: A rule asks what the cube does not hold.
    """
    before = judged(cube=cube, rule=base)
    after = judged(cube=cube, rule=draft)
    base_fit, base_intent = base.mql.fit_threshold, base.mql.intent_threshold
    fit, intent = draft.mql.fit_threshold, draft.mql.intent_threshold
    cells, which = cube.kept(
        ("cells", base.asked, draft.asked), lambda: _cells(cube, before, after)
    )
    sides = [
        _side(
            was=cell.was.qualifies(fit=base_fit, intent=base_intent),
            will=cell.will.qualifies(fit=fit, intent=intent),
        )
        for cell in cells
    ]
    tallies = {side: Tally() for side in Side}
    won: dict[Side, list[int]] = {side: [] for side in Side}
    for cell, side in zip(cells, sides, strict=True):
        tallies[side].add(cell)
        won[side] += cell.won
    held = [(cell, cell.will) for cell in cells if cell.will.holds]
    return Comparison(
        tallies=tallies,
        sides=tuple(sides),
        which=which,
        base_fit=base_fit,
        base_intent=base_intent,
        fit=fit,
        intent=intent,
        fit_curve=_curve(
            (cell, will.fit) for cell, will in held if will.stands_in or will.intent >= intent
        ),
        intent_curve=_curve((cell, _reach(will)) for cell, will in held if will.fit >= fit),
        won_lost=tuple(sorted(won[Side.NO_LONGER])),
        won_gained=tuple(sorted(won[Side.NEWLY])),
    )


@dataclass(slots=True)
class _Cell:
    """The signatures with the same verdicts of both rules, counted together."""

    was: Verdict
    will: Verdict
    size: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * len(SHOWN_COUNTS))
    won: dict[int, Mapping[str, int]] = field(default_factory=dict)

    def add(self, signature: Signature) -> None:
        """Count the leads of a signature; most have no outcome."""
        self.size += signature.size
        if signature.tally.get("rounds"):
            for index, name in enumerate(SHOWN_COUNTS):
                self.counts[index] += signature.tally[name]
        if signature.won:
            self.won.update(signature.won)


def _cells(
    cube: Cube, before: Sequence[Verdict], after: Sequence[Verdict]
) -> tuple[list[_Cell], list[int]]:
    """Return the cells, and the cell of each signature; equal verdicts are one object."""
    numbers: dict[tuple[int, int], int] = {}
    cells: list[_Cell] = []
    which = []
    for was, will, signature in zip(before, after, cube.signatures, strict=True):
        number = numbers.setdefault((id(was), id(will)), len(cells))
        if number == len(cells):
            cells.append(_Cell(was, will))
        cells[number].add(signature)
        which.append(number)
    return cells, which


def _reach(verdict: Verdict) -> int:
    """Return the highest intent threshold under which the leads are MQLs."""
    return SCALE if verdict.stands_in else verdict.intent


def _side(*, was: bool, will: bool) -> Side:
    if was and will:
        return Side.BOTH
    if will:
        return Side.NEWLY
    return Side.NO_LONGER if was else Side.NEITHER


def _curve(reaches: Iterable[tuple[_Cell, int]]) -> tuple[Step, ...]:
    """Return the curve of cells that stay MQLs up to a threshold."""
    at = [[0, 0, 0] for _ in range(SCALE + 1)]
    for cell, reach in reaches:
        found = at[reach]
        found[0] += cell.size
        found[1] += cell.counts[SHOWN_COUNTS.index("accepted")]
        found[2] += cell.counts[SHOWN_COUNTS.index("won")]
    for threshold in range(SCALE - 1, -1, -1):
        at[threshold] = [
            here + above for here, above in zip(at[threshold], at[threshold + 1], strict=True)
        ]
    return tuple(Step(threshold, *at[threshold]) for threshold in CURVE)
