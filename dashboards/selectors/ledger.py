"""Broken promises: what is overdue now, the ledger of what was missed, and how it adds up."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.db.models import CharField, Count, DateField, F, Q, QuerySet
from django.db.models.functions import Cast, Coalesce, TruncMonth

from dashboards.filters import MONTH, FilterError
from revops.people.choices import Side
from sla.choices import BreachCause, ClockKind, ClockStatus
from sla.models import Breach
from sla.selectors import (
    Attainment,
    attainment_by,
    broken,
    opened_clocks,
    overdue_clocks,
    team_clocks,
)
from sla.selectors.terms import loaded_terms, terms_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sla.fold import Terms

NONE: Final = "none"
"""Whoever has no team, or no person: the bucket of those."""
STATES: Final = ("open", "missed", "observed", "measured")
GROUPS: Final = ("commitment", "side", "team", "person", "cause", "month")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the ledger, read once from the address.

    Attributes:
        state: `open` (overdue now), `missed` (the ledger), and beside them what no SLA in force
            promised: `observed` (overdue now) and `measured` (missed at any time).
        team, person: An id, `none` for promises that nobody held, or empty for all.
        month: First day of the month in which it was due; None for every month.
        by: What the rows are counted by, or empty.
    """

    state: str = "open"
    side: str = ""
    commitment: str = ""
    team: str = ""
    person: str = ""
    cause: str = ""
    month: date | None = None
    by: str = ""

    @property
    def is_enforced(self) -> bool:
        """Whether it is about promises of an SLA in force."""
        return self.state in {"open", "missed"}


def read_question(given: Mapping[str, str]) -> Question:
    """Return what the address asks.

    Raises:
        FilterError: A parameter says what the ledger does not know, each named.
    """
    asked = {name: given.get(name, "") for name in ("side", "team", "person", "cause", "by")}
    asked["commitment"] = given.get("commitment") or given.get("kind", "")
    state = given.get("state") or "open"
    known = {
        "side": Side.values,
        "commitment": ClockKind.values,
        "cause": BreachCause.values,
        "by": GROUPS,
    }
    errors = {
        name: f"is none of {', '.join(choices)}"
        for name, choices in known.items()
        if asked[name] and asked[name] not in choices
    }
    if state not in STATES:
        errors["state"] = f"is none of {', '.join(STATES)}"
    for name in ("team", "person"):
        if asked[name] and asked[name] != NONE and not _NUMBER.fullmatch(asked[name]):
            errors[name] = "is no number and not none"
    month = MONTH.fullmatch(given.get("month", ""))
    if given.get("month") and month is None:
        errors["month"] = "is no month such as 2026-10"
    if errors:
        raise FilterError(errors)
    first = date(int(month[1]), int(month[2]), 1) if month else None
    return Question(state=state, month=first, **asked)


@dataclass(frozen=True, slots=True)
class Group:
    """How many rows of the list belong together; `key` is what narrows the list to them."""

    key: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """A list of clocks or breaches, with how many stand in each list.

    Attributes:
        is_open: Whether `entries` are clocks; else they are breaches.
        counts: How many rows each state has under the same narrowing.
        groups: The rows counted by what was asked; together as many as the list is long.
        terms: What the badges of the clocks are worded by.
    """

    asked: Question
    is_open: bool
    entries: QuerySet[Any]
    counts: dict[str, int]
    groups: list[Group]
    terms: Terms

    @property
    def state(self) -> str:
        """Which list it is."""
        return self.asked.state


def ledger(*, asked: Question, zone: ZoneInfo, at: datetime) -> Ledger:
    """Return one list of broken promises; five statements with its page, six in groups.

    Args:
        asked: Which list, narrowed to what, counted by what.
        zone: Of the months.
        at: The instant of asking; what is overdue is counted live.
    """
    lists = {
        "open": overdue_clocks(at=at).filter(enforced=True),
        "observed": overdue_clocks(at=at).filter(enforced=False),
        "measured": _missed_clocks(at=at).filter(enforced=False),
        "missed": Breach.objects.ledger(),
    }
    narrowed = {state: _narrowed(rows, asked=asked, zone=zone) for state, rows in lists.items()}
    rows = narrowed[asked.state]
    is_open = asked.state != "missed"
    entries: QuerySet[Any]
    if is_open:
        entries = rows.select_related("lead__company", "commitment", "rep__team")
        entries = entries.order_by("due_at", "pk")
    else:
        entries = rows.select_related(
            "clock__lead__company", "clock__commitment", "commitment", "rep__team"
        ).order_by("-breach_at", "-pk")
        entries = entries.prefetch_related(
            "revisions", "excuse_requests__asked_by", "excuse_requests__decided_by"
        )
    return Ledger(
        asked=asked,
        is_open=is_open,
        entries=entries,
        counts={state: held.count() for state, held in narrowed.items()},
        groups=_groups(rows, asked=asked) if asked.by else [],
        terms=loaded_terms(terms_key()).terms,
    )


def _missed_clocks(*, at: datetime) -> QuerySet[Any]:
    return team_clocks().filter(broken(at=at) | Q(status=ClockStatus.MET_LATE))


def _narrowed(rows: Any, *, asked: Question, zone: ZoneInfo) -> Any:
    """Narrow clocks or breaches, with the month each was due in beside them."""
    is_breach = rows.model is Breach
    month = F("clock__month") if is_breach else F("month")
    local = TruncMonth("due_at", output_field=DateField(), tzinfo=zone)
    rows = rows.annotate(
        due_in=Coalesce(month, Cast(local, DateField())),
        about=F("commitment__kind"),
        why=F("cause") if is_breach else F("breach__cause"),
    )
    wanted: dict[str, Any] = {
        "side": asked.side,
        "about": asked.commitment,
        "why": asked.cause,
        "due_in": asked.month,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    for column, value in (("rep__team", asked.team), ("rep", asked.person)):
        if value:
            none = value == NONE
            rows = rows.filter(**{f"{column}__isnull": True} if none else {column: int(value)})
    return rows


_BY: Final = {
    "commitment": ("about", "about"),
    "side": ("side", "side"),
    "team": ("rep__team", "rep__team__name"),
    "person": ("rep", "rep__name"),
    "cause": ("why", "why"),
    "month": ("due_in", "due_in"),
}
_LABELS: Final[dict[str, dict[str, str]]] = {
    "commitment": {str(value): str(label) for value, label in ClockKind.choices},
    "side": {str(value): str(label) for value, label in Side.choices},
    "cause": {str(value): str(label) for value, label in BreachCause.choices},
}


def _groups(rows: QuerySet[Any], *, asked: Question) -> list[Group]:
    """Count the rows by what is asked, most first; months in their order."""
    key, label = _BY[asked.by]
    counted = (
        rows.order_by()
        .annotate(key=F(key), label=Cast(label, CharField()))
        .values_list("key", "label")
        .annotate(count=Count("pk"))
    )
    words = _LABELS.get(asked.by, {})
    found = []
    for value, name, count in counted:
        if asked.by == "month":
            found.append(Group(f"{value:%Y-%m}", f"{value:%B %Y}", count))
        elif value is None:
            found.append(Group(NONE, "Nobody" if asked.by == "person" else "None", count))
        else:
            found.append(Group(str(value), words.get(str(value), str(name)), count))
    if asked.by == "month":
        return sorted(found, key=lambda group: group.key, reverse=True)
    return sorted(found, key=lambda group: (-group.count, group.label))


def balance(*, asked: Question, zone: ZoneInfo, at: datetime) -> dict[str, Attainment]:
    """Return where every clock that was opened ended, by promise; one statement.

    The narrowing of the list holds, except by cause: a clock that was kept has none.
    """
    opened = opened_clocks().filter(enforced=asked.is_enforced)
    clocks = _narrowed(opened, asked=replace(asked, cause=""), zone=zone)
    counted = attainment_by(clocks=clocks, at=at, by=("kind",))
    order = {kind: place for place, kind in enumerate(ClockKind.values)}
    return {kind: counted[kind,] for (kind,) in sorted(counted, key=lambda pair: order[pair[0]])}
