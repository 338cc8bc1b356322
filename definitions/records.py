"""The record of one signature: the canonical text whose hash links the chain."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from definitions import canonical

if TYPE_CHECKING:
    from definitions.models import Delegation, Signature


def record_text(signature: Signature) -> str:
    """Return the canonical text of a signature's record; its SHA-256 is the link of the chain.

    A substitute's record holds the whole delegation; a record without one has no such key.
    """
    record: dict[str, Any] = {
        "format": canonical.RECORD_FORMAT,
        "position": signature.position,
        "previous_sha256": signature.previous_sha256,
        "document": signature.request.version.kind,
        "number": signature.request.version.number,
        "document_sha256": signature.document_sha256,
        "request": signature.request_id,
        "effective_from": signature.request.effective_from.astimezone(UTC).isoformat(),
        "signer": f"user:{signature.signer_id}",
        "actor": signature.actor,
        "slot": signature.slot,
        "typed_name": signature.typed_name,
        "statement": signature.statement,
        "signed_at": signature.signed_at.astimezone(UTC).isoformat(),
        "ip": signature.ip,
        "user_agent": signature.user_agent,
    }
    if signature.delegation is not None:
        record["delegation"] = delegation_record(signature.delegation)
    return canonical.canonical(record)


def delegation_record(delegation: Delegation) -> dict[str, Any]:
    """Return a delegation as records and exports tell it."""
    return {
        "id": delegation.pk,
        "slot": delegation.slot,
        "signer": f"user:{delegation.signer_id}",
        "substitute": f"user:{delegation.substitute_id}",
        "starts_at": delegation.starts_at.astimezone(UTC).isoformat(),
        "ends_at": delegation.ends_at.astimezone(UTC).isoformat(),
        "reason": delegation.reason,
        "delegated_at": delegation.delegated_at.astimezone(UTC).isoformat(),
        "actor": delegation.actor,
    }
