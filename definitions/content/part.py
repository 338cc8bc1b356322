"""The base of every piece of a document, and the kinds of value they share."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from definitions import criteria_json
from definitions.fields import REGISTRY


class Part(BaseModel):
    """A piece of a document: immutable, and nothing it does not know gets in."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False
    )


def _is_tree(stored: dict[str, Any]) -> dict[str, Any]:
    criteria_json.parse(stored)
    return stored


def _is_act(key: str) -> str:
    if key not in REGISTRY.acts:
        raise ValueError(f"no act is called {key!r}")
    return key


def _is_field(key: str) -> str:
    if key not in REGISTRY.fields:
        raise ValueError(f"no field is called {key!r}")
    return key


@dataclass(frozen=True, slots=True)
class Edited:
    """How a form edits values of this kind; the rules of the value are not its business."""

    by: str


Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"), Edited("code")]
MoveKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"), Edited("move")]
RequiredKey = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"), Edited("required_field")
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Line = Annotated[str, StringConstraints(max_length=500), Edited("area")]
Prose = Annotated[str, StringConstraints(max_length=6000), Edited("area")]
Score = Annotated[int, Field(ge=0, le=100), Edited("score")]
Points = Annotated[int, Field(ge=-100, le=100), Edited("score")]
Rate = Annotated[Decimal, Field(ge=0, le=1, max_digits=6, decimal_places=4)]
Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
Criteria = Annotated[dict[str, Any], AfterValidator(_is_tree), Edited("criteria")]
ActKey = Annotated[str, AfterValidator(_is_act), Edited("act")]
FieldKey = Annotated[str, AfterValidator(_is_field)]
