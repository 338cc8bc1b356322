"""Histories of leads as evidence: reproducible, of every kind the fold knows."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

from definitions.models import Activation, Version
from pipeline.models import Lead
from revops.people.models import Rep
from sla import fold
from sla.models import Commitment
from sla.services.calendars import add_calendar_version, ensure_default_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 700
# After the last of them: no lead lives longer than a month.
AT = START + timedelta(days=DAYS + 30)
HOURS = {
    "timezone": "America/New_York",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2024-05-27", "2024-07-04", "2024-11-28", "2024-12-25", "2025-05-26"],
    "exceptions": {},
}
# The second version of the calendar; leads that ran then may be planned again.
SNOW = START + timedelta(days=400)
PROMISES = (
    ("routing", "calendar_minutes", 5, "lead"),
    ("first_contact", "business_hours", 4, "lead"),
    ("first_contact", "business_hours", 4, "owner"),
    ("sal_review", "business_days", 2, "lead"),
    ("attempts", "calendar_days", 7, "lead"),
    ("disposition", "business_days", 2, "lead"),
    ("final_disposition", "calendar_days", 14, "lead"),
    ("marketing_feedback", "business_days", 5, "lead"),
    ("lead_age", "calendar_hours", 72, "lead"),
)
REPS = 40
COPY_EVIDENCE = """
COPY sla_evidence (lead_id, kind, occurred_at, recorded_at, actor, rep_id, source, source_id,
    payload) FROM STDIN
"""
Row = tuple[str, datetime, int | None, dict[str, Any]]


def history(draw: random.Random, reps: list[int]) -> Iterator[Row]:
    """Yield (kind, occurred_at, rep, payload) of one lead, from capture to outcome."""
    minutes = draw.randrange(DAYS * 1440)
    now = START + timedelta(minutes=minutes, microseconds=draw.randrange(60_000_000))

    def later(hours: float) -> datetime:
        return now + timedelta(microseconds=int(draw.random() * hours * 3_600_000_000))

    yield "captured", now, None, {}
    now = later(30)
    yield "mql", now, None, {"hand_raiser": draw.random() < 0.1}
    if draw.random() < 0.03:
        return
    now = later(0.2)
    yield "assigned", now, draw.choice(reps), {}
    if draw.random() < 0.12:
        now = later(24)
        yield "assigned", now, draw.choice(reps), {}
    if draw.random() < 0.04:
        yield "paused", later(20), None, {"reason": "prospect_asked_later", "cap_business_days": 3}
    for _ in range(draw.choice((0, 1, 1, 2, 3, 4))):
        now = later(40)
        payload: dict[str, Any] = {"channel": draw.choice(("call", "email", "message"))}
        if draw.random() < 0.2:
            payload |= draw.choice(({"automatic": True}, {"outcome": "connected"}))
        yield "outreach", now, None, payload
    yield from _outcome(draw, later(60), reps)


def _outcome(draw: random.Random, now: datetime, reps: list[int]) -> Iterator[Row]:
    """Yield how a lead's round ends, if it does, and what rarely follows."""
    value = draw.choice(("working", "accepted", "accepted", "rejected", "recycled", "sql", ""))
    hour = timedelta(hours=1)
    if value:
        payload = {"value": value} | ({"reason": "not_icp"} if value == "rejected" else {})
        yield "disposition", now, None, payload
    if value == "accepted" and draw.random() < 0.6:
        yield "disposition", now + 90 * hour, None, {"value": "sql"}
    if value == "rejected" and draw.random() < 0.7:
        yield "feedback_answered", now + draw.randrange(200) * hour, None, {}
    if value == "recycled" and draw.random() < 0.4:
        yield "mql", now + 300 * hour, None, {}
        yield "assigned", now + 301 * hour, draw.choice(reps), {}
        yield "outreach", now + draw.randrange(302, 340) * hour, None, {"channel": "call"}
    rare = draw.random()
    if rare < 0.02:
        yield "excused", now + hour, None, {"reason": "storm", "clock": "first_contact"}
    elif rare < 0.03:
        yield "recalled", now + hour, None, {"reason": "test"}
    elif rare < 0.04:
        yield "resumed", now + hour, None, {}
    elif rare < 0.05:
        yield "replanned", SNOW + hour, None, {}


def store(leads: int) -> list[int]:
    """Store so many leads with their evidence in the scratch database; return their ids.

    One lead in a hundred is merged into the one before it, and one call in fifty is taken back.
    """
    reps = [
        Rep.objects.create(external_id=f"rep-{number}", name=f"Rep {number}").pk
        for number in range(REPS)
    ]
    draw = random.Random(3)  # noqa: S311 (no secret)
    ids = [
        lead.pk
        for lead in Lead.objects.bulk_create(
            (
                Lead(
                    source_system="bench",
                    external_id=str(number),
                    recorded_at=START,
                    changed_at=START,
                )
                for number in range(leads)
            ),
            batch_size=5_000,
        )
    ]
    with connection.cursor() as cursor:
        with cursor.copy(COPY_EVIDENCE) as out:
            for place, lead in enumerate(ids):
                for row in _stored(draw, lead, reps):
                    out.write_row(row)
                if place % 100 == 99:
                    merge = json.dumps({"into": ids[place - 1]})
                    out.write_row((lead, "merged", AT, AT, "system:bench", None, "", "", merge))
        cursor.execute(
            "UPDATE pipeline_lead SET merged_into_id = (e.payload->>'into')::bigint"
            " FROM sla_evidence e WHERE e.lead_id = pipeline_lead.id AND e.kind = 'merged'"
        )
        cursor.execute("ANALYZE")
    return ids


def _stored(draw: random.Random, lead: int, reps: list[int]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a lead's evidence."""
    for place, (kind, occurred_at, rep, payload) in enumerate(history(draw, reps)):
        name = f"{lead}-{place}" if kind == "outreach" else ""
        recorded_at = occurred_at + timedelta(minutes=draw.randrange(90))
        told = (lead, kind, occurred_at, recorded_at, "system:bench", rep)
        yield (*told, "crm" if name else "", name, json.dumps(payload))
        if name and draw.random() < 0.02:
            void = json.dumps({"source": "crm", "source_id": name})
            yield (lead, "voided", recorded_at, AT, "system:bench", None, "", "", void)


def promise() -> None:
    """Put an SLA of every kind of clock in force, on hours that changed once."""
    calendar = ensure_default_calendar(at=START - timedelta(days=30))
    for spec, since in ((HOURS, -1), (HOURS | {"holidays": ["2025-02-10"]}, 400)):
        at = START + timedelta(days=since)
        add_calendar_version(calendar=calendar, spec=spec, actor="system:bench", at=at)
    version = Version.objects.create(
        kind="sla", number=1, content={}, canonical_text="bench", sha256="0" * 64,
        frozen_at=START, actor="system:bench",
    )  # fmt: skip
    Activation.objects.create(
        kind="sla", version=version, is_signed=True, actor="system:bench",
        effective_from=START - timedelta(days=30), activated_at=START - timedelta(days=30),
    )  # fmt: skip
    for position, (kind, unit, amount, scope) in enumerate(PROMISES):
        Commitment.objects.create(
            version=version, key=f"{kind}_{scope}", kind=kind, side=fold.side_of(kind),
            scope=scope, allowance_amount=amount, unit=unit, target_rate="0.9", count=3,
            calendar=calendar, position=position, title=kind, sentence=kind,
        )  # fmt: skip
