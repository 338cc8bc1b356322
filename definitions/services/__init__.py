"""Every change of a document: drafts, requests, signatures, activation."""

from definitions.documents import ContentError
from definitions.documents import content_of as assembled
from definitions.services.audit import (
    AuditError,
    SketchConflictError,
    Written,
    open_round,
    save_sketch,
    submit_answer,
)
from definitions.services.base import DocumentError, NotAllowedError, StaleAuthenticationError
from definitions.services.beside import beside, remarks
from definitions.services.delegations import (
    DelegationRefusedError,
    delegate_slot,
    end_delegation,
)
from definitions.services.drafts import (
    ClauseConflictError,
    DraftClosedError,
    DraftingClosedError,
    SignaturesAwaitedError,
    document_of_clauses,
    draft_content,
    edit_clause,
    open_draft,
)
from definitions.services.freezing import install_defaults
from definitions.services.gaps import (
    Difference,
    GapError,
    confirm_gaps,
    decide_gap,
    edit_gap,
    record_gap,
    remove_gap,
    resolve_gap,
)
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
    report_is_needed,
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
from definitions.services.sessions import Minutes, SessionError, record_session
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
    "AuditError",
    "ChangedDraftError",
    "ChangedSinceShownError",
    "ClauseConflictError",
    "CommentError",
    "ContentError",
    "DelegationRefusedError",
    "Difference",
    "DocumentError",
    "DraftClosedError",
    "DraftInTheWayError",
    "DraftingClosedError",
    "GapError",
    "Minutes",
    "NotAllowedError",
    "Proof",
    "ReadingStaleError",
    "ReportError",
    "RequestClosedError",
    "RequestRefusedError",
    "ReviewRefusedError",
    "SessionError",
    "SignaturesAwaitedError",
    "SketchConflictError",
    "SlotTakenError",
    "StaleAuthenticationError",
    "TypedNameError",
    "Written",
    "acknowledge_definitions",
    "announce_in_force",
    "announce_reviews",
    "approve_draft",
    "assembled",
    "beside",
    "closable_from",
    "close_review",
    "confirm_gaps",
    "day_in_words",
    "decide_gap",
    "decline_version",
    "delegate_slot",
    "document_of_clauses",
    "draft_content",
    "earliest_change",
    "edit_clause",
    "edit_gap",
    "end_delegation",
    "expire_requests",
    "give_up_draft",
    "install_defaults",
    "note_head",
    "note_viewing",
    "open_draft",
    "open_round",
    "post_comment",
    "record_gap",
    "record_session",
    "remarks",
    "remind_readers",
    "remind_signers",
    "remove_gap",
    "report_is_needed",
    "request_signatures",
    "resolve_comment",
    "resolve_gap",
    "restore_version",
    "save_sketch",
    "sign_version",
    "statement",
    "submit_answer",
    "withdraw_version",
]
