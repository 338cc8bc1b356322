"""The matrix of what a person hears of and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms

from revops.outbox import kinds
from revops.outbox.choices import Channel, Timing, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping

MEANINGS: dict[Topic, str] = {
    Topic.MY_LEADS: "A lead is in your queue, its clock runs.",
    Topic.DUE_SOON: "Most of the agreed time is used up.",
    Topic.MISSED: "A promise was broken, as the ladder of the SLA tells you.",
    Topic.CORRECTED: "Later evidence changed a miss you were told of; it always follows it.",
    Topic.DEALS: "Leads accepted or given back, deals opened and closed.",
    Topic.AGREEMENT: "Signatures asked for and given, versions in force, reviews due.",
    Topic.MORNING: "For leaders: who is out and what is about to be missed today.",
}


@dataclass(frozen=True)
class Row:
    """One topic with its bound fields."""

    topic: Topic
    meaning: str
    fields: list[forms.BoundField | None]


class PreferencesForm(forms.Form):
    """One choice per topic and channel."""

    def __init__(
        self, *args: Any, chosen: Mapping[tuple[Topic, Channel], Timing], **kwargs: Any
    ) -> None:
        """Offer what each topic and channel offers; where that is one thing, nothing."""
        super().__init__(*args, **kwargs)
        self.pairs: dict[str, tuple[Topic, Channel]] = {}
        for (topic, channel), timing in chosen.items():
            offered = kinds.timings(topic=topic, channel=channel)
            if len(offered) < 2:  # noqa: PLR2004 - a choice needs two
                continue
            name = f"{topic.value}-{channel.value}"
            self.pairs[name] = topic, channel
            self.fields[name] = forms.ChoiceField(
                label=f"{topic.label}: {channel.label.lower()}",
                choices=[(one.value, one.label) for one in offered],
                initial=timing.value if timing in offered else offered[0].value,
            )

    def rows(self) -> list[Row]:
        """Return the matrix, topic by topic; None where a channel offers no choice."""
        return [
            Row(
                topic,
                MEANINGS[topic],
                [
                    self[name]
                    if (name := f"{topic.value}-{channel.value}") in self.fields
                    else None
                    for channel in kinds.PERSONAL
                ],
            )
            for topic in Topic
        ]

    def timings(self) -> dict[tuple[Topic, Channel], Timing]:
        """Return what was chosen."""
        return {pair: Timing(self.cleaned_data[name]) for name, pair in self.pairs.items()}
