"""The columns of each kind of file; the names are those of the API."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pipeline.choices import ImportKind

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTRIBUTE_PREFIX: Final = "attributes."
LINE_COLUMN: Final = "import_line"
REASON_COLUMN: Final = "import_reason"
ADDED: Final = frozenset({LINE_COLUMN, REASON_COLUMN})
"""What the file of refused rows adds; a mended one is imported with these columns in it."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a kind of file may hold.

    Attributes:
        names: Every column but the attributes.
        required: Columns a file, or its map, has to supply.
        times: Columns that hold an instant; a date alone is the start of that local day.
        dates: Columns that hold a local date.
        numbers: Columns that hold a decimal number.
        has_attributes: Whether `attributes.*` may stand too.
    """

    names: tuple[str, ...]
    required: frozenset[str]
    times: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    has_attributes: bool = False

    def knows(self, name: str) -> bool:
        """Return whether `name` may be filled."""
        if self.has_attributes and name.startswith(ATTRIBUTE_PREFIX):
            return len(name) > len(ATTRIBUTE_PREFIX)
        return name in self.names


_LEAD = (
    "external_id created_at channel source_group campaign email first_name last_name title "
    "seniority company company_domain company_size industry country technology form_text "
    "hand_raiser is_test mql_at fit_score intent_score"
)
_DEAL = (
    "external_id lead_external_id account name created_at accepted_at amount currency stage "
    "next_step expected_close_on closed_at outcome lost_reason competitor segment "
    "sdr_external_id rep_external_id channel source_group"
)

COLUMNS: Final[Mapping[ImportKind, Columns]] = MappingProxyType(
    {
        ImportKind.REPS: Columns(
            names=(
                "external_id",
                "email",
                "name",
                "team",
                "role",
                "quota_carrying_from",
                "quota_carrying_to",
                "segment",
            ),
            required=frozenset({"external_id"}),
            dates=frozenset({"quota_carrying_from", "quota_carrying_to"}),
            has_attributes=True,
        ),
        ImportKind.LEADS: Columns(
            names=tuple(_LEAD.split()),
            required=frozenset({"external_id"}),
            times=frozenset({"created_at", "mql_at"}),
            has_attributes=True,
        ),
        ImportKind.ASSIGNMENTS: Columns(
            names=("lead_external_id", "rep_external_id", "assigned_at"),
            required=frozenset({"lead_external_id", "rep_external_id", "assigned_at"}),
            times=frozenset({"assigned_at"}),
        ),
        ImportKind.TOUCHES: Columns(
            names=(
                "lead_external_id",
                "occurred_at",
                "kind",
                "channel",
                "campaign",
                "asset",
                "external_id",
            ),
            required=frozenset({"lead_external_id", "occurred_at", "kind"}),
            times=frozenset({"occurred_at"}),
        ),
        ImportKind.ACTIVITIES: Columns(
            names=(
                "lead_external_id",
                "occurred_at",
                "kind",
                "rep_external_id",
                "outcome",
                "automatic",
                "external_id",
            ),
            required=frozenset({"lead_external_id", "occurred_at", "kind"}),
            times=frozenset({"occurred_at"}),
        ),
        ImportKind.TRANSITIONS: Columns(
            names=(
                "lead_external_id",
                "to",
                "occurred_at",
                "reason",
                "note",
                "rep_external_id",
                "recycle_on",
            ),
            required=frozenset({"lead_external_id", "to", "occurred_at"}),
            times=frozenset({"occurred_at"}),
            dates=frozenset({"recycle_on"}),
        ),
        ImportKind.OPPORTUNITIES: Columns(
            names=tuple(_DEAL.split()),
            required=frozenset({"external_id"}),
            times=frozenset({"created_at", "accepted_at", "closed_at"}),
            dates=frozenset({"expected_close_on"}),
            numbers=frozenset({"amount"}),
            has_attributes=True,
        ),
    }
)
