"""Enter, change and end absences, and name standing backups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from revops.audit.models import AuditEntry
from revops.people.absences.selectors import stretches
from revops.people.models import Absence, Rep
from revops.people.selectors import local_day

if TYPE_CHECKING:
    from datetime import datetime

    from revops.people.absences.selectors import Stretch
    from revops.people.models import User

LONGEST_DAYS = 731
BACK_DAYS = 31
AHEAD_DAYS = 731


class AbsenceRefusedError(Exception):
    """An absence cannot be stored; the message is for the user, the field the one to mend."""

    def __init__(self, words: str, *, field: str | None = None) -> None:
        self.field = field
        super().__init__(words)


class CoverUnsureError(AbsenceRefusedError):
    """Nobody stands in on some days, or never the person chosen; it is stored when confirmed."""

    def __init__(self, words: str, *, plan: list[Stretch]) -> None:
        self.plan = plan
        super().__init__(words, field="cover")


@dataclass(frozen=True, kw_only=True)
class Dates:
    """What a person says of an absence; half-open dates of the organisation's zone."""

    starts_on: date
    ends_on: date
    cover: Rep | None = None
    reason: str = ""


@transaction.atomic
def enter_absence(
    *,
    rep: Rep,
    told: Dates,
    by: User,
    at: datetime,
    source_id: str = "",
    is_sure: bool = False,
) -> Absence:
    """Store an absence of `rep`.

    Args:
        rep: Who is out.
        told: The dates, the cover and the reason.
        by: Who enters it.
        at: The instant of the call.
        source_id: Names the event of a calendar it came from.
        is_sure: Store it although nobody stands in on some days.

    Returns:
        The stored absence.

    Raises:
        AbsenceRefusedError: The dates or the cover cannot be, or `by` may not.
        CoverUnsureError: Nobody stands in on some days and `is_sure` was not said.
    """
    rep = _locked(rep, by=by)
    absence = Absence(rep=rep, source_id=source_id)
    _write(absence, told=told, by=by, at=at, is_sure=is_sure, act="enter_absence")
    return absence


@transaction.atomic
def change_absence(
    *, absence: Absence, told: Dates, by: User, at: datetime, is_sure: bool = False
) -> Absence:
    """Change an absence that is not over; one moved ahead again is handed over when it begins.

    Raises:
        AbsenceRefusedError: It is over, the dates or the cover cannot be, or `by` may not.
        CoverUnsureError: Nobody stands in on some days and `is_sure` was not said.
    """
    absence = _current(absence, by=by, at=at)
    if told.starts_on > local_day(at=at):
        absence.handed_over_at = None
    _write(absence, told=told, by=by, at=at, is_sure=is_sure, act="change_absence")
    return absence


@transaction.atomic
def end_absence(*, absence: Absence, by: User, at: datetime) -> Absence | None:
    """End an absence: the person is back today. One that has not begun, or began today, is
    removed; None is returned then.

    Raises:
        AbsenceRefusedError: It is over already, or `by` may not.
    """  # noqa: D205 - the sentence needs two lines
    absence = _current(absence, by=by, at=at)
    today = local_day(at=at)
    _journal("end_absence", absence, by=by, at=at)
    if absence.starts_on >= today:
        absence.delete()
        return None
    absence.ends_on = today
    absence.save(update_fields=["ends_on"])
    return absence


@transaction.atomic
def set_backup(*, rep: Rep, backup: Rep | None, by: User, at: datetime) -> Rep:
    """Name who stands in for `rep` where an absence names nobody; None names nobody.

    Raises:
        AbsenceRefusedError: The person left, is the rep, or `by` may not.
    """
    if not by.has_perm("people.set_backup"):
        raise AbsenceRefusedError("Your role may not name backups.", field="backup")
    rep = _locked(rep, by=by)
    if backup is not None:
        _check_cover(rep=rep, cover=backup, field="backup")
    if rep.backup_id != (backup.pk if backup else None):
        rep.backup = backup
        rep.save(update_fields=["backup"])
        AuditEntry.objects.create(
            at=at,
            actor=f"user:{by.pk}",
            act="set_backup",
            subject=f"rep:{rep.pk}",
            details={"backup": rep.backup_id},
        )
    return rep


def _locked(rep: Rep, *, by: User) -> Rep:
    """Lock the rep, so that two absences of one person cannot be entered side by side.

    Raises:
        AbsenceRefusedError: `by` does not speak for the rep.
    """
    found = Rep.objects.kept_by(by).filter(pk=rep.pk).select_for_update(no_key=True, of=("self",))
    held = found.first()
    if held is None:
        raise AbsenceRefusedError(f"You cannot enter absences of {rep.name}.", field="rep")
    return held


def _current(absence: Absence, *, by: User, at: datetime) -> Absence:
    """Lock an absence that can still change.

    Raises:
        AbsenceRefusedError: It is gone or over, or `by` may not.
    """
    rep = _locked(absence.rep, by=by)
    found = Absence.objects.select_for_update(no_key=True).filter(pk=absence.pk, rep=rep).first()
    if found is None:
        raise AbsenceRefusedError("This absence was removed meanwhile.")
    if found.ends_on <= local_day(at=at):
        raise AbsenceRefusedError("This absence is over; what is over stays as it was.")
    return found


def _write(
    absence: Absence, *, told: Dates, by: User, at: datetime, is_sure: bool, act: str
) -> None:
    """Check and store what was told; the caller's transaction undoes a refusal."""
    today = local_day(at=at)
    _check_dates(absence, told=told, today=today)
    if told.cover is not None:
        _check_cover(rep=absence.rep, cover=told.cover, field="cover")
    absence.starts_on, absence.ends_on = told.starts_on, told.ends_on
    absence.cover, absence.reason = told.cover, told.reason
    absence.save()
    if not is_sure:
        _check_stand_ins(absence, today=today)
    _journal(act, absence, by=by, at=at)


def _check_dates(absence: Absence, *, told: Dates, today: date) -> None:
    if told.ends_on <= told.starts_on:
        raise AbsenceRefusedError("The last day lies before the first.", field="last_on")
    if told.ends_on <= today:
        raise AbsenceRefusedError("This is over already; nothing would change.", field="last_on")
    if (told.ends_on - told.starts_on).days > LONGEST_DAYS:
        raise AbsenceRefusedError("An absence lasts two years at most.", field="last_on")
    if told.starts_on < today - timedelta(days=BACK_DAYS) and told.starts_on != absence.starts_on:
        raise AbsenceRefusedError(f"It can begin at most {BACK_DAYS} days ago.", field="starts_on")
    if told.starts_on > today + timedelta(days=AHEAD_DAYS):
        raise AbsenceRefusedError("It can begin at most two years ahead.", field="starts_on")
    other = (
        Absence.objects.filter(
            rep=absence.rep, starts_on__lt=told.ends_on, ends_on__gt=told.starts_on
        )
        .exclude(pk=absence.pk)
        .order_by("starts_on")
        .first()
    )
    if other is not None:
        raise AbsenceRefusedError(
            f"{absence.rep.name} is out from {other.starts_on:%-d %b %Y} to "
            f"{other.last_on:%-d %b %Y} already. Change that one.",
            field="starts_on",
        )


def _check_cover(*, rep: Rep, cover: Rep, field: str) -> None:
    if cover.pk == rep.pk:
        raise AbsenceRefusedError(f"{rep.name} cannot stand in for {rep.name}.", field=field)
    if not Rep.objects.active().filter(pk=cover.pk).exists():
        raise AbsenceRefusedError(f"{cover.name} is not on the roster any more.", field=field)


def _check_stand_ins(absence: Absence, *, today: date) -> None:
    """Refuse, until confirmed, days without anybody and a cover who never is there."""
    plan = stretches(absence=absence, today=today)
    if any(stretch.cover is None for stretch in plan):
        raise CoverUnsureError(
            "Nobody stands in on some of these days. Leads then go to the next in turn. Choose "
            "somebody else, or save it as it is.",
            plan=plan,
        )
    chosen = absence.cover
    if chosen is not None and all(
        stretch.cover is None or stretch.cover.rep_id != chosen.pk for stretch in plan
    ):
        raise CoverUnsureError(
            f"{chosen.name} is away all that time as well. Choose somebody else, or save it and "
            "their own cover stands in.",
            plan=plan,
        )


def _journal(act: str, absence: Absence, *, by: User, at: datetime) -> None:
    AuditEntry.objects.create(
        at=at,
        actor=f"user:{by.pk}",
        act=act,
        subject=f"absence:{absence.pk}",
        details={
            "rep": absence.rep_id,
            "starts_on": absence.starts_on.isoformat(),
            "ends_on": absence.ends_on.isoformat(),
            "cover": absence.cover_id,
        },
    )
