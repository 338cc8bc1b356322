"""What the ledger shows around its rows: filters, groups, the reconciliation, each row's story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards.pages import links
from dashboards.selectors.ledger import NONE, Ledger
from revops import formats
from revops.people.choices import Side
from revops.people.models import Rep, Team
from sla.choices import BreachCause, ClockKind, ClockStatus
from sla.selectors import Attainment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import QueryDict

    from dashboards.selectors.ledger import Group
    from sla.models import Breach

    Context = dict[str, Any]

_STATES = {
    "open": "Overdue now",
    "missed": "All broken promises",
    "observed": "Overdue, not enforced",
    "measured": "Missed, not enforced",
}
_GROUPS = {
    "commitment": "Promise", "side": "Side", "team": "Team",
    "person": "Person at the deadline", "cause": "Cause", "month": "Month due",
}  # fmt: skip
PARTS = (
    ("met", "Met"), ("late", "Met late"), ("missed", "Missed"), ("excused", "Excused"),
    ("cancelled", "Cancelled"), ("open", "Open"), ("superseded", "Handed over"),
    ("merged", "Merged"), ("voided", "Taken back"),
)  # fmt: skip
"""Where a clock may end, as the reconciliation words it."""


def around(found: Ledger, *, balanced: Mapping[str, Attainment], query: QueryDict) -> Context:
    """Return the context around the rows."""
    asked = found.asked
    kept = query.copy()
    kept.pop("page", None)
    kept["format"] = "csv"
    by = [(name, f"By {label[:1].lower()}{label[1:]}") for name, label in _GROUPS.items()]
    return {
        "tabs": [
            {
                "label": label,
                "count": found.counts[state],
                "href": links.with_changes(query, state=state),
                "current": state == asked.state,
            }
            for state, label in _STATES.items()
            if state in {"open", "missed", asked.state} or found.counts[state]
        ],
        "filters": _filters(found, query=query),
        "groupings": links.menu(query, "by", chosen=asked.by, none="No groups", options=by),
        "group_heading": _GROUPS.get(asked.by, ""),
        "groups": [_group(group, asked_by=asked.by, query=query) for group in found.groups],
        "total": found.counts[asked.state],
        "balance": _balance(balanced),
        "balance_note": "Of every cause: a promise that was kept has none." if asked.cause else "",
        "csv_href": f"?{kept.urlencode()}",
    }


def _filters(found: Ledger, *, query: QueryDict) -> list[Context]:
    """Return the menus of what the list can be narrowed to."""
    query = query.copy()
    if "kind" in query:
        query["commitment"] = query.pop("kind")[0]
    sides = [(side.value, str(side.label)) for side in Side if side is not Side.REVOPS]
    kinds = [(kind.value, str(kind.label)) for kind in ClockKind]
    teams = [
        (str(pk), name) for pk, name in Team.objects.order_by("name").values_list("pk", "name")
    ]
    people = [
        (str(pk), name) for pk, name in Rep.objects.order_by("name").values_list("pk", "name")
    ]
    causes = [(cause.value, str(cause.label)) for cause in BreachCause]
    asked = found.asked
    shown = [
        ("side", asked.side, "Both sides", sides),
        ("commitment", asked.commitment, "Every promise", kinds),
        ("team", asked.team, "Every team", [*teams, (NONE, "No team")]),
        ("person", asked.person, "Every person", [*people, (NONE, "Nobody")]),
    ]
    if not found.is_open or asked.cause:
        shown.append(("cause", asked.cause, "Every cause", causes))
    if asked.month is not None:
        month = f"{asked.month:%Y-%m}"
        shown.append(("month", month, "Every month", [(month, f"{asked.month:%B %Y}")]))
    return [
        links.menu(query, name, chosen=chosen, none=none, options=options)
        for name, chosen, none, options in shown
    ]


def _group(group: Group, *, asked_by: str, query: QueryDict) -> Context:
    return {
        "label": group.label,
        "count": group.count,
        "href": links.with_changes(query, **{asked_by: group.key}, by=None),
    }


def _balance(balanced: Mapping[str, Attainment]) -> Context:
    """Return the reconciliation: every clock opened ended in one of the columns."""
    whole = sum(balanced.values(), start=Attainment())
    # What stands beside the counts is shown only where there is any.
    parts = [
        (name, label)
        for place, (name, label) in enumerate(PARTS)
        if place < PARTS.index(("superseded", "Handed over")) or getattr(whole, name)
    ]
    rows = [(str(ClockKind(kind).label), held) for kind, held in balanced.items()]
    return {
        "columns": [label for _, label in parts],
        "rows": [_line(label, held, parts=parts) for label, held in rows],
        "total": _line("All promises", whole, parts=parts),
        "is_whole": whole.balance == 0,
    }


def _line(label: str, held: Attainment, *, parts: list[tuple[str, str]]) -> Context:
    return {
        "label": label,
        "opened": held.opened,
        "ends": [getattr(held, name) for name, _ in parts],
        "rate": formats.percent(held.rate),
        "balance": held.balance,
    }


def story(breach: Breach) -> list[Context]:
    """Return what happened to a breach since its deadline, oldest first; people by their name."""
    told: list[tuple[Any, Context]] = [
        (breach.breach_at, {"at": breach.breach_at, "text": "Counted as broken",
                            "more": str(breach.get_cause_display())}),
    ]  # fmt: skip
    for revision in sorted(breach.revisions.all(), key=lambda row: row.pk):
        was, now = (str(ClockStatus(one).label).lower() for one in
                    (revision.old_status, revision.new_status))  # fmt: skip
        change = f"{was}, now {now}" if was != now else now
        told.append(
            (revision.at, {"at": revision.at, "text": str(revision.get_kind_display()),
                           "more": change})
        )  # fmt: skip
    for asked in breach.excuse_requests.all():
        said = {"at": asked.asked_at, "text": f"{asked.asked_by.name} asked to excuse it",
                "more": str(asked.get_cause_display())}  # fmt: skip
        told.append((asked.asked_at, said))
        if asked.decided_at is not None:
            decided = {
                "at": asked.decided_at,
                "text": f"{asked.get_decision_display()} by {asked.decided_by}",
                "more": "",
            }
            told.append((asked.decided_at, decided))
    return [said for _, said in sorted(told, key=lambda pair: pair[0])]
