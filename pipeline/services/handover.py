"""Absences that begin hand their leads to who stands in; a click gives back what is still open."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from pipeline.choices import Origin
from pipeline.selectors.actors import actor_of
from pipeline.selectors.handover import held_leads, leads_to_give_back
from pipeline.services.assignments import assign_rounds
from pipeline.services.errors import refused_assignment
from pipeline.services.rows import AssignmentRow, Status
from revops.audit.models import AuditEntry
from revops.outbox.services import Notice, announce
from revops.people.models import Absence, Rep
from revops.people.selectors import local_day

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from pipeline.services.rows import AssignmentResult
    from revops.people.models import User

logger = logging.getLogger(__name__)

ACTOR = "system:hand_over"


class GiveBackRefusedError(Exception):
    """Nothing can be given back; the message is for the user."""


def hand_over_absences(*, at: datetime) -> int:
    """Give the running leads of everybody whose absence has begun to who stands in.

    One transaction per absence, claimed so that two runs at once share the work. An absence whose
    leads nobody can take is looked at again in the next run. Returns the number of leads moved.
    """
    waiting = Absence.objects.begun(on=local_day(at=at)).filter(handed_over_at__isnull=True)
    ids = list(waiting.order_by("starts_on", "pk").values_list("pk", flat=True))
    return sum(_hand_over(absence_id=pk, at=at) for pk in ids)


@transaction.atomic
def _hand_over(*, absence_id: int, at: datetime) -> int:
    """Hand over one absence unless another run holds it or did it; return the leads moved."""
    waiting = Absence.objects.begun(on=local_day(at=at)).filter(
        pk=absence_id, handed_over_at__isnull=True
    )
    absence = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if absence is None:
        return 0
    rows = [
        AssignmentRow(
            lead_id=lead_id, holder_id=absence.rep_id, rule="handed_over", absence_id=absence.pk
        )
        for lead_id in held_leads(rep=absence.rep_id).values_list("pk", flat=True)
    ]
    results = assign_rounds(rows=rows, actor=ACTOR, origin=Origin.JOB, at=at)
    moved = [result for result in results if result.status == Status.CREATED]
    if moved:
        _tell(absence, moved=moved, at=at)
    if not held_leads(rep=absence.rep_id).exists():
        absence.handed_over_at = at
        absence.save(update_fields=["handed_over_at"])
    return len(moved)


def _tell(absence: Absence, *, moved: Sequence[AssignmentResult], at: datetime) -> None:
    """Write the journal, and tell the person who is out and everybody who took over."""
    leads = sorted(result.lead_id for result in moved)
    takers = sorted({result.rep_id for result in moved if result.rep_id is not None})
    AuditEntry.objects.create(
        at=at,
        actor=ACTOR,
        act="hand_over_absence",
        subject=f"absence:{absence.pk}",
        details={"rep": absence.rep_id, "leads": leads, "to": takers},
    )
    logins = Rep.objects.filter(pk__in=[absence.rep_id, *takers], user__isnull=False)
    announce(
        notices=[
            Notice(
                # The first lead tells two rounds of one absence apart.
                key=f"absence.handed_over:{absence.pk}:{leads[0]}",
                kind="absence.handed_over",
                payload={
                    "absence": absence.pk,
                    "leads": leads,
                    "to": sorted(logins.values_list("user_id", flat=True)),
                },
            )
        ],
        at=at,
    )
    logger.info("Absence %s handed %d leads over", absence.pk, len(leads))


@transaction.atomic
def give_back(*, absence: Absence, by: User, at: datetime) -> int:
    """Give back what was handed over for an absence, is still open and with who took it over.

    Nothing is given back by itself: who took over may be in the middle of a conversation.

    Raises:
        RepAwayError: The person is still away.
        GiveBackRefusedError: Nothing is left to give back.
    """
    found = Absence.objects.select_for_update(no_key=True, of=("self",)).get(pk=absence.pk)
    holders = leads_to_give_back(absence=found)
    results = assign_rounds(
        rows=[
            AssignmentRow(
                lead_id=lead_id,
                rep_id=found.rep_id,
                holder_id=holder_id,
                rule="given_back",
                absence_id=found.pk,
            )
            for lead_id, holder_id in holders.items()
        ],
        actor=actor_of(by),
        origin=Origin.FORM,
        at=at,
    )
    _refuse_any(results)
    moved = sorted(result.lead_id for result in results if result.status == Status.CREATED)
    if not moved:
        raise GiveBackRefusedError("Nothing is left to give back.")
    AuditEntry.objects.create(
        at=at,
        actor=actor_of(by),
        act="give_back_absence",
        subject=f"absence:{found.pk}",
        details={"rep": found.rep_id, "leads": moved},
    )
    return len(moved)


@transaction.atomic
def reassign_leads(
    *, holder: Rep, lead_ids: Collection[int], to: Rep, by: User, at: datetime
) -> int:
    """Give leads of one person to another, all or none; return how many moved.

    Leads that left the person or were decided meanwhile are left alone.

    Raises:
        RepAwayError: `to` is away; the error names who covers.
        LeadRefusedError: Another reason why a lead cannot be given on.
    """
    results = assign_rounds(
        rows=[
            AssignmentRow(lead_id=lead_id, rep_id=to.pk, holder_id=holder.pk, rule="reassigned")
            for lead_id in sorted(set(lead_ids))
        ],
        actor=actor_of(by),
        origin=Origin.FORM,
        at=at,
    )
    _refuse_any(results)
    return sum(1 for result in results if result.status == Status.CREATED)


def _refuse_any(results: Sequence[AssignmentResult]) -> None:
    """Raise the first refusal; the caller's transaction undoes what came before it."""
    for result in results:
        if result.code is not None:
            raise refused_assignment(result)
