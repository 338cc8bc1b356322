"""The language of map files: how the columns of a foreign file become ours.

A map is TOML; docs/imports.md explains it with examples. Everything in it is checked before the
first row is read, and every mistake is named by its place.
"""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePath
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.choices import ImportKind
from pipeline.services.importing.columns import COLUMNS
from pipeline.services.importing.faults import ImportRefusedError

PRESETS: Final = Path(__file__).resolve().parents[2] / "maps"


def zone(name: str) -> ZoneInfo:
    """Return the time zone called `name`.

    Raises:
        ImportRefusedError: There is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ImportRefusedError(
            f"There is no time zone {name!r}; zones are named like Europe/Berlin."
        ) from None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Reading(_Part):
    """How the file is written.

    Attributes:
        delimiter: The character between cells.
        null: Texts that mean "not recorded", in any case; an empty cell always does.
        decimal: The decimal mark of numbers.
        thousands: The mark between groups of digits.
        unmapped: What becomes of columns the map does not name: a refusal, nothing, or
            `attributes.NAME`.
        missing: What becomes of columns the map names and the file lacks; required ones are
            refused in any case.
        ignore: Columns of the file that nobody wants.
    """

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    null: tuple[str, ...] = Field(default=(), strict=False)
    decimal: Literal[".", ","] = "."
    thousands: str = Field(default="", max_length=1)
    unmapped: Literal["refuse", "ignore", "attributes"] = "refuse"
    missing: Literal["refuse", "skip"] = "refuse"
    ignore: tuple[str, ...] = Field(default=(), strict=False)


class Source(_Part):
    """Where one of our columns gets its value.

    Attributes:
        from_: Columns of the file or of a joined one (`NAME.COLUMN`), in any case; the first
            that is recorded counts, or with `glue` all of them.
        glue: Text between the parts.
        constant: The same value for every row.
        default: The value where nothing is recorded.
        values: Their value to ours; "" is "not recorded".
        other: What becomes of a value `values` does not name: kept, refused, or taken as not
            recorded.
        format: How a time is written (`strptime`), the first that fits; ISO 8601 otherwise.
        timezone: The zone of naive times in this column, whatever the run says.
    """

    from_: tuple[str, ...] = Field(default=(), alias="from", strict=False)
    glue: str | None = None
    constant: str = ""
    default: str = ""
    values: dict[str, str] = Field(default_factory=dict)
    other: Literal["keep", "refuse", "null"] = "keep"
    format: tuple[str, ...] = Field(default=(), strict=False)
    timezone: str = ""

    @field_validator("from_", "format", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class Join(_Part):
    """A second file that adds columns: `column` of the file is looked up in `key` of the other.

    Attributes:
        file: Its name; relative to the folder of the imported file.
        column: Our file's column.
        key: The other file's column, unique in it.
        values: Spellings of ours that the other file has differently.
        is_required: Whether a recorded value that is not found there makes the row an error.
    """

    file: str
    column: str
    key: str
    values: dict[str, str] = Field(default_factory=dict)
    is_required: bool = Field(default=False, alias="required")


class Options(_Part):
    """What may be made up on the way.

    Attributes:
        create_reps: Put people who are only named in this file on the roster, flagged.
        route: Whether leads that qualify go to sales now. Where it is left out, leads of a file
            do unless the file says when leads became MQL, and touches never make one.
    """

    create_reps: bool = False
    route: bool | None = None


class FileMap(_Part):
    """A whole map; without one, columns are ours already."""

    title: str = ""
    kind: ImportKind | None = Field(default=None, strict=False)
    source_system: str = ""
    timezone: str = ""
    read: Reading = Field(default_factory=Reading)
    options: Options = Field(default_factory=Options)
    columns: dict[str, Source] = Field(default_factory=dict)
    join: dict[str, Join] = Field(default_factory=dict)

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        """Read `ours = "theirs"` as `ours = {from = "theirs"}`."""
        if not isinstance(value, dict):
            return value
        return {
            name: {"from": source} if isinstance(source, str | list) else source
            for name, source in value.items()
        }


def preset_names() -> list[str]:
    """Return the names of the maps that come with the product."""
    return sorted(found.stem for found in PRESETS.glob("*.toml"))


def load_map(*, name: str, kind: ImportKind) -> FileMap:
    """Read the map file `name`, or the preset of that name.

    Args:
        name: A path, or a preset such as `hubspot_contacts`.
        kind: What is being imported.

    Raises:
        ImportRefusedError: There is no such map, or a mistake in it; the message names it.
    """
    path = Path(name)
    if not path.is_file() and PurePath(name).name == name:
        path = PRESETS / f"{name.removesuffix('.toml')}.toml"
    if not path.is_file():
        raise ImportRefusedError(
            f"There is no map {name!r}. Presets: {', '.join(preset_names())}."
        )
    try:
        with path.open("rb") as stream:
            written = tomllib.load(stream)
    except tomllib.TOMLDecodeError as error:
        raise ImportRefusedError(f"{path.name}: {error}.") from None
    except UnicodeDecodeError:
        raise ImportRefusedError(f"{path.name} is not UTF-8.") from None
    return read_map(written=written, name=path.name, kind=kind)


def read_map(*, written: dict[str, Any], name: str, kind: ImportKind) -> FileMap:
    """Check a map that is a mapping already.

    Raises:
        ImportRefusedError: A mistake in it; the message names the place.
    """
    try:
        found = FileMap.model_validate(written)
    except ValidationError as error:
        mistake = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in mistake["loc"])
        raise ImportRefusedError(f"{name}, {place}: {mistake['msg'].lower()}.") from None
    if found.kind not in {None, kind}:
        raise ImportRefusedError(f"{name} is a map for {found.kind}, not for {kind}.")
    for column, source in found.columns.items():
        if not COLUMNS[kind].knows(column):
            raise ImportRefusedError(
                f"{name}, columns.{column}: {kind} have no such column; they have "
                f"{', '.join(COLUMNS[kind].names)}."
            )
        if source.timezone:
            zone(source.timezone)
    if found.timezone:
        zone(found.timezone)
    return found
