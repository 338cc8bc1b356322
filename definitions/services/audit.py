"""The blind audit: RevOps asks, both teams answer apart, and a submitted answer stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from definitions import criteria_json, selectors
from definitions.canonical import normal
from definitions.choices import DocumentKind
from definitions.models import AuditAnswer, AuditRound, AuditSketch
from definitions.services.base import DocumentError, actor_of, lock_documents, require
from revops.audit.services import record

if TYPE_CHECKING:
    from datetime import datetime

    from revops.people.choices import Side
    from revops.people.models import User

LONGEST_TEXT = 20_000
LONGEST_QUESTION = 500
MOST_EXAMPLES = 20
LONGEST_EXAMPLE = 500


class AuditError(DocumentError):
    """The audit does not allow it; `field` names the input that is wrong, if one is."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(message)


class SketchConflictError(DocumentError):
    """Somebody of the same team saved first; both texts are kept for the person to choose.

    Attributes:
        mine: What was not saved.
        theirs: What is stored, with who saved it and when.
    """

    def __init__(self, *, mine: Written, theirs: selectors.Words) -> None:
        self.mine = mine
        self.theirs = theirs
        super().__init__(f"{theirs.written_by} saved another text after you opened this one.")


@dataclass(frozen=True, slots=True)
class Written:
    """What a team hands in: free text, criteria where it can be that exact, and examples."""

    text: str
    criteria: Any = None
    examples: tuple[str, ...] = ()


@transaction.atomic
def open_round(
    *, term: str, marketing_question: str, sales_question: str, by: User, at: datetime
) -> AuditRound:
    """Put a term to both teams, each in its own words.

    Raises:
        NotAllowedError: Only RevOps asks.
        AuditError: There is no such term, a round on it still waits for answers, or a question
            is empty, too long, or the same for both teams.
    """
    require(by=by, right="definitions.run_audit", words="open a round of the audit")
    lock_documents()
    held = selectors.version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    if term not in selectors.definitions_of(held.version).terms:
        raise AuditError("There is no such term.", field="term")
    questions = {
        "marketing_question": _question(marketing_question, "marketing_question"),
        "sales_question": _question(sales_question, "sales_question"),
    }
    if questions["marketing_question"].casefold() == questions["sales_question"].casefold():
        raise AuditError(
            "Ask each team in words of its own, not both the same.", field="sales_question"
        )
    known = selectors.rounds_of(term=term)
    if known and known[0].is_sealed:
        raise AuditError("A round on this term still waits for an answer.")
    made = AuditRound.objects.create(
        term=term,
        number=known[0].number + 1 if known else 1,
        opened_at=at,
        opened_by=by,
        actor=actor_of(by),
        **questions,
    )
    _journal("audit_round_opened", made, by=by, at=at)
    return made


def _question(text: str, field: str) -> str:
    asked = _text(text, field).strip()
    if not asked:
        raise AuditError("Ask something.", field=field)
    if len(asked) > LONGEST_QUESTION:
        raise AuditError(f"At most {LONGEST_QUESTION} characters.", field=field)
    return asked


@transaction.atomic
def save_sketch(
    *, round_id: int, side: Side, written: Written, revision: int, by: User, at: datetime
) -> AuditSketch:
    """Store what a team has so far; only that team reads it.

    Args:
        round_id: The round.
        side: The team; `by` must belong to it.
        written: The whole of it, finished or not.
        revision: The revision the person saw; 0 where nothing was saved yet.
        by: Who writes.
        at: When.

    Returns:
        The stored sketch; unchanged, with the same revision, if it says the same.

    Raises:
        NotAllowedError: The person does not answer for this team.
        AuditError: The team has submitted, or a field cannot be stored.
        SketchConflictError: The sketch has a newer revision that says something else.
    """
    _require_team(by=by, side=side)
    lock_documents()
    _require_unsubmitted(round_id=round_id, side=side)
    written = _checked(written)
    known = AuditSketch.objects.filter(round=round_id, side=side).select_related("saved_by")
    sketch = known.first()
    if sketch is not None and _same(sketch, written):
        return sketch
    if revision != (sketch.revision if sketch else 0):
        if sketch is None:
            raise AuditError("This answer was not begun yet. Load the page again.")
        raise SketchConflictError(mine=written, theirs=selectors.sketch_words(sketch))
    if sketch is None:
        sketch = AuditSketch(round_id=round_id, side=side, revision=0)
    sketch.text, sketch.criteria = written.text, written.criteria
    sketch.examples = list(written.examples)
    sketch.revision += 1
    sketch.saved_at, sketch.saved_by = at, by
    sketch.save()
    return sketch


@transaction.atomic
def submit_answer(
    *, round_id: int, side: Side, written: Written, revision: int, by: User, at: datetime
) -> AuditAnswer:
    """Freeze what a team wrote; once both teams have submitted, everybody reads both answers.

    Raises:
        NotAllowedError: The person does not answer for this team.
        AuditError: The text is empty, a field cannot be stored, or the team has submitted.
        SketchConflictError: Somebody of the team saved something else meanwhile.
    """
    sketch = save_sketch(
        round_id=round_id, side=side, written=written, revision=revision, by=by, at=at
    )
    if not sketch.text.strip():
        raise AuditError("Write an answer before you submit it.", field="text")
    answer = AuditAnswer.objects.create(
        round_id=round_id,
        side=side,
        text=sketch.text,
        criteria=sketch.criteria,
        examples=sketch.examples,
        submitted_at=at,
        submitted_by=by,
        actor=actor_of(by),
    )
    sketch.delete()
    _journal("audit_answer_submitted", answer.round, by=by, at=at, side=str(side))
    return answer


def _require_team(*, by: User, side: Side) -> None:
    require(by=by, right=f"definitions.answer_{side}", words=f"answer for {side.label}")


def _require_unsubmitted(*, round_id: int, side: Side) -> None:
    if AuditAnswer.objects.filter(round=round_id, side=side).exists():
        raise AuditError("Your team has submitted its answer; it is not changed any more.")


def _same(sketch: AuditSketch, written: Written) -> bool:
    stored = (sketch.text, sketch.criteria, tuple(sketch.examples))
    return stored == (written.text, written.criteria, written.examples)


def _checked(written: Written) -> Written:
    """Return what was written in stored form: NFC, LF, criteria that can be judged."""
    text = _text(written.text, "text")
    if len(text) > LONGEST_TEXT:
        raise AuditError(f"At most {LONGEST_TEXT:,} characters.", field="text")
    examples = tuple(_text(each, "examples").strip() for each in written.examples)
    if len(examples) > MOST_EXAMPLES or any(len(each) > LONGEST_EXAMPLE for each in examples):
        raise AuditError(
            f"At most {MOST_EXAMPLES} examples of at most {LONGEST_EXAMPLE} characters.",
            field="examples",
        )
    return Written(
        text=text, criteria=_criteria(written.criteria), examples=tuple(filter(None, examples))
    )


def _criteria(stored: Any) -> Any:
    if stored in (None, "", {}):
        return None
    try:
        tree = criteria_json.parse(stored)
    except criteria_json.CriteriaError as error:
        raise AuditError(str(error), field="criteria") from error
    return normal(criteria_json.to_json(tree))


def _text(text: str, field: str) -> str:
    if "\x00" in text or text != text.encode(errors="ignore").decode():
        raise AuditError("It holds a character that is no text.", field=field)
    return str(normal(text))


def _journal(act: str, asked: AuditRound, *, by: User, at: datetime, **details: object) -> None:
    """Note an act of the audit: which term and side, and nothing of what was written."""
    record(
        at=at,
        actor=actor_of(by),
        act=act,
        subject=f"auditround:{asked.pk}",
        details={"term": asked.term, "number": asked.number, **details},
    )
