"""The working session at which both teams went through the gaps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from definitions.models import AlignmentSession, history_by
from definitions.services.base import DocumentError, require

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from revops.people.models import User


class SessionError(DocumentError):
    """The record cannot be true."""


@dataclass(frozen=True, slots=True)
class Minutes:
    """What is written down of a session, with the checklist that closes it."""

    held_on: date
    facilitator: str
    guests: str = ""
    notes: str = ""
    has_written_sla: bool = False
    has_dashboard: bool = False
    changed_metric: str = ""


@transaction.atomic
def record_session(
    *,
    minutes: Minutes,
    attendees: Iterable[User],
    by: User,
    at: datetime,
    today: date,
    session: AlignmentSession | None = None,
) -> AlignmentSession:
    """Store the record of a session, or write an earlier record anew.

    Args:
        minutes: What is written down.
        attendees: Who was there, of those with an account.
        by: RevOps.
        at: When it is recorded.
        today: The organisation's date at `at`.
        session: The record to change; None for a new one.

    Raises:
        NotAllowedError: Only RevOps keeps the record.
        SessionError: The session is still to come, or nobody led it.
    """
    require(by=by, right="definitions.run_audit", words="record a session")
    if minutes.held_on > today:
        raise SessionError("A session is recorded once it was held.")
    if not minutes.facilitator.strip():
        raise SessionError("Name who led the session.")
    if session is None:
        session = AlignmentSession(recorded_at=at, recorded_by=by)
    for name, value in asdict(minutes).items():
        setattr(session, name, value)
    history_by(instance=session, by=by, at=at)
    session.save()
    session.attendees.set(attendees)
    return session
