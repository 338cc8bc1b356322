"""Errors as RFC 9457 problem documents; codes are stable, texts are not."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rest_framework.request import Request

    from revops.rest.strict import FieldProblem

logger = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 5


class ProblemError(Exception):
    """A request that is refused, with everything its problem document says."""

    def __init__(
        self,
        *,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        super().__init__(detail)


def invalid(errors: Sequence[FieldProblem]) -> ProblemError:
    """Return the refusal of a document with these mistakes."""
    count = len(errors)
    detail = errors[0].detail if count == 1 else f"{count} fields cannot be accepted as they are."
    return ProblemError(
        status=HTTPStatus.UNPROCESSABLE_ENTITY, code="invalid", detail=detail, errors=errors
    )


def unavailable() -> ProblemError:
    """Return the refusal while the database is away."""
    return ProblemError(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        code="unavailable",
        detail="The database does not answer; try again in a moment.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def problem_of(error: Exception) -> ProblemError:
    """Return the problem an exception means to the caller; unknown ones are logged."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, exceptions.APIException):
        return _framework_problem(error)
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("The database failed a request: %s", error)
        return unavailable()
    status, code, detail = _ordinary(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("A request failed", exc_info=error)
    return ProblemError(status=status, code=code, detail=detail)


def _ordinary(error: Exception) -> tuple[int, str, str]:
    match error:
        case Http404():
            return HTTPStatus.NOT_FOUND, "not_found", "There is nothing here."
        case PermissionDenied():
            return HTTPStatus.FORBIDDEN, "forbidden", "You may not do this."
        case IntegrityError():
            logger.warning("A request met a constraint: %s", error)
            return HTTPStatus.CONFLICT, "conflict", "The request contradicts what is stored."
        case _:
            detail = "Something went wrong here; it has been logged."
            return HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail


def _framework_problem(error: exceptions.APIException) -> ProblemError:
    code = error.get_codes()
    if isinstance(error, exceptions.PermissionDenied):
        code = "csrf_failed"
    return ProblemError(
        status=error.status_code,
        code=code if isinstance(code, str) else "refused",
        detail=str(error.detail),
    )


def answer(*, request: HttpRequest | Request, problem: ProblemError) -> JsonResponse:
    """Return the problem document."""
    body: dict[str, Any] = {
        "type": f"urn:accord:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": int(problem.status),
        "code": problem.code,
        "detail": problem.detail,
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
        **problem.extra,
    }
    if problem.errors:
        body["errors"] = [error.to_json() for error in problem.errors]
    return JsonResponse(
        body, status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers
    )
