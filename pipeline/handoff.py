"""What a lead has to carry when it is handed to sales, and what of it is missing.

The SLA lists the items, each for every way of coming in or for some. What the product always
shows cannot be missing; an item the organisation added is looked for among the attributes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from definitions.content import ContextItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What is known of a lead at its handoff, as far as an agreed context may ask for it.

    Attributes:
        ways: How it came in: the key of its channel and the kinds of its acts.
        has_criteria: Whether the verdict that made it an MQL is kept, or the reason of the person
            who designated it.
        campaign: Part of the timeline, also where no single act is known.
        is_dated: Whether an act or the first conversion has an instant.
    """

    ways: frozenset[str] = frozenset()
    has_criteria: bool = True
    has_acts: bool = False
    campaign: str = ""
    form_text: str = ""
    company_size: int | None = None
    industry: str = ""
    country: str = ""
    is_dated: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)


def _has_company(carried: Carried) -> bool:
    """Return whether size, industry and country are known; one alone does not tell who it is."""
    return carried.company_size is not None and bool(carried.industry and carried.country)


CHECKS: Final[Mapping[str, Callable[[Carried], bool]]] = {
    "criteria": lambda carried: carried.has_criteria,
    "timeline": lambda carried: carried.has_acts or bool(carried.campaign),
    "form_text": lambda carried: bool(carried.form_text.strip()),
    "company": _has_company,
    # The page shows them for every lead, and "never contacted" is an answer.
    "sales_touches": lambda _: True,
    "engagement_age": lambda carried: carried.is_dated,
}


def asked_for(*, agreed: Iterable[ContextItem], ways: frozenset[str]) -> list[ContextItem]:
    """Return the items agreed for a lead that came in by `ways`; without channels it is all."""
    return [item for item in agreed if not item.channels or ways & set(item.channels)]


def missing_of(*, agreed: Iterable[ContextItem], carried: Carried) -> list[str]:
    """Return the codes of the agreed items the lead lacks, in the order of the agreement."""
    return [
        item.code
        for item in asked_for(agreed=agreed, ways=carried.ways)
        if not _is_carried(item.code, carried)
    ]


def _is_carried(code: str, carried: Carried) -> bool:
    check = CHECKS.get(code)
    if check is not None:
        return check(carried)
    return carried.attributes.get(code) not in (None, "", [])
