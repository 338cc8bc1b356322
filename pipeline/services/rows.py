"""What the set-based services take in and give back, one row per fact.

`actor` and `origin` are said once per call. An instant left out of a row is the call's `at`.
A row that cannot be stored comes back as a refusal in its own result; the other rows are stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipeline.choices import ActivityKind, ActivityOutcome, Designation, QualityFlag, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


class Status(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Refusal(StrEnum):
    """Why a row was refused; the codes are those of the API and do not change."""

    UNKNOWN_LEAD = "unknown_lead"
    NO_ROUND = "no_round"
    UNKNOWN_REP = "unknown_rep"
    REP_AWAY = "rep_away"
    STAGE = "stage_not_allowed"
    STALE = "stale"
    REASON_REQUIRED = "reason_required"
    REASON_UNKNOWN = "reason_not_in_list"
    REASON_HISTORY_ONLY = "reason_history_only"
    NOTE_REQUIRED = "note_required"
    DATE_REQUIRED = "date_required"
    ATTEMPTS_REQUIRED = "attempts_required"
    CHECKLIST_REQUIRED = "checklist_required"
    NO_DEFINITIONS = "no_definitions"
    FUTURE = "in_the_future"
    TOO_LATE = "too_late"
    TOO_EARLY = "too_early"
    DATE_PAST = "date_in_the_past"
    CLOSE_DATE_PAST = "close_date_in_the_past"
    NOT_UNDOABLE = "not_undoable"
    ROLE = "role_not_allowed"
    NOT_OPEN = "deal_not_open"
    COMPETITOR_REQUIRED = "competitor_required"
    PAUSED = "already_paused"
    NOT_PAUSED = "not_paused"
    NOTHING_RUNS = "nothing_to_pause"
    OWN_FIRST_CONTACT = "own_first_contact"
    CONVERSATION_REQUIRED = "conversation_required"
    DATE_TOO_LATE = "date_too_late"
    NOTHING_TO_ANSWER = "nothing_to_answer"
    MERGE = "merge_not_allowed"
    VOIDED = "already_voided"


@dataclass(frozen=True, kw_only=True)
class Move:
    """A lead's current round moves to stage `to`.

    `reason` is the code of an entry of the definitions version in use at `occurred_at`. A move
    to MQL of a lead without an open round starts a round; so does, with `starts_round`, any
    move of a lead without a round (history, and leads created by sales).
    """

    lead_id: int
    to: Stage
    occurred_at: datetime | None = None
    reason: str = ""
    note: str = ""
    rep_id: int | None = None
    recycle_on: date | None = None
    checklist: Mapping[str, Any] = field(default_factory=dict)
    designation: Designation = Designation.IMPORTED
    starts_round: bool = False
    expected_transition_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class MoveResult:
    """What became of a `Move`; `flags` are contradictions that were kept and counted."""

    status: Status
    lead_id: int
    round_id: int | None = None
    transition_id: int | None = None
    code: Refusal | None = None
    message: str = ""
    flags: tuple[QualityFlag, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ActivityRow:
    """A sales attempt; `is_automatic` ones are shown and count towards nothing."""

    lead_id: int
    kind: ActivityKind
    occurred_at: datetime | None = None
    outcome: ActivityOutcome | None = None
    rep_id: int | None = None
    is_automatic: bool = False
    source: str = ""
    external_id: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ActivityResult:
    """What became of an `ActivityRow`."""

    status: Status
    lead_id: int
    activity_id: int | None = None
    code: Refusal | None = None
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class AssignmentRow:
    """A lead is given to a rep.

    Without `rep_id` the rep is the next of the round robin; with `is_recorded` nothing is
    chosen or re-routed: the row says what happened, and no `rep_id` is a person not recorded.
    With `holder_id` the lead leaves that person, only while it is theirs and open: for `rep_id`,
    or for who stands in, or for the next in turn; where nobody is there it stays. `absence_id` is
    the absence behind it.
    """

    lead_id: int
    rep_id: int | None = None
    assigned_at: datetime | None = None
    rule: str = ""
    is_recorded: bool = False
    holder_id: int | None = None
    absence_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class AssignmentResult:
    """What became of an `AssignmentRow`; no `rep_id` and no refusal is the unassigned queue.

    `cover_id` is who stands in for the rep that was refused because they are away.
    """

    status: Status
    lead_id: int
    assignment_id: int | None = None
    rep_id: int | None = None
    cover_id: int | None = None
    code: Refusal | None = None
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class DispositionRow:
    """A lead is being worked: an outcome was logged and the stage stays."""

    lead_id: int
    occurred_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class DispositionResult:
    """What became of a `DispositionRow`."""

    status: Status
    lead_id: int
    code: Refusal | None = None
    message: str = ""
