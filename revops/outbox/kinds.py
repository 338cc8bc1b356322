"""What each kind of notice is about, who hears of it by role, and which leave as webhooks."""

from __future__ import annotations

from typing import Final

from revops.outbox.choices import Channel, Timing, Topic
from revops.people.choices import Role

TOPICS: Final[dict[str, Topic]] = {
    "lead.assigned": Topic.MY_LEADS,
    "sla.due_soon": Topic.DUE_SOON,
    "sla.escalated": Topic.MISSED,
    "sla.breached": Topic.MISSED,
    "sla.breach_rescinded": Topic.CORRECTED,
    "sla.breach_reinstated": Topic.CORRECTED,
    "sla.breach_reclassified": Topic.CORRECTED,
    "sla.breach_excused": Topic.CORRECTED,
    "lead.created": Topic.DEALS,
    "lead.accepted": Topic.DEALS,
    "lead.rejected": Topic.DEALS,
    "lead.recycled": Topic.DEALS,
    "opportunity.created": Topic.DEALS,
    "opportunity.closed": Topic.DEALS,
    "absence.handed_over": Topic.MY_LEADS,
    "morning.digest": Topic.MORNING,
}
SLA_TOPICS: Final = frozenset({Topic.DUE_SOON, Topic.MISSED, Topic.CORRECTED})
SLA_KINDS: Final = frozenset(kind for kind, topic in TOPICS.items() if topic in SLA_TOPICS)
CORRECTIONS: Final = frozenset(kind for kind, topic in TOPICS.items() if topic == Topic.CORRECTED)

# Who hears of what moved, where somebody chose to.
ROLES: Final[dict[str, frozenset[Role]]] = {
    "lead.accepted": frozenset({Role.MARKETING_LEADER}),
    "lead.rejected": frozenset({Role.MARKETING_LEADER}),
    "lead.recycled": frozenset({Role.MARKETING_LEADER}),
    "opportunity.created": frozenset({Role.MARKETING_LEADER, Role.SALES_LEADER}),
    "opportunity.closed": frozenset({Role.MARKETING_LEADER, Role.SALES_LEADER}),
}

# Names other systems rely on (docs/api.md), by the kind that is announced.
EVENTS: Final[dict[str, str]] = {
    "lead.created": "lead.created",
    "lead.assigned": "lead.assigned",
    "lead.accepted": "lead.accepted",
    "lead.rejected": "lead.rejected",
    "lead.recycled": "lead.recycled",
    "opportunity.created": "opportunity.created",
    "opportunity.closed": "opportunity.closed",
    "sla.due_soon": "sla.due_soon",
    "sla.breached": "sla.breached",
    "sla.breach_rescinded": "sla.breach_rescinded",
    "version_signed": "definition.signed",
    "definition.in_force": "definition.in_force",
    "review.frozen": "review.frozen",
}
# What the team's Slack channel hears of: news of the team, not what one person is asked.
SLACK: Final = frozenset(
    {"sla.breached", "sla.breach_rescinded", "sla.breach_reinstated", "version_in_force",
     "version_signed", "definition.in_force", "opportunity.closed", "process_revision_opened"}
)  # fmt: skip

# What a person may choose from; a correction follows its notice and cannot be switched off.
PERSONAL: Final = (Channel.APP, Channel.MAIL)
NOW_OR_NEVER: Final = (Timing.NOW, Timing.NEVER)
DEFAULTS: Final[dict[Topic, dict[Channel, Timing]]] = {
    Topic.MY_LEADS: {Channel.APP: Timing.NOW, Channel.MAIL: Timing.NOW},
    Topic.DUE_SOON: {Channel.APP: Timing.NOW, Channel.MAIL: Timing.NOW},
    Topic.MISSED: {Channel.APP: Timing.NOW, Channel.MAIL: Timing.NOW},
    Topic.CORRECTED: {Channel.APP: Timing.NOW, Channel.MAIL: Timing.NOW},
    Topic.DEALS: {Channel.APP: Timing.NEVER, Channel.MAIL: Timing.NEVER},
    Topic.AGREEMENT: {Channel.APP: Timing.NOW, Channel.MAIL: Timing.NOW},
    Topic.MORNING: {Channel.APP: Timing.NEVER, Channel.MAIL: Timing.NOW},
}


def topic_of(kind: str) -> Topic:
    """Return what a notice is about; what is not listed is about the agreement."""
    return TOPICS.get(kind, Topic.AGREEMENT)


def timings(*, topic: Topic, channel: Channel) -> tuple[Timing, ...]:
    """Return what may be chosen for a topic on a channel."""
    offered = NOW_OR_NEVER if channel == Channel.APP else tuple(Timing)
    if topic == Topic.CORRECTED:
        return tuple(timing for timing in offered if timing != Timing.NEVER)
    if topic == Topic.MORNING:
        return NOW_OR_NEVER if channel == Channel.MAIL else (Timing.NEVER,)
    return offered
