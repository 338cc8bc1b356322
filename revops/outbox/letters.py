"""Who words which message: kind -> dotted path of the function that makes its letter.

The paths name apps above this one, so nothing is imported here.
"""

from typing import Final

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
    "delegation_ended": "definitions.letters.delegation_ended",
}
