"""The shape of a lead as it comes in, by the API or from a file: one schema, the same errors.

Files hold only text, so `read_lead_rows(as_text=True)` lets texts be read as numbers and flags,
and empty cells be absent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from definitions.fields import SENIORITIES
from pipeline.choices import SourceGroup, TouchKind
from revops.rest.strict import (
    FieldProblem,
    Instant,
    Key,
    Line,
    Long,
    Mail,
    Row,
    Short,
    Story,
    Whole,
    one_of,
    problems_of,
    storable,
)

MAX_ATTRIBUTES: Final = 50
MAX_ATTRIBUTE_KEY: Final = 80
MAX_ATTRIBUTE_TEXT: Final = 500
MAX_ATTRIBUTE_NUMBER: Final = 10**15


def _technologies(value: object) -> object:
    """Read "a; b" as a list; an API caller sends a list."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(";") if part.strip()]
    return value


def _attributes(values: dict[str, Any]) -> dict[str, Any]:
    if len(values) > MAX_ATTRIBUTES:
        raise PydanticCustomError("too_many", "holds more than 50 entries")
    for key, value in values.items():
        storable(key)
        if not key or len(key) > MAX_ATTRIBUTE_KEY:
            raise PydanticCustomError("bad_name", "has a name that is empty or over 80 characters")
        texts = value if isinstance(value, list) else [value]
        if len(texts) > MAX_ATTRIBUTES:
            raise PydanticCustomError("too_many", "has a list of more than 50 entries")
        for text in texts:
            _attribute(text, is_entry=isinstance(value, list))
    return values


def _attribute(value: object, *, is_entry: bool) -> None:
    if isinstance(value, str):
        if len(value) > MAX_ATTRIBUTE_TEXT:
            raise PydanticCustomError("too_long", "has a text of more than 500 characters")
        storable(value)
    elif is_entry:
        raise PydanticCustomError("wrong_type", "may hold lists of texts only")
    elif isinstance(value, int | float):
        if not math.isfinite(value) or abs(value) > MAX_ATTRIBUTE_NUMBER:
            raise PydanticCustomError("out_of_range", "has a number beyond 10^15")
    elif value is not None:
        raise PydanticCustomError(
            "wrong_type", "may hold texts, numbers, flags and lists of texts"
        )


Score: TypeAlias = Annotated[int, Field(ge=0, le=100)]
Attributes: TypeAlias = Annotated[dict[str, Any], AfterValidator(_attributes)]
Group: TypeAlias = Annotated[str, BeforeValidator(one_of(SourceGroup.values))]
Seniority: TypeAlias = Annotated[str, BeforeValidator(one_of(SENIORITIES))]
TouchName: TypeAlias = Annotated[str, BeforeValidator(one_of(TouchKind.values))]
SystemName: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")
]


class TouchEntry(Row):
    """A marketing act that comes with the lead itself, such as the form it filled in."""

    kind: TouchName
    occurred_at: Instant
    channel: Short | None = None
    campaign: Line = ""
    asset: Long = ""
    external_id: Line = ""


class LeadRow(Row):
    """One lead as it comes in.

    Attributes:
        external_id: Its id in the source system; with the system's name the natural key.
        source_system: The system, where rows of one batch come from several.
        created_at: When the person first came; the instant of the intake where absent.
        channel: The name of the channel; absent is a bucket of its own, not "unknown".
        source_group: The group; absent means the channel's.
        technology: What the company uses.
        hand_raiser: The person asked to be contacted; counts as a demo request.
        touches: Acts that come with the lead; scored with it.
        mql_at: History: the lead became an MQL then, whatever the scores say.
        fit_score: The score somebody else computed; absent means by the score model.
        intent_score: Likewise.
        attributes: Anything else, usable to filter and group.
    """

    external_id: Key
    source_system: SystemName | None = None
    created_at: Instant | None = None
    channel: Short | None = None
    source_group: Group | None = None
    campaign: Line = ""
    email: Mail = ""
    first_name: Short = ""
    last_name: Short = ""
    title: Line = ""
    seniority: Seniority | None = None
    company: Long = ""
    company_domain: Long = ""
    company_size: Whole | None = None
    industry: Short = ""
    country: Short = ""
    technology: Annotated[
        list[Short], BeforeValidator(_technologies), Field(max_length=MAX_ATTRIBUTES)
    ] = Field(default_factory=list)
    form_text: Story = ""
    hand_raiser: bool = False
    is_test: bool = False
    touches: Annotated[list[TouchEntry], Field(max_length=100)] = Field(default_factory=list)
    mql_at: Instant | None = None
    fit_score: Score | None = None
    intent_score: Score | None = None
    attributes: Attributes = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that was read: either the lead, or why it is none."""

    index: int
    row: LeadRow | None
    problems: tuple[FieldProblem, ...] = ()
    external_id: str = ""


def read_lead_row(raw: object, *, index: int = 0, as_text: bool = False) -> ReadRow:
    """Read one decoded JSON object, or one line of a file when `as_text`; null is absent.

    Args:
        raw: Anything; keys of a line may be `attributes.NAME`.
        index: Its place in the batch, kept in the answer.
        as_text: Whether values are cells: empty ones are absent, texts may be numbers.
    """
    if isinstance(raw, Mapping):
        raw = _cells(raw) if as_text else {k: v for k, v in raw.items() if v is not None}
    given = raw.get("external_id") if isinstance(raw, Mapping) else None
    name = given[:120] if isinstance(given, str) else ""
    try:
        row = LeadRow.model_validate(raw, strict=False if as_text else None)
    except ValidationError as error:
        return ReadRow(index, None, problems_of(error), name)
    return ReadRow(index, row, (), row.external_id)


def read_lead_rows(raws: Sequence[object], *, as_text: bool = False) -> list[ReadRow]:
    """Read a batch; a row whose external_id came earlier in the batch is refused."""
    seen: dict[tuple[str | None, str], int] = {}
    read = []
    for index, raw in enumerate(raws):
        one = read_lead_row(raw, index=index, as_text=as_text)
        if one.row is not None:
            first = seen.setdefault((one.row.source_system, one.external_id), index)
            if first != index:
                problem = FieldProblem(
                    "/external_id",
                    "duplicate_in_batch",
                    f"external_id: row {first} of this batch has the same one",
                )
                one = ReadRow(index, None, (problem,), one.external_id)
        read.append(one)
    return read


def _cells(raw: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a line without its empty cells, `attributes.NAME` gathered into attributes."""
    row: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for key, value in raw.items():
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        name = str(key)
        if name.startswith("attributes."):
            attributes[name.removeprefix("attributes.")] = value
        else:
            row[name] = value
    if attributes:
        row["attributes"] = attributes | row.get("attributes", {})
    return row
