"""A second opinion on clocks, slow and by hand: time is walked in half hours, facts are a list.

Nothing of `sla` is used here but its names. Instants are numbers of half hours since `BEGIN`, so
a fact, an opening and a midnight are whole numbers and "no later than" is `<=`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

HALF_HOUR = timedelta(minutes=30)
ZONE = ZoneInfo("America/New_York")
# The Friday nine days before the clocks go forward.
BEGIN = datetime(2026, 2, 27, tzinfo=ZONE).astimezone(ZoneInfo("UTC"))
HOLIDAY = "2026-03-11"
LENGTH = 48 * 260
LOCAL = [(BEGIN + HALF_HOUR * slot).astimezone(ZONE) for slot in range(LENGTH)]
OPEN = [
    at.weekday() < 5 and 9 <= at.hour < 17 and at.date().isoformat() != HOLIDAY for at in LOCAL
]
DATES = sorted({at.date() for at, is_open in zip(LOCAL, OPEN, strict=True) if is_open})
PLACE = {day: index for index, day in enumerate(DATES)}
CLOSE = {at.date(): slot + 1 for slot, at in enumerate(LOCAL) if OPEN[slot]}
MIDNIGHT = {at.date(): slot for slot, at in reversed(list(enumerate(LOCAL)))}
NEXT = [0] * LENGTH
for _slot in reversed(range(LENGTH)):
    NEXT[_slot] = _slot if OPEN[_slot] or _slot + 1 == LENGTH else NEXT[_slot + 1]

CLOSING = ("rejected", "recycled", "disqualified")
FINAL = (*CLOSING, "sql")
REOPENS_WITHIN = 48
HOURS, DAYS, DATES_OF_THE_YEAR, ELAPSED = "hours", "days", "dates", "elapsed"
PROMISES = {
    "routing": (ELAPSED, 2),
    "first_contact": (HOURS, 8),
    "sal_review": (DAYS, 2),
    "attempts": (DATES_OF_THE_YEAR, 7),
    "disposition": (DAYS, 2),
    "final_disposition": (DATES_OF_THE_YEAR, 14),
    "marketing_feedback": (DAYS, 5),
}
PAUSABLE = ("first_contact", "sal_review", "attempts", "disposition", "final_disposition")


def instant(slot):
    """Return the instant in UTC."""
    return BEGIN + HALF_HOUR * slot


@dataclass(frozen=True)
class Said:
    """One fact: `value` is an outcome, a reason, a person or "yes", by its kind."""

    name: str
    kind: str
    slot: int
    value: str = ""
    cap: int = 0


@dataclass(frozen=True)
class Verdict:
    """What there is to say of one clock; `breach` is None while it stands still and once ended."""

    status: str
    due: int
    breach: int | None
    missed: bool


def verdicts(facts, *, at):
    """Return the verdict of every clock of one lead, by (cycle, kind, scope, start)."""
    found = {}
    for number, (cycle, undone) in enumerate(cycles(facts), start=1):
        for kind in PROMISES:
            if kind == "marketing_feedback":
                found |= feedback(cycle, number, at)
                continue
            start = start_of(kind, cycle)
            if start is None:
                continue
            stop, cancel = (
                stop_of(kind, cycle, undone, start),
                cancel_of(kind, cycle, undone, start),
            )
            told = judge(kind, cycle, start, ends=(stop, cancel), at=at)
            found[number, kind, "lead", start] = told
        found |= owners(cycle, undone, number, at)
    return found


def cycles(facts):
    """Return the facts of each cycle in order, with the closings a requalification undid."""
    found = [([], set())]
    closings = []
    for fact in sorted(facts, key=lambda fact: fact.slot):
        if fact.kind == "mql" and closings:
            last = closings[-1]
            if last.value == "recycled" and fact.slot - last.slot <= REOPENS_WITHIN:
                found[-1][1].update(closings)
            else:
                found.append(([], set()))
            closings = []
        found[-1][0].append(fact)
        if fact.kind == "disposition" and fact.value in CLOSING:
            closings.append(fact)
    return found


def first(slots):
    """Return the earliest, None where there is none."""
    return min(slots, default=None)


def start_of(kind, cycle):
    """Return when the clock of a kind starts."""
    if kind in {"routing", "sal_review"}:
        return first(fact.slot for fact in cycle if fact.kind == "mql")
    assigned = first(fact.slot for fact in cycle if fact.kind == "assigned")
    if kind != "disposition":
        return assigned
    return first(
        fact.slot
        for fact in cycle
        if fact.kind == "outreach" and (assigned is None or fact.slot >= assigned)
    )


def stop_of(kind, cycle, undone, start, before=LENGTH):
    """Return when what was promised was done."""
    later = [fact for fact in cycle if start <= fact.slot < before]
    calls = [fact for fact in later if fact.kind == "outreach"]
    outcomes = [fact for fact in later if fact.kind == "disposition"]
    if kind == "routing":
        assigned = [fact.slot for fact in cycle if fact.kind == "assigned"]
        return start if any(slot <= start for slot in assigned) else first(assigned)
    if kind == "first_contact":
        return first(fact.slot for fact in calls)
    if kind == "attempts":
        talks = [call.slot for number, call in enumerate(calls) if call.value or number >= 3]
        return first(talks)
    if kind == "sal_review":
        outcomes = [fact for fact in outcomes if fact.value in (*FINAL, "accepted")]
    if kind == "final_disposition":
        outcomes = [fact for fact in outcomes if fact.value in FINAL and fact not in undone]
    return first(fact.slot for fact in outcomes)


def cancel_of(kind, cycle, undone, start):
    """Return when nothing was owed any more."""
    ends = [fact for fact in cycle if fact.kind == "recalled"]
    outcomes = [fact for fact in cycle if fact.kind == "disposition" and fact not in undone]
    if kind in {"first_contact", "attempts", "disposition"}:
        ends += [fact for fact in outcomes if fact.value in CLOSING]
    if kind == "attempts":
        ends += [fact for fact in outcomes if fact.value == "sql"]
    return first(fact.slot for fact in ends if fact.slot >= start)


def owners(cycle, undone, number, at):
    """Return each holder's own clock of the first contact."""
    start = start_of("first_contact", cycle)
    if start is None:
        return {}
    holds = []
    for fact in cycle:
        if fact.kind == "assigned" and (not holds or holds[-1].value != fact.value):
            holds.append(fact)
    over = first(
        end
        for end in (
            stop_of("first_contact", cycle, undone, start),
            cancel_of("first_contact", cycle, undone, start),
        )
        if end is not None
    )
    found = {}
    for hold, after in zip(holds, [*holds[1:], None], strict=True):
        if over is not None and over < hold.slot:
            break
        until = after.slot if after else LENGTH
        ends = (
            stop_of("first_contact", cycle, undone, hold.slot, before=until),
            cancel_of("first_contact", cycle, undone, hold.slot),
            after.slot if after else None,
        )
        told = judge("first_contact", cycle, hold.slot, ends=ends, at=at)
        found[number, "first_contact", "owner", hold.slot] = told
    return found


def feedback(cycle, number, at):
    """Return the clock of everything marketing was told."""
    found = {}
    for item in cycle:
        returned = item.kind == "paused" and item.value == "waiting_on_marketing"
        rejected = item.kind == "disposition" and item.value == "rejected"
        if not (item.kind == "feedback" or returned or rejected):
            continue
        replies = ("feedback_answered", "resumed") if returned else ("feedback_answered",)
        stop = first(f.slot for f in cycle if f.kind in replies and f.slot > item.slot)
        gone = ("feedback_withdrawn", "recalled")
        cancel = first(f.slot for f in cycle if f.kind in gone and f.slot >= item.slot)
        told = judge("marketing_feedback", cycle, item.slot, ends=(stop, cancel), at=at)
        found[number, "marketing_feedback", "lead", item.slot] = told
    return found


def judge(kind, cycle, start, *, ends, at):
    """Return how the clock stands at `at`; `ends` are when it was met, cancelled, handed over."""
    names = ("met", "cancelled", "superseded")
    known = sorted((end, rank, names[rank]) for rank, end in enumerate(ends) if end is not None)
    end, _, status = known[0] if known else (at, 9, "pending")
    stops = pauses(cycle, at=end) if kind in PAUSABLE else []
    due, breach = deadline(*PROMISES[kind], start, stops)
    by_date = PROMISES[kind][0] in {DAYS, DATES_OF_THE_YEAR}
    missed = breach is not None and (end > breach or (bool(known) and by_date and end == breach))
    if missed:
        broken = {"met": "met_late", "pending": "breached_open"}
        status = broken.get(status, "breached_closed")
    return Verdict(status, due, None if known else breach, missed)


def pauses(cycle, *, at):
    """Return (start, end or None, cap) of the stretches in which clocks stand still."""
    found = []
    for fact in cycle:
        if fact.slot > at:
            break
        if fact.kind == "paused":
            if found and found[-1][1] is None:
                if fact.slot < found[-1][2]:
                    continue
                found[-1][1] = found[-1][2]
            found.append([fact.slot, None, end_of_days(fact.slot, fact.cap)])
        elif fact.kind == "resumed" and found and found[-1][1] is None:
            found[-1][1] = min(fact.slot, found[-1][2])
    if found and found[-1][1] is None and found[-1][2] <= at:
        found[-1][1] = found[-1][2]
    return found


def deadline(unit, amount, start, stops):
    """Return when it is due and when a miss is a breach; no breach while it stands still."""
    if unit == ELAPSED:
        return start + amount, start + amount
    if unit == HOURS:
        return walked(amount, start, stops)
    due = end_of(unit, start, amount)
    for begins, ends, _ in stops:
        if begins >= due:
            break
        if ends is None:
            return due, None
        since = max(begins, start)
        if ends > since:
            amount += days_between(unit, since, ends)
            due = end_of(unit, start, amount)
    return due, NEXT[due] if unit == DAYS else due


def walked(amount, start, stops):
    """Return the end of so many open half hours outside the pauses, and the next opening."""
    left, slot = amount, start
    while left:
        stop = next(
            (one for one in stops if one[0] <= slot and (one[1] is None or slot < one[1])), None
        )
        if stop is not None and stop[1] is None:
            without = [one for one in stops if one is not stop]
            return walked(amount, start, without)[0], None
        left -= OPEN[slot] and stop is None
        slot += 1
    return slot, NEXT[slot]


def end_of(unit, start, days):
    """Return the end of an allowance of days."""
    if unit == DAYS:
        return end_of_days(start, days)
    return MIDNIGHT[LOCAL[start].date() + timedelta(days=days + 1)]


def end_of_days(start, days):
    """Return the close of the Nth open date after the first one with open time from `start`."""
    return CLOSE[DATES[PLACE[LOCAL[NEXT[start]].date()] + days]]


def days_between(unit, begins, ends):
    """Return by how many dates a pause moves a deadline."""
    if unit == DAYS:
        return PLACE[LOCAL[NEXT[ends]].date()] - PLACE[LOCAL[NEXT[begins]].date()]
    return (LOCAL[ends].date() - LOCAL[begins].date()).days
