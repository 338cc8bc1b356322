"""Refusals people can understand; the message is shown as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.services.rows import Refusal
from revops.people.models import Rep

if TYPE_CHECKING:
    from pipeline.services.rows import AssignmentResult


class LeadRefusedError(Exception):
    """The act is refused. `code` is stable; `field` names the form field to look at."""

    fields = {
        Refusal.REASON_REQUIRED: "reason",
        Refusal.REASON_UNKNOWN: "reason",
        Refusal.REASON_HISTORY_ONLY: "reason",
        Refusal.ATTEMPTS_REQUIRED: "reason",
        Refusal.NOTE_REQUIRED: "note",
        Refusal.DATE_REQUIRED: "recycle_on",
        Refusal.CHECKLIST_REQUIRED: "checklist",
        Refusal.COMPETITOR_REQUIRED: "competitor",
        Refusal.UNKNOWN_REP: "rep",
        Refusal.REP_AWAY: "rep",
        Refusal.FUTURE: "occurred_at",
        Refusal.TOO_LATE: "occurred_at",
        Refusal.TOO_EARLY: "occurred_at",
        Refusal.DATE_PAST: "recycle_on",
        Refusal.CLOSE_DATE_PAST: "expected_close_on",
    }

    def __init__(self, message: str, *, code: Refusal) -> None:
        """Keep the code beside the message."""
        super().__init__(message)
        self.code = code

    @property
    def field(self) -> str | None:
        """The form field the refusal is about, None for the form as a whole."""
        return self.fields.get(self.code)


class StageChangeRefusedError(LeadRefusedError):
    """The lead's stage does not allow the move."""


class RequirementError(LeadRefusedError):
    """Something the definitions ask for is missing: a reason, a note, a date, attempts."""


class RoleRefusedError(LeadRefusedError):
    """The definitions do not name the person's role for this move."""


class RepAwayError(LeadRefusedError):
    """The person chosen is away; `cover` stands in, None where nobody does."""

    def __init__(self, message: str, *, cover: Rep | None) -> None:
        """Keep the cover beside the message."""
        super().__init__(message, code=Refusal.REP_AWAY)
        self.cover = cover


class StaleLeadError(LeadRefusedError):
    """Somebody else changed the lead since the form was opened; the message says who and when."""


class UndoRefusedError(LeadRefusedError):
    """The act cannot be taken back: too late, not by this person, or built upon."""


class DealRefusedError(LeadRefusedError):
    """The deal's state does not allow the act."""


_BY_CODE: dict[Refusal, type[LeadRefusedError]] = {
    Refusal.STAGE: StageChangeRefusedError,
    Refusal.NO_ROUND: StageChangeRefusedError,
    Refusal.STALE: StaleLeadError,
    Refusal.ROLE: RoleRefusedError,
    Refusal.NOT_UNDOABLE: UndoRefusedError,
    Refusal.NOT_OPEN: DealRefusedError,
}


def refused_assignment(result: AssignmentResult) -> LeadRefusedError:
    """Return the exception of a refused assignment, with the cover where somebody is away."""
    if result.code == Refusal.REP_AWAY:
        cover = Rep.objects.filter(pk=result.cover_id or 0).first()
        return RepAwayError(result.message, cover=cover)
    return refusal(code=result.code or Refusal.STAGE, message=result.message)


def refusal(*, code: Refusal, message: str) -> LeadRefusedError:
    """Return the exception of a refused row."""
    return _BY_CODE.get(code, RequirementError)(message, code=code)
