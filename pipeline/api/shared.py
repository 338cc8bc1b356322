"""What several endpoints of the pipeline share."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404

from definitions.selectors import NoVersionError
from pipeline.models import Lead
from pipeline.serializers.common import DEFAULT_SYSTEM, MAX_ROWS
from pipeline.services.intake_sql import rulings_at
from revops.rest.problems import ProblemError, unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from pipeline.services.intake_sql import Rulings
    from revops.rest.views import ApiView, Opening


def rulings_now(opening: Opening) -> Rulings:
    """Return what holds at the request's instant.

    Raises:
        ProblemError: 503, no definitions have been installed yet.
    """
    try:
        return rulings_at(at=opening.at, stamp=(opening.epoch, opening.columns["stamp"]))
    except NoVersionError:
        raise unavailable() from None


def visible_leads(view: ApiView) -> QuerySet[Lead]:
    """Return the leads the caller may see: a key all, a person their own view."""
    if view.person is None:
        return Lead.objects.kept()
    return Lead.objects.visible_to(view.person)


def lead_of(view: ApiView, pk: int) -> Lead:
    """Return a lead the caller may see; a merged one is the lead that survived it.

    Raises:
        Http404: There is none, or it is another team's.
    """
    lead = get_object_or_404(visible_leads(view), pk=pk)
    if lead.merged_into_id is None:
        return lead
    return get_object_or_404(visible_leads(view), pk=lead.merged_into_id)


def etag_of(lead: Lead) -> str:
    """Return the version of a lead as the ETag header carries it."""
    return f'"{lead.pk}-{int(lead.changed_at.timestamp() * 1_000_000)}"'


def check_fresh(request: Request, *, lead: Lead | None) -> None:
    """Refuse (412) when the caller has seen an older version of the lead, or a lead that is none.

    Raises:
        ProblemError: The If-Match header names another version.
    """
    seen = request.headers.get("If-Match")
    tag = None if lead is None else etag_of(lead)
    if seen is not None and tag is not None and seen in {"*", tag}:
        return
    if seen is not None:
        raise ProblemError(
            status=HTTPStatus.PRECONDITION_FAILED,
            code="stale",
            detail="The lead has changed since you read it.",
            headers={} if tag is None else {"ETag": tag},
        )


def batch_of(view: ApiView, *, name: str, model: Any) -> tuple[str, Sequence[Any]]:
    """Return the source system and the rows of a batch: an object, or a bare list of rows.

    Raises:
        ProblemError: 413 for more than 1,000 rows, 422 for another shape.
    """
    raw = view.raw_body()
    rows = raw if isinstance(raw, list) else raw.get(name) if isinstance(raw, dict) else None
    if isinstance(rows, list) and len(rows) > MAX_ROWS:
        raise ProblemError(
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            code="too_many_rows",
            detail=f"A batch holds at most {MAX_ROWS} rows.",
        )
    if isinstance(raw, list):
        return DEFAULT_SYSTEM, raw
    body = view.validated(model, raw)
    return body.source_system, getattr(body, name)


def batch_answer(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the answer to a batch: counts, and the rows in their order."""
    statuses = [row["status"] for row in rows]
    return {
        "created": statuses.count("created"),
        "updated": statuses.count("updated"),
        "unchanged": statuses.count("unchanged"),
        "errors": statuses.count("error"),
        "data": sorted(rows, key=lambda row: row["index"]),
    }
