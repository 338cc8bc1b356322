"""Inline icons of the lucide set."""

from functools import lru_cache

import lucide
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "") -> SafeString:
    """Return the icon as inline SVG; hidden from screen readers unless it has a label.

    Args:
        name: Name in the lucide set, such as `check`.
        size: Width and height in pixels.
        label: What the icon says where no words stand beside it.
    """
    drawing = _drawing(name, size)
    if label:
        return format_html('{}<span class="visually-hidden">{}</span>', drawing, label)
    return drawing


@lru_cache(maxsize=256)
def _drawing(name: str, size: int) -> SafeString:
    markup = lucide._render_icon(  # noqa: SLF001 - the public tag fixes the size attribute order
        name, size, aria_hidden="true", focusable="false"
    )
    return mark_safe(markup)  # noqa: S308 - the markup comes from the package, by a fixed name
