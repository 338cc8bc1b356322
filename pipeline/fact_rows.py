"""The shape of facts as they come in, by the API or from a file: one schema, the same errors.

`pipeline.rows` holds the lead's row and what all rows share.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from pipeline.choices import ActivityKind, ActivityOutcome, Outcome, SourceGroup, Stage, TouchKind
from pipeline.rows import Attributes
from revops.rest.strict import (
    Day,
    Instant,
    Key,
    Line,
    Long,
    Mail,
    Row,
    Short,
    Story,
    one_of,
    problems_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.rest.strict import FieldProblem

MAX_AMOUNT: Final = Decimal(10) ** 14
DECIDED: Final = frozenset(Stage) - {Stage.NURTURE, Stage.ASSIGNED}
"""Stages a transition row may name; a lead is assigned by an assignment row."""
WORKING: Final = "working"
"""A disposition that leaves the stage as it is."""


def _amount(value: object) -> object:
    """Read "1234.50"; a float is refused, because it cannot hold cents."""
    if value is None or isinstance(value, Decimal):
        number = value
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise PydanticCustomError("wrong_type", "is an amount such as 1234.50") from None
    else:
        raise PydanticCustomError("wrong_type", "is an amount as text, such as 1234.50")
    if number is None:
        return None
    if not number.is_finite() or not 0 <= number < MAX_AMOUNT:
        raise PydanticCustomError("out_of_range", "is between 0 and 10^14")
    rounded = number.quantize(Decimal("0.01"))
    if rounded != number:
        raise PydanticCustomError("too_precise", "has more than two decimals")
    return rounded


def _currency(value: object) -> object:
    if isinstance(value, str) and (len(value) != 3 or not value.isalpha() or not value.isascii()):  # noqa: PLR2004 - ISO 4217
        raise PydanticCustomError("unknown_value", "is a code of three letters, such as EUR")
    return value.upper() if isinstance(value, str) else value


Amount = Annotated[Decimal, BeforeValidator(_amount)]
Currency = Annotated[str, BeforeValidator(_currency)]


class RepIn(Row):
    """A person on the roster; quota is carried from the first date until before the second."""

    external_id: Key
    name: Line | None = None
    email: Mail | None = None
    team: Short | None = None
    role: Short | None = None
    segment: Short | None = None
    quota_carrying_from: Day | None = None
    quota_carrying_to: Day | None = None
    attributes: Attributes = Field(default_factory=dict)

    @model_validator(mode="after")
    def _quota_is_a_span(self) -> RepIn:
        if self.quota_carrying_to is None:
            return self
        if self.quota_carrying_from is None or self.quota_carrying_to <= self.quota_carrying_from:
            raise PydanticCustomError(
                "out_of_range", "quota_carrying_to is a date after quota_carrying_from"
            )
        return self


class AssignmentIn(Row):
    """A lead was given to a rep; without one, to a person the source did not record."""

    lead_external_id: Key
    rep_external_id: Key | None = None
    assigned_at: Instant


class TouchIn(Row):
    """A marketing act of a known lead."""

    lead_external_id: Key
    occurred_at: Instant
    kind: Annotated[str, BeforeValidator(one_of(TouchKind.values))]
    channel: Short | None = None
    campaign: Line | None = None
    asset: Long | None = None
    external_id: Line | None = None


class ActivityIn(Row):
    """A sales attempt on a known lead."""

    lead_external_id: Key
    occurred_at: Instant
    kind: Annotated[str, BeforeValidator(one_of(ActivityKind.values))]
    rep_external_id: Key | None = None
    outcome: Annotated[str, BeforeValidator(one_of(ActivityOutcome.values))] | None = None
    automatic: bool = False
    external_id: Line | None = None


class TransitionIn(Row):
    """A lead moved on, or is being worked; the reason is a code of the list in use then."""

    lead_external_id: Key
    to: Annotated[str, BeforeValidator(one_of(sorted({*DECIDED, WORKING})))]
    occurred_at: Instant
    reason: Line | None = None
    note: Story | None = None
    rep_external_id: Key | None = None
    recycle_on: Day | None = None


class OpportunityIn(Row):
    """A deal. A field that is absent is left as it is; null says that nothing is recorded."""

    external_id: Key
    lead_external_id: Key | None = None
    account: Long | None = None
    name: Long | None = None
    created_at: Instant | None = None
    accepted_at: Instant | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    stage: Short | None = None
    next_step: Long | None = None
    expected_close_on: Day | None = None
    closed_at: Instant | None = None
    outcome: Annotated[str, BeforeValidator(one_of(Outcome.values))] | None = None
    lost_reason: Line | None = None
    competitor: Line | None = None
    segment: Short | None = None
    sdr_external_id: Key | None = None
    rep_external_id: Key | None = None
    channel: Short | None = None
    source_group: Annotated[str, BeforeValidator(one_of(SourceGroup.values))] | None = None
    attributes: Attributes = Field(default_factory=dict)


Shape = TypeVar("Shape", bound=Row)


class Read(Generic[Shape]):
    """What reading one row gave: the row, or why it is none.

    Attributes:
        row: The row, None where it is refused.
        problems: Every mistake in it.
    """

    __slots__ = ("problems", "row")

    def __init__(self, *, row: Shape | None, problems: tuple[FieldProblem, ...]) -> None:
        self.row = row
        self.problems = problems


def read_row(*, shape: type[Shape], raw: Mapping[str, Any], as_text: bool = False) -> Read[Shape]:
    """Read one row.

    Args:
        shape: The row's class.
        raw: A decoded JSON object, or our columns of a line; `attributes.NAME` is gathered.
        as_text: Whether texts may be read as numbers and flags.
    """
    given = {key: value for key, value in raw.items() if not key.startswith("attributes.")}
    attributes = {
        key.removeprefix("attributes."): value
        for key, value in raw.items()
        if key.startswith("attributes.") and value is not None
    }
    if attributes:
        given["attributes"] = attributes
    try:
        row = shape.model_validate(given, strict=False if as_text else None)
    except ValidationError as error:
        return Read(row=None, problems=problems_of(error))
    return Read(row=row, problems=())
