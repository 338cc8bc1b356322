"""The gap list, what its confirmation still lacks, and the gate in front of the first draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Case, IntegerField, Prefetch, Value, When

from definitions.choices import DocumentKind, GapPriority
from definitions.models import Activation, AlignmentSession, Gap, GapConfirmation, Version
from definitions.selectors.audit import AUDITED, FIRST_TERMS, rounds_by_term
from revops.people.models import User

if TYPE_CHECKING:
    from django.db.models import QuerySet

RANK = Case(
    *(When(priority=key, then=Value(place)) for place, key in enumerate(GapPriority.values)),
    output_field=IntegerField(),
)


def gap_list() -> list[Gap]:
    """Return the gaps that stand, the gravest first."""
    gaps = Gap.objects.filter(removed_at__isnull=True).select_related("round", "resolved_in")
    return list(gaps.order_by(RANK, "recorded_at", "id"))


def gap_confirmation() -> GapConfirmation | None:
    """Return the newest confirmation of the gap list."""
    rows = GapConfirmation.objects.select_related("confirmed_by")
    return rows.order_by("-confirmed_at", "-id").first()


def missing_for_confirmation() -> list[str]:
    """Return, in sentences, what has to be done before the gap list may be confirmed."""
    asked = rounds_by_term()
    missing = []
    for term in FIRST_TERMS:
        name, rounds = term.upper(), asked.get(term, [])
        if any(not state.is_sealed for state in rounds):
            continue
        if not rounds:
            missing.append(f"Open a round on {name} and let both teams answer it.")
            continue
        waiting = rounds[0].waiting_for
        teams = " and ".join(str(side.label) for side in waiting)
        verb = "have" if len(waiting) == len(AUDITED) else "has"
        missing.append(f"{teams} {verb} not answered the round on {name}.")
    undecided = Gap.objects.filter(
        removed_at__isnull=True, priority=GapPriority.HIGH, decision=""
    ).order_by("recorded_at", "id")
    missing += [f'Decide the gap "{gap.title}": its priority is high.' for gap in undecided]
    return missing


def drafting_is_closed(*, kind: DocumentKind | str) -> bool:
    """Return whether a first draft of a document has to wait for the gap list.

    Only the definitions wait, and only until they were signed once or the list is confirmed.
    """
    if kind != DocumentKind.DEFINITIONS:
        return False
    if Activation.objects.filter(kind=kind, is_signed=True).exists():
        return False
    return not GapConfirmation.objects.exists()


def resolving_versions() -> QuerySet[Version]:
    """Return the signed versions a gap may be resolved in, the newest first."""
    versions = Version.objects.filter(activation__is_signed=True)
    return versions.defer("content", "canonical_text").order_by("-frozen_at", "-id")


def alignment_sessions() -> list[AlignmentSession]:
    """Return the sessions on record, the newest first."""
    there = Prefetch("attendees", queryset=User.objects.order_by("name", "pk"))
    rows = AlignmentSession.objects.select_related("recorded_by").prefetch_related(there)
    return list(rows.order_by("-held_on", "-id"))
