"""Rows of the signed documents: what is asked, drafted, talked over, frozen, signed, read."""

from definitions.models.audit import (
    AlignmentSession,
    AuditAnswer,
    AuditRound,
    AuditSketch,
    Gap,
    GapConfirmation,
)
from definitions.models.readers import Acknowledgement, Viewing
from definitions.models.signing import (
    Decline,
    Delegation,
    DelegationEnd,
    RequestClosure,
    Signature,
    SignatureRequest,
)
from definitions.models.talks import Approval, Comment
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
    "Acknowledgement",
    "Activation",
    "AlignmentSession",
    "Approval",
    "AuditAnswer",
    "AuditRound",
    "AuditSketch",
    "Clause",
    "Comment",
    "Decline",
    "Delegation",
    "DelegationEnd",
    "Draft",
    "Gap",
    "GapConfirmation",
    "Reason",
    "RequestClosure",
    "Signature",
    "SignatureRequest",
    "Version",
    "Viewing",
    "Withdrawal",
    "history_by",
]
