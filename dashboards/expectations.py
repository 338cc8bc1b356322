"""When an agreement may be judged by a metric: speed soon, acceptance later, pipeline last.

Pure rules. Speed shows within 30 days of a signature, acceptance in 60 to 90 days, pipeline in two
to three quarters; before that a change is noise and gets no verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

SPEED: Final = (30, 30)
ACCEPTANCE: Final = (60, 90)
PIPELINE: Final = (182, 273)
"""Days after the signature from which signs may show, and from which it is due."""

EXPECTED: Final = {
    "response_time": SPEED,
    "sla_attainment": SPEED,
    "attempts_kept": SPEED,
    "acceptance_rate": ACCEPTANCE,
    "rejection_rate": ACCEPTANCE,
    "pipeline_created": PIPELINE,
    "sourced_pipeline_per_rep": PIPELINE,
    "marketing_share": PIPELINE,
    "mql_to_pipeline": PIPELINE,
}


class Ripeness(StrEnum):
    """Whether a metric may be held against the agreement yet."""

    TOO_EARLY = "too_early"
    FIRST_SIGNS = "first_signs"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Judgement:
    """How ripe a metric is.

    Attributes:
        signs_on: The first day on which a change may mean something.
        due_on: The first day on which the change has to be there.
    """

    ripeness: Ripeness
    signed_on: date
    signs_on: date
    due_on: date


def judgement(*, metric: str, signed_on: date | None, today: date) -> Judgement | None:
    """Return how ripe a metric is; None where nothing is signed or nothing is expected of it."""
    if signed_on is None or metric not in EXPECTED:
        return None
    first, last = EXPECTED[metric]
    signs_on, due_on = signed_on + timedelta(days=first), signed_on + timedelta(days=last)
    if today < signs_on:
        ripeness = Ripeness.TOO_EARLY
    else:
        ripeness = Ripeness.FIRST_SIGNS if today < due_on else Ripeness.DUE
    return Judgement(ripeness, signed_on, signs_on, due_on)
