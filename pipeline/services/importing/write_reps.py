"""The roster from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.choices import Effect, EffectTable
from pipeline.fact_rows import RepIn
from pipeline.services.importing import effects
from pipeline.services.importing.context import read_lines
from pipeline.services.importing.outcomes import RowOutcome
from revops.people.choices import Side
from revops.people.models import QuotaPeriod, Rep, Team

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.services.importing.context import Context
    from pipeline.services.importing.outcomes import Line

COLUMNS = ("name", "email", "team_id", "title", "segment", "attributes", "is_active")


def write_reps(lines: Sequence[Line], context: Context) -> list[RowOutcome]:
    """Put people on the roster, or bring them up to date, with the dates they carry quota."""
    good, outcomes = read_lines(lines=lines, shape=RepIn)
    rows = [row for _, row in good]
    stored = {
        rep.external_id: rep
        for rep in Rep.objects.select_for_update(no_key=True)
        .filter(external_id__in=[row.external_id for row in rows])
        .order_by("pk")
    }
    old = {rep.external_id: _values(rep) for rep in stored.values()}
    teams = _teams({row.team for row in rows if row.team})
    reps = {
        row.external_id: _fill(stored.get(row.external_id), row=row, teams=teams) for row in rows
    }
    new = [rep for name, rep in reps.items() if name not in stored]
    changed = [rep for name, rep in reps.items() if name in stored and _values(rep) != old[name]]
    Rep.objects.bulk_create(new)
    if changed:
        Rep.objects.bulk_update(changed, COLUMNS)
    quota = _quota(rows=rows, reps=reps)
    _note(context=context, new=new, reps=reps, old=old, quota=quota)
    for line, row in good:
        status = "created" if row.external_id not in stored else "unchanged"
        if reps[row.external_id] in changed or (
            status == "unchanged" and row.external_id in quota
        ):
            status = "updated"
        outcomes.append(RowOutcome(line=line.number, status=status, key=row.external_id))
    return outcomes


def _values(rep: Rep) -> dict[str, Any]:
    return {column: getattr(rep, column) for column in COLUMNS}


def _fill(rep: Rep | None, *, row: RepIn, teams: dict[str, int]) -> Rep:
    if rep is None:
        rep = Rep(external_id=row.external_id, name=row.name or row.external_id)
    rep.is_active = True
    for column, value in (
        ("name", row.name),
        ("email", row.email),
        ("title", row.role),
        ("segment", row.segment),
        ("team_id", teams.get(row.team or "")),
    ):
        if value is not None:
            setattr(rep, column, value)
    rep.attributes = {**rep.attributes, **row.attributes}
    return rep


def _teams(names: set[str]) -> dict[str, int]:
    known = dict(Team.objects.filter(name__in=names).values_list("name", "id"))
    Team.objects.bulk_create(
        [Team(name=name, side=Side.SALES) for name in sorted(names - known.keys())],
        ignore_conflicts=True,
    )
    if names - known.keys():
        known = dict(Team.objects.filter(name__in=names).values_list("name", "id"))
    return known


def _quota(*, rows: Sequence[RepIn], reps: dict[str, Rep]) -> dict[str, dict[str, Any]]:
    """Store the dates quota is carried; return by rep what was there before, if it changed."""
    wanted = [
        (reps[row.external_id], row.quota_carrying_from, row.quota_carrying_to)
        for row in rows
        if row.quota_carrying_from is not None
    ]
    stored = {
        (period.rep_id, period.starts_on): period
        for period in QuotaPeriod.objects.filter(
            rep__in=[rep.pk for rep, _, _ in wanted],
            starts_on__in={starts_on for _, starts_on, _ in wanted},
        )
    }
    new: list[QuotaPeriod] = []
    changed: list[QuotaPeriod] = []
    before: dict[str, dict[str, Any]] = {}
    for rep, starts_on, ends_on in wanted:
        period = stored.get((rep.pk, starts_on))
        if period is None:
            new.append(QuotaPeriod(rep=rep, starts_on=starts_on, ends_on=ends_on))
            before[rep.external_id] = {"starts_on": str(starts_on), "is_new": True}
        elif period.ends_on != ends_on:
            old = str(period.ends_on) if period.ends_on else None
            before[rep.external_id] = {"starts_on": str(starts_on), "ends_on": old}
            period.ends_on = ends_on
            changed.append(period)
    QuotaPeriod.objects.bulk_create(new)
    if changed:
        QuotaPeriod.objects.bulk_update(changed, ["ends_on"])
    return before


def _note(
    *,
    context: Context,
    new: Sequence[Rep],
    reps: dict[str, Rep],
    old: dict[str, dict[str, Any]],
    quota: dict[str, dict[str, Any]],
) -> None:
    """Note the reps; the quota period rides in `before` under a name no column has."""
    created = {rep.pk: _with_quota({}, quota.get(rep.external_id)) for rep in new}
    updated = {}
    for name, values in old.items():
        now = _values(reps[name])
        different = {column: value for column, value in values.items() if now[column] != value}
        noted = _with_quota(different, quota.get(name))
        if noted:
            updated[reps[name].pk] = noted
    for effect, rows in ((Effect.CREATED, created), (Effect.UPDATED, updated)):
        effects.note(run=context.run, table=EffectTable.REP, effect=effect, before=rows)


def _with_quota(values: dict[str, Any], quota: dict[str, Any] | None) -> dict[str, Any]:
    return {**values, "quota": quota} if quota else values
