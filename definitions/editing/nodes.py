"""What a form of a clause is made of, and how a type of the content is edited."""

from __future__ import annotations

import json
import types
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from definitions.choices import Move, RequiredField
from definitions.content.part import Edited, Part
from definitions.documents import MODELS, SPLIT
from definitions.fields import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from definitions.choices import DocumentKind
    from definitions.editing.trees import Branch

ROOT = "body"


class Kind(StrEnum):
    """How an input looks and what its text means."""

    TEXT = "text"
    AREA = "area"
    LINES = "lines"
    NUMBER = "number"
    DECIMAL = "decimal"
    DATE = "date"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"
    CODE = "code"
    CRITERIA = "criteria"
    RATES = "rates"
    SCORE = "score"
    FIXED = "fixed"
    WORDS = "words"
    PRESET = "preset"
    KEPT = "kept"


@dataclass(frozen=True)
class Input:
    """One value of a clause.

    Attributes:
        bounds: The lowest and highest value of a number; a score is drawn with a slider.
        stored: Criteria as JSON.
        tree: Criteria as the builder shows them; None where they can only be edited as text.
        reading: Criteria in words; empty while they cannot be judged.
        preset: Which of the offered numbers stands: "off", one of the options, or "other".
    """

    name: str
    label: str
    kind: Kind
    text: str = ""
    chosen: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    is_optional: bool = False
    is_on: bool = False
    errors: tuple[str, ...] = ()
    bounds: tuple[int, ...] = ()
    stored: Any = None
    tree: Branch | None = None
    reading: str = ""
    problems: tuple[tuple[str, str], ...] = ()
    preset: str = ""

    @property
    def is_group(self) -> bool:
        """Whether it holds other inputs."""
        return False

    @property
    def tree_text(self) -> str:
        """Criteria as one line of JSON, for those who count what matches."""
        return json.dumps({"tree": json.dumps(self.stored)})

    @property
    def reach(self) -> str:
        """Where the slider stands: the number typed, or the middle of nothing."""
        return self.text or "0"


@dataclass(frozen=True)
class Group:
    """Values that belong together: a part, a list of parts, or one entry of it.

    Attributes:
        shape: "part", "optional" (a checkbox says whether it is there), "list", "entry",
            "section" (questions under one heading) or "sentence" (words with blanks between).
        is_on: Whether an optional part is there.
        is_new: Whether an entry is there only to be filled in.
        is_open: Whether an entry shows its inputs from the start.
        count: How many entries a list shows.
        presses: Which button of an entry the keyboard goes to: "up", "down" or none.
    """

    name: str
    label: str
    shape: str
    children: tuple[Node, ...] = field(default=())
    is_on: bool = True
    is_new: bool = False
    is_open: bool = False
    is_first: bool = True
    is_last: bool = True
    presses: str = ""
    count: int = 0
    hint: str = ""
    errors: tuple[str, ...] = ()

    @property
    def is_group(self) -> bool:
        """Whether it holds other inputs."""
        return True

    @property
    def list_name(self) -> str:
        """The name of the list an entry stands in."""
        return self.name.rpartition("-")[0]


Node: TypeAlias = Input | Group


@dataclass(frozen=True, slots=True)
class Type:
    """A type without its wrappers: what it is, whether None may stand, how it is edited."""

    base: Any
    is_optional: bool
    edited_by: str
    bounds: tuple[int, ...] = ()


OPTIONAL_CRITERIA = Type(dict, is_optional=True, edited_by="criteria")


def unwrap(annotation: Any, metadata: Sequence[Any] = ()) -> Type:
    """Return a type without Annotated and None."""
    edited = next((each.by for each in metadata if isinstance(each, Edited)), "")
    bounds = _bounds(metadata)
    if get_origin(annotation) is Annotated:
        base, *more = get_args(annotation)
        inner = unwrap(base, more)
        return replace(inner, edited_by=inner.edited_by or edited, bounds=inner.bounds or bounds)
    if get_origin(annotation) in {Union, types.UnionType}:
        held = [each for each in get_args(annotation) if each is not type(None)]
        inner = unwrap(held[0])
        by = inner.edited_by or edited
        return Type(inner.base, is_optional=True, edited_by=by, bounds=inner.bounds or bounds)
    return Type(annotation, is_optional=False, edited_by=edited, bounds=bounds)


def _bounds(metadata: Sequence[Any]) -> tuple[int, ...]:
    """Return the limits of a whole number, or nothing where it has not both."""
    limits = tuple(
        getattr(each, side) for side in ("ge", "le") for each in metadata if hasattr(each, side)
    )
    return limits if len(limits) == 2 and all(isinstance(each, int) for each in limits) else ()  # noqa: PLR2004 - the lowest and the highest


def clause_type(*, kind: DocumentKind, key: str) -> Type:
    """Return the type of a clause's body.

    Raises:
        KeyError: The document has no such clause.
    """
    name, _, _ = key.partition("/")
    about = MODELS[kind].model_fields[name]
    held = unwrap(about.annotation, about.metadata)
    return unwrap(get_args(held.base)[1]) if name in SPLIT[kind] else held


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all beneath it."""
    yield node
    if isinstance(node, Group):
        for child in node.children:
            yield from walk(child)


def is_part(base: Any) -> bool:
    """Return whether a type is a piece of a document."""
    return isinstance(base, type) and issubclass(base, Part)


def entry_type(base: Any) -> Type | None:
    """Return the type of a list's entries; None for what is no list."""
    return unwrap(get_args(base)[0]) if get_origin(base) is tuple else None


def kind_of(about: Type) -> tuple[Kind, tuple[tuple[str, str], ...]]:
    """Return how a value is edited, and its options if it is chosen."""
    base = about.base
    entry = entry_type(base)
    if entry is not None:
        options = _options(entry)
        return (Kind.CHOICES, options) if options else (Kind.LINES, ())
    if about.edited_by == "criteria":
        return Kind.CRITERIA, ()
    options = _options(about)
    if options:
        empty = (("", "does not apply"),) if about.is_optional else ()
        fixed = get_origin(base) is Literal and len(options) == 1
        return (Kind.FIXED, options) if fixed else (Kind.CHOICE, (*empty, *options))
    if base is bool and about.is_optional:
        return Kind.CHOICE, (("", "does not apply"), ("yes", "yes"), ("no", "no"))
    return _plain_kind(about), ()


def _plain_kind(about: Type) -> Kind:
    if get_origin(about.base) is dict:
        return Kind.RATES
    simple = {bool: Kind.FLAG, int: Kind.NUMBER, Decimal: Kind.DECIMAL, date: Kind.DATE}
    texts = {"code": Kind.CODE, "area": Kind.AREA}
    if about.edited_by == "score":
        return Kind.SCORE
    return simple.get(about.base) or texts.get(about.edited_by, Kind.TEXT)


def _options(about: Type) -> tuple[tuple[str, str], ...]:
    base = about.base
    if about.edited_by == "act":
        return tuple((key, act.label) for key, act in REGISTRY.acts.items())
    if about.edited_by in VOCABULARIES:
        return VOCABULARIES[about.edited_by]
    if get_origin(base) is Literal:
        return tuple((str(each), str(each)) for each in get_args(base))
    if isinstance(base, type) and issubclass(base, Enum):
        return tuple(
            (str(each.value), str(getattr(each, "label", label_of(str(each.value)))))
            for each in base
        )
    return ()


def label_of(key: str) -> str:
    """Return the label of a field; the fixed questions have words of their own."""
    return LABELS.get(key, key.replace("_", " ").capitalize())


# What the pipeline asks for at a move, and the moves it knows; both are closed (ADR 0028).
VOCABULARIES: dict[str, tuple[tuple[str, str], ...]] = {
    "required_field": tuple((each.value, str(each.label)) for each in RequiredField),
    "move": (("", "choose a move"), *((each.value, str(each.label)) for each in Move)),
}
LABELS = {
    "position": "Place on the page",
    "summary": "What it means in one sentence",
    "conditions": "What has to be true",
    "decided_by": "Which team decides",
    "designated_by": "Who may say so by hand",
    "disqualifies": "What rules it out",
    "dimension": "Behaviour, fit or both",
    "passage": "Gate or gradient",
    "human_contact": "Has a person spoken to them",
    "qualified_means": "What qualified means",
    "boundary": "Where it ends",
    "required_fields": "What must be filled in",
    "bypass_acts": "Acts that stand in for the intent threshold, never for fit",
    "hand_raise_acts": "Acts by which a person asks to be contacted",
    "also": "Further criteria",
    "criteria": "Criterion",
    "when": "Criterion",
    "needs_note": "Asks for a note",
    "needs_date": "Asks for a date",
    "needs_competitor": "Asks for the competitor",
    "minimum_attempts": "Attempts needed before it may be chosen",
    "recycle": "Goes back to marketing",
    "re_entry": "What brings it back",
    "maximum_rounds": "Rounds at most",
    "same_rep": "May return to the same rep",
    "history_only": "Only for imports",
    "is_retired": "Retired: no longer offered",
    "other_warning_rate": 'Share of "other" that is flagged, from 0 to 1',
    "allowance_amount": "Time allowed",
    "count": "How many",
    "includes_first": "The first contact is one of the attempts",
    "collapse_minutes": "Attempts closer than this count as one, in minutes",
    "target_rate": "Share to be kept, from 0 to 1",
    "warning_share": "Warn after this share of the time, from 0 to 1",
    "hand_raisers_only": "Only for people who asked to be contacted",
    "follows_territory": "In the hours of the holder's territory, where it has its own",
    "is_active": "Promised",
    "purpose": "Reason list",
    "to": "Move to",
    "cap_points": "Points at most",
    "half_life_days": "Half-life in days",
    "lead_count": "Leads",
    "starts_on": "First day",
    "ends_on": "Day after the last",
}
