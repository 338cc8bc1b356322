"""Pages of the documents."""

from definitions.views.certificate import certificate
from definitions.views.comparing import compare
from definitions.views.drafting import (
    clause,
    clause_add,
    draft,
    draft_open,
    draft_send,
    version_withdraw,
)
from definitions.views.reading import (
    agreement,
    canonical_text,
    document,
    index,
    term,
    verification,
    version,
)
from definitions.views.signing import decline, sign
from definitions.views.substitutes import substitute_end, substitutes
from definitions.views.talking import comment_resolve, comments, draft_approve, version_comments

__all__ = [
    "agreement",
    "canonical_text",
    "certificate",
    "clause",
    "clause_add",
    "comment_resolve",
    "comments",
    "compare",
    "decline",
    "document",
    "draft",
    "draft_approve",
    "draft_open",
    "draft_send",
    "index",
    "sign",
    "substitute_end",
    "substitutes",
    "term",
    "verification",
    "version",
    "version_comments",
    "version_withdraw",
]
