"""How versions came and went, and what waits for signatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from definitions.choices import Closure, DocumentKind, Standing
from definitions.models import Activation, Draft, Signature, SignatureRequest, Version
from definitions.selectors.delegations import slots_of

if TYPE_CHECKING:
    from datetime import datetime

    from revops.people.models import User


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


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A draft that was closed and never came into force, and who closed it."""

    draft: Draft
    by: User | None


def drafts_given_up(*, kind: DocumentKind | str) -> list[GivenUp]:
    """Return the drafts of a document that led nowhere, the latest first; two statements."""
    drafts = list(
        Draft.objects.filter(kind=kind, closed_at__isnull=False)
        .exclude(requests__version__activation__isnull=False)
        .select_related("based_on", "opened_by")
        .defer("based_on__canonical_text", "based_on__content")
        .order_by("-closed_at", "-pk")
    )
    closings = Draft.history.filter(id__in=[draft.pk for draft in drafts], closed_at__isnull=False)
    closed_by = {
        row.id: row.history_user
        for row in closings.select_related("history_user").order_by("history_date", "history_id")
    }
    return [GivenUp(draft, closed_by.get(draft.pk)) for draft in drafts]


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


def compared_with(
    *, request: SignatureRequest, reader: User, at: datetime
) -> tuple[Version, bool]:
    """Return the version the changes of a request are told against.

    That is the version the reader signed last, of those that came into force and were not
    withdrawn; else the one in use. Only older versions count, and for a request that has ended
    only what held by then, so that its page says the same for ever.

    Returns:
        The version, and whether the reader signed it.
    """
    version = request.version
    closure = getattr(request, "closure", None)
    ended = request.expires_at if closure is None else closure.closed_at
    moment = min(at, ended)
    held = (
        Activation.objects.filter(
            kind=version.kind, version__number__lt=version.number, effective_from__lte=moment
        )
        .exclude(withdrawal__withdrawn_at__lte=moment)
        .select_related("version")
    )
    own = (
        held.filter(version__signature_request__signatures__signer=reader)
        .order_by("-version__signature_request__signatures__position")
        .first()
    )
    if own is not None:
        return own.version, True
    in_use = held.order_by("-effective_from", "-id").first()
    if in_use is not None:
        return in_use.version, False
    return version.based_on or version, False


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


def awaiting(*, user: User, at: datetime) -> list[SignatureRequest]:
    """Return the open requests in which a slot of the user is still empty, oldest first."""
    slots = slots_of(user=user, at=at)
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
