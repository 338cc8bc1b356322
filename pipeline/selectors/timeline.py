"""Everything that happened to a lead, merged into one line of moments, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import F

from pipeline.choices import ActivityKind, ActivityOutcome, FeedbackAnswer, Stage
from pipeline.models import Activity, Assignment, LeadNote, Touch, Transition
from pipeline.selectors.actors import names_of
from sla.choices import EvidenceKind, PauseReason, ReplanReason
from sla.models import Breach, Evidence

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.models import Lead

LIMIT = 300
"""Moments of each kind that are read; a lead with more is a robot."""

_ACTIVITY_ICONS = {
    ActivityKind.CALL: "phone",
    ActivityKind.EMAIL: "mail",
    ActivityKind.MESSAGE: "message-square",
    ActivityKind.MEETING: "calendar",
}
_ORIGINS = {"import": "imported", "api": "by an integration", "job": "by a job"}
_STAGE_TONES = {
    Stage.REJECTED: "bad",
    Stage.DISQUALIFIED: "bad",
    Stage.LOST: "bad",
    Stage.WON: "good",
    Stage.RECYCLED: "warn",
}
_STAGE_ICONS = {
    Stage.MQL: "target",
    Stage.ASSIGNED: "user-check",
    Stage.ACCEPTED: "check",
    Stage.SQL: "badge-check",
    Stage.OPPORTUNITY: "briefcase",
    Stage.WON: "trophy",
    Stage.LOST: "x",
    Stage.REJECTED: "x",
    Stage.RECYCLED: "recycle",
    Stage.DISQUALIFIED: "ban",
    Stage.VOID: "circle-slash",
}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One entry, as the component timeline_item reads it; `side` is who acted.

    `stage` is the one the lead moved to, empty for everything that is no move; `contact` is the
    id of a contact that counts, which may be taken back.
    """

    at: datetime
    icon: str
    title: str
    tone: str = ""
    who: str = ""
    body: str = ""
    quote: str = ""
    badge: str = ""
    badge_tone: str = ""
    side: str = ""
    stage: str = ""
    contact: int | None = None


def moments_of(*, lead: Lead, form_text: str, sees_notes: bool) -> list[Moment]:
    """Return the moments of a lead; ten statements at most.

    Args:
        lead: The lead.
        form_text: What the person wrote, empty where the reader may not see it.
        sees_notes: Whether free text about the person is shown.
    """
    transitions = _transitions(lead)
    assignments = _assignments(lead)
    activities = _activities(lead)
    answers = _answers(lead)
    told = _told(lead)
    names = names_of(
        [
            *(row.actor for row in transitions),
            *(row.actor for row in assignments),
            *(row.actor for row in activities),
            *(row.actor for row in answers),
            *(row.actor for row in told),
        ]
    )
    notes = _notes(lead) if sees_notes else []
    by_transition = {note.transition_id: note.text for note in notes if note.transition_id}
    by_activity = {note.activity_id: note.text for note in notes if note.activity_id}
    by_fact = {note.evidence_id: note.text for note in notes if note.evidence_id}
    # An answer and its note are written at one instant; nothing else ties them.
    answered = {row.recorded_at for row in answers}
    others = [
        note for note in notes if not (note.transition_id or note.activity_id or note.evidence_id)
    ]
    replies = {note.written_at: note for note in others if note.written_at in answered}
    found = [
        *(_of_transition(row, names=names, notes=by_transition) for row in transitions),
        *(_of_assignment(row, names=names) for row in assignments),
        *(_of_activity(row, names=names, notes=by_activity) for row in activities),
        *(_of_touch(row) for row in _touches(lead)),
        *(_of_breach(row) for row in _breaches(lead)),
        *(_of_answer(row, names=names, notes=replies) for row in answers),
        *(_of_fact(row, names=names, notes=by_fact) for row in told),
        *(_of_note(note) for note in others if note is not replies.get(note.written_at)),
    ]
    if lead.captured_at is not None:
        found.append(
            Moment(
                at=lead.captured_at,
                icon="log-in",
                title="Lead captured",
                side="marketing",
                body=f"from {lead.channel.name}" if lead.channel else "",
                quote=form_text,
            )
        )
    return sorted(found, key=lambda moment: moment.at, reverse=True)


def _transitions(lead: Lead) -> list[Transition]:
    rows = (
        Transition.objects.filter(round__lead=lead)
        .select_related("reason", "rep", "round", "undone_by")
        .order_by("-occurred_at", "-pk")[:LIMIT]
    )
    # An assignment tells the same story better.
    return [row for row in rows if row.to_stage != Stage.ASSIGNED or row.is_implied]


def _of_transition(row: Transition, *, names: dict[str, str], notes: dict[int, str]) -> Moment:
    stage = Stage(row.to_stage)
    title = str(stage.label)
    if row.reason is not None:
        title = f"{title}: {row.reason.label}"
    if row.undoes_id is not None:
        title = f"Taken back: {Stage(row.from_stage).label}"
    badge = ""
    if hasattr(row, "undone_by"):
        badge = "Undone"
    elif row.is_implied:
        badge = "Implied"
    elif stage == Stage.MQL and row.round.designation == "manual":
        badge = "By hand"
    return Moment(
        at=row.occurred_at,
        icon="undo-2" if row.undoes_id else _STAGE_ICONS.get(stage, "circle-dot"),
        tone="" if row.undoes_id or badge == "Undone" else _STAGE_TONES.get(stage, "accent"),
        title=title,
        stage=row.to_stage,
        who=_who(row, names=names),
        quote=notes.get(row.pk, ""),
        badge=badge,
        badge_tone="outline",
    )


def _who(row: Transition, *, names: dict[str, str]) -> str:
    words = [names.get(row.actor, row.actor)]
    if row.round.number > 1:
        words.append(f"round {row.round.number}")
    if row.origin in _ORIGINS:
        words.append(_ORIGINS[row.origin])
    return " · ".join(words)


def _assignments(lead: Lead) -> list[Assignment]:
    rows = Assignment.objects.filter(round__lead=lead).select_related("rep", "round")
    return list(rows.order_by("-assigned_at", "-pk")[:LIMIT])


_RULES = {
    "chosen": "chosen by hand",
    "account_owner": "owns the account",
    "round_robin": "next in turn",
    "cover": "covers for a colleague who is away",
    "accepted_it": "took it from the unassigned",
    "undo": "the assignment before was taken back",
    "recorded": "as recorded by the source",
    "nobody_there": "everybody is away",
    "handed_over": "took over from a colleague who is away",
    "given_back": "given back after an absence",
    "reassigned": "reassigned together with others of the same person",
}


def _of_assignment(row: Assignment, *, names: dict[str, str]) -> Moment:
    rule = str(row.why.get("rule", ""))
    skipped = len(row.why.get("skipped", ()))
    body = _RULES.get(rule, rule.replace("_", " "))
    if skipped:
        body = f"{body}; {skipped} skipped"
    to = row.rep.name if row.rep else "a person not recorded"
    if row.to_queue or (row.undoes_id and row.rep is None):
        to = ""
    return Moment(
        at=row.assigned_at,
        icon="user-check" if to else "inbox",
        tone="accent" if to else "warn",
        title=f"Assigned to {to}" if to else "Waits among the unassigned",
        who=names.get(row.actor, row.actor),
        body=body[:1].upper() + body[1:] + "." if body else "",
    )


def _activities(lead: Lead) -> list[Activity]:
    rows = Activity.objects.filter(lead=lead).select_related("rep")
    return list(rows.order_by("-occurred_at", "-pk")[:LIMIT])


def _of_activity(row: Activity, *, names: dict[str, str], notes: dict[int, str]) -> Moment:
    kind = ActivityKind(row.kind)
    outcome = str(ActivityOutcome(row.outcome).label).lower() if row.outcome else ""
    good = {"connected", "replied", "meeting_booked", "meeting_held"}
    badge, tone = "", ""
    if row.voided_at is not None:
        badge, tone = "Taken back", "outline"
    elif row.is_automatic:
        badge, tone = "Automatic, does not count", "outline"
    return Moment(
        at=row.occurred_at,
        icon=_ACTIVITY_ICONS[kind],
        tone="good" if row.outcome in good and not badge else "",
        title=f"{kind.label}, {outcome}" if outcome else str(kind.label),
        who=row.rep.name if row.rep else names.get(row.actor, row.actor),
        quote=notes.get(row.pk, ""),
        badge=badge,
        badge_tone=tone,
        side="sales",
        contact=None if row.voided_at else row.pk,
    )


def _touches(lead: Lead) -> list[Touch]:
    rows = Touch.objects.filter(lead=lead).select_related("channel")
    return list(rows.order_by("-occurred_at", "-pk")[:LIMIT])


def _of_touch(row: Touch) -> Moment:
    where = [part for part in (row.asset, row.campaign) if part]
    return Moment(
        at=row.occurred_at,
        icon="mouse-pointer-click",
        title=str(row.get_kind_display()),
        who=row.channel.name if row.channel else "",
        body=" · ".join(where),
        side="marketing",
    )


def _breaches(lead: Lead) -> list[Any]:
    rows = Breach.objects.with_standing().filter(clock__lead=lead)
    rows = rows.select_related("clock", "rep", "commitment")
    return list(rows.order_by(F("breach_at").desc())[:LIMIT])


def _of_breach(row: Any) -> Moment:
    stands = row.last_revision not in {"rescinded", "excused"}
    return Moment(
        at=row.breach_at,
        icon="alarm-clock",
        tone="bad" if stands else "",
        title=f"{row.clock.get_kind_display()} missed",
        who=f"charged to {row.get_side_display().lower()}"
        + (f", {row.rep.name} held the lead" if row.rep else ""),
        badge="" if stands else str(row.last_revision).capitalize(),
        badge_tone="good" if row.last_revision == "rescinded" else "outline",
    )


def _answers(lead: Lead) -> list[Evidence]:
    rows = Evidence.objects.filter(lead=lead, kind=EvidenceKind.FEEDBACK_ANSWERED)
    return list(rows.order_by("-occurred_at", "-pk")[:LIMIT])


def _of_answer(row: Evidence, *, names: dict[str, str], notes: dict[datetime, LeadNote]) -> Moment:
    note = notes.get(row.recorded_at)
    return Moment(
        at=row.occurred_at,
        icon="message-square-reply",
        tone="accent",
        title=answer_title(row),
        who=names.get(row.actor, row.actor),
        quote=note.text if note else "",
        side="marketing",
    )


_FACTS = {
    EvidenceKind.PAUSED: ("circle-pause", "Paused", "sales"),
    EvidenceKind.RESUMED: ("circle-play", "Goes on", "sales"),
    EvidenceKind.FEEDBACK: ("message-square-warning", "Feedback to marketing", "sales"),
    EvidenceKind.FEEDBACK_WITHDRAWN: ("undo-2", "Feedback withdrawn", "sales"),
    EvidenceKind.REPLANNED: ("calendar", "Deadline planned again", "revops"),
}
_REASONS = {EvidenceKind.PAUSED: PauseReason, EvidenceKind.REPLANNED: ReplanReason}


def _told(lead: Lead) -> list[Evidence]:
    rows = Evidence.objects.filter(lead=lead, kind__in=_FACTS)
    return list(rows.order_by("-occurred_at", "-pk")[:LIMIT])


def _of_fact(row: Evidence, *, names: dict[str, str], notes: dict[int, str]) -> Moment:
    icon, title, side = _FACTS[EvidenceKind(row.kind)]
    reason = str(row.payload.get("reason", ""))
    reasons = _REASONS.get(EvidenceKind(row.kind))
    if reasons is not None and reason in reasons.values:
        label = str(reasons(reason).label)
        title = f"{title}: {label[:1].lower()}{label[1:]}"
    until = str(row.payload.get("until", ""))
    return Moment(
        at=row.occurred_at,
        icon=icon,
        tone="warn" if row.kind == EvidenceKind.PAUSED else "",
        title=title,
        who=names.get(row.actor, row.actor),
        body=f"Until {date.fromisoformat(until):%d %b %Y}." if until else "",
        quote=notes.get(row.pk, ""),
        side=side,
    )


def answer_title(row: Evidence) -> str:
    """Return an answer in words, such as `Marketing answered: source fixed`."""
    said = str(row.payload.get("answer", ""))
    if said not in FeedbackAnswer.values:
        return "Marketing answered"
    label = str(FeedbackAnswer(said).label)
    return f"Marketing answered: {label[:1].lower()}{label[1:]}"


def _notes(lead: Lead) -> list[LeadNote]:
    rows = LeadNote.objects.filter(lead=lead).select_related("author")
    return list(rows.order_by("-written_at", "-pk")[:LIMIT])


def _of_note(note: LeadNote) -> Moment:
    return Moment(
        at=note.written_at,
        icon="sticky-note",
        title="Note",
        who=note.author.name if note.author else "",
        quote=note.text,
    )
