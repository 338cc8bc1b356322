"""Recompute every text, hash and link of the documents, and compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from definitions import canonical
from definitions.choices import Closure, DocumentKind
from definitions.documents import parse_document
from definitions.models import Activation, Signature, SignatureRequest, Version
from definitions.records import record_text
from definitions.services.freezing import reason_rows
from definitions.services.heads import HEAD_NOTED
from revops.audit.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from definitions.models import Delegation


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of all documents found.

    Attributes:
        damage: One sentence per bad row, the first one first; empty when all is well.
        head_sha256: The hash of the newest signature; empty when nothing is signed.
    """

    damage: tuple[str, ...]
    version_count: int
    signature_count: int
    head_sha256: str

    @property
    def is_intact(self) -> bool:
        """Whether nothing was found."""
        return not self.damage


def verify(*, expected_head: str = "") -> Verification:
    """Check versions, reasons, the chain of signatures and what they brought into force.

    Args:
        expected_head: A head noted earlier, from a mail or an export; the chain must still
            contain it, which is how a cut or rebuilt chain is noticed.
    """
    versions = list(Version.objects.order_by("id").prefetch_related("reason_rows"))
    signatures = list(signatures_in_order())
    damage = [
        *(sentence for version in versions for sentence in _version_damage(version)),
        *_chain_damage(signatures),
        *_request_damage(),
        *_activation_damage(),
    ]
    damage += _lost_heads({row.record_sha256 for row in signatures})
    if expected_head and expected_head not in {row.record_sha256 for row in signatures}:
        damage.append(f"definitions_signature: the chain has lost its record {expected_head}")
    return Verification(
        damage=tuple(damage),
        version_count=len(versions),
        signature_count=len(signatures),
        head_sha256=signatures[-1].record_sha256 if signatures else "",
    )


def _lost_heads(known: set[str]) -> Iterator[str]:
    """Compare the chain with the heads the journal noted day by day."""
    noted = AuditEntry.objects.filter(act=HEAD_NOTED).order_by("id")
    for subject, details in noted.values_list("subject", "details"):
        if details.get("record_sha256") not in known:
            yield (
                "definitions_signature: the chain has lost the record noted as head on "
                f"{subject.removeprefix('chain:')}"
            )


def signatures_in_order() -> QuerySet[Signature]:
    """Return the chain from its first record on, with what the records' texts need."""
    rows = Signature.objects.select_related("request__version", "delegation__end")
    return rows.order_by("position", "id")


def _version_damage(version: Version) -> Iterator[str]:
    row = f"definitions_version {version.pk}"
    try:
        text = canonical.document_text(
            kind=version.kind,
            number=version.number,
            content=version.content,
            exceptional_reason=version.exceptional_reason,
        )
        parse_document(kind=DocumentKind(version.kind), content=version.content)
    except (TypeError, KeyError, ValueError):
        yield f"{row}: its content is no valid document"
        return
    if text != version.canonical_text:
        yield f"{row}: its canonical text is not that of its content"
    if canonical.sha256(version.canonical_text) != version.sha256:
        yield f"{row}: its hash is not that of its text"
    wanted = {
        (entry["purpose"], entry["code"]): entry
        for entry in reason_rows(kind=version.kind, content=version.content)
    }
    for reason in version.reason_rows.all():
        entry = wanted.pop((reason.purpose, reason.code), None)
        if entry is None or any(getattr(reason, key) != held for key, held in entry.items()):
            yield f"definitions_reason {reason.pk}: it is not as its version says"
    for purpose, code in wanted:
        yield f"{row}: its reason {purpose}/{code} has no row"


def _chain_damage(signatures: list[Signature]) -> Iterator[str]:
    previous = ""
    for position, signature in enumerate(signatures, start=1):
        row = f"definitions_signature {signature.pk}"
        if signature.position != position:
            yield f"{row}: it stands at {signature.position}, where {position} is expected"
        if signature.previous_sha256 != previous:
            yield f"{row}: it does not follow the record before it"
        if signature.document_sha256 != signature.request.version.sha256:
            yield f"{row}: the hash it signed is not that of its version"
        if signature.slot not in signature.request.slots:
            yield f"{row}: its request has no slot {signature.slot}"
        if canonical.sha256(record_text(signature)) != signature.record_sha256:
            yield f"{row}: its hash is not that of its record"
        given = signature.delegation
        if given is not None and not _held(given, signature):
            yield f"{row}: its delegation {signature.delegation_id} did not hold for it"
        previous = signature.record_sha256


def _held(given: Delegation, signature: Signature) -> bool:
    """Return whether the signer's delegation covered the slot at the instant of signing."""
    ended_at = given.end.ended_at if hasattr(given, "end") else given.ends_at
    return (
        (given.slot, given.substitute_id) == (signature.slot, signature.signer_id)
        and given.delegated_at <= signature.signed_at
        and given.starts_at <= signature.signed_at < min(given.ends_at, ended_at)
    )


def _request_damage() -> Iterator[str]:
    requests = SignatureRequest.objects.select_related(
        "closure", "decline", "version__activation"
    ).prefetch_related("signatures")
    for request in requests.order_by("id"):
        row = f"definitions_signaturerequest {request.pk}"
        closure = getattr(request, "closure", None)
        cause = None if closure is None else closure.cause
        is_signed = {one.slot for one in request.signatures.all()} >= set(request.slots)
        is_active = hasattr(request.version, "activation")
        if (cause == Closure.COMPLETED) != is_signed:
            yield f"{row}: it is {cause or 'open'} and its slots say otherwise"
        if (cause == Closure.COMPLETED) != is_active:
            yield f"{row}: it is {cause or 'open'} and its version's activation says otherwise"
        if (cause == Closure.DECLINED) != hasattr(request, "decline"):
            yield f"{row}: it is {cause or 'open'} and its decline says otherwise"


def _activation_damage() -> Iterator[str]:
    activations = Activation.objects.select_related("version__signature_request").prefetch_related(
        "version__signature_request__signatures"
    )
    for activation in activations.order_by("id"):
        row = f"definitions_activation {activation.pk}"
        request = getattr(activation.version, "signature_request", None)
        if activation.kind != activation.version.kind:
            yield f"{row}: it names another document than its version"
        if not activation.is_signed:
            if request is not None or activation.version.number != 1:
                yield f"{row}: it is unsigned and not the seeded content"
            continue
        signatures = [] if request is None else list(request.signatures.all())
        if request is None or not {one.slot for one in signatures} >= set(request.slots):
            yield f"{row}: it is in force without all its signatures"
            continue
        if len({one.signer_id for one in signatures}) < len(request.slots):
            yield f"{row}: one person signed for two sides"
        last = max(one.signed_at for one in signatures)
        if activation.effective_from != max(request.effective_from, last):
            yield f"{row}: it takes effect at another instant than signed"
