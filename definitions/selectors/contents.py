"""What a version says: its parsed content, its reasons, its terms in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.db.models import Subquery

from definitions.choices import DocumentKind, Purpose, Standing
from definitions.documents import parse_document
from definitions.models import Activation, Reason, Signature, Version
from definitions.selectors.schedule import Entry, VersionInUse, version_in_use
from revops import formats
from revops.people.models import Organization

if TYPE_CHECKING:
    from datetime import datetime

    from definitions.content import Contribution, Definitions, ScoreModel, Sla
    from definitions.documents import Document


@dataclass(frozen=True, slots=True)
class Wording:
    """A term as it is in use, for showing beside a decision.

    Attributes:
        signers: Who signed and when, in words; empty while it is provisional.
    """

    code: str
    name: str
    long_name: str
    summary: str
    conditions: tuple[str, ...]
    version_number: int
    sha256: str
    is_signed: bool
    effective_from: datetime
    signers: str

    @property
    def slug(self) -> str:
        """The term in its short address."""
        return self.code.replace("_", "-")

    @property
    def standing(self) -> str:
        """Who agreed to it, in words; where nobody did, that it is not agreed."""
        if not self.is_signed:
            return str(Standing.PROVISIONAL.label)
        return f"Signed by {self.signers}" if self.signers else "Signed"


# Never emptied: a company has a few dozen versions, and the hash settles what they say.
_DOCUMENTS: dict[str, Document] = {}


def document_of(version: Version | Entry) -> Document:
    """Return the parsed content, cached by its hash; the content is read at most once."""
    held = _DOCUMENTS.get(version.sha256)
    if held is None:
        row = version if isinstance(version, Version) else _version(version.version_id)
        held = parse_document(kind=DocumentKind(row.kind), content=row.content)
        _DOCUMENTS[version.sha256] = held
    return held


def _version(version_id: int) -> Version:
    return cast("Version", Version.objects.defer("canonical_text").get(pk=version_id))


def definitions_of(version: Version | Entry) -> Definitions:
    """Return the content of a version of the definitions."""
    return cast("Definitions", document_of(version))


def score_model_of(version: Version | Entry) -> ScoreModel:
    """Return the content of a version of the score model."""
    return cast("ScoreModel", document_of(version))


def sla_of(version: Version | Entry) -> Sla:
    """Return the content of a version of the SLA."""
    return cast("Sla", document_of(version))


def contribution_of(version: Version | Entry) -> Contribution:
    """Return the content of a version of the contribution agreement."""
    return cast("Contribution", document_of(version))


def reasons(
    *, version: Version | Entry, purpose: Purpose | str, with_history: bool = False
) -> list[Reason]:
    """Return the reasons a version offers for `purpose`, in the agreed order.

    Args:
        version: A version of the definitions.
        purpose: Which list.
        with_history: Also those only imports may use, such as "not recorded".
    """
    version_id = version.version_id if isinstance(version, Entry) else version.pk
    rows = Reason.objects.filter(version_id=version_id, purpose=purpose)
    if not with_history:
        rows = rows.filter(history_only=False)
    return list(rows.order_by("position", "id"))


def wordings(*, at: datetime) -> dict[str, Wording]:
    """Return every term in use by its code, in two statements; for pages and the API."""
    in_use = version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    return worded(in_use, signers=signers_of(version=in_use.version))


def wording_of(*, term: str, version: Version, is_signed: bool = True) -> Wording | None:
    """Return a term as a certain version has it, or None if that version lacks it."""
    activation = Activation.objects.filter(version=version).first()
    since = version.frozen_at if activation is None else activation.effective_from
    signed = is_signed and activation is not None and activation.is_signed
    held = VersionInUse(version, signed, since)
    return worded(held, signers=signers_of(version=version)).get(term)


def worded(in_use: VersionInUse, *, signers: str) -> dict[str, Wording]:
    """Return the terms of a version in reading order, each with how it stands."""
    document = definitions_of(in_use.version)
    return {
        code: Wording(
            code=code,
            name=term.name,
            long_name=term.long_name,
            summary=term.summary,
            conditions=term.conditions,
            version_number=in_use.version.number,
            sha256=in_use.version.sha256,
            is_signed=in_use.is_signed,
            effective_from=in_use.effective_from,
            signers=signers,
        )
        for code, term in document.ordered_terms()
    }


def signers_of(*, version: Version) -> str:
    """Return who signed a version and when the last one did, in words; empty when nobody did.

    The date is the one in the organisation's zone; it is read in the same statement.
    """
    zone = Subquery(Organization.objects.values("timezone")[:1])
    signed = list(
        Signature.objects.filter(request__version=version)
        .annotate(zone=zone)
        .order_by("position")
        .values_list("typed_name", "signed_at", "zone")
    )
    if not signed:
        return ""
    names = [name for name, _, _ in signed]
    together = f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]
    _, last, there = signed[-1]
    return f"{together} on {formats.local(last, zone=there or 'UTC', style='date')}"
