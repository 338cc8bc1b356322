"""Leads of a file go through the same intake as those of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.choices import Effect, EffectTable, Origin, QualityFlag
from pipeline.models import Lead
from pipeline.rows import read_lead_row
from pipeline.services.importing import effects
from pipeline.services.importing.outcomes import RowOutcome
from pipeline.services.intake import IntakeMode, IntakeStatus, qualify_leads, take_in
from pipeline.services.revival import revive_leads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.rows import LeadRow
    from pipeline.services.importing.context import Context
    from pipeline.services.importing.outcomes import Line
    from pipeline.services.intake import IntakeResult

COLUMNS = (
    "company_id",
    "channel_id",
    "source_group",
    "campaign",
    "email",
    "first_name",
    "last_name",
    "title",
    "seniority",
    "form_text",
    "attributes",
    "captured_at",
    "is_hand_raiser",
    "is_test",
    "fit_score",
    "intent_score",
    "quality_flags",
)
"""Columns of a lead that an import may change and an undo restores."""


def write_leads(lines: Sequence[Line], context: Context) -> list[RowOutcome]:
    """Store the leads of a batch; a known one is brought up to date."""
    good: list[tuple[Line, LeadRow]] = []
    outcomes: list[RowOutcome] = []
    for line in lines:
        read = read_lead_row(line.ours, as_text=True)
        if read.row is None:
            outcomes.append(line.refused(problems=read.problems, key=read.external_id))
        else:
            good.append((line, read.row))
    if not good:
        return outcomes
    wanted = [row.external_id for _, row in good]
    known = Lead.objects.filter(source_system=context.source_system, external_id__in=wanted)
    before = {lead.pk: lead for lead in known.select_for_update(no_key=True).order_by("pk")}
    results = take_in(
        rows=[row for _, row in good],
        actor=context.actor,
        source_system=context.source_system,
        origin=Origin.IMPORT,
        at=context.at,
        mode=IntakeMode.UPSERT,
        import_run=context.run,
        route=_is_live(context),
    )
    gone = [pk for pk, lead in before.items() if lead.voided_at is not None]
    revive_leads(lead_ids=gone, actor=context.actor, at=context.at)
    if gone and _is_live(context):
        qualify_leads(lead_ids=gone, actor=context.actor, origin=Origin.IMPORT, at=context.at)
    after = {lead.pk: lead for lead in known.all()}
    _note(context=context, before=before, after=after, gone=gone)
    outcomes.extend(
        _outcome(line=line, result=result, lead=after.get(result.lead_id or 0), gone=gone)
        for (line, _), result in zip(good, results, strict=True)
    )
    return outcomes


def _is_live(context: Context) -> bool:
    """Return whether leads that qualify go to sales now.

    A file that says when leads became MQL is history: a row without that instant was none.
    """
    if context.options.route is not None:
        return context.options.route
    return "mql_at" not in context.columns


def _note(
    *, context: Context, before: dict[int, Lead], after: dict[int, Lead], gone: list[int]
) -> None:
    created: dict[int, dict[str, Any]] = {pk: {} for pk in after.keys() - before.keys()}
    old = effects.snapshot(rows=before.values(), columns=COLUMNS)
    new = effects.snapshot(rows=after.values(), columns=COLUMNS)
    changed = effects.differences(before=old, after=new)
    for effect, rows in (
        (Effect.CREATED, created),
        (Effect.UPDATED, changed),
        (Effect.REVIVED, {pk: {} for pk in gone}),
    ):
        effects.note(run=context.run, table=EffectTable.LEAD, effect=effect, before=rows)
    effects.note_moved(run=context.run, lead_ids=[*created, *changed, *gone])


def _outcome(
    *, line: Line, result: IntakeResult, lead: Lead | None, gone: list[int]
) -> RowOutcome:
    if result.status == IntakeStatus.ERROR or lead is None:
        return line.refused(problems=result.problems, key=result.external_id)
    flags = set(lead.quality_flags)
    if lead.channel_id is None:
        flags.add(QualityFlag.CHANNEL_MISSING)
    status = "updated" if lead.pk in gone else str(result.status)
    return RowOutcome(
        line=line.number, status=status, key=result.external_id, flags=tuple(sorted(flags))
    )
