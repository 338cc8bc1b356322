"""Terms as labels that explain themselves, and the banner that asks people to read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import template
from django.urls import reverse

from definitions.selectors import vocabulary
from revops.people.selectors import viewer
from revops.templatetags.sheets import Sheet, explained, request_of

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What the banner says to somebody who has not read the definitions in use."""

    text: str
    link: str
    href: str


@register.simple_tag(takes_context=True)
def word(
    context: template.Context,
    code: str,
    label: str = "",
    badge: str | None = None,
    icon: str = "",
) -> SafeString | str:
    """Return a term as a label: a link to its page that opens its sentence in force.

    Args:
        context: Of the template.
        code: The term, such as `mql`; a code the definitions lack is shown as plain words.
        label: What stands there; the term's name without.
        badge: The tone of a badge; None for running text.
        icon: The badge's icon.
    """
    held = vocabulary(viewer(request_of(context)))
    found = held.words.get(code) if held is not None else None
    if found is None:
        return label or code.replace("_", " ")
    sheet = Sheet(
        key=found.slug,
        title=found.long_name,
        text=found.summary,
        href=reverse("definitions:term", kwargs={"term": found.slug}),
        more="Conditions and edge cases",
        standing=found.standing,
        is_signed=found.is_signed,
        version=f"version {found.version_number}",
    )
    return explained(context, sheet, label=label or found.name, badge=badge, icon=icon)


@register.simple_tag(takes_context=True)
def invitation(context: template.Context) -> Invitation | None:
    """Return the banner for a reader who has not read the definitions in use; None otherwise.

    It costs no statement: what was read comes with the page's first one.
    """
    request = request_of(context)
    reader = viewer(request)
    if request is None or reader.user is None or request.GET.get("present") == "1":
        return None
    held = vocabulary(reader)
    href = reverse("definitions:reading")
    read = reader.facts.get("read_versions") or []
    if held is None or held.entry.version_id in read or request.path.startswith(href):
        return None
    if not reader.user.has_perm("definitions.view_agreement"):
        return None
    if read:
        text = f"What our words mean has changed: version {held.entry.number} is in use."
        return Invitation(text=text, link="See what changed", href=href)
    text = "New here? Read what MQL, SAL and SQL mean: 3 minutes"
    return Invitation(text=text, link="Read it", href=href)
