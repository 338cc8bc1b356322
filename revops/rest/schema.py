"""The problem document and what the OpenAPI document says of every endpoint alike."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from pydantic import BaseModel, ConfigDict, Field

from revops.people.keys import SCOPES
from revops.rest.problems import CONTENT_TYPE


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


def describe_refusals(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Say of every operation how it is refused, and give it a summary; a hook of the generator."""
    refusal = {
        "description": CONTENT_TYPE,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path, operations in result["paths"].items():
        for operation in operations.values():
            if not path.startswith("/api/v1/"):
                continue
            lines = operation.get("description", "").splitlines()
            operation.setdefault("summary", lines[0] if lines else path)
            for status in PROBLEMS:
                operation["responses"].setdefault(str(status), refusal)
            operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


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


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How integrations authenticate, in the OpenAPI document."""

    target_class = "revops.rest.authentication.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:  # noqa: ARG002 - the framework's signature
        """Return the bearer scheme with the scopes in words."""
        scopes = "; ".join(f"`{scope}`: {words}" for scope, words in SCOPES.items())
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "sla_live_...",
            "description": f"An API key. Its scopes: {scopes}.",
        }


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How people read the API in their browser, in the OpenAPI document."""

    target_class = "revops.rest.authentication.BrowserAuthentication"
    name = "session"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:  # noqa: ARG002 - the framework's signature
        """Return the cookie scheme."""
        return {"type": "apiKey", "in": "cookie", "name": "session"}
