"""Every change of a document: drafts, requests, signatures, activation."""

from definitions.documents import ContentError
from definitions.documents import content_of as assembled
from definitions.services.base import DocumentError, NotAllowedError
from definitions.services.drafts import (
    ClauseConflictError,
    DraftClosedError,
    draft_content,
    edit_clause,
    open_draft,
)
from definitions.services.freezing import install_defaults
from definitions.services.requests import (
    RequestRefusedError,
    day_in_words,
    earliest_change,
    expire_requests,
    remind_signers,
    request_signatures,
)
from definitions.services.signing import (
    ChangedSinceShownError,
    Proof,
    RequestClosedError,
    SlotTakenError,
    StaleAuthenticationError,
    TypedNameError,
    decline_version,
    sign_version,
    statement,
    withdraw_version,
)

__all__ = [
    "ChangedSinceShownError",
    "ClauseConflictError",
    "ContentError",
    "DocumentError",
    "DraftClosedError",
    "NotAllowedError",
    "Proof",
    "RequestClosedError",
    "RequestRefusedError",
    "SlotTakenError",
    "StaleAuthenticationError",
    "TypedNameError",
    "assembled",
    "day_in_words",
    "decline_version",
    "draft_content",
    "earliest_change",
    "edit_clause",
    "expire_requests",
    "install_defaults",
    "open_draft",
    "remind_signers",
    "request_signatures",
    "sign_version",
    "statement",
    "withdraw_version",
]
