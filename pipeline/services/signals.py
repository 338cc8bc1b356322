"""Put a signal, or the whole proposed MQL rule, into the open draft.

The texts change through `definitions.services.edit_clause`, with its revisions and its history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import TextChoices

from definitions import criteria_json
from definitions.choices import DocumentKind
from definitions.fields import REGISTRY
from definitions.selectors import open_draft_of
from definitions.services import DocumentError, edit_clause
from pipeline.signals import code_of, first_field, level_label, reads_acts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from definitions.criteria import Node
    from definitions.models import Clause
    from revops.people.models import User

LABEL_LENGTH: Final = 120
MOST_LEVELS: Final = 20
"""Levels an attribute may have; see `definitions.content.FitAttribute`."""


class Target(TextChoices):
    """Where in the drafts a signal may go."""

    ALSO = "also", "a criterion of the MQL"
    DISQUALIFIER = "disqualifier", "a disqualifier of the MQL"
    FIT = "fit", "a level of fit"


PLACES: Final[Mapping[Target, tuple[DocumentKind, str]]] = {
    Target.ALSO: (DocumentKind.DEFINITIONS, "mql"),
    Target.DISQUALIFIER: (DocumentKind.DEFINITIONS, "mql"),
    Target.FIT: (DocumentKind.SCORE_MODEL, "fit"),
}
"""Target -> the document and the clause."""


class NoDraftError(DocumentError):
    """No draft of the document is open."""


class SignalRefusedError(DocumentError):
    """The signal is no criterion, or none that can go there; the message is for the user."""


def add_signal(
    *, criteria: object, target: Target, points: int, revision: int, by: User, at: datetime
) -> Clause:
    """Put a signal into the open draft; a signal that stands there already changes nothing.

    Args:
        criteria: The criterion as JSON, however hostile.
        target: Where it goes.
        points: What it is worth as a level of fit.
        revision: The revision of the clause that was shown.
        by: Who does it; only RevOps edits drafts.
        at: When.

    Raises:
        NoDraftError: No draft is open.
        SignalRefusedError: It is no criterion, or asks for acts and fit knows attributes only.
        ClauseConflictError: Somebody saved the clause since.
        ContentError: The document would not be valid with it.
    """
    try:
        tree = criteria_json.parse(criteria)
    except criteria_json.CriteriaError as error:
        raise SignalRefusedError(f"This is no criterion: {error}.") from error
    if target is Target.FIT and reads_acts(tree):
        raise SignalRefusedError("Fit knows who somebody is, not what they did.")
    kind, key = PLACES[target]
    draft = open_draft_of(kind=kind)
    if draft is None:
        raise NoDraftError(f"No draft of the {kind.label.lower()} is open.")
    stored = draft.clauses.get(key=key)
    body = _ADDED[target](stored.body, tree, points)
    return edit_clause(draft=draft, key=key, body=body, revision=revision, by=by, at=at)


def apply_proposal(*, rule: object, revision: int, by: User, at: datetime) -> Clause:
    """Put a whole MQL rule into the open draft of the definitions.

    Raises:
        NoDraftError: No draft is open.
        ClauseConflictError: Somebody saved the clause since.
        ContentError: It is no valid rule.
    """
    draft = open_draft_of(kind=DocumentKind.DEFINITIONS)
    if draft is None:
        raise NoDraftError("No draft of the definitions is open.")
    return edit_clause(draft=draft, key="mql", body=rule, revision=revision, by=by, at=at)


def _with_also(body: dict[str, Any], tree: Node, points: int) -> dict[str, Any]:
    """Ask for the criterion as well as for what the rule asks already."""
    del points
    added = criteria_json.to_json(tree)
    asked = body["also"]
    if asked is None:
        return {**body, "also": added}
    parts = asked["all"] if set(asked) == {"all"} else [asked]
    return body if added in parts else {**body, "also": {"all": [*parts, added]}}


def _with_disqualifier(body: dict[str, Any], tree: Node, points: int) -> dict[str, Any]:
    """Keep out whoever the criterion is known to hold for."""
    del points
    added = criteria_json.to_json(tree)
    if any(entry["criteria"] == added for entry in body["disqualifiers"]):
        return body
    taken = {entry["code"] for entry in body["disqualifiers"]}
    label = level_label(tree)[:LABEL_LENGTH]
    entry = {"code": _free(code_of(label), taken), "label": label, "criteria": added}
    return {**body, "disqualifiers": [*body["disqualifiers"], entry]}


def _with_level(body: list[dict[str, Any]], tree: Node, points: int) -> list[dict[str, Any]]:
    """Give points for the criterion, as the first level of the attribute it asks about."""
    added = criteria_json.to_json(tree)
    level = {"label": level_label(tree)[:LABEL_LENGTH], "when": added, "points": points}
    if any(each["when"] == added for attribute in body for each in attribute["levels"]):
        return body
    about = first_field(tree)
    for place, attribute in enumerate(body):
        fields = {first_field(criteria_json.parse(each["when"])) for each in attribute["levels"]}
        if fields == {about} and len(attribute["levels"]) < MOST_LEVELS:
            grown = {**attribute, "levels": [level, *attribute["levels"]]}
            return [*body[:place], grown, *body[place + 1 :]]
    taken = {attribute["code"] for attribute in body}
    words = REGISTRY.fields[about].label if about else "signal"
    label = words[:1].upper() + words[1:]
    return [*body, {"code": _free(code_of(words), taken), "label": label, "levels": [level]}]


_ADDED: Final[Mapping[Target, Callable[[Any, Node, int], Any]]] = {
    Target.ALSO: _with_also,
    Target.DISQUALIFIER: _with_disqualifier,
    Target.FIT: _with_level,
}


def _free(code: str, taken: set[str]) -> str:
    """Return the code, with a number where it is taken."""
    number = 2
    found = code
    while found in taken:
        found = f"{code[:36]}_{number}"
        number += 1
    return found
