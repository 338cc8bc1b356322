"""What a letter is, and who words which: kind -> dotted path of the function that makes it.

The paths name apps above this one, so nothing is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Letter:
    """A message in words.

    Attributes:
        lines: The paragraphs of its body.
        facts: What is needed to act, as label and value; an instant is told in the reader's zone.
        action: What to do and the page where it is confirmed; never one that acts by itself.
        parts: For a digest, the letters it is made of.
    """

    subject: str
    lines: tuple[str, ...]
    facts: tuple[tuple[str, str | datetime], ...] = ()
    action: tuple[str, str] | None = None
    parts: tuple[Letter, ...] = ()


LETTERS: Final[dict[str, str]] = {
    "sla.breached": "dashboards.letters.breached",
    "sla.due_soon": "dashboards.letters.due_soon",
    "sla.escalated": "dashboards.letters.escalated",
    "sla.breach_rescinded": "dashboards.letters.breach_revised",
    "sla.breach_reinstated": "dashboards.letters.breach_revised",
    "sla.breach_reclassified": "dashboards.letters.breach_revised",
    "sla.breach_excused": "dashboards.letters.breach_revised",
    "sla_page": "dashboards.letters.sla_page",
    "process_revision_opened": "dashboards.letters.process_revision",
    "absence.handed_over": "dashboards.letters_coverage.handed_over",
    "morning.digest": "dashboards.letters_coverage.morning_digest",
    "lead.assigned": "dashboards.letters.lead_assigned",
    "lead.accepted": "dashboards.letters.lead_moved",
    "lead.rejected": "dashboards.letters.lead_moved",
    "lead.recycled": "dashboards.letters.lead_moved",
    "opportunity.created": "dashboards.letters.opportunity_created",
    "opportunity.closed": "dashboards.letters.opportunity_closed",
    "signature_requested": "definitions.letters.signature_requested",
    "version_signed": "definitions.letters.version_signed",
    "version_in_force": "definitions.letters.version_in_force",
    "reading_reminder": "definitions.letters.reading_reminder",
    "definition.in_force": "definitions.letters.in_force",
    "definition.review_due": "definitions.letters.review_due",
    "version_declined": "definitions.letters.version_declined",
    "slot_delegated": "definitions.letters.slot_delegated",
    "webhook_disabled": "revops.outbox.endpoints.disabled_letter",
    "delegation_ended": "definitions.letters.delegation_ended",
}
