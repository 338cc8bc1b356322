"""The terms in use for one page, without a statement of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import connection

from definitions.choices import DocumentKind
from definitions.models import Version
from definitions.selectors.contents import Wording, signers_of, worded
from definitions.selectors.schedule import (
    KEPT_SCHEDULES,
    Entry,
    NoVersionError,
    VersionInUse,
    cached_schedule,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from revops.people.selectors import Viewer


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every term of the definitions in use, by its code, in reading order."""

    entry: Entry
    words: Mapping[str, Wording]


def vocabulary(reader: Viewer) -> Vocabulary | None:
    """Return the terms in use at the reader's instant, or None before any are installed.

    A process that has seen the version asks the database nothing, however many labels there are.
    """
    entry = entry_in_use(reader, kind=DocumentKind.DEFINITIONS)
    if entry is None:
        return None
    return _vocabulary((_stamp(reader), reader.facts.get("organization_zone")), entry)


def entry_in_use(reader: Viewer, *, kind: DocumentKind) -> Entry | None:
    """Return the version of a document in use at the reader's instant, or None if none is.

    The stamp of the schedule comes with the page's first statement (`reader_columns`).
    """
    if not reader.facts.get("schedule_stamp") or reader.at is None:
        return None
    try:
        return cached_schedule(_stamp(reader)).in_use(kind=kind, at=reader.at)
    except NoVersionError:
        return None


def _stamp(reader: Viewer) -> Hashable:
    return connection.settings_dict["NAME"], reader.facts["schedule_stamp"]


@lru_cache(maxsize=KEPT_SCHEDULES)
def _vocabulary(stamp: Hashable, entry: Entry) -> Vocabulary:
    del stamp
    version = Version.objects.defer("canonical_text").get(pk=entry.version_id)
    held = VersionInUse(version, entry.is_signed, entry.effective_from)
    return Vocabulary(entry=entry, words=worded(held, signers=signers_of(version=version)))
