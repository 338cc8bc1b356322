"""Which version holds when, what it says, and how its signing stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from definitions.choices import Closure, DocumentKind, Purpose, Standing
from definitions.documents import parse_document
from definitions.models import Activation, Draft, Reason, Signature, SignatureRequest, Version

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    from definitions.content import Contribution, Definitions, ScoreModel, Sla
    from definitions.documents import Document
    from revops.people.models import User

KEPT_SCHEDULES = 2


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


@dataclass(frozen=True, slots=True)
class Milestone:
    """One version in the history of a document.

    Attributes:
        effective_to: When the next version took over, or None.
        request: How it was put before its signers; None for the seeded content.
    """

    version: Version
    standing: Standing
    effective_from: datetime | None
    effective_to: datetime | None
    request: SignatureRequest | None
    signatures: tuple[Signature, ...]

    @property
    def label(self) -> str:
        """The standing in words."""
        return str(self.standing.label)

    @property
    def open_slots(self) -> list[str]:
        """The slots still without a signature."""
        if self.request is None:
            return []
        signed = {signature.slot for signature in self.signatures}
        return [slot for slot in self.request.slots if slot not in signed]


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


# Never emptied: a company has a few dozen versions, and the hash settles what they say.
_DOCUMENTS: dict[str, Document] = {}


def document_of(version: Version | Entry) -> Document:
    """Return the parsed content, cached by its hash; the content is read at most once."""
    held = _DOCUMENTS.get(version.sha256)
    if held is None:
        row = version if isinstance(version, Version) else _version(version.version_id)
        held = parse_document(kind=DocumentKind(row.kind), content=row.content)
        _DOCUMENTS[version.sha256] = held
    return held


def _version(version_id: int) -> Version:
    return cast("Version", Version.objects.defer("canonical_text").get(pk=version_id))


def definitions_of(version: Version | Entry) -> Definitions:
    """Return the content of a version of the definitions."""
    return cast("Definitions", document_of(version))


def score_model_of(version: Version | Entry) -> ScoreModel:
    """Return the content of a version of the score model."""
    return cast("ScoreModel", document_of(version))


def sla_of(version: Version | Entry) -> Sla:
    """Return the content of a version of the SLA."""
    return cast("Sla", document_of(version))


def contribution_of(version: Version | Entry) -> Contribution:
    """Return the content of a version of the contribution agreement."""
    return cast("Contribution", document_of(version))


def reasons(
    *, version: Version | Entry, purpose: Purpose | str, with_history: bool = False
) -> list[Reason]:
    """Return the reasons a version offers for `purpose`, in the agreed order.

    Args:
        version: A version of the definitions.
        purpose: Which list.
        with_history: Also those only imports may use, such as "not recorded".
    """
    version_id = version.version_id if isinstance(version, Entry) else version.pk
    rows = Reason.objects.filter(version_id=version_id, purpose=purpose)
    if not with_history:
        rows = rows.filter(history_only=False)
    return list(rows.order_by("position", "id"))


def timeline(*, kind: DocumentKind | str, at: datetime) -> list[Milestone]:
    """Return every version of a document, the newest first, with its standing at `at`."""
    versions = list(
        Version.objects.filter(kind=kind)
        .select_related("activation__withdrawal", "signature_request__closure")
        .select_related("signature_request__decline", "signature_request__requested_by")
        .prefetch_related("signature_request__signatures__signer")
        .defer("canonical_text")
        .order_by("-number")
    )
    activations = sorted(
        (version.activation for version in versions if hasattr(version, "activation")),
        key=lambda row: row.effective_from,
    )
    held = [row for row in activations if row.effective_from <= at and not _withdrawn(row, at)]
    current = held[-1].pk if held else None
    return [_milestone(version, activations, current, at) for version in versions]


def _withdrawn(activation: Activation, at: datetime) -> bool:
    return hasattr(activation, "withdrawal") and activation.withdrawal.withdrawn_at <= at


def _milestone(
    version: Version, activations: list[Activation], current: int | None, at: datetime
) -> Milestone:
    request = getattr(version, "signature_request", None)
    activation = getattr(version, "activation", None)
    signatures: list[Signature] = [] if request is None else list(request.signatures.all())
    ends = [
        row.effective_from
        for row in activations
        if activation is not None
        and row.effective_from > activation.effective_from
        and not _withdrawn(row, at)
    ]
    return Milestone(
        version=version,
        standing=_standing(request, activation, current, at),
        effective_from=None if activation is None else activation.effective_from,
        effective_to=min(ends, default=None),
        request=request,
        signatures=tuple(sorted(signatures, key=lambda row: row.position)),
    )


def _standing(
    request: SignatureRequest | None,
    activation: Activation | None,
    current: int | None,
    at: datetime,
) -> Standing:
    if activation is None:
        closure = getattr(request, "closure", None)
        if closure is not None:
            ends = {
                Closure.DECLINED: Standing.DECLINED,
                Closure.VOIDED: Standing.VOIDED,
                Closure.EXPIRED: Standing.EXPIRED,
            }
            return ends[Closure(closure.cause)]
        expired = request is not None and request.expires_at <= at
        return Standing.EXPIRED if expired else Standing.IN_REVIEW
    if _withdrawn(activation, at):
        return Standing.WITHDRAWN
    if activation.effective_from > at:
        return Standing.SCHEDULED
    if activation.pk != current:
        return Standing.SUPERSEDED
    return Standing.IN_FORCE if activation.is_signed else Standing.PROVISIONAL


def open_draft_of(*, kind: DocumentKind | str) -> Draft | None:
    """Return the open draft of a kind, or None."""
    return Draft.objects.filter(kind=kind, closed_at__isnull=True).first()


def open_request_of(*, draft: Draft, at: datetime) -> SignatureRequest | None:
    """Return the request that waits for signatures on a draft, or None."""
    return (
        SignatureRequest.objects.filter(draft=draft, closure__isnull=True, expires_at__gt=at)
        .select_related("version")
        .first()
    )


def slots_of(*, user: User) -> list[str]:
    """Return the signature slots the user's role may fill."""
    return [
        slot
        for slot in ("revops", "marketing", "sales")
        if user.has_perm(f"definitions.sign_{slot}")
    ]


def awaiting(*, user: User, at: datetime) -> list[SignatureRequest]:
    """Return the open requests in which a slot of the user is still empty, oldest first."""
    slots = slots_of(user=user)
    if not slots:
        return []
    requests = (
        SignatureRequest.objects.filter(
            closure__isnull=True, expires_at__gt=at, slots__overlap=slots
        )
        .exclude(signatures__slot__in=slots)
        .exclude(signatures__signer=user)
        .select_related("version", "requested_by")
        .order_by("requested_at", "id")
    )
    return list(requests)


def head_sha256() -> str:
    """Return the hash of the newest signature, the head of the chain; empty when there is none."""
    head = Signature.objects.order_by("-position").values_list("record_sha256", flat=True).first()
    return head or ""
