"""The chain in one file, for somebody who has neither the database nor this product.

`docs/verification.md` says what the keys mean and holds a complete check of the file.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from definitions.models import (
    Activation,
    Decline,
    Delegation,
    SignatureRequest,
    Version,
    Withdrawal,
)
from definitions.records import delegation_record, record_text
from definitions.selectors import head_sha256
from definitions.verification import signatures_in_order

if TYPE_CHECKING:
    from datetime import datetime

FORMAT = "accord-chain-1"


def export_chain(*, at: datetime) -> dict[str, Any]:
    """Return everything a check of the documents needs, as plain values.

    Texts are what was hashed, byte for byte in UTF-8; hashes are those stored, so that a damaged
    database gives a file that fails its check.
    """
    return {
        "format": FORMAT,
        "exported_at": _instant(at),
        "head_sha256": head_sha256(),
        "versions": [
            {
                "document": version.kind,
                "number": version.number,
                "sha256": version.sha256,
                "frozen_at": _instant(version.frozen_at),
                "text": version.canonical_text,
            }
            for version in Version.objects.order_by("kind", "number")
        ],
        "records": [
            {"sha256": signature.record_sha256, "text": record_text(signature)}
            for signature in signatures_in_order()
        ],
        "requests": _requests(),
        "delegations": _delegations(),
        "activations": _activations(),
        "withdrawals": [
            {**_names(row.activation.version), "withdrawn_at": _instant(row.withdrawn_at)}
            for row in Withdrawal.objects.select_related("activation__version").order_by("id")
        ],
        "declines": [
            {**_names(row.request.version), "slot": row.slot, "signer": f"user:{row.signer_id}"}
            for row in Decline.objects.select_related("request__version").order_by("id")
        ],
    }


def _requests() -> list[dict[str, Any]]:
    rows = SignatureRequest.objects.select_related("version", "closure").order_by("id")
    return [
        {
            "id": row.pk,
            **_names(row.version),
            "slots": row.slots,
            "requested_at": _instant(row.requested_at),
            "closure": row.closure.cause if hasattr(row, "closure") else None,
        }
        for row in rows
    ]


def _delegations() -> list[dict[str, Any]]:
    return [
        {
            **delegation_record(row),
            "ended_at": _instant(row.end.ended_at) if hasattr(row, "end") else None,
        }
        for row in Delegation.objects.select_related("end").order_by("id")
    ]


def _activations() -> list[dict[str, Any]]:
    return [
        {
            **_names(row.version),
            "effective_from": _instant(row.effective_from),
            "is_signed": row.is_signed,
        }
        for row in Activation.objects.select_related("version").order_by("id")
    ]


def _names(version: Version) -> dict[str, Any]:
    return {"document": version.kind, "number": version.number}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
