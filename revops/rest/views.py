"""The base of every API view: one opening statement, then who may do what, then the answer.

The opening statement reads the instant, the revocation epoch, and whatever else the view names in
`opening_columns`, so a warm request costs one statement before its own work.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel, ValidationError
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from revops.people import keys
from revops.people.models import User
from revops.rest import limits
from revops.rest.authentication import (
    BrowserAuthentication,
    KeyAuthentication,
    KeyPrincipal,
    actor_of,
    unauthenticated,
)
from revops.rest.parsing import SINGLE_LIMIT, StrictJsonParser, too_large
from revops.rest.problems import ProblemError, answer, invalid, problem_of
from revops.rest.strict import FieldProblem, problems_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import HttpRequest, HttpResponse
    from rest_framework.request import Request

Model = TypeVar("Model", bound=BaseModel)

OPENING = (
    "SELECT clock_timestamp(),"
    " coalesce((SELECT number FROM people_revocationepoch WHERE id = 1), 0)"
)
NUL_PROBLEM = FieldProblem("", "bad_character", "The address holds the character NUL.")


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first statement of a request read."""

    at: datetime
    epoch: int
    columns: Mapping[str, Any]


class ApiView(APIView):
    """An endpoint of `/api/v1/`.

    Attributes:
        scopes: Method -> the scope a key needs, or several of which one is enough, separated by
            spaces; a method that is not listed is for no key.
        rights: Method -> the right a person's role needs; absent means keys only.
        body_limit: The largest body in bytes.
        opening_columns: Name -> SQL of a scalar read with the first statement.
    """

    authentication_classes = [KeyAuthentication, BrowserAuthentication]
    permission_classes = []
    parser_classes = [StrictJsonParser]
    renderer_classes = [JSONRenderer]
    metadata_class = None

    scopes: ClassVar[dict[str, str]] = {}
    rights: ClassVar[dict[str, str]] = {}
    body_limit: ClassVar[int] = SINGLE_LIMIT
    opening_columns: ClassVar[dict[str, str]] = {}

    opening: Opening
    allowance: limits.Allowance | None = None

    @property
    def at(self) -> datetime:
        """The instant of the request."""
        return self.opening.at

    @property
    def actor(self) -> str:
        """Who calls, as named in facts."""
        return actor_of(self.request.user)

    @property
    def person(self) -> User | None:
        """The person who calls; None for a key."""
        return self.request.user if isinstance(self.request.user, User) else None

    def initial(self, request: Request, *_args: Any, **kwargs: Any) -> None:
        """Open the request: negotiate, authenticate, read the instant, check the rights."""
        request.accepted_renderer = JSONRenderer()
        request.accepted_media_type = "application/json"
        if "\x00" in request.get_full_path() or "%00" in request.META.get("QUERY_STRING", ""):
            raise invalid([NUL_PROBLEM])
        if any(isinstance(value, str) and "\x00" in value for value in kwargs.values()):
            raise invalid([NUL_PROBLEM])
        principal = request.user
        if principal is None or not principal.is_authenticated:
            raise unauthenticated(code="no_key", detail="Send an API key as a bearer token.")
        self._limit(request)
        self.opening = self.open(request)
        setattr(request._request, "at", self.opening.at)  # noqa: B010, SLF001 - as the middleware does
        if isinstance(principal, KeyPrincipal):
            principal = self._confirmed(principal)
            request.user = principal
            # Whoever reads the plain request, such as the history of edits, looks for a person.
            request._request.user = AnonymousUser()  # noqa: SLF001 - the framework sets it there
        self._permit(request, principal)

    def open(self, request: Request) -> Opening:  # noqa: ARG002 - views that need the request override
        """Run the request's first statement."""
        return self.read_opening(columns=self.opening_columns)

    def read_opening(self, *, columns: Mapping[str, str], params: Sequence[Any] = ()) -> Opening:
        """Read the instant, the epoch and `columns`, whose SQL takes `params` in order."""
        extra = "".join(f", ({sql})" for sql in columns.values())
        with connection.cursor() as cursor:
            cursor.execute(OPENING + extra, list(params) or None)
            at, epoch, *values = cursor.fetchone()
        return Opening(
            at=at.astimezone(UTC),
            epoch=epoch,
            columns=dict(zip(columns, values, strict=True)),
        )

    def _confirmed(self, principal: KeyPrincipal) -> KeyPrincipal:
        facts = keys.confirm_key(
            token=principal.token,
            facts=principal.facts,
            epoch=self.opening.epoch,
            at=self.opening.at,
        )
        if facts is None:
            raise unauthenticated(
                code="key_not_valid", detail="This key has been revoked or has expired."
            )
        keys.note_use(key_id=facts.id, at=self.opening.at)
        return replace(principal, facts=facts)

    def _permit(self, request: Request, principal: object) -> None:
        """Refuse with 403 whoever lacks the scope or the right; 405 comes first."""
        method = (request.method or "").upper()
        method = "GET" if method == "HEAD" else method
        if method == "OPTIONS" or not hasattr(self, method.lower()):
            return
        if isinstance(principal, KeyPrincipal):
            needed = self.scopes.get(method, "").split()
            if not principal.facts.scopes.intersection(needed):
                raise forbidden(f"The key lacks the scope {' or '.join(needed) or 'for this'}.")
        else:
            right = self.rights.get(method)
            if right is None or not principal.has_perm(right):  # type: ignore[attr-defined]
                raise forbidden("Your role does not allow this.")

    def _limit(self, request: Request) -> None:
        principal = request.user
        caller = (
            f"key:{principal.facts.id}"
            if isinstance(principal, KeyPrincipal)
            else f"user:{principal.pk}"
        )
        self.allowance = limits.spend(caller=caller)
        if self.allowance.is_exceeded:
            raise ProblemError(
                status=HTTPStatus.TOO_MANY_REQUESTS,
                code="too_many_requests",
                detail=f"More than {self.allowance.limit} requests in a minute.",
            )

    def body(self, model: type[Model]) -> Model:
        """Return the request's body as `model`; null fields are as good as absent.

        Raises:
            ProblemError: 400, 413 or 415 for the bytes, 422 for what they say.
        """
        raw = self.raw_body()
        if isinstance(raw, dict):
            raw = {key: value for key, value in raw.items() if value is not None}
        return validated(model, raw)

    def raw_body(self) -> Any:
        """Return the decoded body."""
        length = self.request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length[:20]) > self.body_limit:
            raise too_large(self.body_limit)
        try:
            data = self.request.data
        except UnsupportedMediaType:
            raise ProblemError(
                status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                code="unsupported_media_type",
                detail="Send application/json.",
            ) from None
        except ParseError as error:
            raise ProblemError(
                status=HTTPStatus.BAD_REQUEST, code="not_json", detail=str(error.detail)
            ) from None
        if not length or length == "0":
            if self.request.META.get("HTTP_TRANSFER_ENCODING"):
                raise ProblemError(
                    status=HTTPStatus.LENGTH_REQUIRED,
                    code="length_required",
                    detail="Send the body with a Content-Length.",
                )
            raise ProblemError(
                status=HTTPStatus.BAD_REQUEST, code="empty_body", detail="The body is empty."
            )
        return data

    def validated(self, model: type[Model], raw: object) -> Model:
        """Return `raw` as `model`, a refusal (422) if it is none."""
        return validated(model, raw)

    def require_scope(self, scope: str) -> None:
        """Refuse (403) a key without `scope`; persons are checked by their rights."""
        principal = self.request.user
        if isinstance(principal, KeyPrincipal) and scope not in principal.facts.scopes:
            raise forbidden(f"The key lacks the scope {scope}.")

    def query(self, model: type[Model]) -> Model:
        """Return the address's parameters as `model`; unknown ones are refused (422)."""
        given: dict[str, Any] = {}
        for name, values in self.request.query_params.lists():
            given[name] = values if len(values) > 1 else values[0]
        return validated(model, given, as_text=True)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer with a problem document, whatever went wrong."""
        return answer(request=self.request, problem=problem_of(exc))  # type: ignore[return-value]

    def finalize_response(  # type: ignore[override]  # plain responses pass through as well
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the RateLimit headers and forbid caches to keep the answer."""
        if isinstance(response, Response):
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = "application/json"
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.allowance is not None:
            for name, value in self.allowance.headers().items():
                response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def forbidden(detail: str) -> ProblemError:
    """Return the refusal of a caller who is known and may not."""
    return ProblemError(status=HTTPStatus.FORBIDDEN, code="forbidden", detail=detail)


@csrf_exempt
def not_found(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    """Answer an unknown address below `/api/`, before any view is chosen."""
    return answer(
        request=request,
        problem=ProblemError(
            status=HTTPStatus.NOT_FOUND, code="not_found", detail="There is nothing here."
        ),
    )


def validated(model: type[Model], raw: object, *, as_text: bool = False) -> Model:
    """Return `raw` as `model`.

    Raises:
        ProblemError: 422, naming every mistake.
    """
    try:
        return model.model_validate(raw, strict=False if as_text else None)
    except ValidationError as error:
        raise invalid(problems_of(error)) from None
