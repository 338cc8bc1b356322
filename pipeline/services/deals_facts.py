"""What a row says of a deal, and what is odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.choices import Outcome, QualityFlag

if TYPE_CHECKING:
    from pipeline.fact_rows import OpportunityIn
    from pipeline.models import Opportunity
    from pipeline.services.deals_references import LeadFacts, References

_TEXTS = ("name", "stage", "next_step", "competitor", "segment", "outcome")
_PLAIN = ("created_at", "accepted_at", "amount", "expected_close_on", "closed_at")


def fill(*, deal: Opportunity, row: OpportunityIn, known: References) -> list[QualityFlag]:
    """Write a row into the deal, unsaved; fields the row does not name stay.

    Args:
        deal: A new or stored deal.
        row: What the source says.
        known: Leads, reps, channels, companies, versions and reasons the rows name.

    Returns:
        What is odd, sorted.
    """
    said = row.model_fields_set
    was_accepted = deal.accepted_at is not None
    for name in _TEXTS:
        if name in said:
            setattr(deal, name, getattr(row, name) or "")
    for name in _PLAIN:
        if name in said:
            setattr(deal, name, getattr(row, name))
    flags = set()
    if not deal.outcome and deal.closed_at is not None:
        # An open deal has no close; many systems keep the expected day in the same column.
        deal.expected_close_on = deal.expected_close_on or known.local_date(deal.closed_at)
        deal.closed_at = None
        flags.add(QualityFlag.CLOSE_WITHOUT_OUTCOME)
    lead = _fill_references(deal=deal, row=row, known=known)
    if "attributes" in said:
        deal.attributes = {**deal.attributes, **row.attributes}
    deal.currency = _currency(deal=deal, row=row, known=known)
    if deal.accepted_at is not None and not was_accepted:
        deal.accepted_amount = deal.amount
    if row.source_group:
        deal.source_group = row.source_group
    flags |= _judge(deal=deal, row=row, known=known)
    flags |= odd(deal=deal, lead=lead)
    if known.is_unlisted(row):
        flags.add(QualityFlag.REP_NOT_LISTED)
    deal.voided_at = None
    return sorted(flags)


def _fill_references(
    *, deal: Opportunity, row: OpportunityIn, known: References
) -> LeadFacts | None:
    said = row.model_fields_set
    lead = known.lead_of(row)
    if "lead_external_id" in said:
        deal.lead_id = lead.id if lead else None
    elif deal.lead_id is not None:
        lead = known.leads_by_id.get(deal.lead_id)
    if "account" in said:
        deal.company_id = known.company_of(row)
    if deal.company_id is None and lead is not None:
        deal.company_id = lead.company_id
    if "sdr_external_id" in said:
        deal.sdr_id = known.rep_of(row.sdr_external_id)
    if "rep_external_id" in said:
        deal.rep_id = known.rep_of(row.rep_external_id)
    if "channel" in said:
        deal.channel = known.channels.get(row.channel or "")
    return lead


def _currency(*, deal: Opportunity, row: OpportunityIn, known: References) -> str:
    if row.currency:
        return row.currency
    if deal.amount is None:
        return "" if "currency" in row.model_fields_set else deal.currency
    return deal.currency or known.currency


def _judge(*, deal: Opportunity, row: OpportunityIn, known: References) -> set[QualityFlag]:
    """Set the version the deal is judged under, and the reason of a lost one."""
    if deal.outcome:
        judged_at = deal.closed_at or deal.recorded_at
    else:
        judged_at = deal.accepted_at or deal.created_at or deal.recorded_at
    version = known.version_at(judged_at)
    if deal.outcome != Outcome.LOST:
        deal.definitions_version_id = version
        deal.lost_reason_id, deal.lost_reason_purpose = None, ""
        return set()
    if row.lost_reason:
        reason = known.reason(version=version, words=row.lost_reason)
    elif deal.lost_reason_id is not None and version == deal.definitions_version_id:
        reason = deal.lost_reason_id
    else:
        reason = known.reason_not_recorded(version=version)
    deal.definitions_version_id = version
    deal.lost_reason_id, deal.lost_reason_purpose = reason, "closed_lost"
    return {QualityFlag.REASON_MISSING} if reason in known.history_reasons else set()


def odd(*, deal: Opportunity, lead: LeadFacts | None) -> set[QualityFlag]:
    """Return what is odd about a deal; each is kept and counted, none is an error."""
    won, is_open = deal.outcome == Outcome.WON, not deal.outcome
    began = deal.accepted_at or deal.created_at
    tests = {
        QualityFlag.AMOUNT_MISSING: deal.amount is None and (won or is_open),
        QualityFlag.CLOSE_DATE_MISSING: bool(deal.outcome) and deal.closed_at is None,
        QualityFlag.CREATED_MISSING: began is None,
        QualityFlag.ACCOUNT_MISSING: deal.company_id is None and lead is None,
        QualityFlag.CHANNEL_MISSING: deal.channel_id is None
        and (lead is None or lead.channel_id is None),
        QualityFlag.PLACEHOLDER: is_open
        and deal.accepted_at is not None
        and (deal.amount is None or deal.expected_close_on is None or not deal.next_step),
        QualityFlag.OUT_OF_ORDER: began is not None
        and deal.closed_at is not None
        and deal.closed_at < began,
        QualityFlag.WON_BEFORE_FIRST_CONTACT: won
        and lead is not None
        and lead.captured_at is not None
        and deal.closed_at is not None
        and deal.closed_at < lead.captured_at,
    }
    return {flag for flag, is_so in tests.items() if is_so}
