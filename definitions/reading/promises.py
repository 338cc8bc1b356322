"""The SLA and the contribution agreement as readable sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from definitions.choices import ClockKind, Unit
from definitions.reading.blocks import Block, Section, grid, paragraph, points, rate, side
from revops import formats

if TYPE_CHECKING:
    from decimal import Decimal

    from definitions.content import Commitment, Contribution, LadderStep, Sla

NOT_AGREED = "not agreed"
HEARERS = {"owner": "who holds the lead", "manager": "their leader", "revops": "RevOps"}


def commitment_blocks(commitment: Commitment) -> list[Block]:
    """Return a promise: the sentence, then how it is measured."""
    rows = [
        ("Promised by", side(commitment.side)),
        ("Starts", commitment.starts),
        ("Stops", commitment.stops),
        ("Kept in at least", rate(commitment.target_rate)),
    ]
    if commitment.kind is ClockKind.MQL_VOLUME:
        count = NOT_AGREED if commitment.count is None else f"{commitment.count} a month"
        rows.append(("Volume", count))
    elif commitment.unit is Unit.AT_HANDOFF:
        rows.append(("Judged", "once, when the lead is first assigned"))
    else:
        rows.append(("Time", f"{commitment.allowance_amount} {commitment.unit.label}"))
        rows.append(("Warned after", f"{rate(commitment.warning_share)} of the time"))
    if commitment.kind is ClockKind.ATTEMPTS:
        first = "is one of them" if commitment.includes_first else "is not one of them"
        rows.append(("Attempts", f"{commitment.count}; the first contact {first}"))
    if commitment.collapse_minutes:
        minutes = f"on one channel within {commitment.collapse_minutes} minutes count as one"
        rows.append(("Attempts", minutes))
    if commitment.hand_raisers_only:
        rows.append(("Covers", "only people who asked to be contacted"))
    if commitment.follows_territory:
        own = "of the territory of whoever holds the lead at the start, where it has its own"
        rows.append(("Hours", own))
    text = commitment.text
    if not commitment.is_active:
        text = f"Not promised at present. {text}"
    return [*paragraph(text, lead=True), *grid(columns=("", ""), rows=rows)]


def sla_sections(document: Sla) -> list[Section]:
    """Return the SLA, clause by clause: what each side promises, then how it is kept."""
    sections = [Section("purpose", "Purpose", tuple(paragraph(document.purpose)))]
    for key, commitment in document.ordered_commitments():
        title = f"{side(commitment.side)}: {commitment.title}"
        sections.append(Section(f"commitments/{key}", title, tuple(commitment_blocks(commitment))))
    pauses = grid(
        columns=("Reason", "Meaning", "Asks a date", "At most"),
        rows=(
            (
                pause.label,
                pause.meaning,
                "yes" if pause.needs_date else "",
                f"{pause.cap_business_days} business days",
            )
            for pause in document.pauses
        ),
    )
    ladder = grid(
        columns=("Step", "After", "Who hears"),
        rows=(
            (
                step.label,
                _after(step),
                ", ".join(HEARERS[name] for name in step.notify),
            )
            for step in document.ladder
        ),
    )
    minimum = "The fit threshold of the definitions in force; it is shown here and kept there."
    misses = (
        f"After {document.misses_before_revision} months in a row below a commitment the process "
        "is revised, not just the number."
    )
    rest = (
        ("minimum_fit", "Minimum fit", paragraph(minimum)),
        ("calendar", "Calendar", paragraph(document.calendar)),
        ("coverage", "Coverage", paragraph(document.coverage)),
        ("pauses", "Pauses", pauses),
        ("ladder", "Escalation ladder", ladder),
        ("handoff_context", "What the rep sees", points(_context(document))),
        ("measures", "What is measured", points(document.measures)),
        ("misses_before_revision", "Misses before a revision", paragraph(misses)),
        ("review", "Review", paragraph(document.review)),
    )
    return [*sections, *(Section(key, title, tuple(blocks)) for key, title, blocks in rest)]


def _after(step: LadderStep) -> str:
    """Return when a step of the ladder is due, in words."""
    days = step.plus_business_days
    later = f" and {days} business day{'s' * (days > 1)}" if days else ""
    return f"{rate(step.share)} of the time{later}"


def _context(document: Sla) -> list[str]:
    return [
        each.label + (f" (channels: {', '.join(each.channels)})" if each.channels else "")
        for each in document.handoff_context
    ]


def contribution_sections(document: Contribution) -> list[Section]:
    """Return the contribution agreement, clause by clause."""
    return [
        Section(key, title, tuple(blocks))
        for key, title, blocks in (
            ("purpose", "Purpose", paragraph(document.purpose)),
            ("quarter", "Quarter", paragraph(_quarter(document))),
            ("target", "Targets", _target(document)),
            ("stage_targets", "Stage conversion targets", _stage_targets(document)),
            ("attribution", "Attribution", _attribution(document)),
            ("source_groups", "Channels and source groups", _groups(document)),
            ("mql_to_sql_bands", "Bands of MQL to SQL", _bands(document)),
            ("exchange_rates", "Exchange rates", points(_exchange(document))),
            ("roster_note", "Quota-carrying reps", paragraph(document.roster_note)),
            ("diagnosis", "How the joint number is read", _diagnosis(document)),
            ("rejection_warning_rate", "Rejection warning", paragraph(_warning(document))),
            ("review", "Review", paragraph(document.review)),
        )
    ]


def _quarter(document: Contribution) -> str:
    quarter = document.quarter
    if quarter is None:
        return "No quarter is agreed; the rules below are provisional for any quarter."
    return f"{quarter.label}: from {quarter.starts_on} to the day before {quarter.ends_on}."


def _money(amount: Decimal | None, currency: str | None) -> str:
    if amount is None:
        return NOT_AGREED
    return formats.money(amount, currency=currency or "USD")


def _target(document: Contribution) -> list[Block]:
    target = document.target
    leads = NOT_AGREED if target.lead_count is None else f"{target.lead_count:,}"
    rows = [
        ("Sourced pipeline, the primary target", _money(target.amount, target.currency)),
        ("Leads, the secondary target", leads),
        ("Sourced pipeline per rep", _money(target.pipeline_per_rep_amount, target.currency)),
        ("Shared revenue goal", _money(target.revenue_goal_amount, target.currency)),
        ("On conflict", target.conflict_rule),
    ]
    split = grid(
        columns=("Segment", "Channel", "Amount"),
        rows=(
            (part.segment or "", part.channel or "", _money(part.amount, target.currency))
            for part in target.split
        ),
        title="By segment and channel",
    )
    return [*grid(columns=("", ""), rows=rows), *split]


def _stage_targets(document: Contribution) -> list[Block]:
    return grid(
        columns=("From", "To", "Conversion"),
        rows=(
            (each.from_stage, each.to_stage, rate(each.rate)) for each in document.stage_targets
        ),
    )


def _attribution(document: Contribution) -> list[Block]:
    rule = document.attribution
    decides = (
        f"{rule.sourced_rule.value.replace('_', ' ').capitalize()}, within "
        f"{rule.sourced_window_days} days before the opportunity."
    )
    lookback = (
        f" Touches up to {rule.influenced_lookback_days} days before creation count too."
        if rule.influenced_lookback_days
        else ""
    )
    return [
        *paragraph(rule.sourced_text, title="Sourced"),
        *paragraph(decides, title="What decides"),
        *paragraph(rule.influenced_text + lookback, title="Influenced"),
    ]


def _groups(document: Contribution) -> list[Block]:
    return grid(
        columns=("Group", "Counts as marketing", "Channels"),
        rows=(
            (group.label, "yes" if group.is_marketing else "", ", ".join(group.channels))
            for group in document.source_groups
        ),
    )


def _bands(document: Contribution) -> list[Block]:
    return grid(
        columns=("Segment", "Red below", "Amber below", "Green to", "If low", "If high"),
        rows=(
            (
                band.segment or "all",
                rate(band.red_below),
                rate(band.amber_below),
                rate(band.green_to),
                band.low_text,
                band.high_text,
            )
            for band in document.mql_to_sql_bands
        ),
    )


def _exchange(document: Contribution) -> list[str]:
    target = document.target.currency or "the target's currency"
    rates = [f"1 {code} = {value} {target}" for code, value in document.exchange_rates.items()]
    return rates or ["None: amounts in another currency are counted apart, never as zero."]


def _diagnosis(document: Contribution) -> list[Block]:
    rule = document.diagnosis
    return [
        *paragraph(
            f"Low is under {rate(rule.low_share)} of the agreed value; a win rate is low under "
            f"{rate(rule.win_rate_threshold)}."
        ),
        *grid(
            columns=("Pipeline per rep", "Win rate", "The page asks"),
            rows=(
                ("high", "low", rule.sales_question),
                ("low", "", rule.demand_question),
                ("high", "high", rule.healthy_text),
            ),
        ),
    ]


def _warning(document: Contribution) -> str:
    return (
        "The page warns when the volume target rises while more than "
        f"{rate(document.rejection_warning_rate)} of the leads are rejected."
    )
