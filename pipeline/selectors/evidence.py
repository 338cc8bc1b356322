"""The facts that decided about a clock, as a table shows them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pipeline.choices import ActivityKind, ActivityOutcome
from revops import formats
from sla.choices import DispositionValue, EvidenceKind, PauseReason

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
    reps: Mapping[int, Rep],
    names: Mapping[str, str],
    moment: Callable[[datetime], str],
) -> list[list[dict[str, Any]]]:
    """Return one row per fact: when it happened and was recorded, what, and who.

    Args:
        clock: The facts that started and stopped it say so.
        facts: Those of the clock's cycle, in order.
        reps: The reps the facts name, by id.
        names: The names of the actors.
        moment: Words an instant in the zone of the page.
    """
    marks = {clock.stopped_by_id: "stopped the clock", clock.started_by_id: "started the clock"}
    rows = []
    for fact in facts:
        late = fact.recorded_at - fact.occurred_at
        recorded = "recorded at once"
        if late > SOON:
            recorded = f"recorded {moment(fact.recorded_at)}, {formats.elapsed(late)} later"
        told = [part for part in (_detail(fact), marks.get(fact.key, "")) if part]
        rows.append(
            [
                {"text": moment(fact.occurred_at), "sub": recorded},
                {"text": _title(fact, reps), "sub": ", ".join(told)},
                {"text": names.get(fact.actor, fact.actor)},
            ]
        )
    return rows


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
            said.append("automatic, does not count")
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
