"""Bring the sample's stories in through the product's own services."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from dashboards.sample import agreement, closing, hours, leads, staff, story, work
from dashboards.sample.draws import Draws
from dashboards.sample.market import CHANNELS, OUTBOUND
from definitions import selectors as definitions
from definitions.choices import DocumentKind
from definitions.services import install_defaults
from pipeline.choices import (
    ActivityKind,
    ActivityOutcome,
    Designation,
    FeedbackAnswer,
    Origin,
    Stage,
)
from pipeline.fact_rows import OpportunityIn
from pipeline.models import Channel
from pipeline.services.activities import record_activities
from pipeline.services.assignments import assign_rounds
from pipeline.services.deals_batch import upsert_opportunities
from pipeline.services.feedback import AnswerRow, record_answers
from pipeline.services.intake import IntakeStatus, take_in
from pipeline.services.moves import move_rounds
from pipeline.services.rows import (
    ActivityResult,
    ActivityRow,
    AssignmentResult,
    AssignmentRow,
    Move,
    MoveResult,
    Status,
)
from revops.outbox.models import Message
from revops.outbox.services import prepare
from sla.services import folded_once

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pipeline.rows import LeadRow
    from revops.people.models import Rep
    from sla.clock import BusinessCalendar

SEED: Final = "fernhill"
SOURCE_SYSTEM: Final = "sample"
ACTOR: Final = "system:sample"
NEWS: Final = timedelta(days=2)  # what people were told before was read


ANSWERS: Final = (
    (FeedbackAnswer.NOTED, 0.5),
    (FeedbackAnswer.SOURCE_FIXED, 0.2),
    (FeedbackAnswer.DATA_FIXED, 0.2),
    (FeedbackAnswer.RULE_CHANGE, 0.07),
    (FeedbackAnswer.DISPUTED, 0.03),
)


class SampleError(Exception):
    """The product refused a row of the sample; that is a mistake of the sample."""


class Progress(Protocol):
    """Told what is being done, and which share of the whole is done."""

    def __call__(self, label: str, share: float) -> None:
        """Show it."""


def load(*, at: datetime, progress: Progress) -> None:
    """Load the sample company as it stands at `at`.

    Call it in one transaction: killed half-way it leaves nothing. Every fact goes the way an
    integration's would, through intake and the set-based services, with its own instants.

    Raises:
        SampleError: A service refused a row.
    """
    with connection.cursor() as cursor:
        # What the constraints defer is checked in one statement for everything loaded, which a
        # slow machine does not finish within a page's limit.
        cursor.execute("SET LOCAL statement_timeout = 0")
    progress("Hiring two teams", 0.0)
    install_defaults(at=at)
    people = staff.hire(at=at)
    calendar = hours.company(actor=ACTOR, at=at)
    signed_at = story.signing_day(at=at)
    progress("Signing the agreement", 0.03)
    agreement.sign_all(staff=people, signed_at=signed_at, at=at)
    hours.abroad(by=people.revops, at=at)
    _channels()
    world = story.World(draws=Draws(SEED), at=at, signed_at=signed_at, calendar=calendar)
    progress("Drawing three quarters", 0.08)
    told = _tell(world=world)
    with folded_once(at=at):
        progress("Taking in the leads", 0.15)
        ids = _take_in(rows=[row for row, _ in told], at=at)
        inbound = [one for row, one in told if row.mql_at is not None]
        worked = inbound + [one for _, one in told if one.channel is OUTBOUND]
        progress("Assigning them", 0.35)
        _assign(stories=inbound, ids=ids, reps=people.reps, at=at)
        progress("Calling people", 0.45)
        _attempt(stories=worked, ids=ids, reps=people.reps, at=at)
        progress("Deciding what becomes of them", 0.55)
        _move(stories=worked, ids=ids, reps=people.reps, at=at)
        progress("Opening deals", 0.7)
        _deals(stories=worked, reps=people.reps, at=at)
        _answer(stories=worked, ids=ids, world=world)
        progress("Starting and stopping clocks", 0.8)
    progress("Flagging what was missed", 0.95)
    _settle(people=people, signed_at=signed_at, calendar=calendar, at=at)


def _channels() -> None:
    Channel.objects.bulk_create(
        Channel(key=plan.key, name=plan.name, source_group=plan.source_group)
        for plan in (*CHANNELS, OUTBOUND)
    )


def _tell(*, world: story.World) -> list[tuple[LeadRow, story.Story]]:
    """Draw every story and judge it by the definitions in use at its instant."""
    known = definitions.schedule()

    def row_of(one: story.Story) -> LeadRow:
        at = one.mql_at or one.captured_at
        return leads.row_of(
            story=one,
            definitions=definitions.definitions_of(
                known.in_use(kind=DocumentKind.DEFINITIONS, at=at)
            ),
            model=definitions.score_model_of(known.in_use(kind=DocumentKind.SCORE_MODEL, at=at)),
        )

    def qualifies(one: story.Story) -> bool:
        return row_of(one).mql_at is not None

    stories = (
        *story.inbound(world=world),
        *story.fresh(world=world, qualifies=qualifies),
        *story.outbound(world=world),
    )
    return [(row_of(one), one) for one in stories]


def _take_in(*, rows: Sequence[LeadRow], at: datetime) -> dict[str, int]:
    """Store the leads; return their ids by external id."""
    ids: dict[str, int] = {}
    for result in take_in(
        rows=rows,
        actor=ACTOR,
        source_system=SOURCE_SYSTEM,
        origin=Origin.IMPORT,
        at=at,
        route=False,
    ):
        if result.status is IntakeStatus.ERROR or result.lead_id is None:
            raise SampleError(f"{result.external_id}: {result.problems}")
        ids[result.external_id] = result.lead_id
    return ids


def _assign(
    *,
    stories: Iterable[story.Story],
    ids: dict[str, int],
    reps: Sequence[Rep],
    at: datetime,
) -> None:
    _check(
        assign_rounds(
            rows=[
                AssignmentRow(
                    lead_id=ids[one.external_id],
                    rep_id=reps[one.rep].pk,
                    assigned_at=one.assigned_at,
                    rule="round robin",
                    is_recorded=True,
                )
                for one in stories
                if one.assigned_at is not None
            ],
            actor=ACTOR,
            origin=Origin.IMPORT,
            at=at,
        )
    )


def _attempt(
    *,
    stories: Iterable[story.Story],
    ids: dict[str, int],
    reps: Sequence[Rep],
    at: datetime,
) -> None:
    _check(
        record_activities(
            rows=[
                ActivityRow(
                    lead_id=ids[one.external_id],
                    kind=ActivityKind(attempt.kind),
                    occurred_at=attempt.occurred_at,
                    outcome=ActivityOutcome(attempt.outcome) if attempt.outcome else None,
                    rep_id=reps[one.rep].pk,
                    source=SOURCE_SYSTEM,
                    external_id=f"{one.external_id}-{number}",
                )
                for one in stories
                for number, attempt in enumerate(one.attempts)
            ],
            actor=ACTOR,
            origin=Origin.IMPORT,
            at=at,
        )
    )


def _move(
    *,
    stories: Iterable[story.Story],
    ids: dict[str, int],
    reps: Sequence[Rep],
    at: datetime,
) -> None:
    _check(
        move_rounds(
            moves=[
                Move(
                    lead_id=ids[one.external_id],
                    to=Stage(step.to),
                    occurred_at=step.occurred_at,
                    reason=step.reason,
                    note=step.note,
                    rep_id=reps[one.rep].pk,
                    recycle_on=step.recycle_on,
                    designation=Designation.OUTBOUND,
                    starts_round=one.mql_at is None,
                )
                for one in stories
                for step in one.steps
            ],
            actor=ACTOR,
            origin=Origin.IMPORT,
            at=at,
            is_history=True,
        )
    )


def _answer(*, stories: Iterable[story.Story], ids: dict[str, int], world: story.World) -> None:
    """Marketing answers the rejects, each within its business days or a little later."""
    rows = []
    for one in stories:
        draws = world.draws.of(f"answer {one.external_id}")
        for step in one.steps:
            if step.to != Stage.REJECTED:
                continue
            moment = work.answered_at(draws=draws, world=world, rejected_at=step.occurred_at)
            if moment is not None and moment < world.at:
                answer = draws.weighted("answer", ANSWERS)
                lead_id = ids[one.external_id]
                rows.append(AnswerRow(lead_id=lead_id, answer=answer, answered_at=moment))
    record_answers(rows=rows, actor=ACTOR, at=world.at)


def _deals(*, stories: Iterable[story.Story], reps: Sequence[Rep], at: datetime) -> None:
    rows = [
        OpportunityIn(
            external_id=f"D-{one.external_id}",
            lead_external_id=one.external_id,
            account=one.person.company,
            name=f"{one.person.company}: {segment_of(one)} plan",
            created_at=one.deal.opened_at,
            accepted_at=one.deal.opened_at,
            amount=one.deal.amount,
            currency="USD",
            stage="" if one.deal.outcome else one.deal.stage,
            next_step=one.deal.next_step,
            expected_close_on=one.deal.expected_close_on,
            closed_at=one.deal.closed_at,
            outcome=one.deal.outcome or None,
            lost_reason=one.deal.lost_reason or None,
            competitor=one.deal.competitor,
            segment=segment_of(one),
            rep_external_id=reps[one.rep].external_id,
            channel=one.channel.key,
            source_group=one.channel.source_group,
        )
        for one in stories
        if one.deal is not None
    ]
    for result in upsert_opportunities(
        rows=rows, source_system=SOURCE_SYSTEM, actor=ACTOR, origin=Origin.IMPORT, at=at
    ):
        if result.problems:
            raise SampleError(f"{result.external_id}: {result.problems}")


def segment_of(one: story.Story) -> str:
    """Return the segment of the lead's company, by its size."""
    size = one.person.company_size or 0
    for least, name in ((1_000, "Enterprise"), (200, "Mid-market")):
        if size >= least:
            return name
    return "SMB"


def _settle(
    *, people: staff.Staff, signed_at: datetime, calendar: BusinessCalendar, at: datetime
) -> None:
    """Flag what was missed, close the months, seal what is old; the past's notices were read."""
    closing.open_since(signed_at=signed_at, calendar=calendar, at=at)
    import_string(settings.SWEEP_SERVICE)(at=at)
    first = at - timedelta(days=story.DAYS)
    closing.close_each(first_at=first, calendar=calendar, people=people, at=at)
    import_string("revops.audit.services.seal_batches")(at=at)
    prepare(at=at)
    Message.objects.unsent().update(done_at=at)
    Message.objects.filter(created_at__lt=at - NEWS).update(read_at=at)


def _check(results: Iterable[AssignmentResult | ActivityResult | MoveResult]) -> None:
    for result in results:
        if result.status is Status.REFUSED:
            raise SampleError(f"lead {result.lead_id}: {result.code} {result.message}")
