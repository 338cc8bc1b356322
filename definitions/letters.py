"""What people are told about documents; the messages hold ids, names are read here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from definitions import selectors
from definitions.models import Decline, Delegation, Signature, SignatureRequest, Version
from revops.outbox.channels import Letter
from revops.people.models import Organization, User

if TYPE_CHECKING:
    from datetime import datetime


def signature_requested(payload: dict[str, Any]) -> Letter:
    """Ask a signer to read and sign."""
    asked = SignatureRequest.objects.select_related("version", "requested_by").get(
        pk=payload["request"]
    )
    return Letter(
        subject=f"Please read and sign: {asked.version}",
        lines=(
            f"{asked.requested_by} asks for your signature on {asked.version}.",
            f"It takes effect on {_day(asked.effective_from)}, or with the last signature.",
            *_exception(asked.version),
            f"Read it and sign or decline: {_address('definitions:sign', pk=asked.pk)}",
            f"The request expires on {_day(asked.expires_at)}.",
            f"SHA-256 of the text: {asked.version.sha256}",
        ),
    )


def version_signed(payload: dict[str, Any]) -> Letter:
    """Tell of one signature, with the head of the chain."""
    signature = Signature.objects.select_related("request__version", "delegation__signer").get(
        pk=payload["signature"]
    )
    version = signature.request.version
    return Letter(
        subject=f"{signature.typed_name} signed {version}",
        lines=(
            (
                f"{signature.typed_name} signed {version} for {signature.get_slot_display()}"
                f"{_place(signature)}."
            ),
            (
                f"The head of the chain of signatures is now {signature.record_sha256}. Keep this "
                "mail: with it you can prove that the chain was not cut or rebuilt."
            ),
            f"See {_address('definitions:sign', pk=signature.request_id)}",
        ),
    )


def version_in_force(payload: dict[str, Any]) -> Letter:
    """Tell everybody what is agreed, and whether it holds now or from a later day."""
    version = Version.objects.select_related("activation").get(pk=payload["version"])
    held = version.activation
    begins = held.effective_from > held.activated_at
    when = f"holds from {_day(held.effective_from)}" if begins else "is in force now"
    signers = selectors.signers_of(version=version)
    return Letter(
        subject=f"{version} is agreed" if begins else f"{version} is in force",
        lines=(f"{version} is signed by {signers} and {when}.", *_about(version)),
    )


def in_force(payload: dict[str, Any]) -> Letter:
    """Tell everybody that the day has come from which a version holds."""
    version = Version.objects.select_related("activation").get(pk=payload["version"])
    return Letter(
        subject=f"{version} is in force",
        lines=(
            (
                f"{version}, signed by {selectors.signers_of(version=version)}, holds since "
                f"{_day(version.activation.effective_from)}. What was judged before keeps the "
                "version it was judged by."
            ),
            *_about(version),
        ),
    )


def slot_delegated(payload: dict[str, Any]) -> Letter:
    """Tell a substitute, and the signer, from when to when and why."""
    given = Delegation.objects.select_related("signer", "substitute").get(pk=payload["delegation"])
    return Letter(
        subject=f"{given.substitute} signs for {given.signer}",
        lines=(
            (
                f"{given.signer} asks {given.substitute} to sign for {given.get_slot_display()} "
                f"from {_day(given.starts_at)} to {_day(given.ends_at)}: {given.reason}"
            ),
            f"See who signs for whom: {_address('definitions:substitutes')}",
        ),
    )


def delegation_ended(payload: dict[str, Any]) -> Letter:
    """Tell both that the delegation holds no more."""
    given = Delegation.objects.select_related("signer", "substitute").get(pk=payload["delegation"])
    return Letter(
        subject=f"{given.substitute} does not sign for {given.signer} any more",
        lines=(
            f"{given.signer} ended delegation {given.pk}. What was signed by it stays signed.",
            f"See who signs for whom: {_address('definitions:substitutes')}",
        ),
    )


def review_due(payload: dict[str, Any]) -> Letter:
    """Remind those who hold the review that the definitions are to be looked at again."""
    version = Version.objects.get(pk=payload["version"])
    return Letter(
        subject=f"{version} is due for review",
        lines=(
            (
                f"{version} has been in force for six months or more. Look at the data together, "
                "then close the review with keep or with change."
            ),
            f"Close the review: {_address('definitions:review')}",
        ),
    )


def _about(version: Version) -> tuple[str, ...]:
    """Return the lines every letter about an agreed version ends with."""
    kind = version.kind.replace("_", "-")
    return (
        *_exception(version),
        f"Read it: {_address('definitions:version', kind=kind, number=version.number)}",
        f"SHA-256 of the text: {version.sha256}",
        f"The head of the chain of signatures is {selectors.head_sha256()}.",
    )


def _exception(version: Version) -> tuple[str, ...]:
    if not version.exceptional_reason:
        return ()
    return (f"It comes sooner than agreed, as an exception: {version.exceptional_reason}",)


def version_declined(payload: dict[str, Any]) -> Letter:
    """Tell the author why a version was declined."""
    decline = Decline.objects.select_related("request__version", "signer").get(
        pk=payload["decline"]
    )
    version = decline.request.version
    kind = version.kind.replace("_", "-")
    return Letter(
        subject=f"{decline.signer} declined {version}",
        lines=(
            f"{decline.signer} declined {version}: {decline.reason}",
            "What is in force stays. The draft is open again.",
            f"Go to the draft: {_address('definitions:draft', kind=kind)}",
        ),
    )


def reading_reminder(payload: dict[str, Any]) -> Letter:
    """Ask somebody who has not yet read the definitions in use to do so."""
    version = Version.objects.get(pk=payload["version"])
    asker = User.objects.get(pk=payload["by"])
    return Letter(
        subject=f"Please read what our words mean: {version}",
        lines=(
            f"{asker.name} asks you to read what MQL, SAL and SQL mean here. It takes 3 minutes.",
            f"Read it: {_address('definitions:reading')}",
            "You are asked once for each version; nothing you do is held up by it.",
        ),
    )


def _place(signature: Signature) -> str:
    """Return in whose place somebody signed; empty for a signature of one's own."""
    given = signature.delegation
    return f", as substitute for {given.signer} (delegation {given.pk})" if given else ""


def _address(name: str, **values: Any) -> str:
    return f"{settings.BASE_URL}{reverse(name, kwargs=values)}"


def _day(at: datetime) -> str:
    """Return the organisation's day, with the month in full."""
    zone = Organization.objects.values_list("timezone", flat=True).first() or "UTC"
    there = at.astimezone(ZoneInfo(zone))
    return f"{there.day} {there:%B %Y}"
