"""The registry's fields bound to what is stored: columns of leads and companies, counts of acts.

`definitions.fields` says which fields exist; here stands where each comes from. Intake binds the
same fields to an incoming row, so a lead is judged alike before and after it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from definitions.criteria import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from definitions.criteria import FactValue
    from pipeline.rows import LeadRow

LEAD_COLUMNS: Final[tuple[str, ...]] = (
    "id",
    "email",
    "title",
    "seniority",
    "campaign",
    "source_group",
    "attributes",
    "is_hand_raiser",
    "is_test",
    "channel__name",
    "company_id",
    "company__name",
    "company__domain",
    "company__size",
    "company__industry",
    "company__country",
    "company__technology",
    "company__attributes",
)
"""What `facts_of` reads of a stored lead; pass it to `values()`."""


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """What is known of a company apart from the row that is coming in.

    Attributes:
        has_open_deal: Whether sales works on a deal with it; None when the company is new.
        is_customer: Whether a deal with it was won; likewise.
    """

    name: str = ""
    domain: str = ""
    size: int | None = None
    industry: str = ""
    country: str = ""
    technology: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    has_open_deal: bool | None = None
    is_customer: bool | None = None


NO_COMPANY: Final = CompanyFacts()


def facts_of_row(*, row: LeadRow, company: CompanyFacts, source_group: str, at: datetime) -> Facts:
    """Return what is known of a lead that is coming in.

    Args:
        row: The row; what it says of the company wins over what is stored.
        company: What is stored of the company.
        source_group: The group of the row or of its channel.
        at: The instant of the judgement.
    """
    captured_at = row.created_at or at
    acts = [(touch.kind, touch.occurred_at) for touch in row.touches]
    if row.hand_raiser and all(kind != "demo_request" for kind, _ in acts):
        acts.append(("demo_request", captured_at))
    merged = CompanyFacts(
        name=row.company or company.name,
        domain=row.company_domain or company.domain,
        size=company.size if row.company_size is None else row.company_size,
        industry=row.industry or company.industry,
        country=row.country or company.country,
        technology=tuple(row.technology) or company.technology,
        attributes=company.attributes,
        has_open_deal=company.has_open_deal,
        is_customer=company.is_customer,
    )
    lead = {
        "email": row.email,
        "title": row.title,
        "seniority": row.seniority or "",
        "campaign": row.campaign,
        "source_group": source_group,
        "attributes": row.attributes,
        "is_hand_raiser": row.hand_raiser,
        "is_test": row.is_test,
        "channel__name": row.channel or "",
    }
    return Facts(values=_values(lead, merged), at=at, acts=acts)


def facts_of(
    *,
    lead: Mapping[str, Any],
    company: CompanyFacts,
    acts: Sequence[tuple[str, datetime]],
    at: datetime,
) -> Facts:
    """Return what is known of a stored lead.

    Args:
        lead: Its `LEAD_COLUMNS`.
        company: `company_of(lead=...)` with its deals.
        acts: Its touches as (kind, instant).
        at: The instant of the judgement.
    """
    return Facts(values=_values(lead, company), at=at, acts=acts)


def company_of(
    *, lead: Mapping[str, Any], has_open_deal: bool = False, is_customer: bool = False
) -> CompanyFacts:
    """Return the company facts in the `LEAD_COLUMNS` of a stored lead."""
    if lead["company_id"] is None:
        return NO_COMPANY
    return CompanyFacts(
        name=lead["company__name"],
        domain=lead["company__domain"],
        size=lead["company__size"],
        industry=lead["company__industry"],
        country=lead["company__country"],
        technology=tuple(lead["company__technology"]),
        attributes=lead["company__attributes"],
        has_open_deal=has_open_deal,
        is_customer=is_customer,
    )


def _values(lead: Mapping[str, Any], company: CompanyFacts) -> dict[str, FactValue]:
    attributes = {**company.attributes, **lead["attributes"]}
    return {
        "company_size": company.size,
        "industry": company.industry,
        "country": company.country,
        "title": lead["title"],
        "seniority": lead["seniority"],
        "technology": company.technology,
        "company": company.name,
        "company_domain": company.domain,
        "email_domain": lead["email"].rpartition("@")[2],
        "is_customer": _flag(company.is_customer, attributes, "is_customer"),
        "has_open_deal": _flag(company.has_open_deal, attributes, "has_open_deal"),
        "is_competitor": _flag(None, attributes, "is_competitor"),
        "hand_raiser": bool(lead["is_hand_raiser"]),
        "channel": lead["channel__name"],
        "campaign": lead["campaign"],
        "source_group": lead["source_group"],
        "has_email": bool(lead["email"]),
        "has_phone": bool(attributes.get("phone")),
        "is_test": bool(lead["is_test"]),
    }


def _flag(stored: bool | None, attributes: Mapping[str, Any], key: str) -> bool | None:  # noqa: FBT001
    """Return what our own rows say, or else what the sender said."""
    said = attributes.get(key)
    if stored:
        return True
    return said if isinstance(said, bool) else stored
