"""Show texts that people wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from definitions import selectors
from definitions.choices import DocumentKind
from revops.people.selectors import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest

register = template.Library()

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False})
_TAGS = {"p", "ul", "ol", "li", "strong", "em", "code", "blockquote", "br", "a"}


@register.filter
def markdown(text: str) -> SafeString:
    """Return a text written in Markdown as safe HTML: paragraphs, lists, emphasis and links."""
    html = nh3.clean(_MARKDOWN.render(text), tags=_TAGS, attributes={"a": {"href"}})
    return mark_safe(html)  # noqa: S308 - nh3 has just cleaned it


@register.simple_tag(takes_context=True)
def observing(context: template.Context) -> bool:
    """Return whether to tell the reader that nothing counts as a breach yet; on every page."""
    request: HttpRequest | None = getattr(context, "request", None) or context.get("request")
    reader = viewer(request)
    if reader.user is None or reader.at is None:
        return False
    held = selectors.entry_in_use(reader, kind=DocumentKind.SLA)
    return held is None or not held.is_signed


@register.filter
def slug(key: str) -> str:
    """Return a key as it stands in an address."""
    return key.replace("_", "-").replace("/", "-")


@register.filter
def short(sha256: str) -> str:
    """Return the beginning of a hash; the whole stands in a title beside it."""
    return sha256[:12]
