"""Facts put in order: replays and voided facts out, leads joined, cycles told apart."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sla.choices import DispositionValue, EvidenceKind
from sla.fold.deadlines import Pause

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sla.clock import BusinessCalendar
    from sla.fold.facts import Fact

REOPENS_WITHIN = timedelta(hours=24)
DEFAULT_CAP_BUSINESS_DAYS = 10


@dataclass(slots=True)
class Cycle:
    """The facts of one qualification of a lead, in order.

    `undone` holds the keys of closings that a requalification within 24 hours took back. Facts
    are only added before the first question is asked; the answers are remembered.
    """

    number: int
    facts: list[Fact] = field(default_factory=list)
    undone: set[Any] = field(default_factory=set)
    _by_kind: dict[str, list[Fact]] = field(default_factory=dict)

    def of(self, kind: str) -> list[Fact]:
        """Return the facts of one kind."""
        if not self._by_kind:
            for fact in self.facts:
                self._by_kind.setdefault(fact.kind, []).append(fact)
        return self._by_kind.get(kind, [])

    def attempts(self) -> list[Fact]:
        """Return the contact attempts of people."""
        return [fact for fact in self.of(EvidenceKind.OUTREACH) if fact.is_human_attempt]

    def dispositions(self) -> list[Fact]:
        """Return the logged outcomes."""
        return [fact for fact in self.of(EvidenceKind.DISPOSITION) if fact.is_disposition]

    def closings(self) -> list[Fact]:
        """Return the outcomes that ended the cycle and stood."""
        told = self.of(EvidenceKind.DISPOSITION)
        return [fact for fact in told if fact.is_closing and fact.key not in self.undone]


def standing(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts that count, in order, with instants in UTC.

    A replay of one (source, source_id) is one fact, the first recorded. A void takes back every
    fact it names of its lead, or of a lead merged with it, whichever arrived first; its own time
    does not matter.
    """
    first: dict[Any, Fact] = {}
    for fact in sorted(facts, key=lambda fact: (fact.recorded_at, fact.order)):
        named = bool(fact.source_id)
        first.setdefault((fact.source, fact.source_id) if named else (None, fact.key), fact)
    voids = [fact for fact in first.values() if fact.kind == EvidenceKind.VOIDED]
    joined = roots(sorted(first.values(), key=lambda fact: fact.order)) if voids else {}
    voided = {
        (
            joined.get(fact.lead, fact.lead),
            fact.payload.get("source") or "",
            str(fact.payload.get("source_id")),
        )
        for fact in voids
    }

    def stands(fact: Fact) -> bool:
        if fact.kind == EvidenceKind.VOIDED:
            return False
        lead = joined.get(fact.lead, fact.lead)
        named = {(lead, fact.source, fact.source_id), (lead, "", fact.source_id)}
        return not fact.source_id or not named & voided

    kept = [_in_utc(fact) for fact in first.values() if stands(fact)]
    return sorted(kept, key=lambda fact: fact.order)


def _in_utc(fact: Fact) -> Fact:
    """Return the fact with its instants in UTC, the zone all sums are made in."""
    if fact.occurred_at.tzinfo is UTC:
        return fact
    return replace(
        fact,
        occurred_at=fact.occurred_at.astimezone(UTC),
        recorded_at=fact.recorded_at.astimezone(UTC),
    )


def roots(facts: Iterable[Fact]) -> dict[Any, Any]:
    """Return for each merged lead the lead that survives, following chains.

    A merge of a lead merged before, into itself, or one that would close a ring, is ignored.
    """
    into: dict[Any, Any] = {}
    for fact in facts:
        if fact.kind == EvidenceKind.MERGED and fact.lead not in into:
            target = fact.payload["into"]
            if _survivor(into, target) != fact.lead:
                into[fact.lead] = target
    return {lead: _survivor(into, lead) for lead in into}


def _survivor(into: dict[Any, Any], lead: Any) -> Any:
    """Return the end of a chain of merges."""
    while lead in into:
        lead = into[lead]
    return lead


def cycles(facts: Iterable[Fact], *, lead: Any) -> list[Cycle]:
    """Tell the cycles of `lead` apart.

    An MQL after the lead was rejected, recycled or disqualified opens the next cycle; within 24
    hours of recycling it reopens the old one and the closing counts as undone. A fact that
    states an earlier cycle belongs there; one that states a later one to the cycle then running.
    A capture after a closing waits for the cycle it leads to.

    Args:
        facts: In order, of the lead and of leads merged into it.
        lead: Whose numbering the stated cycles follow.
    """
    walk = _Walk(lead)
    for fact in facts:
        walk.take(fact)
    walk.current.facts.extend(walk.waiting)
    return walk.found


class _Walk:
    """One pass over ordered facts."""

    def __init__(self, lead: Any) -> None:
        """Start in cycle 1."""
        self.lead = lead
        self.found = [Cycle(1)]
        self.closed_by: list[Fact] = []
        self.waiting: list[Fact] = []
        self.stated: dict[int, Cycle] = {}

    @property
    def current(self) -> Cycle:
        """The cycle running."""
        return self.found[-1]

    def take(self, fact: Fact) -> None:
        """Place one fact."""
        own = fact.stated_cycle if fact.lead == self.lead else None
        if self._opens(fact, own):
            self._open(fact)
        if own is not None and fact.kind in {EvidenceKind.MQL, EvidenceKind.ASSIGNED}:
            self.stated.setdefault(own, self.current)
        if fact.kind == EvidenceKind.CAPTURED and self.closed_by:
            self.waiting.append(fact)
            return
        place = self.current
        if own is not None:
            place = self.stated.get(own, place)
            if own < place.number:
                place = self.found[own - 1]
        place.facts.append(fact)
        if fact.is_closing and place is self.current:
            self.closed_by.append(fact)

    def _opens(self, fact: Fact, own: int | None) -> bool:
        """Return whether the fact begins a cycle, or reopens one."""
        if own is not None:
            # An import may know the assignment of a second round and not its MQL.
            begins = fact.kind == EvidenceKind.MQL or (
                fact.kind == EvidenceKind.ASSIGNED and bool(self.closed_by)
            )
            return begins and own > self.current.number and own not in self.stated
        return fact.kind == EvidenceKind.MQL and bool(self.closed_by)

    def _open(self, fact: Fact) -> None:
        """Open the next cycle; within a day of recycling, reopen the current one."""
        last = self.closed_by[-1] if self.closed_by else None
        recycled = last is not None and last.value == DispositionValue.RECYCLED
        if last and recycled and fact.occurred_at - last.occurred_at <= REOPENS_WITHIN:
            self.current.undone.update(closing.key for closing in self.closed_by)
        else:
            self.found.append(Cycle(self.current.number + 1))
        self.current.facts.extend(self.waiting)
        self.waiting, self.closed_by = [], []


def pauses(cycle: Cycle, *, calendar: BusinessCalendar, at: datetime) -> list[Pause]:
    """Return the pauses of a cycle that have begun by `at`, the last one perhaps lasting.

    A pause ends with the next resumption or, by itself, at its cap: the end of so many business
    days, or the date the prospect asked for when that is earlier.
    """
    found: list[Pause] = []
    for fact in cycle.facts:
        if fact.occurred_at > at:
            break
        if fact.kind == EvidenceKind.PAUSED and fact.reason:
            if found and found[-1].end is None and fact.occurred_at < found[-1].cap:
                continue
            _close(found)
            found.append(Pause(fact.occurred_at, None, _cap(fact, calendar), fact.reason))
        elif fact.kind == EvidenceKind.RESUMED and found and found[-1].end is None:
            found[-1] = replace(found[-1], end=min(fact.occurred_at, found[-1].cap))
    if found and found[-1].cap <= at:
        _close(found)
    return found


def _close(found: list[Pause]) -> None:
    """End the last pause at its cap when nobody resumed."""
    if found and found[-1].end is None:
        found[-1] = replace(found[-1], end=found[-1].cap)


def _cap(fact: Fact, calendar: BusinessCalendar) -> datetime:
    """Return the instant at which a pause ends by itself."""
    days = int(fact.payload.get("cap_business_days") or DEFAULT_CAP_BUSINESS_DAYS)
    cap = calendar.end_of_business_day(fact.occurred_at, days)
    until = fact.payload.get("until")
    if until:
        day = datetime.fromisoformat(str(until)).date()
        begins = datetime.combine(day, time.min, tzinfo=calendar.zone).astimezone(UTC)
        cap = max(min(cap, begins), fact.occurred_at)
    return cap
