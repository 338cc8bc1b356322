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
    SignaturesAwaitedError,
    document_of_clauses,
    draft_content,
    edit_clause,
    open_draft,
)
from definitions.services.freezing import install_defaults
from definitions.services.heads import note_head
from definitions.services.readers import (
    ReadingStaleError,
    acknowledge_definitions,
    remind_readers,
)
from definitions.services.reports import ReportError
from definitions.services.requests import (
    RequestRefusedError,
    day_in_words,
    earliest_change,
    expire_requests,
    remind_signers,
    request_signatures,
)
from definitions.services.restoring import DraftInTheWayError, give_up_draft, restore_version
from definitions.services.reviews import (
    DECISIONS,
    ReviewRefusedError,
    announce_reviews,
    closable_from,
    close_review,
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
from definitions.services.taking_effect import announce_in_force
from definitions.services.talks import (
    ChangedDraftError,
    CommentError,
    approve_draft,
    post_comment,
    resolve_comment,
)

__all__ = [
    "DECISIONS",
    "ChangedDraftError",
    "ChangedSinceShownError",
    "ClauseConflictError",
    "CommentError",
    "ContentError",
    "DelegationRefusedError",
    "DocumentError",
    "DraftClosedError",
    "DraftInTheWayError",
    "NotAllowedError",
    "Proof",
    "ReadingStaleError",
    "ReportError",
    "RequestClosedError",
    "RequestRefusedError",
    "ReviewRefusedError",
    "SignaturesAwaitedError",
    "SlotTakenError",
    "StaleAuthenticationError",
    "TypedNameError",
    "acknowledge_definitions",
    "announce_in_force",
    "announce_reviews",
    "approve_draft",
    "assembled",
    "closable_from",
    "close_review",
    "day_in_words",
    "decline_version",
    "delegate_slot",
    "document_of_clauses",
    "draft_content",
    "earliest_change",
    "edit_clause",
    "end_delegation",
    "expire_requests",
    "give_up_draft",
    "install_defaults",
    "note_head",
    "note_viewing",
    "open_draft",
    "post_comment",
    "remind_readers",
    "remind_signers",
    "request_signatures",
    "resolve_comment",
    "restore_version",
    "sign_version",
    "statement",
    "withdraw_version",
]
