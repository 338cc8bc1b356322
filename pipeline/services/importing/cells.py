"""Turn the cells of a foreign row into ours: renamed, translated, with times that name a zone."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pipeline.services.importing.columns import ADDED, ATTRIBUTE_PREFIX, COLUMNS
from pipeline.services.importing.faults import ImportRefusedError, fault
from pipeline.services.importing.mapping import FileMap, Source, zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from pipeline.choices import ImportKind
    from pipeline.services.importing.columns import Columns
    from pipeline.services.importing.joins import Lookup
    from revops.rest.strict import FieldProblem


@dataclass(frozen=True, slots=True)
class _Rule:
    """One of our columns, ready to be read from a row."""

    name: str
    source: Source
    zone: ZoneInfo


class CellError(ValueError):
    """A cell cannot be read; carries the code and the words."""

    def __init__(self, code: str, detail: str) -> None:
        """Keep both."""
        super().__init__(detail)
        self.code = code


class Translator:
    """Reads foreign rows as ours, by a map."""

    def __init__(
        self,
        *,
        kind: ImportKind,
        file_map: FileMap,
        header: Sequence[str],
        lookups: Sequence[Lookup],
        zone_name: str,
    ) -> None:
        """Match the map with the header of the file.

        Args:
            kind: What is imported.
            file_map: The map; an empty one where the columns are ours already.
            header: The columns of the file.
            lookups: The joined files.
            zone_name: The zone of naive times that the map says nothing about.

        Raises:
            ImportRefusedError: A column is missing, unknown, or named twice.
        """
        self._columns: Columns = COLUMNS[kind]
        self._map = file_map
        self._lookups = lookups
        self._null = {text.casefold() for text in file_map.read.null}
        available = [*header, *(f"{one.name}.{name}" for one in lookups for name in one.header)]
        for one in lookups:
            if one.rule.column not in header:
                raise ImportRefusedError(
                    f"The map joins {one.rule.file} on the column {one.rule.column!r}, which the "
                    "file does not have."
                )
        if not file_map.columns and not any(map(self._columns.knows, header)):
            raise ImportRefusedError(
                f"Line 1 names no column of {kind}: the first line has to be a header row. It "
                f"reads: {', '.join(header)[:300]}."
            )
        sources = _present(file_map.columns, available=available, file_map=file_map)
        sources |= self._unmapped(kind=kind, header=header, mapped=sources)
        _check_sources(kind=kind, sources=sources, available=available, header=header)
        default = zone(zone_name)
        self._rules = [
            _Rule(name, source, zone(source.timezone) if source.timezone else default)
            for name, source in sources.items()
        ]

    @property
    def names(self) -> frozenset[str]:
        """Our columns that this file fills."""
        return frozenset(rule.name for rule in self._rules)

    def _unmapped(
        self, *, kind: ImportKind, header: Sequence[str], mapped: Mapping[str, Source]
    ) -> dict[str, Source]:
        """Decide about the file's columns that the map does not name."""
        reading = self._map.read
        used = {name for source in mapped.values() for name in source.from_}
        used |= {one.rule.column for one in self._lookups} | set(reading.ignore) | ADDED
        found = {}
        for name in header:
            if name in used or name in mapped:
                continue
            if self._columns.knows(name):
                found[name] = Source.model_validate({"from": (name,)})
            elif reading.unmapped == "attributes" and self._columns.has_attributes:
                slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:80] or "column"
                found[f"{ATTRIBUTE_PREFIX}{slug}"] = Source.model_validate({"from": (name,)})
            elif reading.unmapped == "refuse":
                raise ImportRefusedError(
                    f"Line 1: {kind} have no column {name!r}. They have "
                    f"{', '.join(self._columns.names)}"
                    f"{' and attributes.*' if self._columns.has_attributes else ''}. Rename it in "
                    "a map, or list it under [read] ignore."
                )
        return found

    def read(
        self, cells: Mapping[str, str]
    ) -> tuple[dict[str, str | datetime | date | None], tuple[FieldProblem, ...]]:
        """Return our columns of a row, None where not recorded, and what could not be read."""
        problems = []
        theirs = dict(cells)
        for lookup in self._lookups:
            problem = lookup.add_to(theirs)
            if problem is not None:
                problems.append(problem)
        ours: dict[str, str | datetime | date | None] = {}
        for rule in self._rules:
            try:
                ours[rule.name] = self._value(rule=rule, cells=theirs)
            except CellError as error:
                ours[rule.name] = None
                problems.append(fault(column=rule.name, code=error.code, detail=str(error)))
        return ours, tuple(problems)

    def _value(self, *, rule: _Rule, cells: Mapping[str, str]) -> str | datetime | date | None:
        text = self._text(source=rule.source, cells=cells)
        if not text:
            return None
        if rule.name in self._columns.times:
            return read_time(text=text, forms=rule.source.format, zone=rule.zone)
        if rule.name in self._columns.dates:
            return read_date(text=text, forms=rule.source.format)
        if rule.name in self._columns.numbers:
            return self._number(text)
        return text

    def _text(self, *, source: Source, cells: Mapping[str, str]) -> str:
        parts = []
        for name in source.from_:
            text = cells[name].strip()
            if text and text.casefold() not in self._null:
                parts.append(text)
        found = (parts[0] if parts else "") if source.glue is None else source.glue.join(parts)
        if not source.from_:
            found = source.constant
        elif found in source.values:
            found = source.values[found]
        elif found and source.values and source.other != "keep":
            if source.other == "refuse":
                known = ", ".join(source.values)
                raise CellError("unknown_value", f"{found[:80]!r} is not one of {known}")
            found = ""
        return found or source.default

    def _number(self, text: str) -> str:
        reading = self._map.read
        bare = text.replace(reading.thousands, "") if reading.thousands else text
        return bare.replace(reading.decimal, ".").strip()


def read_time(*, text: str, forms: Sequence[str] = (), zone: ZoneInfo) -> datetime:
    """Return the instant a cell names, in UTC.

    Args:
        text: ISO 8601, or written as one of `forms`; a date alone is the start of that day.
        forms: `strptime` formats, the first that fits counts.
        zone: The zone of a time without an offset. A local time that comes twice is the first
            of the two; one that is skipped is as long after the jump as it is written after it.

    Raises:
        CellError: The text is no such time.
    """
    found = _written(text=text, forms=forms, code="bad_time", what="a time")
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise CellError("out_of_range", f"{text[:80]!r} is out of range") from None


def read_date(*, text: str, forms: Sequence[str] = ()) -> date:
    """Return the date a cell names; of a time the local date as written.

    Raises:
        CellError: The text is no date.
    """
    return _written(text=text, forms=forms, code="bad_date", what="a date").date()


def _written(*, text: str, forms: Sequence[str], code: str, what: str) -> datetime:
    """Return the time as written, with a zone only where the text names one."""
    for form in forms:
        with suppress(ValueError):
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone follows
    if not forms:
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    wanted = f"written as {' or '.join(forms)}" if forms else "in ISO 8601"
    raise CellError(code, f"{text[:80]!r} is not {what} {wanted}")


def _present(
    sources: Mapping[str, Source], *, available: Sequence[str], file_map: FileMap
) -> dict[str, Source]:
    """Return the sources with the names as the file spells them.

    Where the map lets columns be missing, those the file lacks are left out.
    """
    spelt: dict[str, str] = {}
    for name in reversed(available):
        spelt[name.casefold()] = name
    found = {}
    for name, source in sources.items():
        wanted = [
            known if known in available else spelt.get(known.casefold(), known)
            for known in source.from_
        ]
        if file_map.read.missing == "skip":
            wanted = [known for known in wanted if known in available]
        if wanted or not source.from_:
            found[name] = source.model_copy(update={"from_": tuple(wanted)})
    return found


def _check_sources(
    *,
    kind: ImportKind,
    sources: Mapping[str, Source],
    available: Sequence[str],
    header: Sequence[str],
) -> None:
    missing = sorted(COLUMNS[kind].required - sources.keys())
    if missing:
        raise ImportRefusedError(
            f"Line 1: {kind} need the column {missing[0]!r}, and neither the file nor the map "
            f"supplies it. The file's first line reads: {', '.join(header)[:300]}."
        )
    for name, source in sources.items():
        for wanted in source.from_:
            if wanted not in available:
                raise ImportRefusedError(
                    f"Line 1: the map takes {name} from {wanted!r}, which the file does not have. "
                    f"Its first line reads: {', '.join(header)[:300]}."
                )
