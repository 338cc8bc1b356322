"""Note what an import does to rows, so that it can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.choices import Effect, EffectTable
from pipeline.models import Activity, ImportEffect, Lead, Opportunity, Touch
from revops.people.models import Rep

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from django.db import models

    from pipeline.models import ImportRun

MODELS: dict[str, type[models.Model]] = {
    EffectTable.REP: Rep,
    EffectTable.LEAD: Lead,
    EffectTable.TOUCH: Touch,
    EffectTable.ACTIVITY: Activity,
    EffectTable.OPPORTUNITY: Opportunity,
}


def note(
    *,
    run: ImportRun,
    table: EffectTable,
    effect: Effect,
    before: Mapping[int, Mapping[str, Any]],
) -> None:
    """Note that `run` wrote the rows; one statement.

    Args:
        run: The import.
        table: Which rows.
        effect: What it did to them.
        before: By id, the columns that changed with the values they had; empty for new rows.
    """
    ImportEffect.objects.bulk_create(
        ImportEffect(
            run=run,
            table=table,
            object_id=object_id,
            effect=effect,
            before={column: as_json(value) for column, value in values.items()},
        )
        for object_id, values in before.items()
    )


def note_moved(*, run: ImportRun, lead_ids: Iterable[int]) -> None:
    """Note that `run` may have begun, moved or assigned rounds of the leads; one statement.

    The facts themselves name the run as their actor; the note says where to look for them.
    """
    note(
        run=run,
        table=EffectTable.LEAD_ROUNDS,
        effect=Effect.UPDATED,
        before={lead_id: {} for lead_id in set(lead_ids)},
    )


def as_json(value: Any) -> Any:
    """Return a column's value so that JSON can hold it; `restored` reads it back."""
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def restored(*, model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return noted values as the columns of `model` hold them."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return {column: fields[column].to_python(value) for column, value in values.items()}


def snapshot(
    *, rows: Iterable[models.Model], columns: Collection[str]
) -> dict[int, dict[str, Any]]:
    """Return the columns of stored rows by id, to be compared after the import wrote."""
    return {row.pk: {column: getattr(row, column) for column in columns} for row in rows}


def differences(
    *, before: Mapping[int, Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]]
) -> dict[int, dict[str, Any]]:
    """Return by id the columns that changed, with the values they had; unchanged rows left out."""
    found = {}
    for object_id, values in before.items():
        now = after.get(object_id, {})
        changed = {column: old for column, old in values.items() if now.get(column) != old}
        if changed:
            found[object_id] = changed
    return found
