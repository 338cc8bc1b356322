"""Comment on drafts and approve them; who is held to a text takes part in writing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from definitions import canonical, selectors
from definitions.models import Approval, Comment, Draft
from definitions.services.base import DocumentError, NotAllowedError, actor_of, require
from definitions.services.drafts import DraftClosedError, draft_content
from revops.audit.services import record

if TYPE_CHECKING:
    from datetime import datetime

    from revops.people.models import User

LONGEST_COMMENT = 2000


class CommentError(DocumentError):
    """A comment that cannot be stored; the message says why."""


class ChangedDraftError(DocumentError):
    """The draft says something else than what the person read."""


@transaction.atomic
def post_comment(*, draft: Draft, clause_key: str, text: str, by: User, at: datetime) -> Comment:
    """Store a remark on a clause of an open draft.

    Raises:
        NotAllowedError: The role takes no part in drafts.
        DraftClosedError: The draft is closed.
        CommentError: The draft has no such clause, or the text is empty, too long or no text.
    """
    require(by=by, right="definitions.comment_draft", words="comment on drafts")
    draft = open_one(draft=draft)
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise CommentError("Write what you think of this clause.")
    if len(text) > LONGEST_COMMENT:
        raise CommentError(f"Keep a comment under {LONGEST_COMMENT} characters.")
    if "\x00" in text:
        raise CommentError("The comment holds a character that is no text.")
    if not draft.clauses.filter(key=clause_key).exists():
        raise CommentError("This draft has no such clause.")
    return Comment.objects.create(
        draft=draft, clause_key=clause_key, text=text, posted_at=at, posted_by=by
    )


@transaction.atomic
def resolve_comment(*, comment: Comment, by: User, at: datetime) -> Comment:
    """Mark a comment as settled; one that is settled already stays as it is.

    Raises:
        NotAllowedError: Only its author and RevOps settle it.
        DraftClosedError: The draft is closed.
    """
    open_one(draft=comment.draft)
    comment = Comment.objects.select_for_update(no_key=True).get(pk=comment.pk)
    require(by=by, right="definitions.comment_draft", words="resolve comments")
    if comment.posted_by_id != by.pk and not by.has_perm("definitions.edit_draft"):
        raise NotAllowedError("Only who wrote a comment and RevOps resolve it.")
    if comment.resolved_at is None:
        comment.resolved_at, comment.resolved_by = at, by
        comment.save(update_fields=["resolved_at", "resolved_by"])
    return comment


@transaction.atomic
def approve_draft(*, draft: Draft, shown_sha256: str, by: User, at: datetime) -> Approval:
    """Note that a person approves a draft as it stands; a second word on one text is the first.

    Args:
        draft: The open draft.
        shown_sha256: The hash of the content on the page the person read.
        by: Who approves.
        at: When.

    Raises:
        NotAllowedError: The role takes no part in drafts.
        DraftClosedError: The draft is closed.
        ChangedDraftError: It was edited after the page was loaded.
    """
    require(by=by, right="definitions.comment_draft", words="approve drafts")
    draft = open_one(draft=draft)
    sha256 = canonical.content_sha256(draft_content(draft=draft))
    if shown_sha256 != sha256:
        raise ChangedDraftError("The draft was edited after you opened it. Read it again.")
    approval, is_new = Approval.objects.get_or_create(
        draft=draft,
        approved_by=by,
        content_sha256=sha256,
        defaults={"approved_at": at, "actor": actor_of(by)},
    )
    if is_new:
        record(
            at=at,
            actor=actor_of(by),
            act="draft_approved",
            subject=f"draft:{draft.pk}",
            details={"document": draft.kind, "sha256": sha256},
        )
    return approval


def open_one(*, draft: Draft) -> Draft:
    """Lock an open draft, so that it is neither edited nor closed meanwhile.

    Raises:
        DraftClosedError: It is closed.
    """
    draft = Draft.objects.select_for_update(no_key=True).get(pk=draft.pk)
    if draft.closed_at is not None:
        raise DraftClosedError("This draft is closed. Open a new one from the version in use.")
    return draft


def absent(*, draft: Draft) -> list[str]:
    """Return which roles have to take part before the draft may go to signature, in words."""
    return [part.who for part in selectors.taking_part(draft=draft) if part.is_missing]
