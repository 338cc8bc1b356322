"""Pages of the documents."""

from definitions.views.audit import (
    audit,
    audit_open,
    audit_reading,
    audit_save,
    audit_shape,
    audit_submit,
    audit_term,
)
from definitions.views.certificate import certificate
from definitions.views.clauses import clause, clause_reading, clause_shape
from definitions.views.comparing import compare
from definitions.views.drafting import (
    clause_add,
    draft,
    draft_open,
    draft_send,
    version_withdraw,
)
from definitions.views.gaps import (
    audit_session,
    gap,
    gap_add,
    gap_from_criterion,
    gap_remove,
    gaps,
    gaps_confirm,
)
from definitions.views.glossary import index, short, term
from definitions.views.lifecycle import draft_give_up, review, timeline, version_restore
from definitions.views.paper import agreement_pdf, version_pdf
from definitions.views.readers import readers, reading, remind
from definitions.views.reading import agreement, canonical_text, document, verification, version
from definitions.views.signing import decline, sign
from definitions.views.substitutes import substitute_end, substitutes
from definitions.views.talking import comment_resolve, comments, draft_approve, version_comments

__all__ = [
    "agreement",
    "agreement_pdf",
    "audit",
    "audit_open",
    "audit_reading",
    "audit_save",
    "audit_session",
    "audit_shape",
    "audit_submit",
    "audit_term",
    "canonical_text",
    "certificate",
    "clause",
    "clause_add",
    "clause_reading",
    "clause_shape",
    "comment_resolve",
    "comments",
    "compare",
    "decline",
    "document",
    "draft",
    "draft_approve",
    "draft_give_up",
    "draft_open",
    "draft_send",
    "gap",
    "gap_add",
    "gap_from_criterion",
    "gap_remove",
    "gaps",
    "gaps_confirm",
    "index",
    "readers",
    "reading",
    "remind",
    "review",
    "short",
    "sign",
    "substitute_end",
    "substitutes",
    "term",
    "timeline",
    "verification",
    "version",
    "version_comments",
    "version_pdf",
    "version_restore",
    "version_withdraw",
]
