"""Every agreement and calendar version, as the fold reads them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import connection

from definitions import selectors as documents
from definitions.choices import DocumentKind
from definitions.content import LadderStep
from definitions.models import Version
from sla import fold
from sla.clock import BusinessCalendar
from sla.models import CalendarVersion, Commitment

if TYPE_CHECKING:
    from datetime import datetime

    from definitions.selectors import Schedule

KEPT = 8

# Reads a few dozen short rows; the contents they stand for are only read when they changed.
KEY = """
SELECT md5(concat_ws('|',
    (SELECT string_agg(concat_ws(',', a.id, v.sha256, a.effective_from, a.is_signed,
                                 w.withdrawn_at), ';' ORDER BY a.id)
     FROM definitions_activation a JOIN definitions_version v ON v.id = a.version_id
     LEFT JOIN definitions_withdrawal w ON w.activation_id = a.id WHERE a.kind = 'sla'),
    (SELECT string_agg(concat_ws(',', id, calendar_id, created_at, md5(spec::text)), ';'
                       ORDER BY id) FROM sla_calendarversion),
    (SELECT string_agg(concat_ws(',', id, version_id), ';' ORDER BY id) FROM sla_commitment)))
"""


@dataclass(frozen=True, slots=True)
class LoadedTerms:
    """The terms, and the SLA versions whose commitments have not been written yet."""

    terms: fold.Terms
    without_commitments: tuple[int, ...]


def terms_key() -> str:
    """Return a hash that changes with every activation, calendar version and commitment."""
    with connection.cursor() as cursor:
        cursor.execute(KEY)
        (key,) = cursor.fetchone()
    return str(key)


@lru_cache(maxsize=KEPT)
def loaded_terms(key: str) -> LoadedTerms:
    """Return the terms in four statements; read once per `terms_key` in this process."""
    del key
    schedule = documents.schedule()
    promises = _promises()
    agreements = _agreements(schedule, promises, _ladders())
    used = {entry.version_id for entry in schedule.entries if entry.kind == DocumentKind.SLA}
    return LoadedTerms(
        fold.Terms(agreements=agreements, calendars=_calendars()),
        tuple(sorted(used - set(promises))),
    )


def _promises() -> dict[int, tuple[fold.Promise, ...]]:
    """Return the promises of each SLA version."""
    found: dict[int, tuple[fold.Promise, ...]] = {}
    for row in Commitment.objects.order_by("version_id", "position", "id"):
        promise = fold.Promise(
            key=row.pk,
            kind=row.kind,
            unit=row.unit,
            version=row.version_id,
            amount=row.allowance_amount,
            scope=row.scope,
            side=row.side,
            count=row.count,
            collapse_minutes=row.collapse_minutes,
            includes_first=row.includes_first,
            hand_raisers_only=row.hand_raisers_only,
            calendar=row.calendar_id,
            follows_territory=row.follows_territory,
            warning_share=row.warning_percent,
        )
        found[row.version_id] = (*found.get(row.version_id, ()), promise)
    return found


def _ladders() -> dict[int, tuple[fold.Step, ...]]:
    """Return the escalation ladder of each SLA version."""
    rows = Version.objects.filter(kind=DocumentKind.SLA).values_list("pk", "content__ladder")
    return {
        pk: tuple(_step(LadderStep.model_validate(row)) for row in rungs or ())
        for pk, rungs in rows
    }


def _step(row: LadderStep) -> fold.Step:
    """Return a step as the fold reads it."""
    return fold.Step(
        label=row.label,
        percent=int(row.share * 100),
        plus_business_days=row.plus_business_days,
        notify=row.notify,
    )


def _agreements(
    schedule: Schedule,
    promises: dict[int, tuple[fold.Promise, ...]],
    ladders: dict[int, tuple[fold.Step, ...]],
) -> list[fold.Agreement]:
    """Return which SLA version is in use from each instant at which that changes."""
    entries = [entry for entry in schedule.entries if entry.kind == DocumentKind.SLA]
    changes: set[datetime] = {entry.effective_from for entry in entries}
    changes |= {entry.withdrawn_at for entry in entries if entry.withdrawn_at is not None}
    found = []
    for since in sorted(changes):
        try:
            entry = schedule.in_use(kind=DocumentKind.SLA, at=since)
        except documents.NoVersionError:
            none = fold.Agreement(version=None, effective_from=since, enforced=False, promises=())
            found.append(none)
            continue
        found.append(
            fold.Agreement(
                version=entry.version_id,
                effective_from=since,
                enforced=entry.is_signed,
                promises=promises.get(entry.version_id, ()),
                ladder=ladders.get(entry.version_id, ()),
            )
        )
    return found


def _calendars() -> list[fold.CalendarVersion]:
    """Return every version of every calendar; parsing expands nothing yet."""
    return [
        fold.CalendarVersion(
            key=row.pk,
            calendar=row.calendar_id,
            effective_from=row.created_at,
            hours=BusinessCalendar.from_dict(row.spec),
        )
        for row in CalendarVersion.objects.order_by("id")
    ]
