"""How intake talks to the database: one JSON document in, one out."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from django.db import OperationalError, connection
from psycopg import errors

from definitions import selectors as documents
from definitions.services import install_defaults
from pipeline.fields import CompanyFacts
from revops.outbox.services import channels_of
from sla.services.calendars import current_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping, Sequence

    from definitions.selectors import Schedule
    from pipeline.choices import Origin
    from sla.fold import Terms

DEADLOCK_TRIES: Final = 3

COMPANY: Final = """
SELECT jsonb_build_object(
    'match_key', c.match_key, 'name', c.name, 'domain', c.domain, 'size', c.size,
    'industry', c.industry, 'country', c.country, 'technology', c.technology,
    'attributes', c.attributes,
    'has_open_deal', EXISTS (SELECT FROM pipeline_opportunity o WHERE o.company_id = c.id
        AND o.accepted_at IS NOT NULL AND o.outcome = '' AND o.voided_at IS NULL),
    'is_customer', EXISTS (SELECT FROM pipeline_opportunity o WHERE o.company_id = c.id
        AND o.outcome = 'won' AND o.voided_at IS NULL))
FROM pipeline_company c WHERE c.match_key """
"""What is stored of companies; complete it with `= %s` or `= ANY(%s)`."""

Params = ParamSpec("Params")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Rulings:
    """What holds when: the versions of the documents, and the promises with their calendars."""

    schedule: Schedule
    terms: Terms


STAMP: Final = """
SELECT concat_ws(',', (SELECT concat_ws('.', count(*), max(id)) FROM definitions_activation),
    (SELECT concat_ws('.', count(*), max(id)) FROM definitions_withdrawal),
    (SELECT concat_ws('.', count(*), max(id)) FROM sla_calendarversion))
"""
"""Changes with everything that `Rulings` depend on; all three tables are append-only."""


def rulings_at(*, at: datetime, stamp: Hashable | None = None) -> Rulings:
    """Return what holds when; without a statement if this process has seen the `stamp`.

    Args:
        at: The instant of the request.
        stamp: What `STAMP` reads, with the revocation epoch; None reads what is there now.
    """
    if stamp is None:
        schedule = documents.schedule()
    else:
        stamp = (connection.settings_dict["NAME"], stamp)
        schedule = documents.cached_schedule(stamp)
    if not schedule.entries:  # the first lead of a new database: it is judged provisionally
        install_defaults(at=at)
        return rulings_at(at=at)
    return Rulings(schedule=schedule, terms=current_terms(at=at, stamp=stamp))


def company_facts(stored: Mapping[str, Any] | None) -> dict[str, CompanyFacts]:
    """Return what `COMPANY` read of one company, by its key; empty when it is new."""
    if stored is None:
        return {}
    columns = dict(stored)
    key = columns.pop("match_key")
    columns["technology"] = tuple(columns["technology"])
    return {key: CompanyFacts(**columns)}


def retried(service: Callable[Params, Result]) -> Callable[Params, Result]:
    """Run a service again when it lost a deadlock; inside a transaction it is tried once."""

    @wraps(service)
    def attempt(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        tries = 1 if connection.in_atomic_block else DEADLOCK_TRIES
        for left in reversed(range(tries)):
            try:
                return service(*args, **kwargs)
            except OperationalError as error:
                if not left or not isinstance(error.__cause__, errors.DeadlockDetected):
                    raise
                time.sleep(0.01)
        raise AssertionError(tries)

    return attempt


def as_columns(stored: Any) -> dict[str, Any] | None:
    """Return a JSON value a raw cursor handed over, which may be text."""
    found: dict[str, Any] | None = json.loads(stored) if isinstance(stored, str) else stored
    return found


def head_of(*, actor: str, origin: Origin, at: datetime) -> dict[str, Any]:
    """Return what is said once for all rows."""
    return {
        "actor": actor,
        "origin": origin.value,
        "at": at,
        "channels": [channel.value for channel in channels_of("lead.assigned")],
        "plans": {},
    }


def call_function(sql: str, params: Sequence[Any]) -> dict[str, Any]:
    """Call a database function that answers with one JSON document."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        (found,) = cursor.fetchone()
    answer: dict[str, Any] = json.loads(found) if isinstance(found, str) else found or {}
    return answer


def as_json(value: object) -> str:
    """Return JSON with instants in ISO 8601."""
    return json.dumps(value, default=_encode, ensure_ascii=False, separators=(",", ":"))


def _encode(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not sent")


def read_companies(keys: Collection[str]) -> dict[str, CompanyFacts]:
    """Return what is stored of companies, by their keys; one statement."""
    if not keys:
        return {}
    found: dict[str, CompanyFacts] = {}
    with connection.cursor() as cursor:
        cursor.execute(COMPANY + "= ANY(%s)", [sorted(keys)])
        for (stored,) in cursor.fetchall():
            found |= company_facts(json.loads(stored) if isinstance(stored, str) else stored)
    return found
