"""The record of one signature: the canonical text whose hash links the chain."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from definitions import canonical

if TYPE_CHECKING:
    from definitions.models import Signature


def record_text(signature: Signature) -> str:
    """Return the canonical text of a signature's record; its SHA-256 is the link of the chain."""
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
    return canonical.canonical(record)
