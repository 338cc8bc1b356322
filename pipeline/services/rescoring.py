"""Score everybody in nurture again when another score model or definition comes into use.

Leads that come in or act are judged by what is in use then; those that lie still keep the scores
of the version before, until this work has passed them. Rounds that were opened are never touched:
they keep the versions and the snapshot they were judged by.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from django.db import transaction

from definitions.choices import DocumentKind
from definitions.selectors import NoVersionError, schedule
from pipeline.choices import JobStatus, Origin, Stage
from pipeline.models import Lead, Rescoring
from pipeline.services.qualification import qualify_leads
from revops.database import database_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

    from definitions.selectors import Schedule

logger = logging.getLogger(__name__)

ACTOR: Final = "system:rescoring"
BATCH: Final = 1_000
LONGEST_SECONDS: Final = 10.0
"""After so long a run stops; the sweep of the clocks waits for the same thread."""
JUDGED_BY: Final = (DocumentKind.SCORE_MODEL, DocumentKind.DEFINITIONS)
OPEN: Final = (JobStatus.WAITING, JobStatus.RUNNING)


def rescore_nurture(*, at: datetime, clock: Callable[[], datetime] = database_now) -> int:
    """Work through the leads the versions in use have not judged yet, oldest first.

    Every batch is a transaction that holds the row of the work and moves `last_lead_id`: a worker
    that dies leaves the batches it finished, and a second one finds the row locked and goes away.

    Args:
        at: The instant of the run; the versions in use then are the ones leads are judged by.
        clock: Tells when a batch begins. An act may have come in since the run began, and a
            judgement of before it would write a score that forgets it.

    Returns:
        How many leads were scored.
    """
    begun = _begin(at=at)
    stop = time.monotonic() + LONGEST_SECONDS
    scored = 0
    while begun is not None and time.monotonic() < stop:
        done = score_batch(rescoring_id=begun, at=max(at, clock()))
        scored += done
        if not done:
            break
    return scored


@transaction.atomic
def score_batch(*, rescoring_id: int, at: datetime, limit: int = BATCH) -> int:
    """Score the next leads; the number of statements does not depend on how many they are.

    Returns:
        How many leads were scored; 0 when there is none left or another worker has the row.
    """
    work = (
        Rescoring.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=rescoring_id, status__in=OPEN)
        .first()
    )
    if work is None:
        return 0
    lead_ids = list(
        _waiting(before=work.requested_at)
        .filter(pk__gt=work.last_lead_id)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    work.started_at = work.started_at or at
    if lead_ids:
        work.status = JobStatus.RUNNING
        work.last_lead_id = lead_ids[-1]
        work.done_count += len(lead_ids)
        # A lead that came back from elsewhere meanwhile is counted, but was not counted before.
        work.total_count = max(work.total_count or 0, work.done_count)
        work.qualified_count += qualify_leads(
            lead_ids=lead_ids, actor=ACTOR, origin=Origin.JOB, at=at
        )
    else:
        work.status, work.finished_at = JobStatus.DONE, at
        # Leads that sales was given, or that were taken back, since the work began.
        work.total_count = work.done_count
        logger.info("Scored %d leads in nurture again", work.done_count)
    work.save()
    return len(lead_ids)


@transaction.atomic
def _begin(*, at: datetime) -> int | None:
    """Return the open work for the versions in use; begin it where leads are older than they.

    Work for versions that are not in use any more ends where it stands.
    """
    known = schedule()
    try:
        score_id, definitions_id = (
            known.in_use(kind=kind, at=at).version_id for kind in JUDGED_BY
        )
    except NoVersionError:  # a worker that starts before the defaults are installed
        return None
    pair = {"score_version_id": score_id, "definitions_version_id": definitions_id}
    outdated = Rescoring.objects.filter(status__in=OPEN).exclude(**pair)
    held = outdated.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    if ids := list(held):
        Rescoring.objects.filter(pk__in=ids).update(status=JobStatus.CANCELLED, finished_at=at)
    work = Rescoring.objects.filter(**pair).first()
    since = in_use_since(known=known, at=at)
    if work is not None and work.requested_at >= since:
        return None if work.is_over else work.pk
    if not _waiting(before=since).exists():
        return None
    total = _waiting(before=at).count()
    if work is None:
        begun = Rescoring(**pair, actor=ACTOR, requested_at=at, total_count=total)
        # Two workers may see it due at once; the second one's row is refused and not missed.
        Rescoring.objects.bulk_create([begun], ignore_conflicts=True)
        return Rescoring.objects.values_list("pk", flat=True).get(**pair)
    _again(work, total=total, at=at)
    return work.pk


def _again(work: Rescoring, *, total: int, at: datetime) -> None:
    """Begin from the start: the versions were in use before and are again."""
    Rescoring.objects.filter(pk=work.pk, requested_at=work.requested_at).update(
        status=JobStatus.WAITING,
        requested_at=at,
        started_at=None,
        finished_at=None,
        done_count=0,
        qualified_count=0,
        last_lead_id=0,
        total_count=total,
    )


def in_use_since(*, known: Schedule, at: datetime) -> datetime:
    """Return since when both versions in use hold together: the last change of either."""
    changes = []
    for entry in known.entries:
        if entry.kind not in JUDGED_BY or entry.effective_from > at:
            continue
        if entry.withdrawn_at is None or entry.withdrawn_at > entry.effective_from:
            changes.append(entry.effective_from)
            if entry.withdrawn_at is not None and entry.withdrawn_at <= at:
                changes.append(entry.withdrawn_at)
    return max(changes)


def _waiting(*, before: datetime) -> QuerySet[Lead]:
    """Leads in nurture stored before `before`; later ones are judged by what is in use."""
    return Lead.objects.filter(
        stage=Stage.NURTURE,
        voided_at__isnull=True,
        merged_into__isnull=True,
        recorded_at__lt=before,
    )
