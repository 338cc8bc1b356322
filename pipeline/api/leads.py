"""Leads: posted one by one or in batches, upserted, listed and shown."""

from __future__ import annotations

import hashlib
import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from pipeline.api.shared import (
    batch_answer,
    batch_of,
    check_fresh,
    etag_of,
    rulings_now,
    visible_leads,
)
from pipeline.choices import Origin
from pipeline.matching import company_key
from pipeline.models import Lead
from pipeline.rows import read_lead_row, read_lead_rows
from pipeline.serializers.common import DEFAULT_SYSTEM, BatchAnswer
from pipeline.serializers.leads import (
    LeadAnswer,
    LeadBatchIn,
    LeadDetail,
    LeadIn,
    LeadOut,
    LeadPage,
    LeadQuery,
    UpsertAnswer,
    lead_fields,
    lead_url,
    round_out,
)
from pipeline.services import intake
from pipeline.services.intake_sql import COMPANY, STAMP, as_columns, company_facts
from revops.rest.authentication import KeyPrincipal
from revops.rest.pagination import page
from revops.rest.parsing import BULK_LIMIT
from revops.rest.problems import ProblemError, invalid
from revops.rest.schema import PROBLEMS, query_parameters
from revops.rest.strict import FieldProblem
from revops.rest.views import ApiView, Opening

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from pipeline.rows import LeadRow, ReadRow

IDEMPOTENCY_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
KEY_PARAMETER: Final = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body get the stored answer, byte for byte, for seven days.",
)


class LeadListView(ApiView):
    """POST one lead; GET the list."""

    scopes = {"GET": "leads:read", "POST": "leads:write"}
    rights = {"GET": "pipeline.view_lead"}

    raw: Any = None
    refusal: ProblemError | None = None

    def open(self, request: Request) -> Opening:
        """Read, with the instant, what holds now and what is known of the company."""
        if request.method != "POST":
            return super().open(request)
        columns, params = {"stamp": STAMP}, []
        try:
            self.raw = self.raw_body()
        except ProblemError as refusal:
            self.refusal = refusal
        key = _company_key(self.raw)
        if key is not None:
            columns["company"], params = f"{COMPANY}= %s", [key]
        return self.read_opening(columns=columns, params=params)

    @extend_schema(
        summary="Create a lead, or return the known one",
        parameters=[KEY_PARAMETER],
        request=LeadIn,
        responses={201: LeadAnswer, 200: LeadAnswer, **PROBLEMS},
    )
    def post(self, request: Request) -> HttpResponse:
        """Create the lead, or return the one known by (source_system, external_id)."""
        if self.refusal is not None:
            raise self.refusal
        principal = request.user
        if not isinstance(principal, KeyPrincipal):
            raise TypeError(principal)
        key = _idempotency_key(request)
        raw = self.raw
        if key is not None and isinstance(raw, dict) and raw.get("external_id") is None:
            name = hashlib.sha256(f"{principal.actor} {key}".encode()).hexdigest()
            raw = raw | {"external_id": f"key-{name[:32]}"}
        read = read_lead_row(raw)
        if read.row is None:
            raise invalid(read.problems)
        idempotency = None
        if key is not None:
            body = json.dumps(self.raw, sort_keys=True, separators=(",", ":"))
            sha256 = hashlib.sha256(body.encode()).hexdigest()
            idempotency = intake.Idempotency(principal.facts.id, key, sha256)
        found = self._take_in(read.row, idempotency=idempotency)
        response = HttpResponse(found.body, status=found.status, content_type="application/json")
        if found.is_replay:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    def _take_in(self, row: LeadRow, *, idempotency: intake.Idempotency | None) -> intake.Answer:
        columns = self.opening.columns
        try:
            return intake.take_in_one(
                row=row,
                actor=self.actor,
                source_system=DEFAULT_SYSTEM,
                origin=Origin.API,
                at=self.at,
                rulings=rulings_now(self.opening),
                companies=company_facts(as_columns(columns.get("company"))),
                idempotency=idempotency,
            )
        except intake.InstantError as error:
            raise invalid([error.problem]) from None
        except intake.KeyReusedError:
            raise ProblemError(
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
                code="idempotency_key_reused",
                detail="This Idempotency-Key came with another body before.",
            ) from None
        except intake.TwinRunningError:
            raise ProblemError(
                status=HTTPStatus.CONFLICT,
                code="twin_running",
                detail="A request with the same Idempotency-Key is still at work.",
                headers={"Retry-After": "1"},
            ) from None

    @extend_schema(
        operation_id="leads_list",
        summary="List leads",
        parameters=query_parameters(LeadQuery),
        responses={200: LeadPage, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """Return leads, the newest first."""
        query = self.query(LeadQuery)
        shows = self.person is None or self.person.has_perm("pipeline.view_personal")
        rows = _filtered(visible_leads(self), query).select_related("channel", "company", "owner")
        return Response(
            page(
                rows=rows,
                query=query,
                request=request,
                show=lambda lead: LeadOut(**lead_fields(lead, shows_personal=shows)).model_dump(
                    mode="json"
                ),
                newest_first=True,
            )
        )


class LeadBatchView(ApiView):
    """POST up to 1,000 leads."""

    scopes = {"POST": "leads:write"}
    body_limit = BULK_LIMIT
    opening_columns = {"stamp": STAMP}

    @extend_schema(
        summary="Create or update up to 1,000 leads",
        request=LeadBatchIn,
        responses={200: BatchAnswer, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        """Create or update the leads; each row has its own answer."""
        system, raws = batch_of(self, name="leads", model=LeadBatchIn)
        read = read_lead_rows(raws)
        good = [one for one in read if one.row is not None]
        results = intake.take_in(
            rows=[one.row for one in good if one.row is not None],
            actor=self.actor,
            source_system=system,
            origin=Origin.API,
            at=self.at,
            mode=intake.IntakeMode.UPSERT,
            rulings=rulings_now(self.opening),
        )
        rows = [_refused(one) for one in read if one.row is None]
        for one, result in zip(good, results, strict=True):
            rows.append(
                {
                    "index": one.index,
                    "external_id": result.external_id,
                    "status": result.status.value,
                    "id": result.lead_id,
                    "kept": list(result.kept),
                    "errors": [problem.to_json() for problem in result.problems],
                }
            )
        return Response(batch_answer(rows))


class LeadByExternalIdView(ApiView):
    """PUT a lead by the id of its source system."""

    scopes = {"PUT": "leads:write"}
    opening_columns = {"stamp": STAMP}

    @extend_schema(
        summary="Create or update a lead",
        request=LeadIn,
        responses={201: UpsertAnswer, 200: UpsertAnswer, **PROBLEMS},
    )
    def put(
        self,
        request: Request,
        source_system: str,
        external_id: str,
    ) -> Response:
        """Create the lead or bring the given fields up to date."""
        raw = self.raw_body()
        if isinstance(raw, dict):
            named = {"source_system": source_system, "external_id": external_id}
            for name, value in named.items():
                if raw.get(name) not in (None, value):
                    detail = f"{name}: contradicts the address"
                    raise invalid([FieldProblem(f"/{name}", "contradiction", detail)])
            raw = raw | named
        read = read_lead_row(raw)
        if read.row is None:
            raise invalid(read.problems)
        if "If-Match" in request.headers:
            known = Lead.objects.filter(source_system=source_system, external_id=external_id)
            check_fresh(request, lead=known.first())
        (result,) = intake.take_in(
            rows=[read.row],
            actor=self.actor,
            source_system=source_system,
            origin=Origin.API,
            at=self.at,
            mode=intake.IntakeMode.UPSERT,
            rulings=rulings_now(self.opening),
        )
        if result.problems or result.lead_id is None:
            raise invalid(result.problems)
        is_new = result.status == intake.IntakeStatus.CREATED
        return Response(
            {
                "id": result.lead_id,
                "source_system": source_system,
                "external_id": external_id,
                "status": result.status.value,
                "changed": result.status != intake.IntakeStatus.UNCHANGED,
                "stage": result.stage,
                "kept": list(result.kept),
                "url": lead_url(result.lead_id),
            },
            status=HTTPStatus.CREATED if is_new else HTTPStatus.OK,
        )


class LeadDetailView(ApiView):
    """GET one lead with its rounds."""

    scopes = {"GET": "leads:read"}
    rights = {"GET": "pipeline.view_lead"}

    @extend_schema(summary="Show a lead", responses={200: LeadDetail, **PROBLEMS})
    def get(self, request: Request, pk: int) -> Response:
        """Return the lead; another team's is 404."""
        rows = visible_leads(self).select_related("channel", "company", "owner")
        lead = get_object_or_404(rows, pk=pk)
        if lead.merged_into_id is not None:
            return Response(
                {"id": lead.pk, "merged_into": lead.merged_into_id},
                status=HTTPStatus.MOVED_PERMANENTLY,
                headers={"Location": lead_url(lead.merged_into_id)},
            )
        tag = etag_of(lead)
        if request.headers.get("If-None-Match") == tag:
            return Response(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
        shows = self.person is None or self.person.has_perm("pipeline.view_personal")
        shown = LeadDetail(
            **lead_fields(lead, shows_personal=shows),
            rounds=[round_out(current) for current in lead.rounds.order_by("number")],
        )
        return Response(shown.model_dump(mode="json"), headers={"ETag": tag})


def _refused(one: ReadRow) -> dict[str, Any]:
    return {
        "index": one.index,
        "external_id": one.external_id,
        "status": "error",
        "id": None,
        "kept": [],
        "errors": [problem.to_json() for problem in one.problems],
    }


def _company_key(raw: Any) -> str | None:
    if not isinstance(raw, dict):
        return None
    name, domain = raw.get("company") or "", raw.get("company_domain") or ""
    if not isinstance(name, str) or not isinstance(domain, str):
        return None
    return company_key(name=name, domain=domain)


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        detail = "Idempotency-Key: is 1 to 255 visible ASCII characters"
        raise invalid([FieldProblem("/Idempotency-Key", "bad_key", detail)])
    return key


def _filtered(rows: QuerySet[Lead], query: LeadQuery) -> QuerySet[Lead]:
    wanted = {
        "source_system": query.source_system,
        "external_id": query.external_id,
        "stage": query.stage,
        "source_group": query.source_group,
        "owner__external_id": query.rep_external_id,
        "captured_at__gte": query.captured_since,
        "captured_at__lt": query.captured_before,
        "changed_at__gte": query.changed_since,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})
