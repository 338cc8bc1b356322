"""Open a draft and edit its clauses."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction

from definitions import selectors
from definitions.choices import Closure, DocumentKind, Purpose
from definitions.documents import (
    ContentError,
    clauses_of,
    content_of,
    parse_document,
    plain,
)
from definitions.faults import Fault
from definitions.models import Clause, Draft, SignatureRequest, history_by
from definitions.services.base import (
    DocumentError,
    actor_of,
    close_request,
    lock_documents,
    require,
)
from revops.people.models import Organization

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from definitions.documents import Document
    from revops.people.models import User

AUTOSAVE = "autosave"
MONTHS = 12
QUARTER_MONTHS = 3


class DraftClosedError(DocumentError):
    """The draft was signed or given up; its text is not edited any more."""


class DraftingClosedError(DocumentError):
    """A first version waits until the teams have confirmed where they differ."""


class ClauseConflictError(DocumentError):
    """Somebody else saved the clause first; both texts are kept for the person to choose.

    Attributes:
        mine: The text that was not saved.
        theirs: The stored clause, with who saved it and when.
    """

    def __init__(self, *, mine: Any, theirs: Clause) -> None:
        self.mine = mine
        self.theirs = theirs
        super().__init__(f"{theirs.edited_by} saved this clause after you opened it.")


class SignaturesAwaitedError(DocumentError):
    """Signatures are asked for the text; only a save by hand may void them."""


@transaction.atomic
def open_draft(*, kind: DocumentKind, by: User, at: datetime) -> Draft:
    """Open the draft of a document from the version in use, or return the one that is open.

    Raises:
        NotAllowedError: Only RevOps edits drafts.
        DraftingClosedError: The definitions were never signed, and the gap list of the blind
            audit is not confirmed.
    """
    require(by=by, right="definitions.edit_draft", words="edit drafts")
    lock_documents()
    known = selectors.open_draft_of(kind=kind)
    if known is not None:
        return known
    if selectors.drafting_is_closed(kind=kind):
        raise DraftingClosedError(
            "The first version is written after the blind audit: confirm the gap list first."
        )
    version = selectors.version_in_use(kind=kind, at=at).version
    draft = Draft(kind=kind, based_on=version, opened_at=at, opened_by=by)
    history_by(instance=draft, by=by, at=at)
    draft.save()
    content = dict(version.content)
    if kind == DocumentKind.CONTRIBUTION:
        content["quarter"] = next_quarter(after=at)
    if kind == DocumentKind.DEFINITIONS:
        content["reasons"] = _without_history(content["reasons"])
    for key, body in clauses_of(kind=kind, content=content).items():
        clause = Clause(draft=draft, key=key, body=body, edited_at=at, edited_by=by)
        history_by(instance=clause, by=by, at=at)
        clause.save()
    return draft


def _without_history(reasons: dict[str, Any]) -> dict[str, Any]:
    """Leave out of the reject list what only history needs: once agreed, a reject has a reason."""
    rejects = reasons[Purpose.REJECT]
    kept = [entry for entry in rejects["entries"] if not entry["history_only"]]
    return {**reasons, Purpose.REJECT: {**rejects, "entries": kept}}


def next_quarter(*, after: datetime) -> dict[str, str]:
    """Return the content of the first fiscal quarter that begins after `after`."""
    first_month = (
        Organization.objects.values_list("fiscal_year_start_month", flat=True).first() or 1
    )
    year, month = after.year, after.month
    month += 1 + (first_month - month - 1) % QUARTER_MONTHS
    starts_on = _first_of(year, month)
    ends_on = _first_of(starts_on.year, starts_on.month + QUARTER_MONTHS)
    number = (starts_on.month - first_month) % MONTHS // QUARTER_MONTHS + 1
    last = _first_of(ends_on.year, ends_on.month - 1)
    fiscal_year = starts_on.year if first_month == 1 else _fiscal_year(last, first_month)
    return {
        "label": f"Q{number} {fiscal_year}",
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
    }


def _first_of(year: int, month: int) -> date:
    return date(year + (month - 1) // MONTHS, (month - 1) % MONTHS + 1, 1)


def _fiscal_year(day: date, first_month: int) -> int:
    """A fiscal year is named after the calendar year in which it ends."""
    return day.year + 1 if day.month >= first_month else day.year


@transaction.atomic
def edit_clause(
    *,
    draft: Draft,
    key: str,
    body: Any,
    revision: int,
    by: User,
    at: datetime,
    is_autosave: bool = False,
) -> Clause:
    """Store a new text of a clause; a request for signatures on the draft is voided.

    Args:
        draft: The draft; it must still be open.
        key: Which clause; a new key under "terms" or "commitments" adds one.
        body: The new content of the clause.
        revision: The revision the person saw; 0 for a new clause.
        by: Who edits.
        at: When.
        is_autosave: Whether the person only paused; the history says so, and a reader sees the
            saves of one sitting as one.

    Returns:
        The stored clause; unchanged, with the same revision, if the body says the same, so that
        sending one save twice is no conflict.

    Raises:
        NotAllowedError: Only RevOps edits drafts.
        DraftClosedError: The draft is closed.
        ClauseConflictError: The clause has a newer revision.
        SignaturesAwaitedError: An autosave would void a request for signatures.
        ContentError: The document would not be valid with this text.
    """
    require(by=by, right="definitions.edit_draft", words="edit drafts")
    lock_documents()
    draft = Draft.objects.select_for_update(no_key=True).get(pk=draft.pk)
    if draft.closed_at is not None:
        raise DraftClosedError("This draft is closed. Open a new one from the version in use.")
    clauses = {clause.key: clause for clause in draft.clauses.select_related("edited_by")}
    clause = clauses.get(key)
    if revision != (clause.revision if clause else 0):
        if clause is None:
            raise DraftClosedError("This clause does not exist any more.")
        if not _says_the_same(draft=draft, clauses=clauses, clause=clause, body=body):
            raise ClauseConflictError(mine=body, theirs=clause)
        return clause
    body = _checked(draft=draft, clauses=clauses, key=key, body=body)
    if clause is not None and clause.body == body:
        return clause
    if is_autosave and SignatureRequest.objects.filter(draft=draft, closure__isnull=True).exists():
        raise SignaturesAwaitedError(
            "Not saved by itself: this text waits for signatures, and a change voids them. "
            "Press Save to change it all the same."
        )
    if clause is None:
        clause = Clause(draft=draft, key=key, revision=0)
    clause.body, clause.revision = body, clause.revision + 1
    clause.edited_at, clause.edited_by = at, by
    history_by(instance=clause, by=by, at=at, reason=AUTOSAVE if is_autosave else None)
    clause.save()
    void_requests(draft=draft, at=at, actor=actor_of(by))
    return clause


def _says_the_same(*, draft: Draft, clauses: dict[str, Clause], clause: Clause, body: Any) -> bool:
    try:
        checked = _checked(draft=draft, clauses=clauses, key=clause.key, body=body)
    except ContentError:
        return False
    return bool(checked == clause.body)


def _checked(*, draft: Draft, clauses: dict[str, Clause], key: str, body: Any) -> Any:
    """Return `body` in stored form, after the whole document was checked with it."""
    kind = DocumentKind(draft.kind)
    bodies = {name: clause.body for name, clause in clauses.items()}
    name = key.partition("/")[0]
    if key not in bodies and name not in {"terms", "commitments"}:
        raise ContentError([Fault(key, "no such clause")])
    if name == "reasons":
        _refuse_deletion(key=key, draft=draft, before=clauses[key].body, after=body)
    document = parse_document(kind=kind, content=content_of(clauses={**bodies, key: body}))
    return clauses_of(kind=kind, content=plain(document))[key]


def _refuse_deletion(*, key: str, draft: Draft, before: Any, after: Any) -> None:
    """Reasons are retired or merged, never deleted: earlier facts still name them.

    What was only written in this draft may go again: no fact can name it yet.
    """
    entries = after.get("entries", ()) if isinstance(after, dict) else ()
    kept = {entry.get("code") for entry in entries if isinstance(entry, dict)}
    purpose = key.partition("/")[2]
    frozen = draft.based_on.content["reasons"][purpose]["entries"]
    given = {entry["code"] for entry in frozen}
    gone = [
        entry["label"]
        for entry in before["entries"]
        if entry["code"] in given and entry["code"] not in kept
    ]
    if gone:
        raise ContentError([Fault(key, f"retire instead of deleting: {', '.join(gone)}")])


def void_requests(*, draft: Draft, at: datetime, actor: str) -> int:
    """End the requests that wait for signatures on an edited draft; return how many."""
    waiting = list(SignatureRequest.objects.filter(draft=draft, closure__isnull=True))
    for request in waiting:
        close_request(request=request, cause=Closure.VOIDED, at=at, actor=actor)
    return len(waiting)


def draft_content(*, draft: Draft) -> dict[str, Any]:
    """Return the whole content of a draft as it stands."""
    return content_of(clauses={clause.key: clause.body for clause in draft.clauses.all()})


def document_of_clauses(*, kind: DocumentKind, clauses: Mapping[str, Any]) -> Document:
    """Return the document that clauses make, one of them perhaps not stored yet.

    Raises:
        ContentError: They make no valid document.
    """
    return parse_document(kind=kind, content=content_of(clauses=clauses))
