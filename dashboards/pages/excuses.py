"""What the ledger shows of requests to excuse a miss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from dashboards.pages.lists import who
from pipeline.models import Lead
from sla.selectors.excuses import SETTLED, asked_for, may_ask, objection_to, open_requests

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashboards.selectors.ledger import Ledger
    from revops.people.models import User
    from sla.models import ExcuseRequest

    Context = dict[str, Any]


def excuses(*, user: User, breaches: Iterable[Any], ledger: Ledger) -> Context:
    """Return the open requests, and which breaches of the list the user may ask about.

    Args:
        user: Who reads.
        breaches: The entries of the page; only the list of misses holds breaches.
        ledger: The list they are from.
    """
    rows = open_requests()
    sees_names = user.has_perm("pipeline.view_personal")
    return {
        "asked": [_asked(row, user=user, sees_names=sees_names) for row in rows],
        "askable": frozenset() if ledger.is_open else _askable(list(breaches), user=user),
    }


def _asked(row: ExcuseRequest, *, user: User, sees_names: bool) -> Context:
    breach = row.breach
    objection = objection_to(request=row, by=user)
    about = who(breach.clock, sees_names=sees_names)
    return {
        **about,
        "href": reverse("pipeline:clock_detail", args=[breach.clock_id]),
        "promise": breach.commitment.title,
        "side": breach.get_side_display(),
        "rep": breach.rep.name if breach.rep else "",
        "cause": row.get_cause_display(),
        "note": row.note if sees_names else "",
        "by": row.asked_by.name,
        "at": row.asked_at,
        "objection": objection if user.has_perm("sla.excuse_breach") else "Waits for a decision",
        "decide_href": "" if objection else reverse("dashboards:excuse_decide", args=[row.pk]),
    }


def _askable(breaches: list[Any], *, user: User) -> frozenset[int]:
    """Return the breaches of the user's side that stand and nobody asked about; two statements."""
    mine = [
        breach
        for breach in breaches
        if breach.last_revision not in SETTLED and may_ask(side=breach.side, by=user)
    ]
    if not mine:
        return frozenset()
    leads = {breach.clock.lead_id for breach in mine}
    seen = set(Lead.objects.visible_to(user).filter(pk__in=leads).values_list("pk", flat=True))
    asked = asked_for([breach.pk for breach in mine])
    return frozenset(
        breach.pk
        for breach in mine
        if breach.pk not in asked
        and (breach.clock.lead_id is None or breach.clock.lead_id in seen)
    )
