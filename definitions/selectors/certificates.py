"""What proves a version: who signed it, when, from where, and its place in the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from definitions.devices import device
from definitions.models import Signature, Version, Viewing
from definitions.selectors.history import Milestone, head_sha256, timeline
from revops import formats
from revops.people.selectors import organization

if TYPE_CHECKING:
    from datetime import datetime

# The page asks for the password with every signature; there is no other way to sign.
AUTHENTICATION = "Account and password, typed again when signing"


@dataclass(frozen=True, slots=True)
class Witness:
    """One signature as a certificate tells it; times are words in the organisation's zone.

    Attributes:
        viewed_at: When the signer first opened the page to sign; empty where that was not noted.
        role: What the signer is in the company now.
    """

    signature: Signature
    role: str
    sent_at: str
    viewed_at: str
    signed_at: str
    device: str
    authentication: str = AUTHENTICATION


@dataclass(frozen=True, slots=True)
class Certificate:
    """Everything a certificate shows of one version."""

    version: Version
    milestone: Milestone
    zone: str
    organization: str
    effective_from: str
    effective_to: str
    frozen_at: str
    witnesses: tuple[Witness, ...]
    head_sha256: str


def certificates_of(*, versions: list[Version], at: datetime) -> list[Certificate]:
    """Return the certificates of some versions, in the order given."""
    owner = organization()
    zone = owner.timezone if owner else "UTC"
    milestones = {
        each.version.pk: each
        for kind in dict.fromkeys(version.kind for version in versions)
        for each in timeline(kind=kind, at=at)
    }
    signatures = _signatures(versions)
    viewed = dict(_viewings(versions))
    head = head_sha256()

    def words(instant: datetime | None) -> str:
        return "" if instant is None else formats.local(instant, zone=zone, style="full")

    def certificate(version: Version) -> Certificate:
        milestone = milestones[version.pk]
        return Certificate(
            version=version,
            milestone=milestone,
            zone=zone,
            organization=owner.name if owner else "",
            effective_from=words(milestone.effective_from) if milestone.request else "",
            effective_to=words(milestone.effective_to),
            frozen_at=words(version.frozen_at),
            witnesses=tuple(
                Witness(
                    signature=row,
                    role=row.signer.get_role_display(),
                    sent_at=words(row.request.requested_at),
                    viewed_at=words(viewed.get((row.request_id, row.signer_id))),
                    signed_at=words(row.signed_at),
                    device=device(row.user_agent),
                )
                for row in signatures
                if row.request.version_id == version.pk
            ),
            head_sha256=head,
        )

    return [certificate(version) for version in versions]


def _signatures(versions: list[Version]) -> list[Signature]:
    rows = Signature.objects.filter(request__version__in=versions)
    return list(
        rows.select_related("request", "signer", "delegation__signer").order_by("position")
    )


def _viewings(versions: list[Version]) -> list[tuple[tuple[int, int], datetime]]:
    rows = Viewing.objects.filter(request__version__in=versions)
    return [
        ((request, reader), viewed_at)
        for request, reader, viewed_at in rows.values_list("request_id", "reader_id", "viewed_at")
    ]
