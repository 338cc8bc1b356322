"""Turn content into an immutable version with its reason rows, and install the defaults."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from definitions import canonical
from definitions.choices import DocumentKind
from definitions.defaults import default_content
from definitions.documents import parse_document, plain
from definitions.models import Activation, Reason, Version
from definitions.services.base import lock_documents, next_number, raise_epoch

if TYPE_CHECKING:
    from collections.abc import Iterator

PROVISIONAL_FROM = datetime(2000, 1, 1, tzinfo=UTC)


def freeze(
    *,
    kind: DocumentKind,
    content: dict[str, Any],
    based_on: Version | None,
    exceptional_reason: str,
    at: datetime,
    actor: str,
) -> Version:
    """Write a version: content, canonical text, hash, and the reasons it offers.

    Call it under the lock of the documents.

    Raises:
        ContentError: The content is no valid document.
    """
    document = parse_document(kind=kind, content=content)
    stored = plain(document)
    number = next_number(kind=kind)
    text = canonical.document_text(
        kind=kind.value, number=number, content=stored, exceptional_reason=exceptional_reason
    )
    version = Version.objects.create(
        kind=kind,
        number=number,
        content=stored,
        canonical_text=text,
        sha256=canonical.sha256(text),
        based_on=based_on,
        exceptional_reason=exceptional_reason,
        frozen_at=at,
        actor=actor,
    )
    Reason.objects.bulk_create(
        Reason(version=version, **row) for row in reason_rows(kind=kind, content=stored)
    )
    return version


def reason_rows(*, kind: DocumentKind | str, content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the columns of the reasons a content offers; retired ones have no row."""
    if kind != DocumentKind.DEFINITIONS:
        return
    columns = (
        "code",
        "label",
        "meaning",
        "example",
        "needs_note",
        "needs_date",
        "needs_competitor",
        "minimum_attempts",
        "history_only",
    )
    for purpose, reasons in sorted(content["reasons"].items()):
        for position, entry in enumerate(reasons["entries"]):
            if not entry["is_retired"]:
                row = {column: entry[column] for column in columns}
                yield {**row, "purpose": purpose, "position": position}


@transaction.atomic
def install_defaults(*, at: datetime, actor: str = "system:install") -> list[Version]:
    """Put the default content in use, provisionally, for every document that has no version.

    Returns:
        The versions written; empty when all four documents exist already.
    """
    lock_documents()
    written = []
    for kind in DocumentKind:
        if Version.objects.filter(kind=kind).exists():
            continue
        version = freeze(
            kind=kind,
            content=default_content(kind),
            based_on=None,
            exceptional_reason="",
            at=at,
            actor=actor,
        )
        Activation.objects.create(
            kind=kind,
            version=version,
            effective_from=PROVISIONAL_FROM,
            is_signed=False,
            activated_at=at,
            actor=actor,
        )
        written.append(version)
    if written:
        raise_epoch()
    return written
