"""What goes into the fold and what comes out; database rows map to these one to one."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sla.choices import ClockKind, ClockStatus, DispositionValue, EvidenceKind, Scope, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sla.clock import BusinessCalendar
    from sla.fold.deadlines import Pause

# Read for every fact: an attribute of an enumeration costs a call.
OUTREACH, DISPOSITION = EvidenceKind.OUTREACH, EvidenceKind.DISPOSITION
REJECTED = DispositionValue.REJECTED
_RANK: dict[str, int] = {kind: rank for rank, kind in enumerate(EvidenceKind.values)}
TWO_WAY = frozenset({"connected", "replied", "meeting_held"})
AUTOMATIC = frozenset({"sequence", "auto_reply", "autoresponder", "automatic"})
CLOSING = frozenset(
    {DispositionValue.REJECTED, DispositionValue.RECYCLED, DispositionValue.DISQUALIFIED}
)
FINAL = CLOSING | {DispositionValue.SQL}
WHOLE = 100
DAYS = frozenset({Unit.BUSINESS_DAYS, Unit.CALENDAR_DAYS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One row of evidence.

    Attributes:
        key: Identity; orders facts that agree in everything else.
        stated_cycle: The cycle the writer believed in; the fold decides.
        rep: The person it concerns: the new owner, or who called.
        source: System that knows the fact under `source_id`; empty when typed in.
        payload: Codes and ids: channel, outcome, automatic (outreach); value, reason
            (disposition); reason, until, cap_business_days (paused); into (merged); source,
            source_id (voided); answers (feedback_answered); calendar_version, clocks, automatic
            (replanned); clock, item (excused); hand_raiser, fit, fit_threshold (mql); missing and
            calendar, the territory's (assigned); measure_only (starts).
    """

    key: Any
    lead: Any
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str = ""
    rep: Any = None
    stated_cycle: int | None = None
    source: str = ""
    source_id: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def order(self) -> tuple[Any, ...]:
        """The place among other facts.

        Facts of one instant are put in the order of the lifecycle before that of recording, so
        that the order of arrival cannot decide what a pair of simultaneous facts means.
        """
        return self.occurred_at, _RANK[self.kind], self.recorded_at, self.key

    @property
    def value(self) -> str:
        """The outcome a disposition logs."""
        return str(self.payload.get("value") or "")

    @property
    def reason(self) -> str:
        """The code of the reason, empty without one."""
        return str(self.payload.get("reason") or "")

    @property
    def channel(self) -> str:
        """The channel of an attempt, empty when not recorded."""
        return str(self.payload.get("channel") or "")

    @property
    def is_human_attempt(self) -> bool:
        """Whether a person tried to reach the lead; sequences and auto-replies do not count."""
        return (
            self.kind == OUTREACH
            and not self.payload.get("automatic")
            and self.channel not in AUTOMATIC
        )

    @property
    def is_conversation(self) -> bool:
        """Whether the lead answered."""
        return bool(self.payload.get("two_way")) or self.payload.get("outcome") in TWO_WAY

    @property
    def is_disposition(self) -> bool:
        """Whether an outcome was logged; a rejection without a reason is none."""
        return self.kind == DISPOSITION and (self.value != REJECTED or bool(self.reason))

    @property
    def is_closing(self) -> bool:
        """Whether the round ends with it."""
        return self.is_disposition and self.value in CLOSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One commitment of one agreement version.

    Attributes:
        key: Identity of the commitment row.
        amount: The allowance in `unit`; None for the monthly volume and what is judged at handoff.
        count: Attempts asked for, or MQLs per month.
        calendar: Identity of the calendar, not of its version.
        follows_territory: Whether the calendar of the holder's territory wins where there is one.
        warning_share: Share of the allowance after which people are warned, in percent.
    """

    key: Any
    kind: str
    unit: str
    version: Any
    amount: int | None = None
    scope: str = Scope.LEAD
    side: str = ""
    count: int | None = None
    collapse_minutes: int = 15
    includes_first: bool = False
    hand_raisers_only: bool = False
    calendar: Any = None
    follows_territory: bool = False
    warning_share: int = 75

    @property
    def includes_last_instant(self) -> bool:
        """Whether an event exactly at the breach instant is in time: hours yes, days no."""
        return self.unit not in DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the escalation ladder.

    Attributes:
        percent: How much of the allowance has run; 100 is the miss itself.
        plus_business_days: Business days after that.
        notify: Who hears: owner, manager, revops.
    """

    label: str
    percent: int
    plus_business_days: int = 0
    notify: tuple[str, ...] = ()

    @property
    def is_after_miss(self) -> bool:
        """Whether the promise is broken by then."""
        return self.percent >= WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A version of the SLA in use from `effective_from`; enforced once it is signed."""

    version: Any
    effective_from: datetime
    enforced: bool
    promises: tuple[Promise, ...]
    ladder: tuple[Step, ...] = ()
    _found: dict[tuple[str, str, bool], Promise | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def promise(
        self, kind: str, *, scope: str = Scope.LEAD, raised: bool = False
    ) -> Promise | None:
        """Return the commitment of a kind; one for hand-raisers wins where the lead is one."""
        asked = kind, scope, raised
        if asked not in self._found:
            self._found[asked] = self._promise(kind, scope=scope, raised=raised)
        return self._found[asked]

    def _promise(self, kind: str, *, scope: str, raised: bool) -> Promise | None:
        """Look the commitment up."""
        found: Promise | None = None
        for promise in self.promises:
            if promise.kind != kind or promise.scope != scope:
                continue
            if promise.hand_raisers_only and raised:
                return promise
            if not promise.hand_raisers_only:
                found = promise
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarVersion:
    """The hours of a calendar from `effective_from` on."""

    key: Any
    calendar: Any
    effective_from: datetime
    hours: BusinessCalendar


class Terms:
    """All agreements and calendars a fold may meet, looked up by instant.

    `deadlines` remembers the last plain deadlines: leads taken in together share their starts.
    """

    def __init__(
        self, *, agreements: Iterable[Agreement], calendars: Iterable[CalendarVersion]
    ) -> None:
        """Sort both by the instant they begin to apply."""
        self.deadlines: dict[Any, Any] = {}
        self.agreements = sorted(agreements, key=lambda row: row.effective_from)
        self._starts = [row.effective_from for row in self.agreements]
        self._versions: dict[Any, list[CalendarVersion]] = {}
        self._by_key: dict[Any, CalendarVersion] = {}
        self._since: dict[Any, list[datetime]] = {}
        self._ladders = {row.version: row.ladder for row in self.agreements}
        for row in sorted(calendars, key=lambda row: row.effective_from):
            self._versions.setdefault(row.calendar, []).append(row)
            self._since.setdefault(row.calendar, []).append(row.effective_from)
            self._by_key[row.key] = row

    def agreement_at(self, at: datetime) -> Agreement | None:
        """Return the agreement in use at `at`."""
        index = bisect_right(self._starts, at) - 1
        return self.agreements[index] if index >= 0 else None

    def calendar_at(self, calendar: Any, at: datetime) -> CalendarVersion:
        """Return the calendar's version at `at`; before the first one, the first."""
        index = bisect_right(self._since[calendar], at) - 1
        return self._versions[calendar][max(index, 0)]

    def territories_at(self, at: datetime) -> list[Any]:
        """Return the calendars a territory may bring in: none unless a promise follows them."""
        agreement = self.agreement_at(at)
        follows = agreement and any(promise.follows_territory for promise in agreement.promises)
        return list(self._versions) if follows else []

    @property
    def calendars(self) -> list[CalendarVersion]:
        """Every version of every calendar."""
        return list(self._by_key.values())

    def calendar_version(self, key: Any) -> CalendarVersion:
        """Return the version with this identity."""
        return self._by_key[key]

    def ladder_of(self, version: Any) -> tuple[Step, ...]:
        """Return the escalation ladder of an SLA version."""
        return self._ladders.get(version, ())


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What the evidence says of one clock; the columns of a stored clock.

    `missed` tells whether the promise was broken, whatever happened later; `warn_at` is None
    where nothing can be warned about, `breach_at` while the clock is paused. `missed`, what
    excused it, and `pauses`, the pauses inside the clock, are no columns.
    """

    lead: Any
    cycle: int
    kind: str
    promise: Promise
    enforced: bool
    calendar_version: Any
    status: str = ClockStatus.NOT_STARTED
    started_by: Any = None
    month: date | None = None
    rep: Any = None
    started_at: datetime | None = None
    due_at: datetime | None = None
    breach_at: datetime | None = None
    warn_at: datetime | None = None
    paused_since: datetime | None = None
    pause_until: datetime | None = None
    pause_reason: str = ""
    stopped_at: datetime | None = None
    stopped_by: Any = None
    business_seconds: int | None = None
    late_business_seconds: int | None = None
    late_calendar_seconds: int | None = None
    held_business_seconds: int | None = None
    counted: int | None = None
    cancel_reason: str = ""
    measure: dict[str, Any] = field(default_factory=dict)
    missed: bool = False
    excused_by: Any = None
    pauses: Sequence[Pause] = ()

    @property
    def scope(self) -> str:
        """Whose clock it is."""
        return self.promise.scope

    @property
    def breaches(self) -> bool:
        """Whether the ledger has to hold it: broken, agreed, and the team's own clock."""
        return self.missed and self.enforced and self.scope == Scope.LEAD

    @property
    def identity(self) -> tuple[Any, ...]:
        """The unique key of the stored clock."""
        return self.lead, self.cycle, self.kind, self.scope, self.started_by, self.month


def side_of(kind: str) -> str:
    """Return the party that promises a kind of clock."""
    marketing = {
        ClockKind.ROUTING,
        ClockKind.MARKETING_FEEDBACK,
        ClockKind.LEAD_AGE,
        ClockKind.MQL_VOLUME,
        ClockKind.MINIMUM_FIT,
        ClockKind.CONTEXT,
    }
    return "marketing" if kind in marketing else "sales"
