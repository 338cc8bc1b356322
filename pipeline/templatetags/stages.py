"""Stages as labels that explain themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from definitions.templatetags.words import word
from pipeline.choices import Stage
from pipeline.words import term_of

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def stage(
    context: template.Context,
    value: str,
    badge: str | None = None,
    icon: str = "",
    label: str = "",
) -> SafeString | str:
    """Return a stage as a label that opens the term which governs it.

    Args:
        context: Of the template.
        value: The stage as stored, such as `accepted`; anything else is shown as it is.
        badge: The tone of a badge; None for running text.
        icon: The badge's icon.
        label: Words instead of the stage's own.
    """
    if value not in Stage.values:
        return label or value
    own = label or str(Stage(value).label)
    return word(context, term_of(value), label=own, badge=badge, icon=icon)
