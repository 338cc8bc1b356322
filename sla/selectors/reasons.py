"""Why a clock is a breach, or why it is not, in two sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from revops import formats
from sla.choices import ClockKind, ClockStatus, RevisionKind, Scope, Unit
from sla.fold.deadlines import BUSINESS
from sla.models.promises import TIMELESS

if TYPE_CHECKING:
    from datetime import datetime

    from sla.clock import BusinessCalendar
    from sla.models import Breach, Clock

MISSED = frozenset({ClockStatus.BREACHED_OPEN, ClockStatus.BREACHED_CLOSED, ClockStatus.MET_LATE})
TAKEN_BACK = "This is no breach any more: later evidence took it back."
EXCUSED = "This is a breach, and it was excused."
KEEPS: dict[str, tuple[str, str]] = {
    ClockKind.ROUTING: ("a person had been assigned", "a person is assigned"),
    ClockKind.FIRST_CONTACT: (
        "somebody had tried to reach the lead",
        "somebody tries to reach the lead",
    ),
    ClockKind.SAL_REVIEW: (
        "sales had accepted or rejected the lead",
        "sales accepts or rejects the lead",
    ),
    ClockKind.ATTEMPTS: (
        "the promised attempts had been made",
        "the promised attempts are made",
    ),
    ClockKind.DISPOSITION: ("an outcome had been logged", "an outcome is logged"),
    ClockKind.FINAL_DISPOSITION: (
        "a final outcome had been logged",
        "a final outcome is logged",
    ),
    ClockKind.MARKETING_FEEDBACK: ("marketing had answered", "marketing answers"),
    ClockKind.LEAD_AGE: ("the lead had been handed over", "the lead is handed over"),
}
"""What keeps a promise: after "before", and after "unless"."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """Whether a clock is a breach and why.

    Attributes:
        question: The question the sentences answer.
        answer: Whether it is one, in one short sentence.
        because: What happened against what was promised.
        otherwise: What would have made the answer another, or who is charged.
    """

    is_breach: bool
    question: str
    answer: str
    because: str
    otherwise: str


def reasons(
    *, clock: Clock, breach: Breach | None, hours: BusinessCalendar, verdict: str, at: datetime
) -> Reasons:
    """Return why a clock is a breach, or why not; no statement.

    Args:
        clock: With its commitment loaded.
        breach: The ledger's row, read `with_standing`, None without one.
        hours: The calendar version the clock counts in.
        verdict: How it stands; the reason of a promise without a time.
        at: The instant of the question.
    """
    told = _Telling(clock, hours, verdict, at)
    answer, is_breach = _answer(told, breach)
    verb = "a breach" if is_breach else "not a breach"
    return Reasons(
        is_breach, f"Why is this {verb}?", answer, told.because(), told.otherwise(is_breach)
    )


def _answer(told: _Telling, breach: Breach | None) -> tuple[str, bool]:
    """Say whether it is a breach; a missed promise nobody has swept yet is one already."""
    revision = getattr(breach, "last_revision", None)
    if breach is not None and revision == RevisionKind.RESCINDED:
        return TAKEN_BACK, False
    if breach is not None:
        return (EXCUSED if revision == RevisionKind.EXCUSED else "This is a breach."), True
    clock = told.clock
    if not told.is_missed:
        so_far = " so far" if clock.status == ClockStatus.PENDING else ""
        return f"This is no breach{so_far}.", False
    if clock.scope == Scope.OWNER:
        return "This is no breach of its own: the team's promise on the lead decides.", False
    if not clock.enforced:
        return "This is no breach: no SLA was in force when the clock started.", False
    return "This is a breach; the ledger is about to have it.", True


class _Telling:
    """One clock at one instant, in words."""

    def __init__(self, clock: Clock, hours: BusinessCalendar, verdict: str, at: datetime) -> None:
        self.clock, self.hours, self.verdict, self.at = clock, hours, verdict, at
        self.is_business = clock.commitment.unit in BUSINESS
        overdue = clock.breach_at is not None and clock.breach_at < at
        pending = clock.status == ClockStatus.PENDING
        self.is_missed = clock.status in MISSED or (pending and overdue)
        self.done, self.does = KEEPS.get(clock.kind, ("it had been done", "it is done"))

    def because(self) -> str:
        """Return what happened against what was promised."""
        clock = self.clock
        status = ClockStatus(clock.status)
        if clock.commitment.unit in TIMELESS or status == ClockStatus.NOT_STARTED:
            return self.verdict
        if status in _GONE:
            cause = _CANCELLED.get(clock.cancel_reason, clock.cancel_reason.replace("_", " "))
            return _GONE[status].format(ended=self._said(clock.stopped_at), cause=cause)
        if status == ClockStatus.MET:
            return self._met()
        if status in {ClockStatus.MET_LATE, ClockStatus.BREACHED_CLOSED}:
            return self._missed(status)
        return self._running()

    def _running(self) -> str:
        """Return how a clock stands that nothing has ended."""
        clock = self.clock
        if clock.paused_since is not None:
            return f"The clock stands still since {self._said(clock.paused_since)}."
        due = self._said(clock.due_at)
        if self.is_missed:
            return f"{self._granted()} ended {due} before {self.done}."
        left = self._length(self.at, clock.due_at)
        return f"{self._granted()} ends {due}, so there is {left} left."

    def _missed(self, status: ClockStatus) -> str:
        """Return how a missed promise ended."""
        clock = self.clock
        due, ended = self._said(clock.due_at), self._said(clock.stopped_at)
        late = self._length(clock.due_at, clock.stopped_at)
        if clock.kind == ClockKind.LEAD_AGE:
            return f"{self._granted()} ended {due}, and the lead was handed over {late} later."
        if status == ClockStatus.MET_LATE:
            return f"{self._granted()} ended {due}, and only {ended}, {late} later, {self.done}."
        return (
            f"{self._granted()} ended {due} before {self.done}, and the lead was closed {ended}."
        )

    def otherwise(self, is_breach: bool) -> str:  # noqa: FBT001 - the two readings of one clock
        """Return what would have made it different, or on whom it is charged."""
        clock = self.clock
        if is_breach or (self.is_missed and clock.scope == Scope.LEAD):
            side = str(clock.get_side_display())
            holder = f"; {clock.rep.name} held the lead at the deadline" if clock.rep else ""
            charged = f"It is charged to {side.lower()}, who made the promise{holder}."
            return charged if is_breach else ""
        if clock.status == ClockStatus.PENDING and clock.paused_since is not None:
            until = self._said(clock.pause_until)
            return f"It goes on when the pause ends, {until} at the latest."
        if clock.breach_at is None or clock.commitment.unit in TIMELESS or self.is_missed:
            return ""
        if clock.status == ClockStatus.PENDING:
            return f"It becomes one after {self._said(clock.breach_at)}, unless {self.does}."
        if clock.status == ClockStatus.MET:
            return f"It would have become one after {self._said(clock.breach_at)}."
        return ""

    def _met(self) -> str:
        clock = self.clock
        ended = self._said(clock.stopped_at)
        if clock.due_at is not None and clock.stopped_at is not None:
            if clock.stopped_at > clock.due_at:
                return (
                    f"By {ended} {self.done}: past the due time, but in closed hours, which never"
                    " count against anybody."
                )
            early = self._length(clock.stopped_at, clock.due_at)
            return f"By {ended} {self.done}, {early} before it was due."
        return f"By {ended} {self.done}."

    def _granted(self) -> str:
        """Return the allowance in words, such as `The promise of 4 business hours`."""
        amount, unit = self.clock.commitment.allowance_amount, self.clock.commitment.unit
        words = Unit(unit).label.lower()
        if amount == 1:
            words = words.removesuffix("s")
        return f"The promise of {amount} {words}"

    def _said(self, moment: datetime | None) -> str:
        if moment is None:
            return formats.DASH
        zone = self.hours.zone
        same = moment.astimezone(zone).year == self.at.astimezone(zone).year
        return formats.deadline(moment, zone=zone.key, style="moment" if same else "full")

    def _length(self, start: datetime | None, end: datetime | None) -> str:
        """Return a stretch in the promise's own measure."""
        if start is None or end is None:
            return formats.DASH
        if self.is_business:
            length = max(self.hours.between(start, end), timedelta(0))
            return f"{formats.duration(length)} of business time"
        return formats.elapsed(end - start)


_GONE: dict[str, str] = {
    ClockStatus.SUPERSEDED: "The lead was handed over {ended} while there was time left.",
    ClockStatus.CANCELLED: "It is out of the counts since {ended}: {cause}.",
    ClockStatus.MERGED: "The lead was merged into another, and that lead's clock counts.",
    ClockStatus.EXCUSED: "The promise was missed, and the miss was excused with a reason.",
}
_CANCELLED: dict[str, str] = {
    "recalled": "the lead was taken back",
    "terminal_disposition": "the lead was closed before it was due",
    "withdrawn": "the question was withdrawn",
    "start_taken_back": "what started it was taken back",
}
