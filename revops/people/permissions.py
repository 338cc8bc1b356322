"""Who may do what: the one table of rights.

The rows are those of the roles matrix. `is_superuser` gives no right here. What a role may do
only to its own leads is narrowed by the QuerySets (`Lead.objects.visible_to`), not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.people.choices import Role, Side

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

EVERYONE = frozenset(Role)
REVOPS = frozenset({Role.REVOPS})
MARKETING = frozenset({Role.MARKETING_LEADER, Role.MARKETING})
SALES = frozenset({Role.SALES_LEADER, Role.SALES_REP})
LEADERS = frozenset({Role.MARKETING_LEADER, Role.SALES_LEADER})

RIGHTS: dict[str, frozenset[Role]] = {
    "dashboards.view_metrics": EVERYONE,
    "dashboards.export_personal": REVOPS | MARKETING | {Role.SALES_LEADER},
    "definitions.view_agreement": EVERYONE,
    "definitions.remind_readers": REVOPS | LEADERS,
    "definitions.edit_draft": REVOPS,
    # Those who are held to a text take part in writing it, reps included (ADR 0025).
    "definitions.comment_draft": REVOPS | MARKETING | SALES,
    "definitions.run_audit": REVOPS,
    "definitions.answer_marketing": MARKETING,
    "definitions.answer_sales": SALES,
    "definitions.request_signatures": REVOPS,
    "definitions.sign_revops": REVOPS,
    "definitions.sign_marketing": frozenset({Role.MARKETING_LEADER}),
    "definitions.sign_sales": frozenset({Role.SALES_LEADER}),
    "sla.edit_calendar": REVOPS,
    "sla.ask_excuse": REVOPS | MARKETING | SALES,
    # The other side or RevOps decides; the service refuses the own side and the own breach.
    "sla.excuse_breach": REVOPS | LEADERS,
    "sla.view_breach": EVERYONE,
    "sla.share_page": REVOPS | LEADERS,
    "sla.answer_revision": REVOPS | LEADERS,
    "sla.run_what_if": REVOPS | LEADERS,
    "pipeline.view_lead": EVERYONE,
    "pipeline.view_personal": EVERYONE - {Role.VIEWER},
    "pipeline.create_lead": REVOPS | MARKETING | {Role.SALES_REP},
    "pipeline.run_backtest": REVOPS | LEADERS,
    "pipeline.import_leads": REVOPS | MARKETING,
    "pipeline.edit_lead": REVOPS | MARKETING,
    "pipeline.assign_lead": REVOPS | {Role.SALES_LEADER},
    "pipeline.log_contact": SALES,
    # What sales may not type in any more, and what should not be there (sla-clock R11).
    "pipeline.correct_contact": REVOPS,
    "pipeline.dispose_lead": SALES,
    "pipeline.pause_lead": REVOPS | SALES,
    "pipeline.merge_leads": REVOPS | MARKETING,
    "pipeline.view_coverage": REVOPS | {Role.SALES_LEADER},
    "pipeline.recycle_lead": REVOPS | MARKETING,
    "pipeline.answer_feedback": REVOPS | MARKETING,
    "pipeline.move_deal": SALES,
    "pipeline.designate_mql": REVOPS | MARKETING | SALES,
    "people.manage_people": REVOPS,
    "people.enter_absence": REVOPS | SALES,
    "people.set_backup": REVOPS | {Role.SALES_LEADER},
    "outbox.manage_endpoints": REVOPS,
    "audit.view_audit": REVOPS | LEADERS,
}


def side_of(role: str) -> Side | None:
    """Return the party a role speaks for; a viewer speaks for none."""
    parties = ((Side.MARKETING, MARKETING), (Side.SALES, SALES), (Side.REVOPS, REVOPS))
    return next((side for side, roles in parties if role in roles), None)


def holds(*, user: AbstractBaseUser | AnonymousUser, right: str) -> bool:
    """Return whether the active user's role holds `right`; an unknown right is nobody's."""
    return bool(user.is_active) and getattr(user, "role", None) in RIGHTS.get(right, frozenset())
