"""Where the pipeline uses a term: its forms, and the leads judged under each version."""

from __future__ import annotations

from django.db.models import Count

from definitions.uses import Judged, Use
from pipeline.choices import Stage
from pipeline.models import Round
from pipeline.words import stages_of

_FORMS = {
    "mql": ("Make it an MQL", "Assign", "Recycle", "Disqualify", "Answer a reject"),
    "sal": ("Accept", "Reject", "Log contact", "Still working"),
    "sql": ("Mark as SQL",),
    "opportunity": ("Open a deal", "Accept a deal", "Return a deal"),
    "closed_won": ("Close as won",),
    "closed_lost": ("Close as lost",),
    "lead": ("Test or duplicate",),
}


def uses_of(term: str) -> list[Use]:
    """Return the forms that show a term beside the decision, and the stages it governs."""
    forms = [Use(group="Forms", label=label) for label in _FORMS.get(term, ())]
    stages = [
        Use(group="Stages", label=str(Stage(stage).label))
        for stage in stages_of(term)
        if stage in Stage.values
    ]
    return [*forms, *stages]


def leads_judged() -> list[Judged]:
    """Return how many leads each version of the definitions judged, the newest first."""
    rows = (
        Round.objects.values_list("definitions_version", "definitions_version__number")
        .annotate(leads=Count("lead", distinct=True))
        .order_by("-definitions_version__number")
    )
    return [
        Judged(version_id=version_id, number=number, lead_count=leads)
        for version_id, number, leads in rows
    ]
