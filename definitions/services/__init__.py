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
from definitions.services.readers import (
    ReadingStaleError,
    acknowledge_definitions,
    remind_readers,
)
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
from definitions.services.talks import (
    ChangedDraftError,
    CommentError,
    approve_draft,
    post_comment,
    resolve_comment,
)

__all__ = [
    "ChangedDraftError",
    "ChangedSinceShownError",
    "ClauseConflictError",
    "CommentError",
    "ContentError",
    "DocumentError",
    "DraftClosedError",
    "NotAllowedError",
    "Proof",
    "ReadingStaleError",
    "RequestClosedError",
    "RequestRefusedError",
    "SlotTakenError",
    "StaleAuthenticationError",
    "TypedNameError",
    "acknowledge_definitions",
    "approve_draft",
    "assembled",
    "day_in_words",
    "decline_version",
    "draft_content",
    "earliest_change",
    "edit_clause",
    "expire_requests",
    "install_defaults",
    "open_draft",
    "post_comment",
    "remind_readers",
    "remind_signers",
    "request_signatures",
    "resolve_comment",
    "sign_version",
    "statement",
    "withdraw_version",
]
