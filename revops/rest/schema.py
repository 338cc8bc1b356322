"""The problem document and what the OpenAPI document says of every endpoint alike."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from pydantic import BaseModel, ConfigDict, Field


class Out(BaseModel):
    """The base of answers."""

    model_config = ConfigDict(frozen=True)


class Mistake(Out):
    """One mistake: where, which, and in words."""

    pointer: str
    code: str
    detail: str


class Problem(Out):
    """RFC 9457: why a request is refused; codes are stable, texts are not."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    request_id: str
    errors: list[Mistake] = Field(default_factory=list)


_PROBLEM: Final = OpenApiResponse(response=Problem, description="application/problem+json")
PROBLEMS: Final[dict[Any, Any]] = dict.fromkeys((400, 401, 403, 404, 409, 422, 429, 503), _PROBLEM)


def query_parameters(model: type[BaseModel]) -> list[OpenApiParameter]:
    """Return the parameters of a list's address."""
    properties = model.model_json_schema()["properties"]
    found = []
    for name, schema in properties.items():
        kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
        is_whole = kinds[0].get("type") == "integer"
        is_instant = kinds[0].get("format") == "date-time"
        found.append(
            OpenApiParameter(
                name,
                int if is_whole else str,
                description="ISO 8601 with an offset" if is_instant else "",
            )
        )
    return found
