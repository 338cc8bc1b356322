"""What messages about leads and promises say in mail and Slack; the words are read here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from dashboards import pages
from dashboards.selectors.frame import frame
from dashboards.selectors.scorecard import scorecard
from pipeline.choices import Outcome, Stage
from pipeline.models import Lead, Opportunity, Transition
from revops import formats
from revops.outbox.channels import Letter
from sla.models import Clock, ProcessRevision


def breached(payload: dict[str, Any]) -> Letter:
    """A promise was missed."""
    clock = clock_of(payload)
    return Letter(
        subject=f"Missed: {clock.get_kind_display()} on {subject_of(clock)}",
        lines=(f"It was due {moment(clock.due_at)} and is counted as a breach.", link_of(clock)),
    )


def due_soon(payload: dict[str, Any]) -> Letter:
    """A promise is about to be missed."""
    clock = clock_of(payload)
    return Letter(
        subject=f"Due soon: {clock.get_kind_display()} on {subject_of(clock)}",
        lines=(f"It is due {moment(clock.due_at)}.", link_of(clock)),
    )


def escalated(payload: dict[str, Any]) -> Letter:
    """A promise was missed, and the ladder says who hears of it."""
    clock = clock_of(payload)
    return Letter(
        subject=f"Missed: {clock.get_kind_display()} on {subject_of(clock)}",
        lines=(f"It was due {moment(clock.due_at)} and nothing has been done.", link_of(clock)),
    )


def breach_revised(payload: dict[str, Any]) -> Letter:
    """Later evidence changed what a breach says."""
    clock = clock_of(payload)
    return Letter(
        subject=f"Breach revised: {clock.get_kind_display()} on {subject_of(clock)}",
        lines=("Its entry in the ledger has a new line with the reason.", link_of(clock)),
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
            address("dashboards:revision", revision.pk),
        ),
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
        lines=(*told, address("dashboards:sla")),
    )


def lead_assigned(payload: dict[str, Any]) -> Letter:
    """A lead was given to a rep."""
    lead = Lead.objects.select_related("company").get(pk=payload["lead"])
    return Letter(
        subject=f"New lead: {lead}",
        lines=(
            "It is in your queue with its deadlines.",
            address("pipeline:lead_detail", lead.pk),
        ),
    )


def lead_moved(payload: dict[str, Any]) -> Letter:
    """Sales accepted a lead or gave it back, with the reason where there is one."""
    row = Transition.objects.select_related("round__lead__company", "reason", "rep").get(
        pk=payload["transition"]
    )
    lead = row.round.lead
    told = [f"Reason: {row.reason.label}."] if row.reason else []
    if row.rep:
        told.append(f"{row.rep.name} held it.")
    return Letter(
        subject=f"{Stage(row.to_stage).label}: {lead}",
        lines=(*told, address("pipeline:lead_detail", lead.pk)),
    )


def opportunity_created(payload: dict[str, Any]) -> Letter:
    """A deal entered the pipeline."""
    deal = deal_of(payload)
    return Letter(subject=f"New deal: {deal}", lines=lines_of(deal))


def opportunity_closed(payload: dict[str, Any]) -> Letter:
    """A deal was won or lost; what the message says holds, even if the deal was reopened since."""
    deal = deal_of(payload)
    outcome = Outcome(payload["outcome"])
    told = lines_of(deal)
    if outcome == Outcome.LOST and deal.lost_reason:
        told = (f"Reason: {deal.lost_reason.label}.", *told)
    return Letter(subject=f"{outcome.label}: {deal}", lines=told)


def deal_of(payload: dict[str, Any]) -> Opportunity:
    """Read the deal a message is about."""
    return Opportunity.objects.select_related("rep", "lost_reason").get(pk=payload["opportunity"])


def lines_of(deal: Opportunity) -> tuple[str, ...]:
    """Return a deal's amount and closer, where known, and its page."""
    told = []
    if deal.amount is not None:
        told.append(f"{formats.money(deal.amount, currency=deal.currency or 'USD')}.")
    if deal.rep:
        told.append(f"{deal.rep.name} closes it.")
    return (*told, address("pipeline:opportunity_detail", deal.pk))


def clock_of(payload: dict[str, Any]) -> Clock:
    """Read the clock a message is about."""
    return Clock.objects.select_related("lead__company").get(pk=payload["clock"])


def subject_of(clock: Clock) -> str:
    """Return the lead's name, or the month of a monthly promise."""
    if clock.lead is not None:
        return str(clock.lead)
    return f"{clock.month:%B %Y}" if clock.month else "the month"


def link_of(clock: Clock) -> str:
    """Return the page that shows the clock."""
    if clock.lead_id is None:
        return f"{settings.BASE_URL}/"
    return address("pipeline:lead_detail", clock.lead_id)


def moment(at: datetime | None) -> str:
    """Return an instant in words; readers sit in several zones, so the zone is said."""
    return f"on {at:%d %B %Y at %H:%M} UTC" if at else "at the month's end"


def address(view: str, *arguments: int) -> str:
    """Return the full address of a page."""
    return f"{settings.BASE_URL}{reverse(view, args=arguments)}"
