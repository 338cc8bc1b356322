"""Documents as clauses: which pieces people edit, and how the pieces make a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from definitions.canonical import normal
from definitions.choices import DocumentKind, Purpose
from definitions.content import Contribution, Definitions, ScoreModel, Sla
from definitions.faults import Fault, fault_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Document: TypeAlias = Definitions | ScoreModel | Sla | Contribution

MODELS: Mapping[DocumentKind, type[Document]] = {
    DocumentKind.DEFINITIONS: Definitions,
    DocumentKind.SCORE_MODEL: ScoreModel,
    DocumentKind.SLA: Sla,
    DocumentKind.CONTRIBUTION: Contribution,
}

# Fields whose entries are clauses of their own: "terms/mql", "reasons/reject".
SPLIT: Mapping[DocumentKind, frozenset[str]] = {
    DocumentKind.DEFINITIONS: frozenset({"terms", "reasons"}),
    DocumentKind.SCORE_MODEL: frozenset(),
    DocumentKind.SLA: frozenset({"commitments"}),
    DocumentKind.CONTRIBUTION: frozenset(),
}

TITLES: Mapping[str, str] = {
    "purpose": "Purpose",
    "ideal_customer": "Ideal customer profile",
    "mql": "MQL rule and bands",
    "transitions": "Who may move what",
    "review": "Review",
    "fit": "Fit points",
    "intent": "Intent points",
    "intent_groups": "Groups of acts",
    "half_life_days": "Half-life",
    "minimum_fit": "Minimum fit",
    "calendar": "Calendar",
    "coverage": "Coverage",
    "pauses": "Pauses",
    "ladder": "Escalation ladder",
    "handoff_context": "Handoff context",
    "measures": "Measures",
    "misses_before_revision": "Misses before a revision",
    "quarter": "Quarter",
    "target": "Targets",
    "stage_targets": "Stage conversion targets",
    "attribution": "Attribution",
    "source_groups": "Channels and source groups",
    "mql_to_sql_bands": "Bands of MQL to SQL",
    "exchange_rates": "Exchange rates",
    "roster_note": "Quota-carrying reps",
    "diagnosis": "Diagnosis",
    "rejection_warning_rate": "Rejection warning",
}


class ContentError(ValueError):
    """A content that is no valid document; `faults` names each place."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in faults))


def parse_document(*, kind: DocumentKind, content: Mapping[str, Any]) -> Document:
    """Return the document that `content` describes.

    Raises:
        ContentError: Something is missing, unknown or of the wrong kind.
    """
    unstorable = list(_unstorable(content, ""))
    if unstorable:
        raise ContentError(
            [Fault(path, "holds a character that is no text") for path in unstorable]
        )
    try:
        return MODELS[kind].model_validate(content)
    except ValidationError as error:
        raise ContentError([fault_of(each) for each in error.errors()]) from error
    except RecursionError as error:
        raise ContentError([Fault("/", "nested too deeply")]) from error


def _unstorable(held: Any, path: str) -> Iterator[str]:
    """Yield the places of texts the database cannot store: with NUL or half a character."""
    pending = [(held, path)]
    while pending:
        value, place = pending.pop()
        if isinstance(value, str):
            if "\x00" in value or value != value.encode(errors="ignore").decode():
                yield place
        elif isinstance(value, dict):
            pending += [(each, f"{place}/{key}".lstrip("/")) for key, each in value.items()]
            pending += [(key, place) for key in value if isinstance(key, str)]
        elif isinstance(value, list | tuple):
            pending += [(each, f"{place}/{index}") for index, each in enumerate(value)]


def plain(document: Document) -> dict[str, Any]:
    """Return the content as stored: JSON values, texts in NFC and LF, decimals as strings."""
    content: dict[str, Any] = normal(document.model_dump(mode="json"))
    return content


def clauses_of(*, kind: DocumentKind, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the clauses of a content by key."""
    clauses: dict[str, Any] = {}
    for name, body in content.items():
        if name in SPLIT[kind]:
            clauses.update({f"{name}/{key}": part for key, part in body.items()})
        else:
            clauses[name] = body
    return clauses


def content_of(*, clauses: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content that clauses make; the reverse of `clauses_of`."""
    content: dict[str, Any] = {}
    for path, body in clauses.items():
        name, _, key = path.partition("/")
        if key:
            content.setdefault(name, {})[key] = body
        else:
            content[name] = body
    return content


def clause_order(*, kind: DocumentKind, key: str, body: Any) -> tuple[int, int, str]:
    """Return the place of a clause in reading order, as a sort key."""
    name, _, entry = key.partition("/")
    fields = list(MODELS[kind].model_fields)
    place = fields.index(name) if name in fields else len(fields)
    position = body.get("position", 0) if isinstance(body, dict) else 0
    if name == "reasons" and entry in Purpose.values:
        position = Purpose.values.index(entry)
    return place, int(position), key


def clause_title(*, key: str, body: Any) -> str:
    """Return the heading of a clause."""
    name, _, entry = key.partition("/")
    if name == "terms" and isinstance(body, dict):
        return str(body.get("name") or entry)
    if body is None and entry:
        return entry.replace("_", " ").capitalize()
    if name == "commitments" and isinstance(body, dict):
        return str(body.get("title") or entry)
    if name == "reasons" and entry in Purpose.values:
        return f"{Purpose(entry).label} reasons"
    return TITLES.get(name, name.replace("_", " ").capitalize())
