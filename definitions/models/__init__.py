"""Rows of the signed documents: what is drafted, frozen, signed and in force."""

from definitions.models.signing import Decline, RequestClosure, Signature, SignatureRequest
from definitions.models.versions import (
    Activation,
    Clause,
    Draft,
    Reason,
    Version,
    Withdrawal,
    history_by,
)

__all__ = [
    "Activation",
    "Clause",
    "Decline",
    "Draft",
    "Reason",
    "RequestClosure",
    "Signature",
    "SignatureRequest",
    "Version",
    "Withdrawal",
    "history_by",
]
