"""Labels that explain themselves: a link to the whole explanation, and a sheet with its gist.

Without script the label is a plain link. With it, a click, a tap or Enter opens the sheet, a
native popover. A page draws each sheet once at its end, whatever the number of labels; a fragment
that htmx asked for carries its own, because the page around it may not have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from django.http import HttpRequest

register = template.Library()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The gist behind a label.

    Attributes:
        key: Unique on a page; letters, digits and hyphens.
        text: The sentence that says it.
        notes: Further sentences, such as a formula, each with its heading.
        standing: Who agreed to it, or that nobody did.
        href: The page with the whole of it.
        more: What the link to that page says.
    """

    key: str
    title: str
    text: str
    href: str
    more: str
    standing: str = ""
    is_signed: bool = True
    version: str = ""
    notes: tuple[tuple[str, str], ...] = ()


def request_of(context: template.Context) -> HttpRequest | None:
    """Return the request a template is rendered for; also inside `include ... only`."""
    found = getattr(context, "request", None) or context.get("request")
    return cast("HttpRequest | None", found)


def explained(
    context: template.Context,
    sheet: Sheet,
    *,
    label: str,
    badge: str | None = None,
    icon: str = "",
) -> SafeString:
    """Return a label that opens `sheet`.

    Args:
        context: Of the template that shows the label.
        sheet: The gist.
        label: The words that stand there.
        badge: The tone, where the label is a badge; None for running text.
        icon: The badge's icon.
    """
    request = request_of(context)
    is_fragment = bool(request and getattr(request, "htmx", False))
    name = f"sheet-{sheet.key}"
    if is_fragment:
        name += f"-{getattr(request, 'request_id', '')[:12]}"
    is_new = True
    if request is not None:
        shown = _shown(request)
        is_new = name not in shown
        shown[name] = sheet
    return mark_safe(  # noqa: S308 - rendered by a template that escapes
        render_to_string(
            "components/word.html",
            {"sheet": sheet, "name": name, "label": label, "badge": badge, "icon": icon,
             "is_badge": badge is not None, "carries_sheet": is_fragment and is_new},
        ).strip()
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def sheets(context: template.Context) -> SafeString:
    """Return the sheets of the labels shown on the page; belongs at its end."""
    request = request_of(context)
    shown = {} if request is None else _shown(request)
    drawn = [
        render_to_string("components/sheet.html", {"sheet": sheet, "name": name})
        for name, sheet in shown.items()
    ]
    return mark_safe("".join(drawn))  # noqa: S308 - rendered by a template that escapes


def _shown(request: HttpRequest) -> dict[str, Sheet]:
    held = getattr(request, "_sheets", None)
    if held is None:
        held = {}
        request._sheets = held  # type: ignore[attr-defined] # noqa: SLF001 - kept for this request
    return cast("dict[str, Sheet]", held)
