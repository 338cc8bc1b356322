"""Hand the rows of each kind to the service that stores them; the API calls the same ones."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pipeline.choices import ImportKind
from pipeline.services.importing.context import Context
from pipeline.services.importing.write_deals import write_opportunities
from pipeline.services.importing.write_facts import (
    write_activities,
    write_assignments,
    write_touches,
    write_transitions,
)
from pipeline.services.importing.write_leads import write_leads
from pipeline.services.importing.write_reps import write_reps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pipeline.services.importing.outcomes import Line, RowOutcome

    Writer = Callable[[Sequence[Line], Context], list[RowOutcome]]

WRITERS: Final[Mapping[ImportKind, Writer]] = MappingProxyType(
    {
        ImportKind.REPS: write_reps,
        ImportKind.LEADS: write_leads,
        ImportKind.ASSIGNMENTS: write_assignments,
        ImportKind.TOUCHES: write_touches,
        ImportKind.ACTIVITIES: write_activities,
        ImportKind.TRANSITIONS: write_transitions,
        ImportKind.OPPORTUNITIES: write_opportunities,
    }
)

__all__ = ["WRITERS", "Context"]
