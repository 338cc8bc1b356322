"""Marketing acts of known leads, for one or thousands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction

from pipeline.models import Lead, Touch
from pipeline.services.intake import qualify_leads
from pipeline.services.planning import SKEW
from pipeline.services.references import channels_named
from pipeline.services.rows import Refusal, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from pipeline.choices import Origin
    from pipeline.models import Channel

# Being captured is the first act of a lead, whether or not it is recorded as a touch.
LAST_TOUCH = """
UPDATE pipeline_lead l SET last_touch_at = t.last_at, changed_at = %s
FROM (SELECT w.id, greatest(max(c.occurred_at), w.captured_at) AS last_at
      FROM pipeline_lead w LEFT JOIN pipeline_touch c ON c.lead_id = w.id
      WHERE w.id = ANY(%s) GROUP BY w.id, w.captured_at) t
WHERE l.id = t.id AND l.last_touch_at IS DISTINCT FROM t.last_at
"""


@dataclass(frozen=True, kw_only=True)
class TouchRow:
    """A marketing act of a lead; (source, external_id) makes it the same act again."""

    lead_id: int
    occurred_at: datetime
    kind: str
    channel: str = ""
    campaign: str = ""
    asset: str = ""
    source: str = ""
    external_id: str = ""


@dataclass(frozen=True, kw_only=True)
class TouchResult:
    """What became of a `TouchRow`."""

    status: Status
    lead_id: int
    touch_id: int | None = None
    code: Refusal | None = None
    message: str = ""


@transaction.atomic
def record_touches(
    *,
    rows: Sequence[TouchRow],
    actor: str,
    origin: Origin,
    at: datetime,
    qualify: bool = True,
) -> list[TouchResult]:
    """Store marketing acts; a row whose (source, external_id) is known is left as it is.

    The number of statements does not depend on the number of rows.

    Args:
        rows: The acts.
        actor: `user:<id>`, `key:<id>` or `system:<job>`.
        origin: By which way they entered.
        at: The instant of the call.
        qualify: Whether nurture leads are scored again, and go to sales when they qualify.

    Returns:
        One result per row, in order.
    """
    if not rows:
        return []
    results, new = _plan(rows, at=at)
    Touch.objects.bulk_create(new.values())
    touched = sorted({touch.lead_id for touch in new.values()})
    if touched:
        refresh_last_touch(lead_ids=touched, at=at)
        if qualify:
            qualify_leads(lead_ids=touched, actor=actor, origin=origin, at=at)
    return [
        TouchResult(status=result.status, lead_id=result.lead_id, touch_id=new[index].pk)
        if index in new
        else result
        for index, result in enumerate(results)
    ]


def _plan(rows: Sequence[TouchRow], *, at: datetime) -> tuple[list[TouchResult], dict[int, Touch]]:
    """Return what becomes of each row, and by its place the touch that will be stored."""
    lock = Lead.objects.select_for_update(no_key=True).order_by("pk")
    leads = set(lock.filter(pk__in={row.lead_id for row in rows}).values_list("pk", flat=True))
    channels = channels_named({row.channel for row in rows if row.channel}, at=at)
    known = _known(rows)
    results: list[TouchResult] = []
    new: dict[int, Touch] = {}
    twins: set[tuple[str, str]] = set()
    for index, row in enumerate(rows):
        natural = (row.source, row.external_id)
        if row.external_id and (natural in known or natural in twins):
            results.append(
                TouchResult(
                    status=Status.UNCHANGED, lead_id=row.lead_id, touch_id=known.get(natural)
                )
            )
        elif row.lead_id not in leads:
            results.append(_refused(row, Refusal.UNKNOWN_LEAD, "There is no such lead."))
        elif row.occurred_at > at + SKEW:
            results.append(_refused(row, Refusal.FUTURE, "This lies in the future."))
        else:
            new[index] = _touch(row, channel=channels.get(row.channel), at=at)
            twins.add(natural)
            results.append(TouchResult(status=Status.CREATED, lead_id=row.lead_id))
    return results, new


def _touch(row: TouchRow, *, channel: Channel | None, at: datetime) -> Touch:
    return Touch(
        lead_id=row.lead_id,
        occurred_at=min(row.occurred_at, at),
        recorded_at=at,
        kind=row.kind,
        channel=channel,
        campaign=row.campaign,
        asset=row.asset,
        source=row.source,
        external_id=row.external_id,
    )


def refresh_last_touch(*, lead_ids: Collection[int], at: datetime) -> None:
    """Write when the leads last did something; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_TOUCH, [at, list(lead_ids)])


def _known(rows: Sequence[TouchRow]) -> dict[tuple[str, str], int]:
    wanted = {(row.source, row.external_id) for row in rows if row.external_id}
    if not wanted:
        return {}
    stored = Touch.objects.filter(
        source__in={source for source, _ in wanted},
        external_id__in={external_id for _, external_id in wanted},
    ).values_list("source", "external_id", "pk")
    return {
        (source, external_id): pk
        for source, external_id, pk in stored
        if (source, external_id) in wanted
    }


def _refused(row: TouchRow, code: Refusal, message: str) -> TouchResult:
    return TouchResult(status=Status.REFUSED, lead_id=row.lead_id, code=code, message=message)
