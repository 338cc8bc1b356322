"""Stored answers of idempotent requests go after seven days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pipeline.models import IdempotentAnswer

if TYPE_CHECKING:
    from datetime import datetime

KEPT: Final = timedelta(days=7)
"""Longer than any client retries; the natural key holds for ever."""
BATCH: Final = 5000


def forget_answers(*, at: datetime) -> int:
    """Delete answers older than seven days, oldest first; return how many went."""
    gone = 0
    while True:
        old = IdempotentAnswer.objects.filter(answered_at__lt=at - KEPT).order_by("answered_at")
        ids = list(old.values_list("pk", flat=True)[:BATCH])
        gone += IdempotentAnswer.objects.filter(pk__in=ids).delete()[0]
        if len(ids) < BATCH:
            return gone
