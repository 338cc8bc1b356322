"""Intake: a posted lead against a bare view, a batch against COPY and against the usual way."""

from __future__ import annotations

import io
import itertools
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.test import override_settings
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from rest_framework import serializers

from bench.harness import AT_LEAST, AT_MOST, Line, Ratio, seconds
from bench.scratch import scratch_database
from definitions.services import install_defaults
from pipeline.choices import Origin
from pipeline.models import Lead
from pipeline.rows import read_lead_rows
from pipeline.services.intake import IntakeMode, take_in
from revops.database import database_now
from revops.people import keys
from revops.people.models import Organization, Rep

if TYPE_CHECKING:
    from collections.abc import Iterator

# Single posts per round, rows of a batch.
SIZES = {"s": (200, 1000), "m": (500, 1000), "l": (1000, 1000)}
AT = datetime(2026, 3, 3, 15, tzinfo=UTC)
WRITTEN = (
    "pipeline_lead", "pipeline_company", "pipeline_round", "pipeline_transition",
    "pipeline_assignment", "pipeline_touch", "sla_evidence", "sla_clock", "outbox_message",
)  # fmt: skip
_numbers: Iterator[int] = itertools.count()

ONE = """
INSERT INTO pipeline_lead (source_system, external_id, source_group, campaign, email, first_name,
    last_name, title, seniority, form_text, attributes, captured_at, recorded_at, is_hand_raiser,
    is_test, stage, quality_flags, changed_at)
VALUES ('bare', %s, '', '', %s, %s, %s, %s, '', '', '{}', now(), now(), false, false, 'nurture',
    '{}', now())
RETURNING id
"""


@csrf_exempt
def bare(request: HttpRequest) -> JsonResponse:
    """Store a lead with one statement and nothing else: the floor of a single post."""
    row = json.loads(request.body)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            ONE,
            [row["external_id"], row["email"], row["first_name"], row["last_name"], row["title"]],
        )
        (pk,) = cursor.fetchone()
    return JsonResponse({"id": pk}, status=201)


urlpatterns = [path("bare/", bare), path("api/", include("revops.rest.urls"))]


class LeadSerializer(serializers.ModelSerializer[Lead]):
    """What most projects would write: a model serializer with many=True."""

    class Meta:
        model = Lead
        fields = [
            "source_system", "external_id", "email", "first_name", "last_name", "title",
            "campaign", "attributes", "captured_at", "recorded_at", "changed_at",
        ]  # fmt: skip


def run(*, scale: str, rounds: int) -> list[Line]:
    """Measure G2.1, G2.3 and G2.4 in a database of their own; G2.2 is a test."""
    posts, size = SIZES[scale]
    single = Ratio("G2.1", "posted leads per second against a bare view", AT_LEAST, 0.45)
    copy = Ratio("G2.3", f"batch of {size:,} against COPY of the same rows", AT_LEAST, 0.6)
    usual = Ratio("G2.3", f"batch of {size:,} against many=True and bulk_create", AT_LEAST, 4)
    again = Ratio("G2.4", "the batch posted again against the first time", AT_MOST, 1)
    with scratch_database(), override_settings(ROOT_URLCONF="bench.intake"):
        token = prepare()
        warm = [bodies(1) for _ in range(20)]
        for (body,) in warm:
            post("/api/v1/leads/", body, token)
        mirror()
        for _ in range(rounds):
            floor = seconds(lambda: each("/bare/", bodies(posts), token))
            ours = seconds(lambda: each("/api/v1/leads/", bodies(posts), token))
            single.add(floor / ours, floor=floor)
            rows = bodies(size)
            peer = seconds(lambda rows=rows: naive(rows))
            rows = bodies(size)
            first = seconds(lambda rows=rows: store(rows))
            second = seconds(lambda rows=rows: store(rows))
            floor = copied(rows)
            copy.add(floor / first, floor=floor)
            usual.add(peer / first, floor=peer)
            again.add(second / first, floor=first)
    return [single.line(), copy.line(), usual.line(), again.line()]


def prepare() -> str:
    """Install the documents, the roster and a key."""
    Organization.objects.create(pk=1, name="Bench", timezone="America/New_York")
    at = database_now()
    install_defaults(at=at)
    for number in range(12):
        Rep.objects.create(external_id=f"rep-{number}", name=f"Rep {number}", takes_leads=True)
    _, token = keys.create_key(name="bench", scopes=list(keys.SCOPES), actor="system:bench", at=at)
    return token


def bodies(count: int) -> list[dict[str, Any]]:
    """Return new leads; each fits and asked for a demo, so each becomes an MQL."""
    return [
        {
            "external_id": f"web-{number}",
            "channel": "Paid search",
            "email": f"priya{number}@halden{number}.example",
            "first_name": "Priya",
            "last_name": "Nair",
            "title": "VP Operations",
            "company": f"Halden {number}",
            "company_domain": f"halden{number}.example",
            "company_size": 400,
            "industry": "software",
            "fit_score": 80,
            "hand_raiser": True,
        }
        for number in itertools.islice(_numbers, count)
    ]


def each(address: str, rows: list[dict[str, Any]], token: str) -> None:
    """Post rows one by one."""
    for row in rows:
        post(address, row, token)


def post(address: str, row: dict[str, Any], token: str) -> None:
    """Post one row through the whole stack of the web process."""
    body = json.dumps(row).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": address,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }
    said: list[str] = []
    answer = _handler()(environ, lambda status, _headers: said.append(status))
    b"".join(answer)
    if not said[0].startswith("201"):
        raise AssertionError(said[0])


_handlers: list[WSGIHandler] = []


def _handler() -> WSGIHandler:
    """Return the process's handler, made with the settings of the run."""
    if not _handlers:
        _handlers.append(WSGIHandler())
    return _handlers[0]


def store(rows: list[dict[str, Any]]) -> None:
    """Take a batch in, as the endpoint does."""
    take_in(
        rows=[one.row for one in read_lead_rows(rows) if one.row is not None],
        actor="system:bench",
        source_system="api",
        origin=Origin.API,
        at=AT,
        mode=IntakeMode.UPSERT,
    )


def naive(rows: list[dict[str, Any]]) -> None:
    """Store the leads alone by a model serializer and bulk_create."""
    at = AT.isoformat()
    sent = [
        {
            "source_system": "naive",
            "captured_at": at,
            "recorded_at": at,
            "changed_at": at,
            "attributes": {},
            "campaign": "bench",
        }
        | {
            name: row[name]
            for name in ("external_id", "email", "first_name", "last_name", "title")
        }
        for row in rows
    ]
    serializer = LeadSerializer(data=sent, many=True)
    serializer.is_valid(raise_exception=True)
    with transaction.atomic():
        Lead.objects.bulk_create(Lead(**fields) for fields in serializer.validated_data)


def mirror() -> None:
    """Make a twin of every table intake writes, with its indexes."""
    with connection.cursor() as cursor:
        for table in WRITTEN:
            cursor.execute(f"CREATE TABLE twin_{table} (LIKE {table} INCLUDING ALL)")


def copied(rows: list[dict[str, Any]]) -> float:
    """Return the seconds it takes to COPY what the batch has written into the twins."""
    names = [row["external_id"] for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(id), array_agg(company_id) FROM pipeline_lead"
            " WHERE source_system = 'api' AND external_id = ANY(%s)",
            [names],
        )
        leads, companies = cursor.fetchone()
        texts = {table: _dump(cursor, table, leads, companies) for table in WRITTEN}

        def load() -> None:
            with transaction.atomic():
                for table, text in texts.items():
                    with cursor.copy(f"COPY twin_{table} FROM STDIN") as out:
                        out.write(text)

        spent = seconds(load)
        for table in WRITTEN:
            cursor.execute(f"TRUNCATE twin_{table}")
    return spent


def _dump(cursor: Any, table: str, leads: list[int], companies: list[int]) -> bytes:
    """Return the batch's rows of one table as COPY writes them."""
    rounds = "SELECT id FROM pipeline_round WHERE lead_id = ANY(%s)"
    conditions = {
        "pipeline_lead": ("id = ANY(%s)", leads),
        "pipeline_company": ("id = ANY(%s)", companies),
        "pipeline_transition": (f"round_id IN ({rounds})", leads),
        "pipeline_assignment": (f"round_id IN ({rounds})", leads),
        "outbox_message": ("(payload->>'lead')::bigint = ANY(%s)", leads),
    }
    condition, ids = conditions.get(table, ("lead_id = ANY(%s)", leads))
    statement = cursor.mogrify(f"COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT", [ids])
    with cursor.copy(statement) as held:
        return b"".join(bytes(part) for part in held)
