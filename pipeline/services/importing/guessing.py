"""Guess from a file's header what it is: an export of leads or of deals, and from which system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.choices import ImportKind
from pipeline.services.importing.columns import COLUMNS
from pipeline.services.importing.mapping import FileMap, Options, Reading, load_map

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN: Final = "own"
FOREIGN: Final = (
    ("hubspot_contacts", ImportKind.LEADS),
    ("hubspot_deals", ImportKind.OPPORTUNITIES),
    ("salesforce_leads", ImportKind.LEADS),
    ("salesforce_opportunities", ImportKind.OPPORTUNITIES),
)
"""Maps for the exports people bring; the others need a second file beside the first."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of file that is understood.

    Attributes:
        key: The map and the kind in one word, such as `hubspot_deals` or `own_leads`.
    """

    key: str
    title: str
    kind: ImportKind
    file_map: FileMap


def shapes() -> list[Shape]:
    """Return every kind of file the page takes, the foreign ones first."""
    found = []
    for name, kind in FOREIGN:
        file_map = load_map(name=name, kind=kind)
        found.append(Shape(name, file_map.title, kind, file_map))
    plain = FileMap(read=Reading(unmapped="attributes"))
    for kind in (ImportKind.LEADS, ImportKind.OPPORTUNITIES):
        title = f"Our own columns: {kind.label.lower()}"
        found.append(Shape(f"{OWN}_{kind.value}", title, kind, plain))
    return found


def shape_called(key: str) -> Shape | None:
    """Return the shape of that key, or None."""
    return next((shape for shape in shapes() if shape.key == key), None)


def as_history(shape: Shape) -> FileMap:
    """Return the map for what has happened already: nobody of the file is handed to sales now."""
    options = Options(create_reps=shape.file_map.options.create_reps, route=False)
    return shape.file_map.model_copy(update={"options": options})


def guess(header: Sequence[str]) -> Shape | None:
    """Return the shape that reads most columns of the header; None where none finds the ids.

    Args:
        header: The names of the file's columns.
    """
    ranked = [(_reads(shape, header=header), shape) for shape in shapes()]
    best = max(ranked, key=lambda pair: pair[0], default=(0, None))
    return best[1] if best[0] else None


def _reads(shape: Shape, *, header: Sequence[str]) -> int:
    """Return how many of our columns the file fills; 0 where the external id is missing."""
    names = {name.strip().casefold() for name in header}
    if shape.file_map.columns:
        filled = {
            ours
            for ours, source in shape.file_map.columns.items()
            if any(theirs.casefold() in names for theirs in source.from_)
        }
    else:
        filled = {ours for ours in COLUMNS[shape.kind].names if ours in names}
    return len(filled) if "external_id" in filled else 0
