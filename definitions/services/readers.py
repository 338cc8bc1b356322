"""People's word to have read the definitions, and reminders to those who have not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from definitions import selectors
from definitions.choices import DocumentKind
from definitions.models import Acknowledgement
from definitions.selectors.readers import REMINDER
from definitions.services.base import DocumentError, actor_of, require
from revops.outbox.services import Notice, announce

if TYPE_CHECKING:
    from datetime import datetime

    from revops.people.models import User


class ReadingStaleError(DocumentError):
    """Another version is in use than the one the person read."""


@transaction.atomic
def acknowledge_definitions(*, number: int, by: User, at: datetime) -> Acknowledgement:
    """Store that `by` has read the definitions in use; a second time changes nothing.

    Args:
        number: The version the person read; it has to be the one in use.
        by: Who read it.
        at: When they said so.

    Returns:
        The stored acknowledgement, the first one where there were two.

    Raises:
        ReadingStaleError: Another version has come into use meanwhile.
        NotAllowedError: The role does not read the agreement.
    """
    require(by=by, right="definitions.view_agreement", words="read the agreement")
    in_use = selectors.version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    if in_use.version.number != number:
        raise ReadingStaleError(
            f"Version {in_use.version.number} is in use now, not version {number}. "
            "What changed is below."
        )
    stored, _ = Acknowledgement.objects.get_or_create(
        version=in_use.version,
        reader=by,
        defaults={"acknowledged_at": at, "actor": actor_of(by)},
    )
    return stored


@transaction.atomic
def remind_readers(*, by: User, at: datetime) -> int:
    """Ask everybody who has not read the definitions in use to do so, once per version.

    Args:
        by: RevOps or a leader.
        at: When they asked.

    Returns:
        How many people hear of it for the first time; a second call reminds nobody again.

    Raises:
        NotAllowedError: The role may not remind others.
    """
    require(by=by, right="definitions.remind_readers", words="remind others to read")
    version = selectors.version_in_use(kind=DocumentKind.DEFINITIONS, at=at).version
    waiting = [
        line.reader
        for line in selectors.roll_of(version=version)
        if line.acknowledged_at is None and line.reminded_at is None
    ]
    announce(
        notices=[
            Notice(
                key=REMINDER.format(version=version.pk, reader=reader.pk),
                kind="reading_reminder",
                payload={"version": version.pk, "by": by.pk, "to": [reader.pk]},
            )
            for reader in waiting
        ],
        at=at,
    )
    return len(waiting)
