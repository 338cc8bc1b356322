"""Which version of a document is in use at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from definitions.choices import DocumentKind
from definitions.models import Activation, Version

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

KEPT_SCHEDULES = 4  # pages and the API stamp theirs differently, and one may be old


class NoVersionError(Exception):
    """No version of a document is in use; the defaults were never installed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One activation, without the content of its version.

    Attributes:
        withdrawn_at: From when it does not hold any more, or None.
    """

    kind: DocumentKind
    version_id: int
    number: int
    sha256: str
    effective_from: datetime
    is_signed: bool
    withdrawn_at: datetime | None

    def holds(self, *, at: datetime) -> bool:
        """Return whether it has begun and was not withdrawn by `at`."""
        return self.effective_from <= at and (self.withdrawn_at is None or at < self.withdrawn_at)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every activation of every kind; answers "in use at" for any instant without the database."""

    entries: tuple[Entry, ...]

    def in_use(self, *, kind: DocumentKind | str, at: datetime) -> Entry:
        """Return the entry in use at `at`.

        Raises:
            NoVersionError: None has begun.
        """
        held = [entry for entry in self.entries if entry.kind == kind and entry.holds(at=at)]
        if not held:
            raise NoVersionError(f"no version of {kind} is in use at {at}")
        return max(held, key=lambda entry: entry.effective_from)


@dataclass(frozen=True, slots=True)
class VersionInUse:
    """A version in use; it is in force only when it is signed."""

    version: Version
    is_signed: bool
    effective_from: datetime


def schedule() -> Schedule:
    """Return all activations; one statement over a table of a few dozen rows."""
    rows = Activation.objects.order_by("effective_from", "id").values_list(
        "kind",
        "version_id",
        "version__number",
        "version__sha256",
        "effective_from",
        "is_signed",
        "withdrawal__withdrawn_at",
    )
    return Schedule(tuple(Entry(DocumentKind(kind), *rest) for kind, *rest in rows))


@lru_cache(maxsize=KEPT_SCHEDULES)
def cached_schedule(stamp: Hashable) -> Schedule:
    """Return the schedule, read once per `stamp` in this process.

    Args:
        stamp: Anything that changes with every activation and withdrawal, such as the revocation
            epoch a request's first statement returns; services that change the schedule raise it.
    """
    del stamp
    return schedule()


def forget_schedule() -> None:
    """Drop what this process remembers; for tests that reuse a stamp in another database."""
    cached_schedule.cache_clear()


def version_in_use(*, kind: DocumentKind | str, at: datetime) -> VersionInUse:
    """Return the version of `kind` in use at `at`; its content is read only when asked for.

    Raises:
        NoVersionError: The defaults were never installed.
    """
    return in_use_all(at=at, kinds=(DocumentKind(kind),))[DocumentKind(kind)]


def in_use_all(
    *, at: datetime, kinds: tuple[DocumentKind, ...] = tuple(DocumentKind)
) -> dict[DocumentKind, VersionInUse]:
    """Return the version in use of each kind, in one statement.

    Raises:
        NoVersionError: One of them has none.
    """
    rows = (
        Activation.objects.filter(kind__in=kinds, effective_from__lte=at)
        .exclude(withdrawal__withdrawn_at__lte=at)
        .order_by("kind", "-effective_from", "-id")
        .distinct("kind")
        .select_related("version")
        .defer("version__content", "version__canonical_text")
    )
    found = {
        DocumentKind(row.kind): VersionInUse(row.version, row.is_signed, row.effective_from)
        for row in rows
    }
    absent = [kind for kind in kinds if kind not in found]
    if absent:
        raise NoVersionError(f"no version of {', '.join(absent)} is in use at {at}")
    return found
