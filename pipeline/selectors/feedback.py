"""What sales told marketing: rejects, notes, leads returned with a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.choices import Stage
from pipeline.models import LeadNote, Transition
from pipeline.selectors.actors import names_of
from pipeline.selectors.clocks import line_of, terms_in_use
from sla.choices import ClockKind, ClockStatus, EvidenceKind
from sla.models import Clock

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from pipeline.models import Lead
    from pipeline.selectors.clocks import ClockLine
    from revops.people.selectors import Viewer


@dataclass(frozen=True, kw_only=True)
class Said:
    """A reject in words: its reason, the note beside it, and who held the lead."""

    reason: str
    note: str
    rep: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing marketing has to answer: a reject, a note, a lead returned with a question.

    `id` is that of the fact that started marketing's clock.
    """

    id: int
    lead_id: int
    kind: str
    actor: str
    clock: Clock
    said: Said

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it."""
        return self.clock.status in {ClockStatus.PENDING, ClockStatus.BREACHED_OPEN}


def items_of(*, lead: Lead) -> list[Item]:
    """Return what was said of a lead and not withdrawn, the newest first; a few statements."""
    clocks = list(
        Clock.objects.of_teams()
        .filter(lead=lead, kind=ClockKind.MARKETING_FEEDBACK)
        .exclude(status__in=[ClockStatus.CANCELLED, ClockStatus.MERGED])
        .select_related("commitment", "started_by__rep")
        .order_by("-started_at", "-pk")
    )
    said = said_at(clocks)
    return [
        Item(
            id=clock.started_by.pk,
            lead_id=lead.pk,
            kind=clock.started_by.kind,
            actor=clock.started_by.actor,
            clock=clock,
            said=said[clock.pk],
        )
        for clock in clocks
        if clock.started_by is not None and clock.pk in said
    ]


def said_at(clocks: Sequence[Clock]) -> dict[int, Said]:
    """Return by clock what was said by the fact that started it; four statements."""
    facts = {clock.pk: clock.started_by for clock in clocks if clock.started_by is not None}
    rejects = rejects_of(
        {int(fact.source_id) for fact in facts.values() if fact.source == "transition"}
    )
    others = [fact for fact in facts.values() if fact.source != "transition"]
    notes: dict[int, str] = {}
    authors: dict[str, str] = {}
    if others:
        written = LeadNote.objects.filter(evidence__in=others).order_by("pk")
        notes = dict(written.values_list("evidence_id", "text"))
        authors = names_of([fact.actor for fact in others])
    found = {}
    for pk, fact in facts.items():
        if fact.source == "transition":
            if int(fact.source_id) in rejects:
                found[pk] = rejects[int(fact.source_id)]
            continue
        is_pause = fact.kind == EvidenceKind.PAUSED
        found[pk] = Said(
            reason="Returned with a question" if is_pause else "Feedback",
            note=notes.get(fact.pk, ""),
            rep=authors.get(fact.actor) or (fact.rep.name if fact.rep else ""),
            at=fact.occurred_at,
        )
    return found


def latest_reject(*, lead: Lead) -> Said | None:
    """Return the newest reject of `lead` that stands; two statements."""
    rows = Transition.objects.filter(
        round__lead=lead, to_stage=Stage.REJECTED, undone_by__isnull=True
    )
    newest = rows.order_by("-occurred_at", "-pk").values_list("pk", flat=True).first()
    return rejects_of([newest]).get(newest) if newest else None


def answer_clock(*, lead: Lead, reader: Viewer, at: datetime) -> ClockLine | None:
    """Return marketing's clock on the newest feedback about `lead`; two statements."""
    clocks = Clock.objects.of_teams().filter(lead=lead, kind=ClockKind.MARKETING_FEEDBACK)
    newest = clocks.select_related("commitment").order_by("-started_at", "-pk").first()
    if newest is None:
        return None
    return line_of(clock=newest, terms=terms_in_use(), reader=reader, at=at)


def rejects_of(transition_ids: Collection[int]) -> dict[int, Said]:
    """Return what was said at each of these rejects; two statements."""
    rows = Transition.objects.filter(pk__in=transition_ids, to_stage=Stage.REJECTED)
    written = LeadNote.objects.filter(transition__in=transition_ids).order_by("pk")
    notes = dict(written.values_list("transition_id", "text"))
    return {
        row.pk: Said(
            reason=row.reason.label if row.reason else "",
            note=notes.get(row.pk, ""),
            rep=row.rep.name if row.rep else "",
            at=row.occurred_at,
        )
        for row in rows.select_related("reason", "rep")
    }
