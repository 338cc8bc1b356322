"""Process revisions: opened by missed months, answered by the side that missed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from definitions import selectors as documents
from definitions.choices import DocumentKind
from revops.outbox.services import Notice, announce
from revops.people.choices import Role, Side
from revops.people.models import User
from sla.choices import ClockKind
from sla.fold import side_of
from sla.models import ProcessRevision
from sla.selectors import months

if TYPE_CHECKING:
    from datetime import date, datetime

SIDE_OF = {Role.MARKETING_LEADER: Side.MARKETING, Role.SALES_LEADER: Side.SALES}
SHORTEST_ANSWER = 20
"""Letters; less says neither why nor what changes."""
LONGEST_ANSWER = 4000


class RevisionRefusedError(Exception):
    """The revision cannot be answered so; the message is for the person who answers.

    Attributes:
        field: Which field is wrong: `cause`, `change`, or empty.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(message)


class RevisionAnsweredError(RevisionRefusedError):
    """Somebody else answered it meanwhile."""


@transaction.atomic
def open_revisions(*, at: datetime) -> list[ProcessRevision]:
    """Open a revision for each promise missed as many months in a row as the SLA allows.

    Months that led to an earlier revision do not count again: after an answer it takes as many
    new ones. A promise whose revision is open gets no second one.
    """
    allowed = misses_allowed(at=at)
    if allowed is None:
        return []
    missed = months.streaks(months=months.closed_months())
    before = {row.kind: row for row in ProcessRevision.objects.order_by("last_month")}
    found = []
    for kind, held in sorted(missed.items()):
        last = before.get(kind)
        since = [month for month in held if last is None or month > last.last_month]
        if len(since) >= allowed and (last is None or last.answered_at is not None):
            found.append(_opened(kind=kind, missed=since, at=at))
    announce(notices=[_notice(revision) for revision in found], at=at)
    return found


def misses_allowed(*, at: datetime) -> int | None:
    """Return how many months in a row open a revision, by the SLA in use; None without one."""
    try:
        in_use = documents.version_in_use(kind=DocumentKind.SLA, at=at)
    except documents.NoVersionError:
        return None
    return documents.sla_of(in_use.version).misses_before_revision


def _opened(*, kind: str, missed: list[date], at: datetime) -> ProcessRevision:
    return ProcessRevision.objects.create(
        kind=ClockKind(kind),
        side=side_of(kind),
        first_month=missed[0],
        last_month=missed[-1],
        opened_at=at,
    )


def _notice(revision: ProcessRevision) -> Notice:
    roles = [role for role in (Role.REVOPS, *SIDE_OF) if may_answer(role=role, revision=revision)]
    to = User.objects.filter(role__in=roles, is_active=True).order_by("pk")
    return Notice(
        key=f"process_revision:{revision.pk}",
        kind="process_revision_opened",
        payload={"revision": revision.pk, "to": list(to.values_list("pk", flat=True))},
    )


def may_answer(*, role: str, revision: ProcessRevision) -> bool:
    """Return whether a role answers for the side that missed; RevOps answers for either."""
    return role == Role.REVOPS or SIDE_OF.get(Role(role)) == revision.side


@transaction.atomic
def answer_revision(
    *, revision: ProcessRevision, cause: str, change: str, by: User, at: datetime
) -> ProcessRevision:
    """Say why the promise was missed and what changes in the process; closes the revision.

    Args:
        revision: The revision; its row is locked and read again before the check.
        cause: Why it was missed, in the side's own words.
        change: What changes in the process, and who sees to it.
        by: The leader of the side that missed, or RevOps.
        at: When.

    Raises:
        RevisionAnsweredError: Somebody was faster.
        RevisionRefusedError: `by` is of the other side, or an answer is too short or too long.
    """
    if not by.has_perm("sla.answer_revision") or not may_answer(role=by.role, revision=revision):
        raise RevisionRefusedError(
            f"The {revision.get_side_display().lower()} leader answers this, or RevOps."
        )
    revision = ProcessRevision.objects.select_for_update(no_key=True).get(pk=revision.pk)
    if revision.answered_at is not None:
        raise RevisionAnsweredError("This revision has been answered meanwhile.")
    revision.cause = _checked(cause, field="cause", words="why it was missed")
    revision.change = _checked(change, field="change", words="what changes")
    revision.answered_by, revision.answered_at = by, at
    revision.save(update_fields=["cause", "change", "answered_by", "answered_at"])
    return revision


def _checked(text: str, *, field: str, words: str) -> str:
    said = text.replace("\x00", "").strip()
    if len(said) < SHORTEST_ANSWER:
        raise RevisionRefusedError(
            f"Say {words} in a sentence of at least {SHORTEST_ANSWER} letters.", field=field
        )
    if len(said) > LONGEST_ANSWER:
        raise RevisionRefusedError(
            f"Say {words} in at most {LONGEST_ANSWER} letters.", field=field
        )
    return said
