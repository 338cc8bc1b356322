"""Health endpoints for load balancers and people; none of them needs a login."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from revops.database import database_now
from revops.models import PeriodicRun

if TYPE_CHECKING:
    from django.http import HttpRequest

MOST_LATE = timedelta(seconds=120)


@require_safe
@never_cache
def live(_request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process answers at all."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database takes writes and has every migration."""
    try:
        problem = write_problem() or migration_problem()
    except DatabaseError as error:
        problem = f"database: {type(error).__name__}"
    return answer([problem] if problem else [])


@require_safe
@never_cache
def sweep(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when breaches are flagged in time.

    Red when the last finished sweep is more than 120 s old, or when a deadline that passed more
    than 120 s ago is still not flagged.
    """
    try:
        problems = sweep_problems()
    except DatabaseError as error:
        problems = [f"database: {type(error).__name__}"]
    return answer(problems)


def answer(problems: list[str]) -> JsonResponse:
    """Return 200, or 503 with what is wrong."""
    if problems:
        return JsonResponse({"status": "failing", "problems": problems}, status=503)
    return JsonResponse({"status": "ok"})


def write_problem() -> str:
    """Try a write and take it back; a replica or a full disk refuses it."""
    with transaction.atomic():
        PeriodicRun.objects.update_or_create(
            service="health", defaults={"started_at": database_now()}
        )
        transaction.set_rollback(True)
    return ""


def migration_problem() -> str:
    """Return a sentence when the database lacks migrations."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} migrations are missing" if missing else ""


def sweep_problems() -> list[str]:
    """Return what is late; empty when nothing is."""
    at = database_now()
    problems = []
    run = PeriodicRun.objects.filter(service=settings.SWEEP_SERVICE).first()
    if run is None or run.finished_at is None:
        problems.append("no sweep has finished yet")
    elif at - run.finished_at > MOST_LATE:
        problems.append(
            f"the last sweep finished {int((at - run.finished_at).total_seconds())} s ago"
        )
    oldest = import_string(settings.OLDEST_OVERDUE)(at=at)
    if oldest is not None and at - oldest > MOST_LATE:
        problems.append("a deadline passed more than 120 s ago and is not flagged")
    return problems
