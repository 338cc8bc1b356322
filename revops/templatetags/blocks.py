"""Components with a body: `{% panel title="Breaches" %}…{% endpanel %}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.utils.safestring import SafeString

register = template.Library()


@register.simple_block_tag
def panel(
    content: SafeString,
    *,
    title: str = "",
    aside: str = "",
    href: str = "",
    pad: str = "",
    tone: str = "",
    level: int = 2,
    foot: str = "",
) -> str:
    """Return a surface with a heading.

    Args:
        content: The body.
        title: The heading; none for a bare surface.
        aside: Words at the right of the heading, a link when `href` is given.
        href: Where the words at the right lead.
        pad: `none` for a body that reaches the edges, such as the list of the queue.
        tone: `accent` for what waits for the reader.
        level: Level of the heading.
        foot: One sentence beneath the body.
    """
    return render_to_string(
        "components/panel.html",
        {"content": content, "title": title, "aside": aside, "href": href, "pad": pad,
         "tone": tone, "level": level, "foot": foot},
    )  # fmt: skip


@register.simple_block_tag
def definition(
    content: SafeString,
    *,
    term: str = "",
    version: Any = "",
    signers: str = "",
    href: str = "",
    provisional: bool = False,
    note: str = "",
) -> str:
    """Return agreed words at a rule of accent, with their version and who signed.

    Args:
        content: The sentence; criteria may follow it.
        term: What is defined.
        version: Number of the version.
        signers: Who signed and when, as words.
        href: The page of the term.
        provisional: Whether nobody signed it yet; the rule is then dashed and says so.
        note: Replaces the words before the term.
    """
    return render_to_string(
        "components/definition.html",
        {"content": content, "term": term, "version": version, "signers": signers, "href": href,
         "provisional": provisional, "note": note},
    )  # fmt: skip


@register.simple_block_tag
def dialog(content: SafeString, name: str, title: str) -> str:
    """Return a native dialog; `data-opens="name"` on a button opens it."""
    return render_to_string(
        "components/dialog.html", {"content": content, "name": name, "title": title}
    )


@register.simple_block_tag
def tip(content: SafeString, label: str = "What is this?", side: str = "") -> str:
    """Return a question mark that opens an explanation; it works without script.

    Args:
        content: The explanation.
        label: What a screen reader calls the mark.
        side: `start` or `end` where the sheet would leave the page.
    """
    return render_to_string(
        "components/tip.html", {"content": content, "label": label, "side": side}
    )


@register.simple_block_tag
def menu(content: SafeString, label: str, icon: str = "", side: str = "") -> str:
    """Return a button that opens a sheet of links; it works without script."""
    return render_to_string(
        "components/menu.html", {"content": content, "label": label, "icon": icon, "side": side}
    )


@register.simple_block_tag
def tablewrap(content: SafeString, label: str) -> str:
    """Return a frame in which a wide table scrolls by itself, reachable by keyboard.

    Args:
        content: The table.
        label: What the table holds.
    """
    return render_to_string("components/tablewrap.html", {"content": content, "label": label})


@register.simple_tag
def chart(
    *,
    name: str,
    title: str,
    summary: str,
    figure: Mapping[str, Any] | None,
    columns: Sequence[str] = (),
    rows: Sequence[Sequence[Any]] = (),
    href: str = "",
    height: str = "",
    level: int = 2,
    note: str = "",
) -> str:
    """Return the frame of a chart: heading, sentence, drawing, and the table behind it.

    Args:
        name: Unique on the page; letters, digits and hyphens.
        title: The finding or measure with its unit.
        summary: One sentence that says what the picture shows.
        figure: `{"data": [...], "layout": {...}}` for Plotly as plain values. Colours may be
            named `var(--series-1)` or any other token; they are read when drawn. A point's
            `customdata` that is an address opens when clicked. None draws the table only.
        columns: Headings of the table.
        rows: Its cells; a cell may be `{"text": ..., "href": ...}`.
        href: The list behind the chart.
        height: `small` or `large`.
        level: Level of the heading.
        note: A sentence beneath, such as what is left out.
    """
    return render_to_string(
        "components/chart.html",
        {"name": name, "figure_id": f"figure-{name}", "title": title, "summary": summary,
         "figure": figure, "columns": columns,
         "rows": rows, "href": href, "height": height, "level": level, "note": note},
    )  # fmt: skip
