"""Who has read the definitions in use, and what is left to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from definitions.choices import DocumentKind
from definitions.models import Acknowledgement, Activation, Signature, Version, Withdrawal
from definitions.reading import changes, sections
from definitions.selectors.contents import definitions_of
from definitions.selectors.schedule import version_in_use
from revops.outbox.models import Message
from revops.people.models import User
from revops.people.permissions import RIGHTS

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from definitions.content import Term
    from definitions.reading import Change
    from definitions.selectors.schedule import VersionInUse

REMINDER = "reading:{version}:{reader}"
_WORDS = ("terms/", "mql", "reasons/")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one person has to read.

    Attributes:
        acknowledged_at: When they said to have read the version in use, or signed it; None while
            they have done neither.
        before: The version they read last before this one, if any.
        changes: What differs from that one; empty for somebody who reads for the first time.
    """

    in_use: VersionInUse
    terms: list[tuple[str, Term]]
    acknowledged_at: datetime | None
    before: Version | None
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Roll:
    """One person and whether they have read the version in use."""

    reader: User
    acknowledged_at: datetime | None
    reminded_at: datetime | None


def reader_columns(*, reader: User | None) -> dict[str, Any]:
    """Return what a page's first statement reads besides the organisation.

    `schedule_stamp` changes with every activation and withdrawal; `read_versions` are the ids of
    the versions the reader acknowledged or signed.
    """
    activations = Activation.objects.order_by("-pk").values_list(
        Concat(Cast("pk", CharField()), Value("."), "version__sha256", output_field=CharField())
    )
    withdrawals = Withdrawal.objects.order_by("-pk").values_list(Cast("pk", CharField()))
    columns: dict[str, Any] = {
        "schedule_stamp": Concat(
            Subquery(activations[:1]),
            Value("/"),
            Coalesce(Subquery(withdrawals[:1]), Value("")),
            output_field=CharField(),
        ),
        "organization_zone": F("timezone"),
    }
    if reader is not None:
        given = Acknowledgement.objects.filter(reader=reader.pk, version=OuterRef("pk"))
        signed = Signature.objects.filter(signer=reader.pk, request__version=OuterRef("pk"))
        read = Version.objects.filter(
            Exists(given) | Exists(signed), kind=DocumentKind.DEFINITIONS
        ).order_by("pk")
        columns["read_versions"] = ArraySubquery(read.values("pk"))
    return columns


def reading_of(*, reader: User, at: datetime) -> Reading:
    """Return what `reader` has to read, or has read."""
    in_use = version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    given = _read_by(reader=reader)
    own = next((at for version, at in given if version == in_use.version), None)
    before = next((version for version, _ in given if version != in_use.version), None)
    return Reading(
        in_use=in_use,
        terms=definitions_of(in_use.version).ordered_terms(),
        acknowledged_at=own,
        before=before,
        changes=[] if before is None else _changes(before=before, after=in_use.version),
    )


def _read_by(*, reader: User) -> list[tuple[Version, datetime]]:
    """Return the versions a person read and when, the latest first; who signs one has read it."""
    given = (
        Acknowledgement.objects.filter(reader=reader)
        .select_related("version")
        .defer("version__canonical_text")
    )
    signed = (
        Signature.objects.filter(signer=reader, request__version__kind=DocumentKind.DEFINITIONS)
        .select_related("request__version")
        .defer("request__version__canonical_text")
    )
    read = [(row.version, row.acknowledged_at) for row in given]
    read += [(row.request.version, row.signed_at) for row in signed]
    return sorted(read, key=lambda each: each[1], reverse=True)


def _changes(*, before: Version, after: Version) -> list[Change]:
    old, new = (
        [each for each in sections(definitions_of(version)) if each.key.startswith(_WORDS)]
        for version in (before, after)
    )
    return changes(before=old, after=new)


def roll_of(*, version: Version) -> list[Roll]:
    """Return everybody who reads the definitions, those who have not yet read first.

    Who signed the version has read it.
    """
    roles = RIGHTS["definitions.view_agreement"]
    people = User.objects.filter(role__in=roles, is_active=True).order_by("name", "pk")
    signed = Signature.objects.filter(request__version=version)
    given = Acknowledgement.objects.filter(version=version)
    read = dict(signed.values_list("signer_id", "signed_at"))
    read |= dict(given.values_list("reader_id", "acknowledged_at"))
    keys = {REMINDER.format(version=version.pk, reader=person.pk): person.pk for person in people}
    sent = Message.objects.filter(key__in=keys).values_list("key", "created_at")
    reminded = {keys[key]: at for key, at in sent}
    roll = [
        Roll(
            reader=person, acknowledged_at=read.get(person.pk), reminded_at=reminded.get(person.pk)
        )
        for person in people
    ]
    return sorted(roll, key=lambda line: line.acknowledged_at is not None)
