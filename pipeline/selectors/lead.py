"""One lead with everything its page and the panel of the queue show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.choices import Designation, QualityFlag, Stage
from pipeline.models import Activity, Lead, Opportunity, Round
from pipeline.selectors.actors import actor_of
from pipeline.selectors.clocks import ClockLine, clocks_of, line_of, shown_clock, terms_in_use
from pipeline.selectors.criteria import checks_of, parts_of, why_of
from pipeline.selectors.feedback import items_of
from pipeline.selectors.holds import OFTEN, holds_of
from pipeline.selectors.pauses import pause_shown
from pipeline.selectors.persons import person_of
from pipeline.selectors.promised import promised_with
from pipeline.selectors.timeline import moments_of
from revops import formats
from revops.people.choices import Role
from sla.choices import EvidenceKind
from sla.models import Evidence

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.selectors.feedback import Said
    from pipeline.selectors.pauses import PauseShown
    from pipeline.selectors.persons import Person
    from pipeline.selectors.promised import Promised
    from pipeline.selectors.timeline import Moment
    from revops.people.models import User
    from revops.people.selectors import Viewer


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A term and its value, as the component facts reads them."""

    term: str
    text: str
    href: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Acts:
    """What the reader may do with the lead now; the names are those of the addresses."""

    accept: bool
    reject: bool
    contact: bool
    working: bool
    recycle: bool
    disqualify: bool
    sql: bool
    opportunity: bool
    assign: bool
    mql: bool
    void: bool
    feedback: bool
    pause: bool
    resume: bool
    correct: bool
    tell: bool
    merge: bool

    @property
    def any_more(self) -> bool:
        """Whether there is anything to do beyond the three main acts."""
        return any(
            (self.working, self.recycle, self.disqualify, self.sql, self.opportunity,
             self.assign, self.mql, self.void, self.feedback, self.pause, self.resume,
             self.correct, self.tell, self.merge)
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LeadCard:
    """A lead as the queue's panel shows it, and as the head of its page.

    Attributes:
        seen: Id of the current transition; forms send it back, so that a stale one is noticed.
    """

    lead: Lead
    round: Round | None
    person: Person
    subtitle: str
    stage: str
    owner: str
    why: str
    clock: ClockLine | None
    clocks: list[ClockLine]
    checks: list[dict[str, str]]
    acts: Acts
    seen: int | None
    pause: PauseShown | None


@dataclass(frozen=True, kw_only=True)
class FeedbackLine:
    """One thing marketing was told, with its clock and whether the reader may take it back."""

    id: int
    said: Said
    line: ClockLine
    may_withdraw: bool


@dataclass(frozen=True, kw_only=True)
class LeadPage:
    """Everything the page of a lead shows."""

    card: LeadCard
    moments: list[Moment]
    feedback: list[FeedbackLine]
    holds: list[Fact]
    company: list[Fact]
    lead_facts: list[Fact]
    context: list[Fact]
    promised: Promised | None
    deals: list[Opportunity]
    rounds: list[Round]
    score_parts: dict[str, list[dict[str, object]]]
    flags: list[str]
    earlier_clocks: list[tuple[int, list[ClockLine]]]


def find_lead(*, user: User, pk: int) -> Lead:
    """Return a lead the user may see.

    Raises:
        Lead.DoesNotExist: There is none, or it is not for this reader.
    """
    return (
        Lead.objects.visible_to(user)
        .select_related("company", "channel", "owner__user", "company__owner")
        .get(pk=pk)
    )


def lead_card(*, lead: Lead, user: User, reader: Viewer, at: datetime) -> LeadCard:
    """Return the lead as the panel of the queue shows it; five statements."""
    rounds = list(
        Round.objects.filter(lead=lead)
        .select_related("rep", "definitions_version")
        .order_by("number")
    )
    return _card(lead=lead, rounds=rounds, user=user, reader=reader, at=at)


def _card(
    *, lead: Lead, rounds: list[Round], user: User, reader: Viewer, at: datetime
) -> LeadCard:
    current = rounds[-1] if rounds else None
    terms = terms_in_use()
    clocks = clocks_of(lead_ids=[lead.pk]).get((lead.pk, current.number if current else 1), [])
    shown = shown_clock(clocks, terms=terms, at=at)
    person = person_of(lead=lead, reader=user)
    pause = pause_shown(lead=lead, sees_notes=not person.is_masked, at=at)
    return LeadCard(
        lead=lead,
        round=current,
        person=person,
        subtitle=_subtitle(lead, person),
        stage=str(Stage(lead.stage).label),
        owner=current.rep.name if current and current.rep else "",
        why=why_of(current),
        clock=line_of(clock=shown, terms=terms, reader=reader, at=at) if shown else None,
        clocks=[line_of(clock=clock, terms=terms, reader=reader, at=at) for clock in clocks],
        checks=checks_of(current),
        acts=acts_of(
            lead=lead,
            user=user,
            was_rejected=any(one.rejected_at is not None for one in rounds),
            is_paused=pause is not None,
        ),
        seen=current.current_transition_id if current else None,
        pause=pause,
    )


def _subtitle(lead: Lead, person: Person) -> str:
    """Return title, company and what is known of it, in one line."""
    company = lead.company
    words = []
    if company is not None:
        words.append(f"{person.title}, {company.name}" if person.title else company.name)
        if company.size is not None:
            words.append(f"{formats.count(company.size)} people")
        words += [part for part in (company.industry, company.country) if part]
    elif person.title:
        words.append(person.title)
    return " · ".join(words)


def acts_of(*, lead: Lead, user: User, was_rejected: bool, is_paused: bool) -> Acts:
    """Return what the user may do with the lead where it stands; at most two statements."""
    stage = Stage(lead.stage)
    holds = user.has_perm
    is_theirs = (
        holds("pipeline.dispose_lead")
        and Lead.objects.disposable_by(user).filter(pk=lead.pk).exists()
    )

    def may(target: Stage) -> bool:
        return stages.may_follow(current=stage, target=target)

    is_open = stage not in stages.CLOSED and stage != Stage.NURTURE
    # Sales pauses what it decides on, RevOps whatever it sees (`Lead.objects.pausable_by`).
    may_pause = (
        is_open and holds("pipeline.pause_lead") and (is_theirs or user.role == Role.REVOPS)
    )
    return Acts(
        accept=is_theirs and may(Stage.ACCEPTED),
        reject=is_theirs and may(Stage.REJECTED),
        contact=is_theirs and holds("pipeline.log_contact"),
        working=is_theirs and is_open,
        recycle=(is_theirs and may(Stage.RECYCLED))
        or (holds("pipeline.recycle_lead") and stage == Stage.REJECTED),
        disqualify=is_theirs and may(Stage.DISQUALIFIED),
        sql=is_theirs and stage in {Stage.ASSIGNED, Stage.ACCEPTED},
        opportunity=is_theirs and stage == Stage.SQL,
        assign=holds("pipeline.assign_lead") and is_open,
        mql=holds("pipeline.designate_mql") and stage == Stage.NURTURE,
        void=holds("pipeline.edit_lead") and stage not in {Stage.VOID, Stage.NURTURE},
        feedback=holds("pipeline.answer_feedback") and (was_rejected or _was_told(lead)),
        pause=may_pause and not is_paused,
        resume=may_pause and is_paused,
        merge=holds("pipeline.merge_leads") and stage not in stages.CLOSED,
        tell=is_theirs and stage != Stage.NURTURE,
        correct=holds("pipeline.correct_contact") and stage != Stage.NURTURE,
    )


def _was_told(lead: Lead) -> bool:
    """Return whether sales told marketing something of the lead; one statement."""
    kinds = (EvidenceKind.FEEDBACK, EvidenceKind.PAUSED)
    return Evidence.objects.filter(lead=lead, kind__in=kinds).exists()


def lead_page(*, lead: Lead, user: User, reader: Viewer, at: datetime) -> LeadPage:
    """Return everything the page of `lead` shows; about 20 statements, whatever happened to it."""
    rounds = list(
        Round.objects.filter(lead=lead)
        .select_related("rep", "definitions_version", "score_version")
        .order_by("number")
    )
    card = _card(lead=lead, rounds=rounds, user=user, reader=reader, at=at)
    terms = terms_in_use()
    by_round = clocks_of(lead_ids=[lead.pk])
    earlier = [
        (
            current.number,
            [
                line_of(clock=clock, terms=terms, reader=reader, at=at)
                for clock in by_round.get((lead.pk, current.number), [])
            ],
        )
        for current in reversed(rounds[:-1])
    ]
    return LeadPage(
        card=card,
        moments=moments_of(
            lead=lead, form_text=card.person.form_text, sees_notes=not card.person.is_masked
        ),
        feedback=_feedback(lead, user=user, reader=reader, at=at),
        holds=_holds(card.round, reader=reader, at=at),
        company=company_facts(lead),
        lead_facts=_lead_facts(lead, card),
        context=_context(lead, card.round, reader=reader, at=at),
        promised=promised_with(lead=lead, current=card.round, terms=terms, reader=reader, at=at),
        deals=list(
            Opportunity.objects.filter(lead=lead, voided_at__isnull=True)
            .select_related("rep", "lost_reason")
            .order_by("-recorded_at", "-pk")
        ),
        rounds=rounds,
        score_parts={
            "fit": parts_of(card.round, "fit"),
            "intent": parts_of(card.round, "intent"),
        },
        flags=[str(QualityFlag(flag).label) for flag in lead.quality_flags],
        earlier_clocks=earlier,
    )


def _feedback(lead: Lead, *, user: User, reader: Viewer, at: datetime) -> list[FeedbackLine]:
    """Return what marketing was told of the lead, newest first."""
    terms = terms_in_use()
    return [
        FeedbackLine(
            id=item.id,
            said=item.said,
            line=line_of(clock=item.clock, terms=terms, reader=reader, at=at),
            may_withdraw=item.is_open
            and item.kind == EvidenceKind.FEEDBACK
            and (item.actor == actor_of(user) or user.role == Role.REVOPS),
        )
        for item in items_of(lead=lead)
    ]


def _holds(current: Round | None, *, reader: Viewer, at: datetime) -> list[Fact]:
    """Return who held the round and for how much business time; unsaid where it was one person."""
    holds = holds_of(current=current, at=at)
    if len(holds) <= 1:
        return []
    found = [
        Fact(
            term=hold.rep,
            text=f"{formats.duration(hold.held)} of business time, since "
            f"{formats.local(hold.since, zone=reader.zone)}",
        )
        for hold in holds
    ]
    if len(holds) - 1 > OFTEN:
        found.append(
            Fact(term="Handed on", text=f"{len(holds) - 1} times: it is on the list for review")
        )
    return found


def company_facts(lead: Lead) -> list[Fact]:
    """Return what is known about the lead's company; unknown stays unsaid."""
    company = lead.company
    if company is None:
        return []
    told = [
        ("Name", company.name),
        ("Domain", company.domain),
        ("Employees", formats.count(company.size) if company.size is not None else ""),
        ("Industry", company.industry),
        ("Country", company.country),
        ("Technology", ", ".join(company.technology)),
        ("Account owner", company.owner.name if company.owner else ""),
    ]
    return [Fact(term=term, text=text) for term, text in told if text]


def _lead_facts(lead: Lead, card: LeadCard) -> list[Fact]:
    told = [
        ("Mail", card.person.email),
        ("Title", card.person.title),
        ("Seniority", lead.seniority.replace("_", " ")),
        ("Source", lead.channel.name if lead.channel else "No channel recorded"),
        ("Source group", str(lead.get_source_group_display())),
        ("Campaign", lead.campaign),
        ("Owner", card.owner or "Nobody yet"),
        ("Id at source", f"{lead.source_system} {lead.external_id}"),
    ]
    return [Fact(term=term, text=text) for term, text in told if text]


def _context(lead: Lead, current: Round | None, *, reader: Viewer, at: datetime) -> list[Fact]:
    """Return what a rep needs at handoff: how it qualified, how fresh it is, who was there."""
    if current is None:
        return []
    version = current.definitions_version.number
    how = f"{Designation(current.designation).label}, definitions version {version}"
    told = [("Qualified", how)]
    if current.mql_at is not None:
        told.append(("Became MQL", formats.local(current.mql_at, zone=reader.zone)))
    if lead.last_touch_at is not None:
        told.append(("Last engagement", f"{formats.elapsed(at - lead.last_touch_at)} ago"))
    if lead.captured_at is not None and current.assigned_at is not None:
        age = current.assigned_at - lead.captured_at
        told.append(("Age at handoff", formats.elapsed(age)))
    if current.number > 1:
        told.append(("Earlier rounds", str(current.number - 1)))
    told.append(("Sales on the account", _account_touches(lead, reader=reader)))
    if current.recycle_on is not None:
        told.append(("Try again on", f"{current.recycle_on:%d %b %Y}"))
    return [Fact(term=term, text=text) for term, text in told]


def _account_touches(lead: Lead, *, reader: Viewer) -> str:
    """Return the last sales attempt on the account, also by a colleague on another contact."""
    attempts = Activity.objects.filter(voided_at__isnull=True).select_related("rep")
    if lead.company_id is None:
        attempts = attempts.filter(lead=lead)
    else:
        attempts = attempts.filter(lead__company=lead.company_id)
    last = attempts.order_by("-occurred_at", "-pk").first()
    if last is None:
        return "Never contacted"
    who = last.rep.name if last.rep else "somebody"
    kind = str(last.get_kind_display()).lower()
    return f"{kind} by {who}, {formats.local(last.occurred_at, zone=reader.zone, style='date')}"
