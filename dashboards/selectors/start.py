"""How far a company is on its way to a signed agreement: read from the data, never ticked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import connection

if TYPE_CHECKING:
    from datetime import datetime

_SIGNED: Final = """EXISTS (SELECT 1 FROM definitions_activation a
    LEFT JOIN definitions_withdrawal w ON w.activation_id = a.id AND w.withdrawn_at <= %(at)s
    WHERE a.kind = '{kind}' AND a.is_signed AND a.effective_from <= %(at)s AND w.id IS NULL)"""
_ANSWERED: Final = """EXISTS (SELECT 1 FROM definitions_auditanswer a
    JOIN definitions_auditround r ON r.id = a.round_id
    WHERE r.term = 'mql' AND a.side = '{side}')"""

# One statement, because the home page asks it too.
_FACTS: Final[dict[str, str]] = {
    "has_organization": "EXISTS (SELECT 1 FROM people_organization)",
    "has_marketing": "EXISTS (SELECT 1 FROM people_user WHERE is_active"
    " AND role IN ('marketing', 'marketing_leader'))",
    "has_sales": "EXISTS (SELECT 1 FROM people_user WHERE is_active"
    " AND role IN ('sales_rep', 'sales_leader'))",
    "has_calendar": "EXISTS (SELECT 1 FROM sla_calendar)",
    "has_round": "EXISTS (SELECT 1 FROM definitions_auditround WHERE term = 'mql')",
    "marketing_answered": _ANSWERED.format(side="marketing"),
    "sales_answered": _ANSWERED.format(side="sales"),
    "gaps_confirmed": "EXISTS (SELECT 1 FROM definitions_gapconfirmation)",
    "definitions_signed": _SIGNED.format(kind="definitions"),
    "sla_signed": _SIGNED.format(kind="sla"),
    "has_leads": "EXISTS (SELECT 1 FROM pipeline_lead WHERE voided_at IS NULL)",
    "has_key": "EXISTS (SELECT 1 FROM people_apikey WHERE revoked_at IS NULL)",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Beginnings:
    """What is there already; each is a fact of the database at an instant."""

    has_organization: bool
    has_marketing: bool
    has_sales: bool
    has_calendar: bool
    has_round: bool
    marketing_answered: bool
    sales_answered: bool
    gaps_confirmed: bool
    definitions_signed: bool
    sla_signed: bool
    has_leads: bool
    has_key: bool

    @property
    def has_teams(self) -> bool:
        """Whether people of both sides, the zone of the days, and working hours are there."""
        return (
            self.has_organization and self.has_marketing and self.has_sales and self.has_calendar
        )

    @property
    def has_drafts(self) -> bool:
        """Whether both sides said what an MQL is, or signed it without having been asked."""
        return self.definitions_signed or (self.marketing_answered and self.sales_answered)

    @property
    def has_gaps(self) -> bool:
        """Whether the list of differences is confirmed, or a signed text has settled them."""
        return self.definitions_signed or self.gaps_confirmed

    @property
    def is_agreed(self) -> bool:
        """Whether definitions and SLA are in force."""
        return self.definitions_signed and self.sla_signed

    @property
    def has_pipeline(self) -> bool:
        """Whether leads are there, or a way for them to come."""
        return self.has_leads or self.has_key

    @property
    def done(self) -> tuple[bool, ...]:
        """The five steps, in order."""
        return (
            self.has_teams, self.has_drafts, self.has_gaps, self.is_agreed, self.has_pipeline,
        )  # fmt: skip


def beginnings(*, at: datetime) -> Beginnings:
    """Return what is there at `at`, in one statement."""
    columns = ", ".join(f"{condition} AS {name}" for name, condition in _FACTS.items())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", {"at": at})
        return Beginnings(**dict(zip(_FACTS, cursor.fetchone(), strict=True)))
