"""Every change of a document: drafts, requests, signatures, activation."""

from definitions.documents import ContentError
from definitions.documents import content_of as assembled
from definitions.services.base import DocumentError, NotAllowedError, StaleAuthenticationError
from definitions.services.delegations import (
    DelegationRefusedError,
    delegate_slot,
    end_delegation,
)
from definitions.services.drafts import (
    ClauseConflictError,
    DraftClosedError,
    draft_content,
    edit_clause,
    open_draft,
)
from definitions.services.freezing import install_defaults
from definitions.services.heads import note_head
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
    TypedNameError,
    decline_version,
    note_viewing,
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
    "DelegationRefusedError",
    "DocumentError",
    "DraftClosedError",
    "NotAllowedError",
    "Proof",
    "RequestClosedError",
    "RequestRefusedError",
    "SlotTakenError",
    "StaleAuthenticationError",
    "TypedNameError",
    "approve_draft",
    "assembled",
    "day_in_words",
    "decline_version",
    "delegate_slot",
    "draft_content",
    "earliest_change",
    "edit_clause",
    "end_delegation",
    "expire_requests",
    "install_defaults",
    "note_head",
    "note_viewing",
    "open_draft",
    "post_comment",
    "remind_signers",
    "request_signatures",
    "resolve_comment",
    "sign_version",
    "statement",
    "withdraw_version",
]
