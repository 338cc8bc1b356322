"""What people said about a draft, and whether those held to it have taken part."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from definitions.models import Approval, Comment
from revops.people.choices import Role
from revops.people.models import User

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from definitions.models import Draft

# Whose word a draft needs before it goes to signature (S0-48); one person of the role is enough.
HELD_TO_IT = {Role.SALES_LEADER: "the sales leader", Role.SALES_REP: "a sales rep"}


@dataclass(frozen=True, slots=True)
class Thread:
    """What was said about one clause, oldest first."""

    comments: tuple[Comment, ...] = ()

    @property
    def open_count(self) -> int:
        """How many comments are not resolved yet."""
        return sum(comment.resolved_at is None for comment in self.comments)


@dataclass(frozen=True, slots=True)
class Word:
    """A person's approval, and whether it is about the text as it stands now."""

    approved_by: User
    approved_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Whether a role that is held to a text took part in writing it.

    Attributes:
        who: The role in a sentence, such as "a sales rep".
        names: Who of the role commented or approved.
        is_awaited: Whether anybody active holds the role; nobody waits for an empty one.
    """

    who: str
    names: tuple[str, ...]
    is_awaited: bool

    @property
    def is_missing(self) -> bool:
        """Whether the draft has to wait for this role."""
        return self.is_awaited and not self.names


def threads(*, draft: Draft) -> Mapping[str, Thread]:
    """Return the comments on a draft by clause key, in one statement."""
    by_key: dict[str, list[Comment]] = defaultdict(list)
    rows = draft.comments.select_related("posted_by", "resolved_by")
    for comment in rows.order_by("posted_at", "id"):
        by_key[comment.clause_key].append(comment)
    return {key: Thread(tuple(comments)) for key, comments in by_key.items()}


def approvals(*, draft: Draft, sha256: str) -> list[Word]:
    """Return the newest approval of each person, oldest first.

    Args:
        draft: The draft.
        sha256: The hash of its content as it stands (`canonical.content_sha256`).
    """
    newest: dict[int, Word] = {}
    rows = draft.approvals.select_related("approved_by").order_by("approved_at", "id")
    for row in rows:
        known = newest.get(row.approved_by_id)
        if known is None or not known.is_current:
            newest[row.approved_by_id] = Word(
                row.approved_by, row.approved_at, row.content_sha256 == sha256
            )
    return sorted(newest.values(), key=lambda word: (word.approved_at, word.approved_by.pk))


def taking_part(*, draft: Draft) -> list[Part]:
    """Return for each role that is held to the text whether it took part, in three statements.

    A comment and an approval count alike, of an earlier text too: they took part in writing it.
    """
    spoke = set(Comment.objects.filter(draft=draft).values_list("posted_by", flat=True))
    spoke |= set(Approval.objects.filter(draft=draft).values_list("approved_by", flat=True))
    people = User.objects.filter(role__in=HELD_TO_IT).order_by("name", "pk")
    held = [(user.role, user) for user in people if user.is_active or user.pk in spoke]
    return [
        Part(
            who=who,
            names=tuple(user.name for of, user in held if of == role and user.pk in spoke),
            is_awaited=any(of == role and user.is_active for of, user in held),
        )
        for role, who in HELD_TO_IT.items()
    ]
