"""Who brought a deal, answered by the signed rule when sales accepts it; set-based."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from definitions.choices import DocumentKind
from definitions.content import SourcedRule
from definitions.selectors import NoVersionError, contribution_of, schedule
from pipeline.choices import SourceGroup
from pipeline.models import Activity, Lead, Touch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from definitions.selectors import Schedule
    from pipeline.models import Opportunity

DEFAULT_WINDOW_DAYS = 180


@dataclass(frozen=True, slots=True)
class Seen:
    """A touch of a lead; `id` is None where only the lead's own source is recorded."""

    occurred_at: datetime
    group: str
    channel: str
    id: int | None


@dataclass
class History:
    """The touches by lead, and the first sales touch by account (or by lead without one)."""

    touches: dict[int, list[Seen]]
    sales: dict[str, list[datetime]]


def attribute_deals(*, deals: Sequence[Opportunity]) -> None:
    """Fill `source_group` and `attribution` of accepted deals in memory; four statements.

    The answers of the other rules are kept beside it, so that the gap between them can be
    reported. A deal without a lead is attributed by its own channel. A deal whose
    `source_group` its source states keeps it.
    """
    leads = Lead.objects.filter(
        pk__in={deal.lead_id for deal in deals if deal.lead_id}
    ).select_related("channel")
    by_id = {lead.pk: lead for lead in leads}
    history = read_history(leads=list(by_id.values()))
    rules = schedule()
    for deal in deals:
        lead = by_id.get(deal.lead_id) if deal.lead_id else None
        stated = deal.source_group
        deal.attribution = _answer(deal, lead=lead, history=history, rules=rules)
        deal.source_group = stated or deal.attribution["group"]
        deal.attribution["is_stated"] = bool(stated)


def read_history(*, leads: list[Lead]) -> History:
    """Read what marketing and sales did to the leads and their accounts."""
    touches: dict[int, list[Seen]] = defaultdict(list)
    rows = (
        Touch.objects.filter(lead__in=[lead.pk for lead in leads])
        .order_by("lead_id", "occurred_at", "pk")
        .values_list("lead_id", "occurred_at", "channel__source_group", "channel__key", "pk")
    )
    for lead_id, occurred_at, group, channel, pk in rows:
        touches[lead_id].append(Seen(occurred_at, group or "", channel or "", pk))
    for lead in leads:
        # A form that brought the lead is a touch, even where no acts were recorded.
        if lead.captured_at is not None and not touches[lead.pk]:
            touches[lead.pk].append(
                Seen(lead.captured_at, _group_of(lead), _channel_of(lead), None)
            )
    sales: dict[str, list[datetime]] = defaultdict(list)
    companies = {lead.company_id for lead in leads if lead.company_id}
    alone = [lead.pk for lead in leads if not lead.company_id]
    attempts = Activity.objects.filter(is_automatic=False, voided_at__isnull=True)
    attempts = attempts.filter(lead__company__in=companies) | attempts.filter(lead__in=alone)
    for lead_id, company_id, occurred_at in attempts.order_by("occurred_at", "pk").values_list(
        "lead_id", "lead__company_id", "occurred_at"
    ):
        sales[_account(company_id, lead_id)].append(occurred_at)
    return History(touches, sales)


def _account(company_id: int | None, lead_id: int) -> str:
    return f"company {company_id}" if company_id else f"lead {lead_id}"


def _group_of(lead: Lead) -> str:
    return lead.source_group or (lead.channel.source_group if lead.channel else "")


def _channel_of(lead: Lead) -> str:
    return lead.channel.key if lead.channel else ""


def _answer(
    deal: Opportunity, *, lead: Lead | None, history: History, rules: Schedule
) -> dict[str, Any]:
    """Return the stored answer: rule, version, group, the touch, and the alternatives."""
    begins_at = deal.created_at or deal.accepted_at or deal.closed_at or deal.recorded_at
    rule, days, version = _rule(rules, at=deal.accepted_at or begins_at)
    if lead is None:
        group = deal.channel.source_group if deal.channel else ""
        return {"rule": "own_channel", "version": version, "group": group, "alternatives": {}}
    since = begins_at - timedelta(days=days)
    window = [
        touch for touch in history.touches[lead.pk] if since <= touch.occurred_at <= begins_at
    ]
    sales = history.sales.get(_account(lead.company_id, lead.pk), [])
    first_sales = sales[0] if bisect_right(sales, begins_at) else None
    first = window[0] if window else None
    is_first = first is not None and (first_sales is None or first.occurred_at < first_sales)
    answers = {
        SourcedRule.LEAD_SOURCE.value: _group_of(lead),
        SourcedRule.LAST_TOUCH.value: window[-1].group if window else "",
    }
    if is_first and first is not None:
        answers[SourcedRule.FIRST_TOUCH.value] = first.group
    elif first_sales is not None:
        answers[SourcedRule.FIRST_TOUCH.value] = SourceGroup.OUTBOUND.value
    else:
        # Nothing was recorded in the window: marketing cannot claim it, others may.
        own = _group_of(lead)
        answers[SourcedRule.FIRST_TOUCH.value] = (
            SourceGroup.UNKNOWN.value if own == SourceGroup.MARKETING else own
        )
    return {
        "rule": rule.value,
        "window_days": days,
        "version": version,
        "group": answers.pop(rule.value),
        "touch": first.id if is_first and first else None,
        "touch_at": first.occurred_at.isoformat() if is_first and first else None,
        "channel": first.channel if is_first and first else _channel_of(lead),
        "first_sales_at": first_sales.isoformat() if first_sales else None,
        "alternatives": answers,
    }


def _rule(rules: Schedule, *, at: datetime) -> tuple[SourcedRule, int, int | None]:
    """Return the attribution rule of the contribution agreement in use at `at`."""
    try:
        entry = rules.in_use(kind=DocumentKind.CONTRIBUTION, at=at)
    except NoVersionError:
        return SourcedRule.FIRST_TOUCH, DEFAULT_WINDOW_DAYS, None
    told = contribution_of(entry).attribution
    return told.sourced_rule, told.sourced_window_days, entry.version_id
