"""What the pages of the documents share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import Http404
from django.urls import reverse

from definitions import selectors
from definitions.choices import DocumentKind
from definitions.reading import Section, sections

if TYPE_CHECKING:
    from datetime import datetime

    from django.forms import Form
    from django.http import HttpRequest

    from definitions.models import Draft, Signature, SignatureRequest, Version
    from revops.people.models import User

KEY = re.compile(r"[a-z_]{1,40}(/[a-z0-9_]{1,40})?")
"""The key of a clause as an address may hold it."""
SIDES = {"revops": "RevOps", "marketing": "Marketing", "sales": "Sales"}


@dataclass(frozen=True)
class Slot:
    """One slot of a request as a page shows it."""

    slot: str
    signature: Signature | None
    is_declined: bool = False
    note: str = ""

    @property
    def label(self) -> str:
        """The side's name."""
        return SIDES[self.slot]

    @property
    def state(self) -> str:
        """What the slot's frame shows: signed, declined or open."""
        if self.is_declined:
            return "declined"
        return "signed" if self.signature is not None else "open"


@dataclass(frozen=True)
class Shown:
    """A document as a page shows it: the version, its text, and how its signing stands."""

    kind: DocumentKind
    version: Version
    is_signed: bool
    effective_from: datetime
    sections: list[Section]
    slots: list[Slot]
    draft: Draft | None = None
    request: SignatureRequest | None = None
    request_slots: tuple[Slot, ...] = ()

    @property
    def title(self) -> str:
        """The document's name."""
        return str(self.kind.label)

    @property
    def slug(self) -> str:
        """The document in addresses."""
        return self.kind.value.replace("_", "-")

    @property
    def waiting_count(self) -> int:
        """How many slots of the open request are still empty."""
        return sum(slot.state == "open" for slot in self.request_slots)


def instant(request: HttpRequest) -> datetime:
    """Return the request's instant as a plain aware datetime."""
    at: datetime = request.at.astimezone(UTC)  # type: ignore[attr-defined]
    return at


def member(request: HttpRequest) -> User:
    """Return who is logged in; the views' decorators see to it that somebody is."""
    return cast("User", request.user)


def is_authentic(request: HttpRequest, form: Form) -> bool:
    """Check the password as the login does, so that wrong tries count and lock alike."""
    user = authenticate(
        request, username=member(request).email, password=form.cleaned_data["password"]
    )
    if user is None or user.pk != member(request).pk:
        form.add_error("password", "This is not your password.")
        return False
    return True


def verify_address(head: str) -> str:
    """Return the full address at which paper can be checked."""
    address = f"{settings.BASE_URL}{reverse('definitions:verification')}"
    return f"{address}?head={head}" if head else address


def kind_of(slug: str) -> DocumentKind:
    """Return the document of an address.

    Raises:
        Http404: There is no such document.
    """
    try:
        return DocumentKind(slug.replace("-", "_"))
    except ValueError as error:
        raise Http404("no such document") from error


def anchor_of(key: str) -> str:
    """Return the place of a clause on a page, as its section names it."""
    return key.replace("/", "-").replace("_", "-")


def slots_of(request: SignatureRequest | None) -> list[Slot]:
    """Return the slots of a request in the order they were asked."""
    if request is None:
        return []
    signatures = request.signatures.select_related("signer", "delegation__signer")
    signed = {row.slot: row for row in signatures}
    decline = getattr(request, "decline", None)
    return [
        Slot(
            slot=slot,
            signature=signed.get(slot),
            is_declined=decline is not None and decline.slot == slot,
            note=decline.reason if decline is not None and decline.slot == slot else "",
        )
        for slot in request.slots
    ]


def shown(*, kind: DocumentKind, in_use: selectors.VersionInUse, at: datetime) -> Shown:
    """Gather what a page shows of a document in use."""
    draft = selectors.open_draft_of(kind=kind)
    request = None if draft is None else selectors.open_request_of(draft=draft, at=at)
    signed_request = getattr(in_use.version, "signature_request", None)
    return Shown(
        kind=kind,
        version=in_use.version,
        is_signed=in_use.is_signed,
        effective_from=in_use.effective_from,
        sections=sections(selectors.document_of(in_use.version)),
        slots=slots_of(signed_request),
        draft=draft,
        request=request,
        request_slots=tuple(slots_of(request)),
    )
