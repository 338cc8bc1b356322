"""Facts put in order: replays and voided facts out, leads joined, cycles told apart."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sla.choices import DispositionValue, EvidenceKind
from sla.fold.deadlines import Pause
from sla.fold.facts import CLOSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sla.clock import BusinessCalendar
    from sla.fold.facts import Fact

REOPENS_WITHIN = timedelta(hours=24)
DEFAULT_CAP_BUSINESS_DAYS = 10
# Read for every fact: an attribute of an enumeration costs a call.
MQL, ASSIGNED, CAPTURED = EvidenceKind.MQL, EvidenceKind.ASSIGNED, EvidenceKind.CAPTURED
OUTREACH, DISPOSITION = EvidenceKind.OUTREACH, EvidenceKind.DISPOSITION
BEGINNINGS = frozenset({MQL, ASSIGNED})
VOIDS_OR_MERGES = frozenset({EvidenceKind.VOIDED, EvidenceKind.MERGED})


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
    _attempts: list[Fact] | None = None
    _dispositions: list[Fact] | None = None
    _closings: list[Fact] | None = None

    def of(self, kind: str) -> Sequence[Fact]:
        """Return the facts of one kind."""
        by_kind = self._by_kind
        if not by_kind:
            for fact in self.facts:
                if fact.kind in by_kind:
                    by_kind[fact.kind].append(fact)
                else:
                    by_kind[fact.kind] = [fact]
        return by_kind.get(kind, ())

    def attempts(self) -> list[Fact]:
        """Return the contact attempts of people."""
        if self._attempts is None:
            self._attempts = [fact for fact in self.of(OUTREACH) if fact.is_human_attempt]
        return self._attempts

    def dispositions(self) -> list[Fact]:
        """Return the logged outcomes."""
        if self._dispositions is None:
            self._dispositions = [fact for fact in self.of(DISPOSITION) if fact.is_disposition]
        return self._dispositions

    def closings(self) -> list[Fact]:
        """Return the outcomes that ended the cycle and stood."""
        if self._closings is None:
            self._closings = [
                fact
                for fact in self.dispositions()
                if fact.value in CLOSING and fact.key not in self.undone
            ]
        return self._closings


def families(facts: Iterable[Fact]) -> tuple[dict[Any, list[Fact]], dict[Any, list[Fact]]]:
    """Return the facts that count of each lead, and those of each lead that was merged away.

    Facts of merged leads stand under the lead that survives, and once more under their own.
    Each list is in order.
    """
    kept, merged = _kept(facts)
    found: dict[Any, list[Fact]] = {}
    own: dict[Any, list[Fact]] = {lead: [] for lead in merged}
    for fact in kept:
        lead = fact.lead
        if lead in merged:
            own[lead].append(fact)
            # Voiding the merged lead as a duplicate must not recall the one that survives.
            if fact.kind == EvidenceKind.RECALLED:
                continue
            lead = merged[lead]
        if lead in found:
            found[lead].append(fact)
        else:
            found[lead] = [fact]
    for members in (*found.values(), *own.values()):
        members.sort(key=_order)
    in_order = sorted(found, key=lambda lead: found[lead][0].order)
    return {lead: found[lead] for lead in in_order}, own


def standing(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts that count, in order, with instants in UTC.

    A replay of one (source, source_id) is one fact, the first recorded. A void takes back every
    fact it names of its lead, or of a lead merged with it, whichever arrived first; its own time
    does not matter.
    """
    return sorted(_kept(facts)[0], key=_order)


def taken_back(facts: Iterable[Fact]) -> list[tuple[Fact, Fact]]:
    """Return the facts a void took back, in order, each with the first void that names it."""
    rows = list(facts)
    kept = {fact.key for fact in _kept(rows)[0]}
    voids = sorted((fact for fact in rows if fact.kind == EvidenceKind.VOIDED), key=_order)
    found = []
    for fact in sorted(rows, key=_order):
        if fact.key in kept or not fact.source_id or fact.kind == EvidenceKind.VOIDED:
            continue
        names = {("", fact.source_id), (fact.source, fact.source_id)}
        void = next((one for one in voids if _named_by(one) in names), None)
        if void is not None:
            found.append((fact, void))
    return found


def _named_by(void: Fact) -> tuple[str, str]:
    """Return the source and the id a void takes back."""
    return str(void.payload.get("source") or ""), str(void.payload.get("source_id"))


def _order(fact: Fact) -> tuple[Any, ...]:
    """Return the place of a fact among others."""
    return fact.order


def _kept(facts: Iterable[Fact]) -> tuple[list[Fact], dict[Any, Any]]:
    """Return the facts that count, and for each merged lead the one that survives."""
    first: dict[Any, Fact] = {}
    odd: list[Fact] = []
    for fact in facts:
        identity = (fact.source, fact.source_id) if fact.source_id else (None, fact.key)
        known = first.get(identity)
        if known is None or (fact.recorded_at, fact.order) < (known.recorded_at, known.order):
            first[identity] = fact
        if fact.kind in VOIDS_OR_MERGES:
            odd.append(fact)
    rows = first.values()
    if not odd:
        return [fact if fact.occurred_at.tzinfo is UTC else _in_utc(fact) for fact in rows], {}
    voids = [fact for fact in rows if fact.kind == EvidenceKind.VOIDED]
    # Which lead a void concerns is asked before anything is taken back, merges included.
    joined = roots(rows) if voids else {}
    voided = {(joined.get(fact.lead, fact.lead), *_named_by(fact)) for fact in voids}

    def stands(fact: Fact) -> bool:
        if fact.kind == EvidenceKind.VOIDED:
            return False
        if not fact.source_id:
            return True
        lead = joined.get(fact.lead, fact.lead)
        named = (lead, fact.source, fact.source_id), (lead, "", fact.source_id)
        return named[0] not in voided and named[1] not in voided

    kept = [
        fact if fact.occurred_at.tzinfo is UTC else _in_utc(fact) for fact in rows if stands(fact)
    ]
    return kept, roots(kept)


def _in_utc(fact: Fact) -> Fact:
    """Return the fact with its instants in UTC, the zone all sums are made in."""
    return replace(
        fact,
        occurred_at=fact.occurred_at.astimezone(UTC),
        recorded_at=fact.recorded_at.astimezone(UTC),
    )


def roots(facts: Iterable[Fact]) -> dict[Any, Any]:
    """Return for each merged lead the lead that survives, following chains.

    A merge of a lead merged before, into itself, or one that would close a ring, is ignored.

    Args:
        facts: In any order; only merges among them matter.
    """
    into: dict[Any, Any] = {}
    merges = [fact for fact in facts if fact.kind == EvidenceKind.MERGED]
    for fact in sorted(merges, key=_order):
        if fact.lead not in into:
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
        kind = fact.kind
        own = fact.stated_cycle if fact.lead == self.lead else None
        if kind in BEGINNINGS:
            if self._opens(fact, own):
                self._open(fact)
            if own is not None:
                self.stated.setdefault(own, self.current)
        elif kind == CAPTURED and self.closed_by:
            self.waiting.append(fact)
            return
        place = self.found[-1]
        if own is not None:
            place = self.stated.get(own, place)
            if own < place.number:
                place = self.found[own - 1]
        place.facts.append(fact)
        if kind == DISPOSITION and fact.is_closing and place is self.current:
            self.closed_by.append(fact)

    def _opens(self, fact: Fact, own: int | None) -> bool:
        """Return whether an MQL or an assignment begins a cycle, or reopens one."""
        if own is not None:
            # An import may know the assignment of a second round and not its MQL.
            begins = fact.kind == MQL or bool(self.closed_by)
            return begins and own > self.current.number and own not in self.stated
        return fact.kind == MQL and bool(self.closed_by)

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
