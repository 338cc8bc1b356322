"""Names and addresses, masked for those who may not see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.models import Lead
    from revops.people.models import User

MASK = "•••"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A lead as one reader may see it; texts are empty or masked for the others."""

    name: str
    email: str
    title: str
    form_text: str
    is_masked: bool


def person_of(*, lead: Lead, reader: User) -> Person:
    """Return the person behind a lead; without the right only initials and the mail's domain."""
    if reader.has_perm("pipeline.view_personal"):
        return Person(
            name=str(lead),
            email=lead.email,
            title=lead.title,
            form_text=lead.form_text,
            is_masked=False,
        )
    letters = [part[0] for part in (lead.first_name, lead.last_name) if part]
    _, _, domain = lead.email.partition("@")
    return Person(
        name=f"{'. '.join(letters)}." if letters else f"Lead {lead.pk}",
        email=f"{MASK}@{domain}" if domain else "",
        title=lead.title,
        form_text="",
        is_masked=True,
    )
