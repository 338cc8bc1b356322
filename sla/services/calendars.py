"""Calendars and the commitments that count in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from definitions import selectors as documents
from definitions.models import Version
from definitions.services.base import actor_of, raise_epoch
from revops.people.selectors import organization
from sla import openings
from sla.choices import ClockKind, Scope
from sla.clock import BusinessCalendar
from sla.models import Calendar, CalendarVersion, Commitment
from sla.selectors.reach import unreachable
from sla.selectors.terms import loaded_terms, terms_key

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    from revops.people.models import User
    from sla.fold import Terms

DEFAULT_NAME = "Company hours"
DEFAULT_HOURS = {day: [["09:00", "17:00"]] for day in openings.WEEKDAYS[:5]}
DEFAULT_COLLAPSE_MINUTES = 15
OWNED = frozenset({ClockKind.FIRST_CONTACT})
"""Kinds each holder of a lead has a clock of; the team's promise is on the lead."""

_BY_STAMP: dict[Hashable, Terms] = {}


class CalendarRefusedError(Exception):
    """The hours cannot be used; the message is for the person who wrote them."""


@transaction.atomic
def ensure_default_calendar(*, at: datetime, actor: str = "system:install") -> Calendar:
    """Return the default calendar; write Monday to Friday, 09:00 to 17:00, where there is none.

    The hours are those of the organisation's zone.
    """
    calendar, created = Calendar.objects.get_or_create(
        is_default=True, defaults={"name": DEFAULT_NAME}
    )
    if created:
        owner = organization()
        spec = {
            "timezone": owner.timezone if owner else "UTC",
            "weekly": DEFAULT_HOURS,
            "holidays": [],
            "exceptions": {},
        }
        CalendarVersion.objects.create(
            calendar=calendar, number=1, spec=spec, created_at=at, actor=actor
        )
        raise_epoch()
    return calendar


@transaction.atomic
def change_calendar(
    *, calendar: Calendar, spec: dict[str, Any], by: User, at: datetime
) -> tuple[CalendarVersion, list[str]]:
    """Write the next version of a calendar; clocks that run keep theirs.

    Returns:
        The version, and what a careful person would question in it.

    Raises:
        CalendarRefusedError: The hours are invalid, or `by` may not change them.
    """
    if not by.has_perm("sla.edit_calendar"):
        raise CalendarRefusedError("Your role may not change calendars.")
    return add_calendar_version(calendar=calendar, spec=spec, actor=actor_of(by), at=at)


@transaction.atomic
def add_calendar_version(
    *, calendar: Calendar, spec: dict[str, Any], actor: str, at: datetime
) -> tuple[CalendarVersion, list[str]]:
    """Write the next version of a calendar for a job or command that answers for itself.

    Raises:
        CalendarRefusedError: The hours are invalid, or leave a promise in use without a deadline.
    """
    try:
        questions = openings.validate(spec)
    except openings.CalendarError as error:
        raise CalendarRefusedError(str(error)) from error
    _require_deadlines(spec, at=at)
    locked = Calendar.objects.select_for_update(no_key=True).get(pk=calendar.pk)
    last = locked.versions.order_by("-number").values_list("number", flat=True).first()
    version = CalendarVersion.objects.create(
        calendar=locked, number=(last or 0) + 1, spec=spec, created_at=at, actor=actor
    )
    raise_epoch()
    return version, questions


def _require_deadlines(spec: dict[str, Any], *, at: datetime) -> None:
    """Refuse hours in which a promise in use never falls due: every lead would fail at intake."""
    agreement = current_terms(at=at).agreement_at(at)
    if agreement is None:
        return
    hours = BusinessCalendar.from_dict(spec)
    lost = unreachable(promises=agreement.promises, hours=hours, at=at)
    if lost:
        kinds = sorted({str(ClockKind(promise.kind).label) for promise in lost})
        raise CalendarRefusedError(
            f"Too little open time: {', '.join(kinds)} would not fall due within 400 days."
        )


@transaction.atomic
def store_commitments(*, version: Version, at: datetime) -> int:
    """Write the commitments of an SLA version, once; return how many rows were written.

    Only active ones: what is not promised has no clock. First contact gets a second row for the
    person who holds the lead.
    """
    calendar = ensure_default_calendar(at=at)
    before = Commitment.objects.filter(version=version).count()
    rows = []
    for key, promise in documents.sla_of(version).ordered_commitments():
        if not promise.is_active:
            continue
        scopes = [Scope.LEAD, Scope.OWNER] if promise.kind.value in OWNED else [Scope.LEAD]
        minutes = promise.collapse_minutes
        rows += [
            Commitment(
                version=version,
                key=key,
                kind=promise.kind.value,
                side=promise.side,
                scope=scope,
                hand_raisers_only=promise.hand_raisers_only,
                follows_territory=promise.follows_territory,
                allowance_amount=promise.allowance_amount,
                unit=promise.unit.value,
                count=promise.count,
                collapse_minutes=DEFAULT_COLLAPSE_MINUTES if minutes is None else minutes,
                includes_first=promise.includes_first,
                warning_percent=int(promise.warning_share * 100),
                target_rate=promise.target_rate,
                calendar=calendar,
                position=promise.position,
                title=promise.title,
                sentence=promise.text,
            )
            for scope in scopes
        ]
    Commitment.objects.bulk_create(rows, ignore_conflicts=True)
    return Commitment.objects.filter(version=version).count() - before


def current_terms(*, at: datetime, stamp: Hashable | None = None) -> Terms:
    """Return every agreement and calendar version; write commitments not written yet.

    One statement when nothing changed since the last call in this process. With a `stamp` seen
    before there is none: pass what a request's first statement returned anyway and what every
    change of documents or calendars raises, such as the revocation epoch.
    """
    held = (connection.settings_dict["NAME"], stamp)
    if stamp is not None and held in _BY_STAMP:
        return _BY_STAMP[held]
    loaded = loaded_terms(terms_key())
    if loaded.without_commitments:
        for version in Version.objects.filter(pk__in=loaded.without_commitments):
            store_commitments(version=version, at=at)
        loaded = loaded_terms(terms_key())
    if stamp is not None:
        _BY_STAMP.clear()
        _BY_STAMP[held] = loaded.terms
    return loaded.terms


def forget_terms() -> None:
    """Drop what this process remembers; for tests that reuse a stamp in another database."""
    _BY_STAMP.clear()
    loaded_terms.cache_clear()
