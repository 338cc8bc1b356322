"""Who could become a lead: channels, companies, people and what they do on the site.

Shares are assumptions of the sample, chosen so that score and outcome are related without
being the same; hours and weekdays follow a real lead-handling desk (BPI Challenge 2012 log).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dashboards.sample import names
from dashboards.sample.draws import Draws


@dataclass(frozen=True)
class ChannelPlan:
    """A channel of the sample: its group, its share of leads, and how keen its leads are."""

    key: str
    name: str
    source_group: str
    share: float
    keenness: float
    campaigns: tuple[str, ...]


CHANNELS: Final = (
    ChannelPlan("organic_search", "Organic search", "marketing", 0.25, 1.0, ("",)),
    ChannelPlan(
        "paid_search", "Paid search", "marketing", 0.21, 1.0, ("brand-us", "category-us", "rival")
    ),
    ChannelPlan(
        "paid_social", "Paid social", "marketing", 0.14, 0.6, ("ops-leaders", "benchmark")
    ),
    ChannelPlan("webinar", "Webinar", "marketing", 0.12, 0.9, ("forecast-clinic", "revops-day")),
    ChannelPlan("email", "E-mail", "marketing", 0.08, 0.5, ("newsletter",)),
    ChannelPlan("event", "Event", "marketing", 0.07, 0.8, ("saas-north", "revenue-summit")),
    ChannelPlan("referral", "Partner referral", "partner", 0.09, 1.1, ("",)),
    ChannelPlan("unknown", "Unknown", "unknown", 0.04, 0.8, ("",)),
)
OUTBOUND: Final = ChannelPlan(
    "outbound", "Outbound", "outbound", 1.0, 0.8, ("list-q", "named-accounts")
)
INDUSTRIES: Final = (
    ("Software", 0.24),
    ("Manufacturing", 0.17),
    ("Financial services", 0.15),
    ("Healthcare", 0.12),
    ("Retail", 0.11),
    ("Logistics", 0.09),
    ("Education", 0.07),
    ("Media", 0.05),
)
COUNTRIES: Final = (
    ("US", 0.62),
    ("CA", 0.12),
    ("GB", 0.1),
    ("DE", 0.06),
    ("NL", 0.04),
    ("BR", 0.03),
    ("IN", 0.03),
)
TITLES: Final = (
    (("VP Operations", "vp"), 0.09),
    (("Head of Revenue Operations", "head"), 0.13),
    (("Director of Sales", "director"), 0.15),
    (("Marketing Director", "director"), 0.1),
    (("Operations Manager", "manager"), 0.2),
    (("Sales Operations Analyst", "senior"), 0.13),
    (("Chief Revenue Officer", "c_level"), 0.06),
    (("Founder", "c_level"), 0.05),
    (("Student", "student"), 0.03),
    (("", ""), 0.06),
)
TECHNOLOGY: Final = ("Salesforce", "HubSpot", "Dynamics", "Snowflake", "Marketo", "Outreach")
HOURS: Final = (
    (8, 0.05), (9, 0.1), (10, 0.12), (11, 0.12), (12, 0.08), (13, 0.1), (14, 0.12), (15, 0.1),
    (16, 0.08), (17, 0.04), (18, 0.02), (19, 0.02), (20, 0.02), (21, 0.02), (23, 0.01),
)  # fmt: skip
FIT_SIZE: Final = (50, 5_000)
WEEKDAYS: Final = (1.0, 1.0, 1.05, 1.0, 0.85, 0.2, 0.2)
ASSETS: Final = {
    "download": ("Security guide", "Buyer's checklist", "Forecast template"),
    "case_study": ("Case study: Calder Freight", "Case study: Amber Clinics"),
    "webinar": ("Forecast clinic", "RevOps day"),
    "event": ("SaaS North", "Revenue Summit"),
    "pricing_view": ("Pricing",),
    "product_page": ("Forecasting", "Deal rooms", "Integrations"),
    "page_view": ("Home", "Blog: pipeline hygiene", "About us", "Careers"),
    "email_click": ("Newsletter",),
    "demo_request": ("Demo form",),
    "contact_form": ("Contact form",),
}
WROTE_NOTHING: Final = 0.18
FORM_TEXTS: Final = (
    "Replacing our scoring tool in Q1, need something both teams agree on.",
    "Looking for a demo for four people next week, mornings are best.",
    "We have 40 reps and two definitions of an MQL. Help.",
    "Please send pricing for 25 seats.",
    "Comparing three vendors, decision by the end of the quarter.",
)


@dataclass(frozen=True)
class Person:
    """A person at a company, as a form would capture them."""

    first_name: str
    last_name: str
    email: str
    title: str
    seniority: str
    company: str
    company_domain: str
    company_size: int | None
    industry: str
    country: str
    technology: tuple[str, ...]
    form_text: str
    is_fit: bool


@dataclass(frozen=True)
class Act:
    """Something the person did, before or after they became a lead."""

    kind: str
    occurred_at: datetime
    asset: str


def person(*, draws: Draws, hand_raiser: bool) -> Person:
    """Draw a person and their company.

    Args:
        draws: The lead's draws.
        hand_raiser: Whether they sent a form; some send it without a word.
    """
    industry = draws.weighted("industry", INDUSTRIES)
    company = f"{draws.one('company', names.COMPANY_START)} " + draws.one(
        "kind", names.COMPANY_END[industry]
    )
    domain = "".join(letter for letter in company.lower() if letter.isascii() and letter.isalnum())
    first, last = draws.one("first", names.FIRST), draws.one("last", names.LAST)
    title, seniority = draws.weighted("title", TITLES)
    # What is true of a company is the same for everybody who works there.
    firm = Draws(f"company|{company}")
    size = int(min(firm.log_normal("size", median=170, sigma=1.15), 60_000))
    country = firm.weighted("country", COUNTRIES)
    technology = tuple(t for t in TECHNOLOGY if firm.chance(f"tech {t}", 0.24))
    wrote = hand_raiser and not draws.chance("wrote nothing", WROTE_NOTHING)
    return Person(
        first_name=first,
        last_name=last,
        email=f"{_ascii(first)}.{_ascii(last)}@{domain}.example",
        title=title,
        seniority=seniority,
        company=company,
        company_domain=f"{domain}.example",
        company_size=None if firm.chance("size unknown", 0.06) else size,
        industry=industry,
        country=country,
        technology=technology,
        form_text=draws.one("text", FORM_TEXTS) if wrote else "",
        is_fit=FIT_SIZE[0] <= size <= FIT_SIZE[1]
        and seniority in {"vp", "head", "director", "c_level"},
    )


def acts(
    *, draws: Draws, channel: ChannelPlan, captured_at: datetime, hand_raiser: bool
) -> list[Act]:
    """Draw what the person did in the five weeks before `captured_at`, oldest first."""
    level = channel.keenness * draws.log_normal("level", median=1.0, sigma=0.55)
    found: list[tuple[str, float]] = []
    for kind, mean in (
        ("page_view", 4.0),
        ("product_page", 2.2),
        ("pricing_view", 1.5),
        ("download", 1.1),
        ("case_study", 0.8),
        ("email_click", 0.8),
    ):
        count = int(mean * level + draws.u(f"{kind} count"))
        found += [
            (kind, draws.between(f"{kind} {i}", 0.02, 35.0) * draws.u(f"{kind} near {i}"))
            for i in range(min(count, 6))
        ]
    if channel.key in {"webinar", "event"}:
        found.append((channel.key, draws.between("attended", 0.1, 9.0)))
    if hand_raiser:
        found.append((draws.weighted("hand", (("demo_request", 0.7), ("contact_form", 0.3))), 0.0))
    return sorted(
        (
            Act(
                kind=kind,
                occurred_at=captured_at - timedelta(days=days),
                asset=draws.one(f"asset {kind} {number}", ASSETS[kind]),
            )
            for number, (kind, days) in enumerate(found)
        ),
        key=lambda act: act.occurred_at,
    )


def _ascii(word: str) -> str:
    """Return the letters a mail address takes."""
    table = str.maketrans("áéíóúøëãç", "aeiouoeac")
    plain = word.lower().translate(table)
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())
