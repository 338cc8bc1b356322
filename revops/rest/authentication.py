"""Who calls the API: an integration with a bearer key, or a person's session in the browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from rest_framework.authentication import BaseAuthentication, SessionAuthentication

from revops.people import keys
from revops.people.models import User
from revops.rest.problems import ProblemError

if TYPE_CHECKING:
    from rest_framework.request import Request


@dataclass(frozen=True, slots=True)
class KeyPrincipal:
    """An integration, in the place where Django puts a user."""

    facts: keys.KeyFacts
    token: str = field(repr=False)

    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True
    pk: ClassVar[None] = None

    @property
    def actor(self) -> str:
        """How the key is named in facts."""
        return self.facts.actor


def unauthenticated(*, code: str, detail: str) -> ProblemError:
    """Return the refusal of a caller nobody knows."""
    return ProblemError(
        status=HTTPStatus.UNAUTHORIZED,
        code=code,
        detail=detail,
        headers={"WWW-Authenticate": 'Bearer realm="api"'},
    )


class KeyAuthentication(BaseAuthentication):
    """Read `Authorization: Bearer sla_live_...`; whether it still holds the view asks later."""

    def authenticate(self, request: Request) -> tuple[KeyPrincipal, str] | None:
        """Return the key's principal; None when no key is sent."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise unauthenticated(
                code="unknown_scheme", detail="Send the key as Authorization: Bearer <key>."
            )
        facts = keys.find_key(token.strip())
        if facts is None:
            raise unauthenticated(code="unknown_key", detail="This key is not known.")
        return KeyPrincipal(facts=facts, token=token.strip()), token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the framework's signature
        """Return the challenge of a 401."""
        return 'Bearer realm="api"'


class BrowserAuthentication(SessionAuthentication):
    """A person's session; unsafe methods need the CSRF token, as in the pages."""


def actor_of(principal: object) -> str:
    """Return how the caller is named in facts."""
    if isinstance(principal, KeyPrincipal):
        return principal.actor
    if isinstance(principal, User):
        return f"user:{principal.pk}"
    raise TypeError(f"{type(principal).__name__} calls nothing")
