"""Sign, decline and withdraw versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from definitions import canonical, selectors
from definitions.choices import Closure, DocumentKind
from definitions.models import (
    Activation,
    Decline,
    Draft,
    Signature,
    SignatureRequest,
    Version,
    Viewing,
    Withdrawal,
    history_by,
)
from definitions.records import record_text
from definitions.services.base import (
    FRESH,
    DocumentError,
    NotAllowedError,
    StaleAuthenticationError,
    actor_of,
    close_request,
    journal,
    lock_documents,
    raise_epoch,
    require,
    signer_ids,
)
from revops.outbox.services import Notice, announce
from revops.people.choices import Side
from revops.people.models import User

if TYPE_CHECKING:
    from datetime import datetime

    from definitions.models import Delegation


class RequestClosedError(DocumentError):
    """The request was completed, declined, voided or has expired."""


class ChangedSinceShownError(DocumentError):
    """What would be signed is not what the signer was shown."""


class TypedNameError(DocumentError):
    """The typed name is not the signer's."""


class SlotTakenError(DocumentError):
    """The slot is filled, or the person already signed in another."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What shows that a person meant to sign this text now.

    Attributes:
        typed_name: As typed; must be the account's name, case and spaces aside.
        document_sha256: The hash on the page the person read.
        authenticated_at: When the password was last checked.
        ip: The address the request came from, if known.
        user_agent: The browser, as it names itself.
    """

    typed_name: str
    document_sha256: str
    authenticated_at: datetime
    ip: str | None = None
    user_agent: str = ""


def note_viewing(*, request: SignatureRequest, reader: User, at: datetime) -> None:
    """Note when a person first opens a version that waits for signatures; later is not noted."""
    if getattr(request, "closure", None) is not None or request.expires_at <= at:
        return
    if Viewing.objects.filter(request=request, reader=reader).exists():
        return
    viewing = Viewing(request=request, reader=reader, viewed_at=at, actor=actor_of(reader))
    # Two tabs opened at once are one first time.
    Viewing.objects.bulk_create([viewing], ignore_conflicts=True)


def statement(
    *, request: SignatureRequest, slot: str, delegation: Delegation | None = None
) -> str:
    """Return the sentence a signer agrees to; a substitute's names the person and the record."""
    kind = DocumentKind(request.version.kind).label
    starts = request.effective_from.astimezone(UTC)
    place = (
        f", as substitute for {delegation.signer.name} (delegation {delegation.pk}),"
        if delegation
        else ""
    )
    return (
        f"I agree for {Side(slot).label}{place} to {kind}, version {request.version.number}, to "
        f"take effect on {starts:%Y-%m-%d %H:%M} UTC, or with the last signature if that is later."
    )


@transaction.atomic
def sign_version(
    *, request: SignatureRequest, slot: str, by: User, proof: Proof, at: datetime
) -> Signature:
    """Sign a version for a slot; the last signature brings it into force.

    Args:
        request: The open request; it is read again under the lock.
        slot: Which side the person signs for.
        by: The signer; by role, or by a delegation that holds at `at`.
        proof: The typed name, the hash that was shown and the fresh authentication.
        at: When.

    Returns:
        The signature, chained to the one before it.

    Raises:
        RequestClosedError: It is not open any more.
        NotAllowedError: The slot is not the person's, or no slot of this request.
        StaleAuthenticationError: The password was checked more than five minutes ago.
        ChangedSinceShownError: The hashes differ.
        TypedNameError: The typed name is another.
        SlotTakenError: The slot is filled or the person signed already.
    """
    lock_documents()
    request = _open_request(request=request, at=at)
    delegation = _check_signer(request=request, slot=slot, by=by, at=at)
    _check_proof(version=request.version, by=by, proof=proof, at=at)
    signature = _chained(
        request=request, slot=slot, by=by, delegation=delegation, proof=proof, at=at
    )
    journal(act="signed", version=request.version, actor=actor_of(by), at=at, slot=slot)
    notices = [
        Notice(
            key=f"signature:{signature.pk}",
            kind="version_signed",
            payload={
                "signature": signature.pk,
                "version": request.version_id,
                "to": signer_ids(slots=request.slots, at=at),
            },
        )
    ]
    signed = set(Signature.objects.filter(request=request).values_list("slot", flat=True))
    if signed >= set(request.slots):
        activation = _activate(request=request, by=by, at=at)
        notices.append(
            Notice(
                key=f"activation:{activation.pk}",
                kind="version_in_force",
                payload={
                    "version": request.version_id,
                    "to": list(
                        User.objects.filter(is_active=True)
                        .order_by("pk")
                        .values_list("pk", flat=True)
                    ),
                },
            )
        )
    announce(notices=notices, at=at)
    return signature


def _open_request(*, request: SignatureRequest, at: datetime) -> SignatureRequest:
    request = SignatureRequest.objects.select_related("version", "draft").get(pk=request.pk)
    closure = getattr(request, "closure", None)
    if closure is not None:
        raise RequestClosedError(
            f"This request is closed: {Closure(closure.cause).label.lower()}."
        )
    if request.expires_at <= at:
        raise RequestClosedError("This request has expired. Ask RevOps to send it again.")
    return request


def _check_signer(
    *, request: SignatureRequest, slot: str, by: User, at: datetime
) -> Delegation | None:
    """Return the delegation the person acts by; None where the role holds the slot."""
    if slot not in request.slots:
        raise NotAllowedError("This version has no such slot.")
    delegation = selectors.delegation_for(user=by, slot=slot, at=at)
    if delegation is None:
        require(by=by, right=f"definitions.sign_{slot}", words=f"sign for {Side(slot).label}")
    taken = Signature.objects.filter(request=request)
    if taken.filter(slot=slot).exists():
        raise SlotTakenError(f"{Side(slot).label} has already signed this version.")
    if taken.filter(signer=by).exists():
        raise NotAllowedError("You have signed this version; its slots are different people.")
    return delegation


def _check_proof(*, version: Version, by: User, proof: Proof, at: datetime) -> None:
    if not timedelta(0) <= at - proof.authenticated_at < FRESH:
        raise StaleAuthenticationError("Type your password again; it was checked too long ago.")
    if canonical.sha256(version.canonical_text) != version.sha256:
        raise ChangedSinceShownError(
            "The stored text does not match its hash. Nothing was signed."
        )
    if proof.document_sha256 != version.sha256:
        raise ChangedSinceShownError("The text has changed since you opened it. Read it again.")
    if " ".join(proof.typed_name.split()).casefold() != " ".join(by.name.split()).casefold():
        raise TypedNameError(f"Type your name as it stands in your account: {by.name}.")


def _chained(
    *,
    request: SignatureRequest,
    slot: str,
    by: User,
    delegation: Delegation | None,
    proof: Proof,
    at: datetime,
) -> Signature:
    last = Signature.objects.order_by("-position").first()
    signature = Signature(
        request=request,
        slot=slot,
        signer=by,
        typed_name=" ".join(proof.typed_name.split()),
        statement=statement(request=request, slot=slot, delegation=delegation),
        signed_at=at,
        ip=proof.ip,
        user_agent=proof.user_agent[:300],
        document_sha256=request.version.sha256,
        previous_sha256=last.record_sha256 if last else "",
        position=last.position + 1 if last else 1,
        delegation=delegation,
        actor=actor_of(by),
    )
    signature.record_sha256 = canonical.sha256(record_text(signature))
    signature.save(force_insert=True)
    return signature


def _activate(*, request: SignatureRequest, by: User, at: datetime) -> Activation:
    """Close the request as completed and let the version hold from its date, or from now."""
    activation = Activation.objects.create(
        kind=request.version.kind,
        version=request.version,
        effective_from=max(request.effective_from, at),
        is_signed=True,
        activated_at=at,
        actor=actor_of(by),
    )
    close_request(request=request, cause=Closure.COMPLETED, at=at, actor=actor_of(by))
    journal(act="activated", version=request.version, actor=actor_of(by), at=at)
    draft: Draft = request.draft
    draft.closed_at = at
    history_by(instance=draft, by=by, at=at)
    draft.save(update_fields=["closed_at"])
    raise_epoch()
    return activation


@transaction.atomic
def decline_version(
    *, request: SignatureRequest, slot: str, by: User, reason: str, at: datetime
) -> Decline:
    """Say no with a reason; the draft is open again and what is in force stays.

    Raises:
        RequestClosedError: The request is not open any more.
        NotAllowedError: The slot is not the person's.
        SlotTakenError: The person or the slot has signed.
        DocumentError: The reason is empty.
    """
    lock_documents()
    request = _open_request(request=request, at=at)
    _check_signer(request=request, slot=slot, by=by, at=at)
    reason = reason.strip()
    if not reason:
        raise DocumentError("Say why; the authors of the draft need it.")
    decline = Decline.objects.create(
        request=request,
        slot=slot,
        signer=by,
        reason=reason[:1000],
        declined_at=at,
        actor=actor_of(by),
    )
    close_request(request=request, cause=Closure.DECLINED, at=at, actor=actor_of(by))
    journal(act="declined", version=request.version, actor=actor_of(by), at=at, slot=slot)
    notice = Notice(
        key=f"decline:{decline.pk}",
        kind="version_declined",
        payload={"decline": decline.pk, "to": [request.requested_by_id]},
    )
    announce(notices=[notice], at=at)
    return decline


@transaction.atomic
def withdraw_version(*, version: Version, by: User, reason: str, at: datetime) -> Withdrawal:
    """Take a signed version out of use from `at` on; the one before it holds again.

    Raises:
        NotAllowedError: Only RevOps publishes.
        DocumentError: It was never activated, is provisional or withdrawn, or no reason is given.
    """
    require(by=by, right="definitions.request_signatures", words="withdraw versions")
    lock_documents()
    activation = (
        Activation.objects.select_related("withdrawal").filter(version_id=version.pk).first()
    )
    if activation is None or not activation.is_signed:
        raise DocumentError("Only a signed version can be withdrawn.")
    if hasattr(activation, "withdrawal"):
        raise DocumentError("This version is already withdrawn.")
    if not reason.strip():
        raise DocumentError("Say why the version is withdrawn.")
    withdrawal = Withdrawal.objects.create(
        activation=activation,
        reason=reason.strip()[:500],
        withdrawn_at=at,
        withdrawn_by=by,
        actor=actor_of(by),
    )
    journal(act="withdrawn", version=version, actor=actor_of(by), at=at)
    raise_epoch()
    return withdrawal
