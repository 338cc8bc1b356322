"""What changed between two readings of a clause that is no prose: numbers, criteria, entries."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from definitions import criteria_json
from definitions.comparison import Verdict, compare_trees
from definitions.content.part import Part
from revops import formats

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from definitions.comparison import Leaf

CRITERIA = frozenset({"also", "when", "criteria"})
RATES = frozenset({"rate", "share", "red_below", "amber_below", "green_to", "win_rate_threshold"})
# What tells an entry of a list from its neighbours, the first that is there.
NAMES = ("code", "act", "to", "label", "case", "from_stage", "segment", "channel")
TITLES = ("label", "title", "name", "case", "to", "channel", "segment")
# Said together with another value, or no value people agree on.
SKIPPED = frozenset({"unit", "position", "is_retired", "merged_into"})
LABELS = {
    "allowance_amount": "Time allowed",
    "target_rate": "Kept in at least",
    "warning_share": "Warned after",
    "other_warning_rate": 'Share of "other" that is flagged',
    "count": "How many",
    "also": "Further criteria",
    "when": "Criterion",
    "criteria": "Criterion",
    "half_life_days": "Half-life in days",
    "decided_by": "Decided by",
    "is_active": "Promised",
    "needs_note": "Asks for a note",
    "needs_date": "Asks for a date",
    "needs_competitor": "Asks for the competitor",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One value that differs, such as a threshold; a side that lacks it is empty."""

    name: str
    before: str
    after: str


def value_changes(*, before: Any, after: Any, trail: tuple[str, ...] = ()) -> Iterator[Fact]:
    """Yield the values that differ between two bodies of a clause, in reading order.

    Args:
        before: The older body, parsed: a part, a list of parts, a plain value or None.
        after: The newer body.
        trail: The names that lead to them.
    """
    if isinstance(before, tuple) and isinstance(after, tuple):
        yield from _entries(before, after, trail)
    elif isinstance(before, Part) and isinstance(after, Part):
        yield from _part(before, after, trail)
    elif before != after and (_is_value(before) or _is_value(after)):
        name = ", ".join(trail) or "Value"
        yield Fact(name, value_text(before), value_text(after))


def _part(before: Part, after: Part, trail: tuple[str, ...]) -> Iterator[Fact]:
    for key in type(after).model_fields:
        old, new = getattr(before, key, None), getattr(after, key, None)
        here = (*trail, LABELS.get(key, key.replace("_", " ").capitalize()))
        if key == "allowance_amount":
            yield from _fact(here, _allowance(before), _allowance(after))
        elif key in CRITERIA:
            yield from _criteria(old, new, trail or here)
        elif isinstance(old, Decimal | None) and isinstance(new, Decimal | None) and _is_rate(key):
            yield from _fact(here, _rate(old), _rate(new))
        elif key not in SKIPPED:
            yield from value_changes(before=old, after=new, trail=here)


def _entries(
    before: Sequence[Any], after: Sequence[Any], trail: tuple[str, ...]
) -> Iterator[Fact]:
    """Compare lists of parts; lists of plain texts are told by their words."""
    old = {_key(part): part for part in before if isinstance(part, Part)}
    new = {_key(part): part for part in after if isinstance(part, Part)}
    titles = {getattr(part, "code", ""): _title(part) for part in (*before, *after)}
    for key, part in new.items():
        here = (*trail[:-1], _title(part))
        if key not in old:
            yield Fact(", ".join(here), "", "added")
            continue
        yield from _fact(here, _offer(old[key], titles), _offer(part, titles))
        yield from value_changes(before=old[key], after=part, trail=here)
    for key, part in old.items():
        if key not in new:
            yield Fact(", ".join((*trail[:-1], _title(part))), "listed", "removed")


def _criteria(before: Any, after: Any, trail: tuple[str, ...]) -> Iterator[Fact]:
    pairs = compare_trees(
        before=None if before is None else criteria_json.parse(before),
        after=None if after is None else criteria_json.parse(after),
    )
    for pair in pairs:
        if pair.verdict is not Verdict.SAME:
            yield Fact(", ".join(trail), _sentence(pair.before), _sentence(pair.after))


def _sentence(leaf: Leaf | None) -> str:
    return "" if leaf is None else leaf.sentence


def _fact(trail: tuple[str, ...], before: str, after: str) -> Iterator[Fact]:
    if before != after:
        yield Fact(", ".join(trail), before, after)


def _key(part: Part) -> tuple[str, ...]:
    return tuple(str(getattr(part, name)) for name in NAMES if getattr(part, name, None))[:2]


def _title(part: Any) -> str:
    held = (getattr(part, name, None) for name in TITLES)
    return str(next(filter(None, held), "Entry"))


def _offer(part: Part, titles: dict[str, str]) -> str:
    """Return whether a reason is offered, retired or merged; empty for what is no reason."""
    if not hasattr(part, "is_retired"):
        return ""
    into = getattr(part, "merged_into", None)
    if into:
        return f"merged into {titles.get(into, into)}"
    return "retired" if part.is_retired else "offered"


def _allowance(part: Any) -> str:
    amount = part.allowance_amount
    if amount is None:
        return ""
    unit = part.unit.label
    return f"{amount} {unit.removesuffix('s') if amount == 1 else unit}"


def _is_rate(key: str) -> bool:
    return key in RATES or key.endswith(("_rate", "_share"))


def _rate(value: Decimal | None) -> str:
    return "not agreed" if value is None else formats.percent(value, digits=0)


def _is_value(held: Any) -> bool:
    """Whether something is a value of its own rather than words; a Decimal is, a text is not."""
    return isinstance(held, bool | int | Decimal | Enum)


def value_text(value: Any) -> str:
    """Return a value as people read it."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        label = str(getattr(value, "label", value.value))
        return label.replace("_", " ")
    return f"{value:,}" if isinstance(value, int | Decimal) else str(value)
