"""Take an older version up again as a draft, and give a draft up; nothing is rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from definitions import selectors
from definitions.choices import DocumentKind
from definitions.documents import clauses_of, parse_document
from definitions.models import Clause, Draft, Version, history_by
from definitions.services.base import DocumentError, actor_of, lock_documents, require
from definitions.services.drafts import draft_content, open_draft, void_requests
from definitions.services.talks import open_one
from revops.audit.services import record

if TYPE_CHECKING:
    from datetime import datetime

    from revops.people.models import User

LONGEST_REASON = 500
# A restored agreement is about the coming quarter, not about one that is over.
KEPT = {DocumentKind.CONTRIBUTION: frozenset({"quarter"})}


class DraftInTheWayError(DocumentError):
    """A draft somebody worked on is open; it is signed or given up first."""


@transaction.atomic
def give_up_draft(*, draft: Draft, reason: str, by: User, at: datetime) -> Draft:
    """Close a draft without a version; what waits for signatures on it is voided.

    Raises:
        NotAllowedError: Only RevOps edits drafts.
        DraftClosedError: It is closed already.
        DocumentError: No reason is given.
    """
    require(by=by, right="definitions.edit_draft", words="give drafts up")
    lock_documents()
    draft = open_one(draft=draft)
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise DocumentError("Say why the draft is given up.")
    _close(draft=draft, note=reason, by=by, at=at)
    return draft


def _close(*, draft: Draft, note: str, by: User, at: datetime) -> None:
    void_requests(draft=draft, at=at, actor=actor_of(by))
    draft.note, draft.closed_at = note, at
    history_by(instance=draft, by=by, at=at)
    draft.save(update_fields=["note", "closed_at"])
    record(
        at=at,
        actor=actor_of(by),
        act="draft_given_up",
        subject=f"draft:{draft.pk}",
        details={"document": draft.kind},
    )


@transaction.atomic
def restore_version(*, version: Version, by: User, at: datetime) -> Draft:
    """Open a draft that says what an older version said; it is signed as any other.

    Reasons agreed since then stay listed as retired, because facts name them.

    Raises:
        NotAllowedError: Only RevOps edits drafts.
        DraftInTheWayError: An open draft was edited or talked about.
    """
    require(by=by, right="definitions.edit_draft", words="edit drafts")
    lock_documents()
    kind = DocumentKind(version.kind)
    known = selectors.open_draft_of(kind=kind)
    if known is not None:
        if is_worked_on(draft=known):
            raise DraftInTheWayError("A draft is open that was worked on. Give it up first.")
        _close(draft=known, note=f"Replaced by version {version.number}.", by=by, at=at)
    draft = open_draft(kind=kind, by=by, at=at)
    draft.note = f"Restored from version {version.number}."
    history_by(instance=draft, by=by, at=at)
    draft.save(update_fields=["note"])
    _fill(draft=draft, version=version, by=by, at=at)
    return draft


def is_worked_on(*, draft: Draft) -> bool:
    """Return whether anybody edited, commented or approved a draft."""
    return (
        draft.clauses.filter(revision__gt=1).exists()
        or draft.note != ""
        or draft.comments.exists()
        or draft.approvals.exists()
    )


def _fill(*, draft: Draft, version: Version, by: User, at: datetime) -> None:
    """Give the clauses of a fresh draft the bodies of a version."""
    kind = DocumentKind(draft.kind)
    wanted = clauses_of(kind=kind, content=version.content)
    stored = {clause.key: clause for clause in draft.clauses.all()}
    for key, body in wanted.items():
        clause = stored.pop(key, None)
        if key in KEPT.get(kind, ()):
            continue
        if key.startswith("reasons/") and clause is not None:
            body = _with_later_reasons(then=body, now=clause.body)  # noqa: PLW2901 - the same body
        if clause is None:
            clause = Clause(draft=draft, key=key, revision=0)
        elif clause.body == body:
            continue
        clause.body, clause.revision = body, clause.revision + 1
        clause.edited_at, clause.edited_by = at, by
        history_by(instance=clause, by=by, at=at)
        clause.save()
    for clause in stored.values():
        history_by(instance=clause, by=by, at=at)
        clause.delete()
    parse_document(kind=kind, content=draft_content(draft=draft))


def _with_later_reasons(*, then: dict[str, Any], now: Any) -> dict[str, Any]:
    kept = [entry for entry in then["entries"] if not entry["history_only"]]
    codes = {entry["code"] for entry in kept}
    later = [
        {**entry, "is_retired": True} for entry in now["entries"] if entry["code"] not in codes
    ]
    return {**then, "entries": [*kept, *later]}
