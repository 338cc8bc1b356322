"""Back-tests: ask for one, run it in the background, give it up, take its values into the draft.

A worker claims a job for a few minutes and renews the claim with every step; the claim is what it
must still hold to write the result. So a killed worker's job is taken up by another, and a slow
worker whose job went to another writes nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q

from definitions.choices import DocumentKind
from definitions.selectors import version_in_use
from definitions.services import edit_clause
from pipeline.backtesting import compared
from pipeline.choices import JobStatus
from pipeline.cube import Cube, Signature, leaves_of
from pipeline.models import Backtest, BacktestResult, BacktestSignature
from pipeline.selectors import backtests as reads
from pipeline.selectors.backtest_report import sentence_of
from pipeline.selectors.signatures import Span, amounts_won, read_step, size_of
from revops.database import database_now

if TYPE_CHECKING:
    from datetime import datetime

    from definitions.content import MqlRule
    from definitions.models import Draft
    from pipeline.cube import Answers, Rule
    from pipeline.selectors.signatures import Group
    from revops.people.models import User

logger = logging.getLogger(__name__)

CLAIM: Final = timedelta(minutes=3)
STEPS: Final = 20
SMALLEST_STEP: Final = 20_000
LONGEST_SPAN: Final = timedelta(days=3 * 366)
DEFAULT_DAYS: Final = 90
BATCH: Final = 2000


class BacktestRefusedError(Exception):
    """The back-test cannot be started or changed; the message is for the user."""


class _LostError(Exception):
    """Another worker holds the job, or it is to be given up."""


@dataclass(slots=True)
class _Claim:
    """A job this worker holds until `until`."""

    backtest: Backtest
    until: datetime


def request_backtest(
    *, draft: Draft, from_at: datetime, to_at: datetime, by: User, at: datetime
) -> Backtest:
    """Ask for a back-test of a draft as it stands now, over leads captured in [from_at, to_at).

    Asking again for the same rule and span while the first one waits or runs returns that one.

    Raises:
        BacktestRefusedError: The draft decides nothing about MQLs, the span is empty, in the
            future or too long, or the person may not start one.
    """
    if draft.kind not in reads.JUDGING:
        raise BacktestRefusedError("This document does not decide who is an MQL.")
    if draft.closed_at is not None:
        raise BacktestRefusedError("This draft is closed.")
    rule = reads.rule_of_draft(draft=draft, at=at)
    return _requested(rule=rule, draft=draft, from_at=from_at, to_at=to_at, by=by, at=at)


def request_proposal_backtest(
    *, mql: MqlRule, from_at: datetime, to_at: datetime, by: User, at: datetime
) -> Backtest:
    """Ask for a back-test of an MQL rule that nobody has drafted, with the score model in use.

    Raises:
        BacktestRefusedError: As `request_backtest` refuses the span and the person.
    """
    rule = reads.rule_of_proposal(mql=mql, at=at)
    return _requested(rule=rule, draft=None, from_at=from_at, to_at=to_at, by=by, at=at)


def _requested(
    *,
    rule: dict[str, Any],
    draft: Draft | None,
    from_at: datetime,
    to_at: datetime,
    by: User,
    at: datetime,
) -> Backtest:
    if not by.has_perm("pipeline.run_backtest"):
        raise BacktestRefusedError("Your role may not start a back-test.")
    if not from_at < to_at <= at:
        raise BacktestRefusedError("The span has to end after it begins, and not in the future.")
    if to_at - from_at > LONGEST_SPAN:
        raise BacktestRefusedError("A back-test looks at three years at most.")
    sha256 = reads.rule_sha256(rule)
    same = Backtest.objects.filter(
        draft=draft, rule_sha256=sha256, from_at=from_at, to_at=to_at, cancel_asked_at=None,
        status__in=[JobStatus.WAITING, JobStatus.RUNNING],
    ).first()  # fmt: skip
    if same is not None:
        return same
    return Backtest.objects.create(
        draft=draft,
        base_version=version_in_use(kind=DocumentKind.DEFINITIONS, at=at).version,
        base_score_version=version_in_use(kind=DocumentKind.SCORE_MODEL, at=at).version,
        rule=rule,
        rule_sha256=sha256,
        from_at=from_at,
        to_at=to_at,
        requested_at=at,
        actor=f"user:{by.pk}",
    )


@transaction.atomic
def cancel_backtest(*, backtest: Backtest, by: User, at: datetime) -> Backtest:
    """Give a back-test up: at once if it waits, after its present step if it runs.

    Raises:
        BacktestRefusedError: It is over, or the person may not.
    """
    if not by.has_perm("pipeline.run_backtest"):
        raise BacktestRefusedError("Your role may not give a back-test up.")
    backtest = Backtest.objects.select_for_update(no_key=True).get(pk=backtest.pk)
    if backtest.is_over:
        raise BacktestRefusedError(f"It is {backtest.get_status_display().lower()} already.")
    backtest.cancel_asked_at = backtest.cancel_asked_at or at
    if backtest.status == JobStatus.WAITING:
        backtest.status, backtest.finished_at = JobStatus.CANCELLED, at
    backtest.save(update_fields=["cancel_asked_at", "status", "finished_at"])
    return backtest


def run_waiting_backtests(*, at: datetime) -> int:
    """Run the back-tests that wait or were left behind, oldest first; return how many ended."""
    done = 0
    while (claim := _claimed(at=at)) is not None:
        _run(claim)
        done += 1
        at = database_now()
    return done


@transaction.atomic
def _claimed(*, at: datetime) -> _Claim | None:
    open_now = Q(status=JobStatus.WAITING) | Q(status=JobStatus.RUNNING, locked_until__lt=at)
    backtest = (
        Backtest.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(open_now)
        .order_by("requested_at", "pk")
        .first()
    )
    if backtest is None:
        return None
    backtest.status = JobStatus.RUNNING
    backtest.started_at = backtest.started_at or at
    backtest.locked_until = at + CLAIM
    backtest.done_count = 0
    backtest.save(update_fields=["status", "started_at", "locked_until", "done_count"])
    return _Claim(backtest, backtest.locked_until)


def _run(claim: _Claim) -> None:
    backtest = claim.backtest
    try:
        base, draft = reads.base_rule(backtest), reads.rule_from(backtest.rule)
        groups = _groups(claim, base=base, draft=draft)
        _finish(claim, groups=groups, base=base, draft=draft)
    except _LostError:
        now = database_now()
        Backtest.objects.filter(
            pk=backtest.pk, locked_until=claim.until, cancel_asked_at__isnull=False
        ).update(status=JobStatus.CANCELLED, finished_at=now, locked_until=None)
    except Exception:
        # Whatever went wrong, people who wait are told; the log has the rest.
        logger.exception("Back-test %d failed", backtest.pk)
        Backtest.objects.filter(pk=backtest.pk, locked_until=claim.until).update(
            status=JobStatus.FAILED,
            finished_at=database_now(),
            locked_until=None,
            error="It stopped half-way. Start it again; if it stops again, tell an administrator.",
        )


def _groups(claim: _Claim, *, base: Rule, draft: Rule) -> dict[Answers, Group]:
    """Read the leads step by step; a step is a stretch of ids."""
    span = Span(claim.backtest.from_at, claim.backtest.to_at)
    total, low, high = size_of(span=span)
    leaves = leaves_of(base, draft)
    groups: dict[Answers, Group] = {}
    steps = max(1, min(STEPS, total // SMALLEST_STEP))
    width = (high - low) // steps + 1
    done = 0
    _renew(claim, done=0, total=total)
    for first in range(low, high + 1, width):
        done += read_step(leaves=leaves, span=span, ids=(first, first + width - 1), into=groups)
        _renew(claim, done=done, total=total)
    return groups


def _renew(claim: _Claim, *, done: int, total: int) -> None:
    """Hold on to the job and write how far it came.

    Raises:
        _LostError: It is to be given up, or another worker has taken it up.
    """
    until = database_now() + CLAIM
    held = Backtest.objects.filter(
        pk=claim.backtest.pk, locked_until=claim.until, cancel_asked_at__isnull=True
    ).update(locked_until=until, done_count=done, total_count=total)
    if not held:
        raise _LostError
    claim.until = until


@transaction.atomic
def _finish(claim: _Claim, *, groups: dict[Answers, Group], base: Rule, draft: Rule) -> None:
    """Store the cube and the numbers, if the job is still ours."""
    held = (
        Backtest.objects.select_for_update(no_key=True)
        .filter(pk=claim.backtest.pk, locked_until=claim.until, cancel_asked_at__isnull=True)
        .first()
    )
    if held is None:
        raise _LostError
    span = Span(held.from_at, held.to_at)
    amounts = amounts_won(span=span)
    signatures = [
        Signature(
            answers=answers,
            size=len(group.lead_ids),
            tally=group.tally,
            won={pk: amounts.get(pk, {}) for pk in group.won_ids},
        )
        for answers, group in groups.items()
    ]
    BacktestSignature.objects.bulk_create(
        (
            BacktestSignature(
                backtest=held,
                leaves=list(one.answers),
                lead_ids=group.lead_ids,
                outcomes={"size": one.size, "tally": one.tally, "won": one.won},
            )
            for one, group in zip(signatures, groups.values(), strict=True)
        ),
        batch_size=BATCH,
    )
    cube = Cube(leaves_of(base, draft), tuple(signatures))
    found = compared(cube=cube, base=base, draft=draft)
    told = {
        "reps": reads.reps_who_take_leads(),
        "sentence": sentence_of(found=found, base=base, rule=draft, subject=held.subject),
    }
    now = database_now()
    BacktestResult.objects.create(
        backtest=held,
        rule_sha256=held.rule_sha256,
        numbers=found.to_json() | told,
        found_at=now,
        actor="system:backtest",
    )
    held.status, held.finished_at, held.locked_until = JobStatus.DONE, now, None
    held.save(update_fields=["status", "finished_at", "locked_until"])


def take_thresholds(
    *, draft: Draft, fit: int, intent: int, revision: int, by: User, at: datetime
) -> None:
    """Write thresholds found with the sliders into the draft's MQL rule.

    Raises:
        BacktestRefusedError: The draft is not of the definitions.
        DocumentError: As `definitions.services.edit_clause` refuses.
    """
    if draft.kind != DocumentKind.DEFINITIONS:
        raise BacktestRefusedError("Thresholds stand in the definitions, not in this document.")
    clause = draft.clauses.get(key="mql")
    edit_clause(
        draft=draft,
        key="mql",
        body={**(clause.body or {}), "fit_threshold": fit, "intent_threshold": intent},
        revision=revision,
        by=by,
        at=at,
    )


def take_points(
    *, draft: Draft, rule: Rule, revisions: tuple[int, int], by: User, at: datetime
) -> None:
    """Write the points of `rule` into the draft's clauses "fit" and "intent".

    `revisions` are those of the two clauses that the person saw.

    Raises:
        BacktestRefusedError: The draft is not of the score model.
        DocumentError: As `definitions.services.edit_clause` refuses.
    """
    if draft.kind != DocumentKind.SCORE_MODEL:
        raise BacktestRefusedError("Points stand in the score model, not in this document.")
    plain = rule.model.model_dump(mode="json")
    with transaction.atomic():
        for key, revision in zip(("fit", "intent"), revisions, strict=True):
            edit_clause(draft=draft, key=key, body=plain[key], revision=revision, by=by, at=at)
