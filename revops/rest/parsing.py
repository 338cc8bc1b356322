"""The body of a request: its type, its size and its JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any, Final

from rest_framework.parsers import BaseParser

from revops.rest.problems import ProblemError
from revops.rest.strict_json import JsonError, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

SINGLE_LIMIT: Final = 256 * 1024
BULK_LIMIT: Final = 5 * 1024 * 1024


class StrictJsonParser(BaseParser):
    """Accept `application/json` in UTF-8 up to the view's `body_limit`, and nothing else."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the decoded body.

        Raises:
            ProblemError: 400 or 413, with a code that says why.
        """
        context = parser_context or {}
        charset = (media_type or "").lower().partition("charset=")[2].strip(' "')
        if charset not in {"", "utf-8", "utf8"}:
            raise ProblemError(
                status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                code="unsupported_media_type",
                detail="JSON is sent in UTF-8.",
            )
        limit = getattr(context.get("view"), "body_limit", SINGLE_LIMIT)
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise too_large(limit)
        return parse_body(body)


def too_large(limit: int) -> ProblemError:
    """Return the refusal of a body over `limit` bytes."""
    return ProblemError(
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        code="too_large",
        detail=f"The body is larger than {limit // 1024} kB.",
    )


def parse_body(body: bytes) -> Any:
    """Return what `body` holds, a `ProblemError` (400) if it cannot be read."""
    try:
        return read_json(body)
    except JsonError as error:
        raise ProblemError(
            status=HTTPStatus.BAD_REQUEST, code=error.code, detail=str(error)
        ) from None
