"""Many messages for one person leave as one: the daily digest, and a storm after an outage."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import Q

from revops.outbox import kinds
from revops.outbox.choices import Channel, Timing
from revops.outbox.models import Message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

DIGEST = "digest"
STORM = 5
"""So many notices about promises reach a person one by one; more leave together."""


def bundle(*, at: datetime) -> int:
    """Replace what is to leave together by one message each; belongs into a transaction.

    The bundle is a row of its own, so its tries carry one id and its members are never sent again.
    A message somebody may be sending right now is left alone.

    Returns:
        How many bundles were written.
    """
    idle = Message.objects.unsent().filter(locked_until__isnull=True).exclude(kind=DIGEST)
    people = Q(channel=Channel.MAIL) & ~Q(recipient__isnull=True, rep__isnull=True)
    digests = idle.filter(people, timing=Timing.DIGEST, next_try_at__lte=at)
    # What was tried and refused waits for longer and longer, but it waits.
    waits = Q(next_try_at__lte=at) | Q(attempts__gt=0)
    to_one = people | Q(channel=Channel.SLACK)
    storms = idle.filter(waits, to_one, timing=Timing.NOW, kind__in=kinds.SLA_KINDS)
    groups = list(_groups(digests).values())
    groups += [group for group in _groups(storms).values() if len(group) > STORM]
    if not groups:
        return 0
    Message.objects.filter(pk__in=[row.pk for group in groups for row in group]).update(done_at=at)
    Message.objects.bulk_create(_bundle(group, at=at) for group in groups)
    return len(groups)


def _groups(rows: Iterable[Message]) -> dict[tuple[object, ...], list[Message]]:
    """Return messages by whom and how they reach, in the order in which they happened."""
    found: dict[tuple[object, ...], list[Message]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.pk):
        found[row.recipient_id, row.rep_id, row.channel].append(row)
    return found


def _bundle(group: list[Message], *, at: datetime) -> Message:
    """Return the one message that stands for a group."""
    first = group[0]
    return Message(
        key=f"digest:{first.pk}",
        kind=DIGEST,
        channel=first.channel,
        recipient_id=first.recipient_id,
        rep_id=first.rep_id,
        payload={"messages": [row.pk for row in group]},
        created_at=at,
        next_try_at=at,
    )
