"""What a readable document is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from revops import formats
from revops.people.choices import Role, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list or table; exactly one of the three is filled.

    Attributes:
        title: A small heading, or empty.
        text: A paragraph; blank lines part it further.
        entries: The points of a list.
        columns: The headings of a table.
        rows: Its cells.
        lead: Whether the paragraph is the sentence everything else explains.
    """

    title: str = ""
    text: str = ""
    entries: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lead: bool = False

    @property
    def is_facts(self) -> bool:
        """Whether the table is pairs of a name and a value, without headings."""
        return bool(self.rows) and not any(self.columns)

    def lines(self) -> list[str]:
        """Return the block line by line, for comparisons and plain-text copies."""
        found = [self.text] if self.text else []
        found += self.entries
        found += [": ".join(row) if self.is_facts else " | ".join(row) for row in self.rows]
        return [f"{self.title}: {line}" if self.title else line for line in found]


@dataclass(frozen=True, slots=True)
class Section:
    """One clause as people read it.

    Attributes:
        key: The clause's key.
        body: What the words are made of, so that two sections are compared by value too.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]
    body: Any = None

    @property
    def anchor(self) -> str:
        """The place of the section on a page."""
        return self.key.replace("/", "-").replace("_", "-")

    def lines(self) -> list[str]:
        """Return the section line by line."""
        return [line for block in self.blocks for line in block.lines()]


def paragraph(text: str, *, title: str = "", lead: bool = False) -> list[Block]:
    """Return a paragraph, or nothing for an empty text."""
    return [Block(title=title, text=text, lead=lead)] if text.strip() else []


def points(entries: Iterable[str], *, title: str = "") -> list[Block]:
    """Return a list, or nothing when it has no points."""
    held = tuple(entries)
    return [Block(title=title, entries=held)] if held else []


def grid(*, columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> list[Block]:
    """Return a table without the columns that are empty in every row; nothing without rows."""
    held = [tuple(row) for row in rows]
    if not held:
        return []
    kept = [place for place in range(len(columns)) if any(row[place] for row in held)]
    return [
        Block(
            title=title,
            columns=tuple(columns[place] for place in kept),
            rows=tuple(tuple(row[place] for place in kept) for row in held),
        )
    ]


def yes(value: bool | None) -> str:  # noqa: FBT001 - the value is what is worded
    """Return yes, no, or nothing for what does not apply."""
    return "" if value is None else ("Yes" if value else "No")


def side(value: Side | str) -> str:
    """Return the name of a team."""
    return str(Side(value).label)


def roles(values: Iterable[Role]) -> str:
    """Return the names of roles, comma-separated."""
    return ", ".join(str(Role(value).label) for value in values)


def rate(value: Decimal | None) -> str:
    """Return a ratio as a percentage; the words "not agreed" for None."""
    return "not agreed" if value is None else formats.percent(value, digits=0)
