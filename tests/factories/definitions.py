"""Documents on their way: installed, drafted, sent for signature, signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from definitions import canonical, selectors, services
from definitions.choices import DocumentKind
from definitions.models import Activation, GapConfirmation, Version
from definitions.services.freezing import freeze
from revops.people.models import User

# A Tuesday, ten in the morning in New York.
NOON = datetime(2026, 3, 3, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

SIGNERS = {"revops": "rita", "marketing": "carla", "sales": "vera"}


def edited(draft, *, key, by, at=NOON, **values):
    """Change some values of a clause that is an object; return the stored clause."""
    clause = draft.clauses.get(key=key)
    return services.edit_clause(
        draft=draft,
        key=key,
        body={**clause.body, **values},
        revision=clause.revision,
        by=by,
        at=at,
    )


def approved(draft, *, by, at=NOON):
    """Let a person approve a draft as it stands."""
    content = services.draft_content(draft=draft)
    return services.approve_draft(
        draft=draft, shown_sha256=canonical.content_sha256(content), by=by, at=at
    )


def heard(draft, *, at=NOON):
    """Let everybody in sales approve a draft, so that it may go to signature; return it."""
    for user in User.objects.filter(role__in=selectors.HELD_TO_IT, is_active=True):
        approved(draft, by=user, at=at)
    return draft


def sent(draft, *, by, at=NOON, **values):
    """Let sales approve a draft and send it for signature, with its data where that is needed."""
    if services.report_is_needed(kind=DocumentKind(draft.kind), at=at):
        values = {"report": "/breaches/", **values}
    return services.request_signatures(draft=heard(draft, at=at), by=by, at=at, **values)


def proof(*, by, request, at, **values):
    """What a signer hands in who does everything right."""
    given = {
        "typed_name": by.name,
        "document_sha256": request.version.sha256,
        "authenticated_at": at,
        "ip": "203.0.113.7",
        "user_agent": "Firefox",
        **values,
    }
    return services.Proof(**given)


def sign(request, *, slot, by, at=NOON + MINUTE, **values):
    """Sign for a slot."""
    return services.sign_version(
        request=request, slot=slot, by=by, proof=proof(by=by, request=request, at=at, **values),
        at=at,
    )  # fmt: skip


def sign_all(request, *, cast, at=NOON + MINUTE):
    """Let RevOps, marketing and sales sign, in this order."""
    return [sign(request, slot=slot, by=cast[key], at=at) for slot, key in SIGNERS.items()]


def confirmed_gaps(*, by, at=NOON):
    """Stand for the blind audit: the first definitions may be drafted; twice is once."""
    known = GapConfirmation.objects.first()
    return known or GapConfirmation.objects.create(
        gap_count=0, confirmed_at=at, confirmed_by=by, actor=f"user:{by.pk}"
    )


def signed_version(kind, *, cast, at=NOON, **changes):
    """Draft, send and sign a document; return its version in force.

    `changes` are clause keys, with slashes as two underscores, and the values that differ.
    """
    if kind == DocumentKind.DEFINITIONS:
        confirmed_gaps(by=cast["rita"], at=at)
    draft = services.open_draft(kind=DocumentKind(kind), by=cast["rita"], at=at)
    for key, values in changes.items():
        edited(draft, key=key.replace("__", "/"), by=cast["rita"], at=at, **values)
    request = sent(draft, by=cast["rita"], at=at)
    sign_all(request, cast=cast, at=at + MINUTE)
    return request.version


def activated(kind, *, at, is_signed=False, **changes):
    """Put a changed copy of the newest version in use, without anybody's signature."""
    kind = DocumentKind(kind)
    latest = Version.objects.filter(kind=kind).order_by("-number").first()
    version = freeze(
        kind=kind,
        content={**latest.content, **changes},
        based_on=latest,
        exceptional_reason="",
        at=at,
        actor="system:test",
    )
    return Activation.objects.create(
        kind=kind,
        version=version,
        effective_from=at,
        is_signed=is_signed,
        activated_at=at,
        actor="system:test",
    )
