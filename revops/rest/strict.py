"""Strict schemas: what every document of the API and every row of a file is read by.

Schemas are compiled by pydantic and strict: a number in quotes is not a number, a time without an
offset is refused by name, an unknown field is an error. Mistakes carry stable codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
MAX_WHOLE: Final = 2_147_483_647

CODES: Final[Mapping[str, str]] = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "string_too_long": "too_long",
    "string_too_short": "required",
    "too_long": "too_many",
    "too_short": "too_few",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "string_type": "wrong_type",
    "int_type": "wrong_type",
    "int_parsing": "wrong_type",
    "int_from_float": "wrong_type",
    "bool_type": "wrong_type",
    "bool_parsing": "wrong_type",
    "list_type": "wrong_type",
    "dict_type": "wrong_type",
    "model_type": "wrong_type",
    "string_pattern_mismatch": "bad_format",
    "enum": "unknown_value",
    "literal_error": "unknown_value",
    "bool_from_str": "wrong_type",
    "float_type": "wrong_type",
    "date_type": "bad_date",
    "decimal_type": "wrong_type",
    "decimal_parsing": "wrong_type",
    "decimal_max_digits": "out_of_range",
    "decimal_max_places": "out_of_range",
    "finite_number": "out_of_range",
    "recursion_loop": "too_deep",
}
"""Pydantic's names of mistakes, as the API calls them; its own custom errors keep their names."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One mistake: where (a JSON pointer), which (a stable code), and what in words."""

    pointer: str
    code: str
    detail: str

    def to_json(self) -> dict[str, str]:
        """Return the entry of a problem document's `errors`."""
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


def storable(text: str) -> str:
    """Refuse what PostgreSQL cannot store: NUL and halves of surrogate pairs."""
    if "\x00" in text or any("\ud800" <= mark <= "\udfff" for mark in text):
        raise PydanticCustomError("bad_character", "holds a character that cannot be stored")
    return text


def read_instant(value: object) -> object:
    """Return the aware instant in UTC that `value`, ISO 8601 with an offset, names."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise PydanticCustomError(
                "bad_time", "is not a time in ISO 8601, such as 2026-03-02T09:00:00+01:00"
            ) from None
    if not isinstance(value, datetime):
        raise PydanticCustomError("bad_time", "must be a time in ISO 8601 with an offset")
    if value.tzinfo is None or value.utcoffset() is None:
        raise PydanticCustomError("naive_time", "has no offset from UTC, such as Z or +01:00")
    try:
        value = value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("out_of_range", "is outside the years 2000 to 2099") from None
    if not EARLIEST <= value < LATEST:
        raise PydanticCustomError("out_of_range", "is outside the years 2000 to 2099")
    return value


def read_date(value: object) -> object:
    """Return the date that `value`, ISO 8601 such as 2026-03-02, names."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value.strip())
        except ValueError:
            raise PydanticCustomError("bad_date", "is not a date such as 2026-03-02") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise PydanticCustomError("bad_date", "must be a date such as 2026-03-02")
    if not EARLIEST.year <= value.year < LATEST.year:
        raise PydanticCustomError("out_of_range", "is outside the years 2000 to 2099")
    return value


def one_of(values: Sequence[str]) -> Callable[[object], object]:
    """Return a validator that accepts the values of a closed vocabulary and names them."""
    known = frozenset(values)
    words = ", ".join(values)

    def check(value: object) -> object:
        if isinstance(value, str) and value in known:
            return value
        raise PydanticCustomError("unknown_value", "is one of {known}", {"known": words})

    return check


Instant: TypeAlias = Annotated[datetime, BeforeValidator(read_instant)]
Day: TypeAlias = Annotated[date, BeforeValidator(read_date)]
Key: TypeAlias = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(storable)]
Short: TypeAlias = Annotated[str, Field(max_length=80), AfterValidator(storable)]
Line: TypeAlias = Annotated[str, Field(max_length=120), AfterValidator(storable)]
Long: TypeAlias = Annotated[str, Field(max_length=200), AfterValidator(storable)]
Mail: TypeAlias = Annotated[str, Field(max_length=254), AfterValidator(storable)]
Story: TypeAlias = Annotated[str, Field(max_length=20_000), AfterValidator(storable)]
Whole: TypeAlias = Annotated[int, Field(ge=0, le=MAX_WHOLE)]


class Row(BaseModel):
    """The base of whatever comes in: immutable, strict, and nothing unknown gets in."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, str_strip_whitespace=True, allow_inf_nan=False
    )


RowType = TypeVar("RowType", bound=BaseModel)


def pointer_of(location: Sequence[int | str]) -> str:
    """Return the JSON pointer of a place in a document."""
    steps = [str(step).replace("~", "~0").replace("/", "~1")[:120] for step in location]
    return "".join(f"/{step}" for step in steps)


def problems_of(error: ValidationError, *, at: str = "") -> tuple[FieldProblem, ...]:
    """Return every mistake pydantic found, as the API and the error file word them."""
    found = []
    for mistake in error.errors(include_url=False, include_context=False, include_input=False):
        pointer = at + pointer_of(mistake["loc"])
        name = str(mistake["loc"][-1])[:80] if mistake["loc"] else "the row"
        kind = mistake["type"]
        message = mistake["msg"]
        match kind:
            case "extra_forbidden":
                message = "is not a field of this document"
            case "missing" | "string_too_short":
                message = "is required"
            case _:
                message = message[:1].lower() + message[1:]
        found.append(FieldProblem(pointer, CODES.get(kind, kind), f"{name}: {message}"))
    return tuple(found)
