"""Which definitions were in use when, and what they ask of a move; read once per call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from definitions.choices import DocumentKind
from definitions.models import Reason
from definitions.selectors import NoVersionError, definitions_of, schedule

if TYPE_CHECKING:
    from datetime import datetime

    from definitions.content import TransitionRule
    from definitions.selectors import Entry

NOT_RECORDED = "not_recorded"
"""The code of the reason imported history may carry where its source has none."""


class Rulebook:
    """The definitions by instant, for rows that happened at many instants; two statements."""

    def __init__(self) -> None:
        """Read which version holds when; reasons follow when one is asked for."""
        self.schedule = schedule()
        self._reasons: dict[tuple[int, str, str], Reason] | None = None

    def entry_at(self, at: datetime) -> Entry | None:
        """Return the definitions in use at `at`, None before the first."""
        try:
            return self.schedule.in_use(kind=DocumentKind.DEFINITIONS, at=at)
        except NoVersionError:
            return None

    def rule_of(self, *, entry: Entry, to: str) -> TransitionRule | None:
        """Return what the definitions ask of a move to `to`."""
        return definitions_of(entry).transition(to=to)

    def reason(self, *, entry: Entry, purpose: str, code: str) -> Reason | None:
        """Return the reason `code` of a list, None where the list has none."""
        if self._reasons is None:
            versions = {known.version_id for known in self.schedule.entries}
            self._reasons = {
                (reason.version_id, reason.purpose, reason.code): reason
                for reason in Reason.objects.filter(version__in=versions)
            }
        return self._reasons.get((entry.version_id, purpose, code))
