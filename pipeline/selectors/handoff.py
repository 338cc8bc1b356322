"""What is known of leads when they are handed over, read for what the SLA asks of a handoff."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from definitions.choices import DocumentKind
from definitions.selectors import NoVersionError, sla_of
from pipeline.choices import Designation
from pipeline.handoff import Carried, missing_of
from pipeline.matching import channel_key
from pipeline.models import Lead, Touch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from definitions.content import ContextItem
    from definitions.selectors import Schedule
    from pipeline.fields import CompanyFacts
    from pipeline.models import Round
    from pipeline.rows import LeadRow

COLUMNS: Final = (
    "id", "campaign", "form_text", "attributes", "captured_at", "channel__name",
    "company__size", "company__industry", "company__country",
)  # fmt: skip
Acts = list[tuple[str, "datetime"]]


def agreed_context(*, schedule: Schedule, at: datetime) -> tuple[ContextItem, ...]:
    """Return what the SLA in use at `at` asks of every handoff; nothing before the first SLA."""
    try:
        return sla_of(schedule.in_use(kind=DocumentKind.SLA, at=at)).handoff_context
    except NoVersionError:
        return ()


def carried_by_row(*, row: LeadRow, company: CompanyFacts) -> Carried:
    """Return what a lead that is coming in carries; what it says of the company wins."""
    kinds = {touch.kind for touch in row.touches}
    if row.hand_raiser:
        kinds.add("demo_request")
    return Carried(
        ways=_ways(row.channel, kinds),
        has_acts=bool(kinds),
        campaign=row.campaign,
        form_text=row.form_text,
        company_size=company.size if row.company_size is None else row.company_size,
        industry=row.industry or company.industry,
        country=row.country or company.country,
        is_dated=True,
        attributes=row.attributes,
    )


def carried_by_lead(
    *, lead: Mapping[str, Any], acts: Iterable[tuple[str, datetime]], at: datetime,
    has_criteria: bool = True,
) -> Carried:  # fmt: skip
    """Return what a stored lead carried at `at`; columns tell what they hold now.

    Args:
        lead: Its `COLUMNS`.
        acts: Its touches as (kind, instant).
        at: The instant of the handoff; later acts are left out.
        has_criteria: Whether it is known why it qualified.
    """
    kinds = {kind for kind, when in acts if when <= at}
    return Carried(
        ways=_ways(lead["channel__name"], kinds),
        has_criteria=has_criteria,
        has_acts=bool(kinds),
        campaign=lead["campaign"],
        form_text=lead["form_text"],
        company_size=lead["company__size"],
        industry=lead["company__industry"] or "",
        country=lead["company__country"] or "",
        is_dated=bool(kinds) or lead["captured_at"] is not None,
        attributes=lead["attributes"],
    )


def missing_at_handoff(
    *, handoffs: Sequence[tuple[Round, datetime]], schedule: Schedule
) -> list[list[str]]:
    """Return what each round lacks of the context agreed for its handoff; two statements.

    Args:
        handoffs: Rounds and when they are handed over.
        schedule: Which SLA is in use when.
    """
    agreed = [agreed_context(schedule=schedule, at=at) for _, at in handoffs]
    if not any(agreed):
        return [[] for _ in handoffs]
    ids = {current.lead_id for current, _ in handoffs}
    leads = {lead["id"]: lead for lead in Lead.objects.filter(pk__in=ids).values(*COLUMNS)}
    acts: dict[int, Acts] = defaultdict(list)
    touches = Touch.objects.filter(lead__in=ids).values_list("lead_id", "kind", "occurred_at")
    for lead_id, kind, occurred_at in touches:
        acts[lead_id].append((kind, occurred_at))
    return [
        missing_of(
            agreed=items,
            carried=carried_by_lead(
                lead=leads[current.lead_id],
                acts=acts[current.lead_id],
                at=at,
                has_criteria=has_criteria(current),
            ),
        )
        for items, (current, at) in zip(agreed, handoffs, strict=True)
    ]


def has_criteria(current: Round) -> bool:
    """Return whether it is known why a round qualified.

    Designating by hand asks for a reason, which the rep sees in the place of a verdict.
    """
    return bool(current.explanation) or current.designation == Designation.MANUAL


def _ways(channel: str | None, kinds: set[str]) -> frozenset[str]:
    key = channel_key(channel)
    return frozenset(kinds if key is None else {*kinds, key})
