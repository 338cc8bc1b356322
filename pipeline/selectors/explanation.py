"""Why a clock is a breach or is not: everything its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from definitions.selectors import signers_of
from pipeline.models import Lead
from pipeline.selectors.actors import names_of
from pipeline.selectors.clock_days import days_picture
from pipeline.selectors.clocks import RUNNING, terms_in_use
from pipeline.selectors.evidence import evidence_rows
from pipeline.selectors.lead import Fact
from pipeline.selectors.persons import person_of
from revops import formats
from revops.people.models import Rep
from sla.choices import PauseReason, RevisionKind, Unit
from sla.fold.deadlines import BUSINESS
from sla.models import Breach, BreachRevision, Clock
from sla.selectors import badge, explain_deadline, is_gate
from sla.selectors.excuses import SETTLED, asked_for, granted_to, may_ask

if TYPE_CHECKING:
    from pipeline.selectors.clock_days import DaysPicture
    from pipeline.selectors.persons import Person
    from revops.people.models import User
    from revops.people.selectors import Viewer
    from sla.selectors import Badge, DeadlineExplanation
    from sla.selectors.reasons import Reasons

    Cell = dict[str, Any]
    Stretch = tuple[datetime, str, str, timedelta]

NONE = timedelta(0)
_MEASURES: dict[str, str] = {
    Unit.BUSINESS_HOURS: "",
    Unit.BUSINESS_DAYS: "The promise counts whole business days: it is due when the last one "
    "closes. The open day on which it started, or else the next one, is not one of them.",
    Unit.CALENDAR_DAYS: "The promise counts calendar days: every day counts, open or not, and it "
    "is due at the end of the last one.",
    Unit.CALENDAR_HOURS: "The promise counts calendar hours: every hour counts, day and night.",
    Unit.PER_MONTH: "The promise counts the MQLs of a calendar month.",
    Unit.CALENDAR_MINUTES: "The promise counts calendar minutes: every one counts, day and night.",
    Unit.AT_HANDOFF: "The promise has no time: it is judged once, when the lead is first "
    "assigned, and nothing that changes later is held for or against anybody.",
}


@dataclass(frozen=True, kw_only=True)
class BreachStory:
    """The ledger's row of a clock and what later evidence made of it.

    `ask_pk` is the breach the reader may ask to excuse, None where there is nothing to ask.
    """

    facts: list[Fact]
    revisions: list[list[Cell]]
    ask_pk: int | None


@dataclass(frozen=True, kw_only=True)
class ClockPage:
    """Everything the page of a clock shows.

    Attributes:
        reasons: Whether it is a breach, and why.
        picture: The days it ran, None where no time is counted.
        why_then: The question the picture answers, such as `Why Mon 30 Nov, 11:00 EST?`.
        summary: Why it is due when it is, in one sentence.
        counted: Rows of the table of what counted, with a running total.
        measure: What the unit counts, where the table alone does not say it.
    """

    clock: Clock
    person: Person | None
    subject: str
    badge: Badge
    reasons: Reasons
    verdict: str
    picture: DaysPicture | None
    why_then: str
    summary: str
    signers: str
    is_provisional: bool
    facts: list[Fact]
    zone: str
    counted: list[list[Cell]]
    measure: str
    evidence: list[list[Cell]]
    holders: list[Fact]
    story: BreachStory | None


def find_clock(*, user: User, pk: int) -> Clock:
    """Return a clock of a lead the user may see; a month's promise has no lead and is everybody's.

    Raises:
        Clock.DoesNotExist: There is none, or it is not for this reader.
    """
    theirs = Q(lead__isnull=True) | Q(lead__in=Lead.objects.visible_to(user))
    return (
        Clock.objects.filter(theirs)
        .select_related(
            "lead__company", "commitment__version__activation", "calendar_version__calendar", "rep"
        )
        .get(pk=pk)
    )


def clock_page(*, clock: Clock, user: User, reader: Viewer, at: datetime) -> ClockPage:
    """Return why `clock` stands as it does; ten statements at most, whatever happened."""
    terms = terms_in_use()
    breach = Breach.objects.with_standing().filter(clock=clock).select_related("rep").first()
    explained = explain_deadline(clock=clock, terms=terms, at=at, breach=breach)
    version = clock.commitment.version
    revisions = list(BreachRevision.objects.filter(breach=breach).order_by("pk")) if breach else []
    reps = Rep.objects.in_bulk([fact.rep for fact in explained.evidence if fact.rep is not None])
    told = [*explained.evidence, *(one for pair in explained.taken_back for one in pair)]
    names = names_of([*(fact.actor for fact in told), *(row.actor for row in revisions)])
    person = person_of(lead=clock.lead, reader=user) if clock.lead else None
    when = _Times(explained.zone, reader)
    return ClockPage(
        clock=clock,
        person=person,
        subject=person.name if person else f"{clock.month:%B %Y}",
        badge=badge(clock=clock, terms=terms, at=at, zone=reader.zone),
        reasons=explained.reasons,
        verdict=explained.verdict,
        picture=days_picture(
            clock=clock,
            explained=explained,
            hours=terms.calendar_version(clock.calendar_version_id).hours,
            names={pk: rep.name for pk, rep in reps.items()},
            at=at,
            twelve_hours=reader.twelve_hours,
        ),
        why_then=f"Why {when.due(clock.due_at)}?",
        summary=_summary(clock, when),
        signers=signers_of(version=version),
        is_provisional=not getattr(getattr(version, "activation", None), "is_signed", False),
        facts=_facts(clock, explained, when),
        zone=explained.zone.replace("_", " "),
        counted=_counted(clock, explained, when, at=at),
        measure=_MEASURES[clock.commitment.unit],
        evidence=evidence_rows(
            clock=clock,
            facts=explained.evidence,
            taken_back=explained.taken_back,
            reps=reps,
            names=names,
            moment=when.moment,
        ),
        holders=_holders(explained, reps, when),
        story=_story(breach, revisions, names, when, user=user),
    )


@dataclass(frozen=True, slots=True)
class _Times:
    """Instants in the zone of the promise; the reader's own time stands in the title."""

    zone: str
    reader: Viewer

    def moment(self, at: datetime | None) -> str:
        """Return the instant with its zone, a dash for None."""
        if at is None:
            return formats.DASH
        return self._shown(at, self._style(at))

    def _style(self, at: datetime) -> str:
        """Return with or without the year: another year than the reader's is said."""
        there, now = ZoneInfo(self.zone), self.reader.at
        same_year = now is None or at.astimezone(there).year == now.astimezone(there).year
        return "moment" if same_year else "full"

    def due(self, at: datetime | None) -> str:
        """Return when it is due; midnight is the end of the day that people mean."""
        if at is None:
            return formats.DASH
        return formats.deadline(
            at, zone=self.zone, style=self._style(at), twelve_hours=self.reader.twelve_hours
        )

    def fact(self, term: str, at: datetime | None, *, note: str = "") -> Fact:
        """Return the instant as an entry of a list of facts."""
        elsewhere = ""
        if at is not None and self.reader.zone != self.zone:
            elsewhere = formats.local(
                at, zone=self.reader.zone, style="full", twelve_hours=self.reader.twelve_hours
            )
        text = self.moment(at)
        return Fact(term=term, text=f"{text}, {note}" if note else text, title=elsewhere)

    def stretch(self, start: datetime, end: datetime) -> str:
        """Return a stretch, with the day said once where it is one day."""
        there = ZoneInfo(self.zone)
        one_day = start.astimezone(there).date() == end.astimezone(there).date()
        until = self._shown(end, "day_time")
        until = until.partition(" ")[2] if one_day else until
        begins = self._shown(start, "day_time").partition(" ")[2]
        return f"{self._shown(start, 'day')}, {begins} to {until}"

    def _shown(self, at: datetime, style: str) -> str:
        return formats.local(
            at, zone=self.zone, style=style, twelve_hours=self.reader.twelve_hours
        )


def _summary(clock: Clock, when: _Times) -> str:
    """Say in one sentence why it is due when it is."""
    if clock.started_at is None or clock.due_at is None or is_gate(clock):
        return ""
    promise = clock.commitment
    granted = f"{promise.allowance_amount} {promise.get_unit_display()}"
    if promise.allowance_amount == 1:
        granted = granted.removesuffix("s")
    if promise.unit not in BUSINESS:
        return f"{granted} from {when.moment(clock.started_at)} end {when.due(clock.due_at)}."
    return (
        f"{granted} from {when.moment(clock.started_at)}, counted in the hours of"
        f" {clock.calendar_version.calendar}, end {when.due(clock.due_at)}."
    )


def _facts(clock: Clock, explained: DeadlineExplanation, when: _Times) -> list[Fact]:
    """Return the instants of the clock and the hours they are counted in."""
    if is_gate(clock):
        return [when.fact("Handed over", clock.started_at), *_hours(clock, when)]
    found = [when.fact("Started", clock.started_at), when.fact("Due", clock.due_at)]
    if explained.replanned_from is not None:
        note = "before the hours were changed"
        found.append(when.fact("Was due", explained.replanned_from, note=note))
    if clock.breach_at is not None:
        later = clock.due_at is not None and clock.breach_at > clock.due_at
        note = ""
        if clock.lead_id is None:
            note = "when the month is closed"
        elif later:
            note = "the next open hour: closed hours never count against anybody"
        found.append(when.fact("A breach after", clock.breach_at, note=note))
    elif clock.paused_since is not None:
        found.append(Fact(term="A breach after", text="Known when the pause ends"))
    if clock.stopped_at is not None:
        found.append(when.fact("Ended", clock.stopped_at))
    found += _hours(clock, when)
    if clock.rep:
        found.append(Fact(term="Held by", text=clock.rep.name))
    return found


def _hours(clock: Clock, when: _Times) -> list[Fact]:
    version = clock.calendar_version
    return [
        Fact(term="Zone", text=when.zone.replace("_", " ")),
        Fact(term="Hours", text=f"{version.calendar}, version {version.number}"),
    ]


def _counted(
    clock: Clock, explained: DeadlineExplanation, when: _Times, *, at: datetime
) -> list[list[Cell]]:
    """Return what counted in order, with holidays, exceptions and pauses where they were met."""
    there = ZoneInfo(explained.zone)
    found: list[Stretch] = []
    for one in explained.intervals:
        words = "still to come" if clock.status in RUNNING and one.start >= at else ""
        found.append((one.start, when.stretch(one.start, one.end), words, one.length))
    for closed in explained.closed_dates:
        begins = datetime.combine(closed.on, time.min, tzinfo=there)
        cause = "holiday" if closed.cause == "holiday" else "other hours than usual"
        words = f"{cause}: {closed.name}" if closed.name else cause
        found.append(
            (begins, formats.local(begins, zone=explained.zone, style="day"), words, NONE)
        )
    for pause in explained.pauses:
        words = f"paused: {str(PauseReason(pause.reason).label).lower()}"
        until = when.stretch(pause.start, pause.end) if pause.end else ""
        found.append((pause.start, until or f"since {when.moment(pause.start)}", words, NONE))
    total = NONE
    rows: list[list[Cell]] = []
    for _, stretch, words, length in sorted(found, key=lambda row: row[0]):
        total += length
        rows.append(
            [
                {"text": stretch, "sub": words},
                {"text": formats.duration(length) if length else formats.DASH, "number": True},
                {"text": formats.duration(total) if total else "0 m", "number": True},
            ]
        )
    return rows


def _holders(explained: DeadlineExplanation, reps: dict[int, Rep], when: _Times) -> list[Fact]:
    """Return who had the lead from when."""
    return [
        Fact(
            term=when.moment(holder.since),
            text=reps[holder.rep_id].name if holder.rep_id in reps else "A person not recorded",
        )
        for holder in explained.holders
    ]


def _story(
    breach: Any,
    revisions: list[BreachRevision],
    names: dict[str, str],
    when: _Times,
    *,
    user: User,
) -> BreachStory | None:
    """Return the ledger's entry with its corrections, oldest first."""
    if breach is None:
        return None
    holder = f", {breach.rep.name} held the lead" if breach.rep else ""
    rows = [
        [
            {"text": when.moment(row.at), "sub": names.get(row.actor, row.actor)},
            {"text": row.get_kind_display(), "sub": row.reason.replace("_", " ")},
            {"text": f"{row.get_old_status_display()} → {row.get_new_status_display()}"},
        ]
        for row in revisions
    ]
    facts = [
        when.fact("Breach", breach.breach_at),
        when.fact("Noticed", breach.detected_at),
        Fact(term="Charged to", text=f"{breach.get_side_display()}{holder}"),
        Fact(term="Cause", text=str(breach.get_cause_display())),
    ]
    if breach.last_revision == RevisionKind.EXCUSED:
        facts += _excuse(breach.pk, when)
    may = breach.last_revision not in SETTLED and may_ask(side=breach.side, by=user)
    may = may and not asked_for([breach.pk])
    return BreachStory(facts=facts, revisions=rows, ask_pk=breach.pk if may else None)


def _excuse(breach_id: int, when: _Times) -> list[Fact]:
    """Return why a miss was excused and who said so."""
    found = granted_to(breach_id=breach_id)
    if found is None or found.decided_by is None:
        return []
    return [
        Fact(term="Excused because", text=str(found.get_cause_display())),
        Fact(term="Asked by", text=found.asked_by.name),
        when.fact("Granted", found.decided_at, note=f"by {found.decided_by.name}"),
    ]
