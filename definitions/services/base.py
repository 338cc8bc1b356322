"""What every service of the documents shares: the lock, actors, refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import F

from definitions import selectors
from definitions.models import RequestClosure, SignatureRequest, Version
from revops.audit.services import record
from revops.people.models import RevocationEpoch, User
from revops.people.permissions import RIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from definitions.choices import Closure

# Any constant will do; it only has to differ from the other advisory locks of the project.
DOCUMENTS_LOCK = 7_104_500_001
# How long a typed password counts for a signature.
FRESH = timedelta(minutes=5)


class DocumentError(Exception):
    """A refusal whose message is shown as it is."""


class NotAllowedError(DocumentError):
    """The person's role does not hold the right."""


class StaleAuthenticationError(DocumentError):
    """The person has to type the password again."""


def lock_documents() -> None:
    """Let one transaction at a time change documents, until it ends.

    An advisory lock, because the rows that settle a signing are append-only and the
    application's role may not lock them. Signing is rare; one lock for all is enough.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DOCUMENTS_LOCK])


def actor_of(user: User) -> str:
    """Return how a person is named on facts of record."""
    return f"user:{user.pk}"


def require(*, by: User, right: str, words: str) -> None:
    """Refuse unless `by` holds `right`.

    Raises:
        NotAllowedError: The role lacks it; `words` complete "You may not ...".
    """
    if not by.has_perm(right):
        raise NotAllowedError(f"Your role may not {words}.")


def close_request(
    *, request: SignatureRequest, cause: Closure, at: datetime, actor: str
) -> RequestClosure:
    """Write the one end of a request."""
    return RequestClosure.objects.create(request=request, cause=cause, closed_at=at, actor=actor)


def journal(*, act: str, version: Version, actor: str, at: datetime, **details: object) -> None:
    """Note an act on a version in the audit journal; ids and plain words only."""
    record(
        at=at,
        actor=actor,
        act=act,
        subject=f"version:{version.pk}",
        details={"document": version.kind, "number": version.number, **details},
    )


def raise_epoch() -> None:
    """Tell every process that what it remembers of the schedule is old."""
    changed = RevocationEpoch.objects.filter(pk=1).update(number=F("number") + 1)
    if not changed:
        RevocationEpoch.objects.create(pk=1, number=1)


def next_number(*, kind: str) -> int:
    """Return the number of the next version; call it under the lock."""
    last = Version.objects.filter(kind=kind).order_by("-number").values_list("number", flat=True)
    return (last.first() or 0) + 1


def signer_ids(*, slots: Iterable[str], at: datetime) -> list[int]:
    """Return the ids of the people who may fill one of the slots, by role or as a substitute."""
    slots = list(slots)
    roles = {role for slot in slots for role in RIGHTS[f"definitions.sign_{slot}"]}
    people = User.objects.filter(role__in=roles, is_active=True)
    own = people.order_by("pk").values_list("pk", flat=True)
    return [*own, *selectors.substitute_ids(slots=slots, at=at)]
