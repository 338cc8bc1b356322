"""The facts that decided about a clock, as a table shows them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pipeline.choices import ActivityKind, ActivityOutcome
from revops import formats
from sla.choices import ClockStatus, DispositionValue, EvidenceKind, PauseReason
from sla.fold.kinds import PAUSABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from revops.people.models import Rep
    from sla.fold import Fact
    from sla.models import Clock

SOON = timedelta(minutes=1)
"""A fact recorded within this time was recorded as it happened."""


def evidence_rows(
    *,
    clock: Clock,
    facts: Sequence[Fact],
    taken_back: Sequence[tuple[Fact, Fact]],
    reps: Mapping[int, Rep],
    names: Mapping[str, str],
    moment: Callable[[datetime], str],
) -> list[list[dict[str, Any]]]:
    """Return one row per fact: when it happened, what, what it did, when we learned of it, who.

    Args:
        clock: The facts that started and stopped it say so.
        facts: Those of the clock's cycle, in order.
        taken_back: Facts that count no more, each with the void that says so.
        reps: The reps the facts name, by id.
        names: The names of the actors.
        moment: Words an instant in the zone of the page.
    """
    voids = {fact.key: void for fact, void in taken_back}
    rows = []
    for fact in sorted((*facts, *(fact for fact, _ in taken_back)), key=lambda fact: fact.order):
        late = fact.recorded_at - fact.occurred_at
        learned = {"text": "At once", "sub": ""}
        if late > SOON:
            learned = {
                "text": moment(fact.recorded_at),
                "sub": f"{formats.elapsed(late)} later",
            }
        detail = _detail(fact)
        void = voids.get(fact.key)
        if void is not None:
            by = names.get(void.actor, void.actor)
            detail = f"{detail}, taken back {moment(void.recorded_at)} by {by}".removeprefix(", ")
        rows.append(
            [
                {"text": moment(fact.occurred_at)},
                {"text": _title(fact, reps), "sub": detail},
                _standing(fact, clock, is_voided=void is not None),
                learned,
                {"text": names.get(fact.actor, fact.actor)},
            ]
        )
    return rows


def _standing(fact: Fact, clock: Clock, *, is_voided: bool) -> dict[str, Any]:
    """Return what the fact did to the clock, as a badge; plain words where it only stands by."""
    if is_voided:
        return {"badge": {"text": "Taken back", "tone": "outline", "icon": "undo-2"}}
    if fact.key == clock.stopped_by_id:
        flagged = clock.breach_at
        is_late = flagged is not None and fact.occurred_at <= flagged < fact.recorded_at
        words = "Stopped it, told late" if is_late else "Stopped it"
        return {"badge": {"text": words, "tone": "warn" if is_late else "good", "icon": "check"}}
    if fact.key == clock.started_by_id:
        return {"badge": {"text": "Started it", "tone": "accent", "icon": "play"}}
    is_over = clock.stopped_at is not None and fact.occurred_at > clock.stopped_at
    words = _effects(clock, is_over=is_over).get(EvidenceKind(fact.kind), "")
    if fact.kind == EvidenceKind.OUTREACH and not fact.is_human_attempt:
        words = "Does not count"
    return {"text": words or formats.DASH}


def _effects(clock: Clock, *, is_over: bool) -> dict[EvidenceKind, str]:
    """Return what facts of a kind did to this clock; those that passed it by have no word.

    Args:
        clock: The clock.
        is_over: Whether the facts came after its end: then no pause touches it.
    """
    found = {EvidenceKind.ASSIGNED: "Says who held it"}
    if clock.kind in PAUSABLE and not is_over:
        found |= {EvidenceKind.PAUSED: "Stops the count", EvidenceKind.RESUMED: "Lets it go on"}
    if "previous_due_at" in clock.measure:
        found[EvidenceKind.REPLANNED] = "Moved the due time"
    if clock.status == ClockStatus.EXCUSED:
        found[EvidenceKind.EXCUSED] = "Excused the miss"
    return found


def _title(fact: Fact, reps: Mapping[int, Rep]) -> str:
    if fact.kind == EvidenceKind.ASSIGNED and fact.rep in reps:
        return f"Assigned to {reps[fact.rep].name}"
    return str(EvidenceKind(fact.kind).label)


def _detail(fact: Fact) -> str:
    """Return what the payload's codes say."""
    said: list[str] = []
    if fact.kind == EvidenceKind.OUTREACH:
        said.append(_label(ActivityKind, fact.channel))
        said.append(_label(ActivityOutcome, str(fact.payload.get("outcome") or "")))
        if not fact.is_human_attempt:
            said.append("automatic")
    elif fact.kind == EvidenceKind.DISPOSITION:
        said += [_label(DispositionValue, fact.value), fact.reason.replace("_", " ")]
    elif fact.kind == EvidenceKind.PAUSED:
        said.append(_label(PauseReason, fact.reason))
    elif fact.kind == EvidenceKind.ASSIGNED and fact.payload.get("missing"):
        codes = (str(code).replace("_", " ") for code in fact.payload["missing"])
        said.append(f"without {', '.join(codes)}")
    elif fact.kind == EvidenceKind.MQL and fact.payload.get("fit") is not None:
        said.append(f"fit {fact.payload['fit']}")
    else:
        said.append(fact.reason.replace("_", " "))
    return ", ".join(part for part in said if part)


def _label(choices: Any, code: str) -> str:
    """Return the label of a code in lower case; the code in words where it is unknown."""
    if code in choices.values:
        label = str(choices(code).label)
        return label if label.isupper() else label.lower()
    return code.replace("_", " ")
