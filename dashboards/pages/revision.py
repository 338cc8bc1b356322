"""The page of one process revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from revops import formats
from sla.selectors.months import closed_months, is_counted

if TYPE_CHECKING:
    from sla.models import ProcessRevision
    from sla.selectors.months import ClosedMonth

    Context = dict[str, Any]


def revision(held: ProcessRevision) -> Context:
    """Return the context: the months that were missed, and the answer where there is one."""
    months = [
        one
        for one in closed_months(since=held.first_month)
        if one.kind == held.kind and one.month <= held.last_month
    ]
    side = held.get_side_display()
    first, last = f"{held.first_month:%B %Y}", f"{held.last_month:%B %Y}"
    return {
        "revision": held,
        "promise": held.get_kind_display(),
        "missed": f"{side} missed it from {first} to {last}.",
        "months": [_month(one) for one in months],
        "waits": f"The {side.lower()} leader or RevOps answers it: why, and what changes.",
        "answer": held.answered_at
        and {
            "cause": held.cause,
            "change": held.change,
            "by": held.answered_by and held.answered_by.name,
            "at": held.answered_at,
        },
    }


def _month(one: ClosedMonth) -> Context:
    """Return one month; the monthly volume says MQLs and not clocks."""
    counted = is_counted(one.kind)
    kept = (one.counted_now or 0) if counted else one.now.met
    due = (one.target or 0) if counted else one.now.judged
    return {
        "name": f"{one.month:%B %Y}",
        "kept": kept,
        "due": due,
        "share": formats.percent(kept / due if due else None),
        "promised": "all" if counted else formats.percent(float(one.target_rate), digits=0),
    }
