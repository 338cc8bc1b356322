"""Titles of metrics as labels that explain themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.urls import reverse

from dashboards.registry import REGISTRY
from dashboards.selectors.frame import VersionLabel
from dashboards.selectors.uses import TERMS_OF
from definitions.choices import DocumentKind, Standing
from definitions.selectors import entry_in_use, vocabulary
from revops.people.selectors import viewer
from revops.templatetags.sheets import Sheet, explained, request_of

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def metric(
    context: template.Context, key: str, label: str = "", href: str = ""
) -> SafeString | str:
    """Return a metric's title: a link to its page that opens what it says and how it is made.

    Args:
        context: Of the template.
        key: The metric, such as `mql_to_sql`; an unknown one is shown as plain words.
        label: What stands there; the metric's title without.
        href: Its page for the same question; its plain page without.
    """
    if key not in REGISTRY:
        return label or key
    found = REGISTRY[key]
    reader = viewer(request_of(context))
    kind = DocumentKind(found.document)
    entry = entry_in_use(reader, kind=kind)
    held = vocabulary(reader)
    words = [] if held is None else [held.words[code].name for code in TERMS_OF.get(key, ())
                                     if code in held.words]  # fmt: skip
    owner = str(found.owner.label) if found.owner else "Both teams"
    notes = [("Formula", found.formula), ("Owner", owner)]
    if words:
        notes.append(("Depends on", ", ".join(words)))
    sheet = Sheet(
        key=f"metric-{key.replace('_', '-')}",
        title=found.title,
        text=found.sentence,
        href=href or reverse("dashboards:metric", args=[key]),
        more="Open the metric",
        notes=tuple(notes),
        version="" if entry is None else VersionLabel(kind, entry.number, entry.is_signed).words,
        standing="Signed" if entry and entry.is_signed else str(Standing.PROVISIONAL.label),
        is_signed=entry is not None and entry.is_signed,
    )
    return explained(context, sheet, label=label or found.title)
