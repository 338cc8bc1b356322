"""What messages about leads and promises say in mail and Slack; the words are read here."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from dashboards import pages
from dashboards.selectors.frame import frame
from dashboards.selectors.scorecard import scorecard
from pipeline.choices import ActivityKind, ActivityOutcome, Outcome, Stage
from pipeline.models import Activity, Lead, Opportunity, Round, Transition
from pipeline.selectors.clocks import terms_in_use
from pipeline.selectors.criteria import why_of
from revops import formats
from revops.outbox.letters import Letter
from sla.choices import ClockStatus
from sla.models import Clock, ProcessRevision
from sla.selectors.badges import BUSINESS, Badge, badge

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


ACTS_SHOWN = 3


def breached(payload: dict[str, Any]) -> Letter:
    """A promise was missed; for the team's channel and other systems."""
    clock, shelf = clock_of(payload)
    return Letter(
        subject=f"Missed: {clock.get_kind_display()} on {subject_of(clock)}",
        lines=("It is counted as a breach.",),
        facts=facts_of(clock, shelf, at=payload["written_at"]),
        action=action_of(clock),
    )


def due_soon(payload: dict[str, Any]) -> Letter:
    """A promise is about to be missed."""
    clock, shelf = clock_of(payload)
    return Letter(
        subject=f"Due soon: {clock.get_kind_display()} on {subject_of(clock)}",
        lines=(),
        facts=facts_of(clock, shelf, at=payload["written_at"]),
        action=action_of(clock),
    )


def escalated(payload: dict[str, Any]) -> Letter:
    """A promise was missed, and the ladder says who hears of it."""
    clock, shelf = clock_of(payload)
    still = clock.status == ClockStatus.BREACHED_OPEN
    return Letter(
        subject=f"Missed: {clock.get_kind_display()} on {subject_of(clock)}",
        lines=("Nothing has been done yet.",) if still else ("It has been dealt with since.",),
        facts=facts_of(clock, shelf, at=payload["written_at"]),
        action=action_of(clock),
    )


def breach_revised(payload: dict[str, Any]) -> Letter:
    """Later evidence changed what a breach says."""
    clock, shelf = clock_of(payload)
    told = "Its entry in the ledger has a new line with the reason."
    return Letter(
        subject=f"Breach revised: {clock.get_kind_display()} on {subject_of(clock)}",
        lines=(told,),
        facts=facts_of(clock, shelf, at=payload["written_at"]),
        action=action_of(clock),
    )


def process_revision(payload: dict[str, Any]) -> Letter:
    """A promise was missed so many months in a row that its process is to be revised."""
    revision = ProcessRevision.objects.get(pk=payload["revision"])
    first, last = f"{revision.first_month:%B %Y}", f"{revision.last_month:%B %Y}"
    return Letter(
        subject=f"Missed months in a row: {revision.get_kind_display()}",
        lines=(
            f"{revision.get_side_display()} missed it from {first} to {last}.",
            "Until the cause and what changes are written down, the number alone stays as it is.",
        ),
        action=("Answer the revision", address("dashboards:revision", revision.pk)),
    )


def sla_page(payload: dict[str, Any]) -> Letter:
    """The promises of both sides as sentences, with how they go this month; nobody's name."""
    held = frame(at=datetime.fromisoformat(payload["at"]))
    page = pages.sla(scorecard(frame=held), (), frame=held)
    told = []
    for side in page["sides"]:
        told.append(f"{side['name']} promised:")
        for line in side["lines"]:
            streak = f", {line['streak']}" if line["streak"] else ""
            told.append(
                f"\u2022 {line['sentence']} This month {line['result']}, promised "
                f"{line['target']}{streak}."
            )
    return Letter(
        subject=f"Service level agreement ({page['version']})",
        lines=tuple(told),
        action=("Open the SLA", address("dashboards:sla")),
    )


def lead_assigned(payload: dict[str, Any]) -> Letter:
    """A lead was given to a rep."""
    shelf = payload["records"] or records([payload])
    lead = found(shelf, "lead", payload["lead"])
    why = why_of(shelf["round"].get(payload.get("round")))
    return Letter(
        subject=f"New lead: {lead}",
        lines=("It is in your queue with its deadlines.",),
        facts=_given((("Why it qualified", why),)),
        action=("Open the lead", address("pipeline:lead_detail", lead.pk)),
    )


def lead_moved(payload: dict[str, Any]) -> Letter:
    """Sales accepted a lead or gave it back, with the reason where there is one."""
    row = found(payload["records"] or records([payload]), "transition", payload["transition"])
    lead = row.round.lead
    told = [f"Reason: {row.reason.label}."] if row.reason else []
    if row.rep:
        told.append(f"{row.rep.name} held it.")
    return Letter(
        subject=f"{Stage(row.to_stage).label}: {lead}",
        lines=tuple(told),
        action=("Open the lead", address("pipeline:lead_detail", lead.pk)),
    )


def opportunity_created(payload: dict[str, Any]) -> Letter:
    """A deal entered the pipeline."""
    deal = deal_of(payload)
    return Letter(subject=f"New deal: {deal}", lines=lines_of(deal), action=deal_action(deal))


def opportunity_closed(payload: dict[str, Any]) -> Letter:
    """A deal was won or lost; what the message says holds, even if the deal was reopened since."""
    deal = deal_of(payload)
    outcome = Outcome(payload["outcome"])
    told = lines_of(deal)
    if outcome == Outcome.LOST and deal.lost_reason:
        told = (f"Reason: {deal.lost_reason.label}.", *told)
    return Letter(subject=f"{outcome.label}: {deal}", lines=told, action=deal_action(deal))


def deal_of(payload: dict[str, Any]) -> Opportunity:
    """Return the deal a message is about."""
    shelf = payload["records"] or records([payload])
    deal: Opportunity = found(shelf, "opportunity", payload["opportunity"])
    return deal


def lines_of(deal: Opportunity) -> tuple[str, ...]:
    """Return a deal's amount and closer, where known."""
    told = []
    if deal.amount is not None:
        told.append(f"{formats.money(deal.amount, currency=deal.currency or 'USD')}.")
    if deal.rep:
        told.append(f"{deal.rep.name} closes it.")
    return tuple(told)


def deal_action(deal: Opportunity) -> tuple[str, str]:
    """Return the page of a deal."""
    return "Open the deal", address("pipeline:opportunity_detail", deal.pk)


def records(payloads: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Read what letters of many messages need, in at most eight statements."""

    def ids(name: str) -> set[int]:
        return {payload[name] for payload in payloads if payload.get(name) is not None}

    people = "lead__company"
    clocks = Clock.objects.select_related(people, "commitment", "rep").in_bulk(ids("clock"))
    told = {clock.lead_id for clock in clocks.values() if clock.lead_id is not None}
    rounds = Round.objects.filter(Q(pk__in=ids("round")) | Q(lead__in=told))
    return {
        "clock": clocks,
        "lead": Lead.objects.select_related("company").in_bulk(ids("lead")),
        "transition": Transition.objects.select_related(
            "round__lead__company", "reason", "rep"
        ).in_bulk(ids("transition")),
        "opportunity": Opportunity.objects.select_related("rep", "lost_reason").in_bulk(
            ids("opportunity")
        ),
        "round": {row.pk: row for row in rounds},
        "acts": last_acts(told),
        "terms": terms_in_use() if clocks else None,
    }


def last_acts(lead_ids: Collection[int]) -> dict[int, list[Activity]]:
    """Return the last attempts people made on each lead, newest first; one statement."""
    number = Window(
        RowNumber(), partition_by=[F("lead")], order_by=[F("occurred_at").desc(), F("pk").desc()]
    )
    rows = (
        Activity.objects.filter(lead__in=lead_ids, voided_at__isnull=True)
        .annotate(number=number)
        .filter(number__lte=ACTS_SHOWN)
    )
    found: dict[int, list[Activity]] = {}
    for row in rows.order_by("lead", "number"):
        found.setdefault(row.lead_id, []).append(row)
    return found


def found(shelf: Mapping[str, Any], name: str, pk: int) -> Any:
    """Return a record that was read.

    Raises:
        ObjectDoesNotExist: It has gone since the message was written.
    """
    if pk not in shelf[name]:
        raise ObjectDoesNotExist(f"{name} {pk}")
    return shelf[name][pk]


def clock_of(payload: dict[str, Any]) -> tuple[Clock, Mapping[str, Any]]:
    """Return the clock a message is about, and what else was read."""
    shelf = payload["records"] or records([payload])
    return found(shelf, "clock", payload["clock"]), shelf


def facts_of(
    clock: Clock, shelf: Mapping[str, Any], *, at: datetime
) -> tuple[tuple[str, str | datetime], ...]:
    """Return what is needed to act: time left first, then who, why, the promise, the last acts."""
    shown = badge(clock=clock, terms=shelf["terms"], at=at)
    acts = [act_line(row) for row in shelf["acts"].get(clock.lead_id, ())]
    current = next(
        (
            row
            for row in shelf["round"].values()
            if row.lead_id == clock.lead_id and row.number == clock.cycle
        ),
        None,
    )
    return _given(
        (
            ("Time", time_words(shown, business=clock.commitment.unit in BUSINESS)),
            ("Due", clock.due_at),
            ("Who", who(clock.lead) if clock.lead else ""),
            ("Why it qualified", why_of(current)),
            ("Promise", clock.commitment.sentence),
            ("Last acts", "; ".join(acts) or ("None yet" if clock.lead else "")),
            ("Held by", clock.rep.name if clock.rep else ""),
        )
    )


def time_words(shown: Badge, *, business: bool) -> str:
    """Return the time left or over; outside hours what is left and when it goes on."""
    if shown.length is None or not business:
        return shown.words
    if shown.text:
        left = formats.duration(shown.length)
        return f"{left} of business time left. {shown.text}"
    return f"{shown.words} of business time"


def who(lead: Lead) -> str:
    """Return the person and the company."""
    name, company = str(lead), lead.company.name if lead.company else ""
    return f"{name}, {company}" if company and company not in name else name


def act_line(row: Activity) -> str:
    """Return an attempt as one phrase."""
    kind, outcome = ActivityKind(row.kind).label, ""
    if row.outcome:
        outcome = f", {str(ActivityOutcome(row.outcome).label).lower()}"
    return f"{kind}{outcome}, {row.occurred_at:%d %b}"


def _given(
    facts: tuple[tuple[str, str | datetime | None], ...],
) -> tuple[tuple[str, str | datetime], ...]:
    """Return the facts that have a value."""
    return tuple((label, value) for label, value in facts if value)


def subject_of(clock: Clock) -> str:
    """Return the lead's name, or the month of a monthly promise."""
    if clock.lead is not None:
        return str(clock.lead)
    return f"{clock.month:%B %Y}" if clock.month else "the month"


def action_of(clock: Clock) -> tuple[str, str]:
    """Return the page on which one confirmed click acts, and what it is called."""
    if clock.lead_id is None:
        return "Open the ledger", address("dashboards:breaches")
    return "Open the lead", address("pipeline:lead_detail", clock.lead_id)


def address(view: str, *arguments: int) -> str:
    """Return the full address of a page."""
    return f"{settings.BASE_URL}{reverse(view, args=arguments)}"
