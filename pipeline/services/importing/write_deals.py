"""Deals of a file go through the service that the API calls too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.choices import Effect, EffectTable, Origin
from pipeline.fact_rows import OpportunityIn
from pipeline.models import Lead
from pipeline.services.deals_batch import upsert_opportunities
from pipeline.services.importing import effects
from pipeline.services.importing.context import read_lines
from pipeline.services.importing.outcomes import RowOutcome
from revops.people.models import Rep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.services.deals_batch import DealResult
    from pipeline.services.importing.context import Context
    from pipeline.services.importing.outcomes import Line


def write_opportunities(lines: Sequence[Line], context: Context) -> list[RowOutcome]:
    """Store the deals of a batch; a known one is brought up to date, its lead moves along."""
    good, outcomes = read_lines(lines=lines, shape=OpportunityIn, keep_null=True)
    named = {
        name for _, row in good for name in (row.rep_external_id, row.sdr_external_id) if name
    }
    reps = Rep.objects.filter(external_id__in=named)
    listed = set(reps.values_list("pk", flat=True))
    results = upsert_opportunities(
        rows=[row for _, row in good],
        source_system=context.source_system,
        actor=context.actor,
        origin=Origin.IMPORT,
        at=context.at,
        import_run=context.run,
        create_reps=context.options.create_reps,
    )
    _note(context=context, results=results)
    effects.note(
        run=context.run,
        table=EffectTable.REP,
        effect=Effect.CREATED,
        before={pk: {} for pk in set(reps.values_list("pk", flat=True)) - listed},
    )
    for (line, _), result in zip(good, results, strict=True):
        if result.problems:
            outcomes.append(line.refused(problems=result.problems, key=result.external_id))
        else:
            outcomes.append(
                RowOutcome(
                    line=line.number,
                    status=result.status,
                    key=result.external_id,
                    flags=tuple(result.flags),
                )
            )
    return outcomes


def _note(*, context: Context, results: Sequence[DealResult]) -> None:
    by_effect: dict[Effect, dict[int, dict[str, object]]] = {}
    for result in results:
        if result.opportunity_id is None or result.status == "unchanged":
            continue
        effect = Effect.UPDATED
        if result.status == "created":
            effect = Effect.CREATED
        elif result.was_voided:
            effect = Effect.REVIVED
        by_effect.setdefault(effect, {})[result.opportunity_id] = result.before
    for effect, rows in by_effect.items():
        effects.note(run=context.run, table=EffectTable.OPPORTUNITY, effect=effect, before=rows)
    changed = {pk for rows in by_effect.values() for pk in rows}
    leads = Lead.objects.filter(opportunities__in=changed).values_list("pk", flat=True)
    effects.note_moved(run=context.run, lead_ids=leads)
