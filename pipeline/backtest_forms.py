"""What the pages of back-tests take in: a span, and the positions of the sliders."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from definitions.content.scores import ScoreModel
from definitions.content.words import MqlRule
from pipeline.cube import Rule
from pipeline.scoring import SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.forms import BoundField
    from django.http import QueryDict


# Far from the ends of the calendar, where a day more or a zone apart is no date.
_YEARS = [MinValueValidator(date(1990, 1, 1)), MaxValueValidator(date(2200, 1, 1))]


class SpanForm(forms.Form):
    """The days of capture a back-test looks at, both included."""

    from_on = forms.DateField(
        label="From", widget=forms.DateInput(attrs={"type": "date"}), validators=_YEARS
    )
    to_on = forms.DateField(
        label="To", widget=forms.DateInput(attrs={"type": "date"}), validators=_YEARS
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a span that ends before it begins."""
        told: dict[str, Any] = super().clean() or {}
        if told.get("from_on") and told.get("to_on") and told["from_on"] > told["to_on"]:
            raise forms.ValidationError("The span has to end after it begins.")
        return told


class SlidersForm(forms.Form):
    """Thresholds, and points where the draft is of the score model; absent ones are the draft's.

    Args:
        told: What was sent, or None.
        rule: The draft's rule as it was back-tested.
        has_points: Whether points can be moved too.
    """

    def __init__(self, told: QueryDict | None, *, rule: Rule, has_points: bool) -> None:
        self.drafted = _values(rule, has_points=has_points)
        named = None
        if told is not None:
            named = {name: told.get(name, value) for name, (_, value, _) in self.drafted.items()}
        super().__init__(named)
        for name, (label, value, lowest) in self.drafted.items():
            self.fields[name] = forms.IntegerField(
                label=label, initial=value, min_value=lowest, max_value=SCALE
            )
        if named is None:
            self.data = {name: str(value) for name, (_, value, _) in self.drafted.items()}
            self.is_bound = True

    def thresholds(self) -> Iterator[BoundField]:
        """Yield the two thresholds."""
        yield from (self[name] for name in ("fit", "intent"))

    def points(self) -> Iterator[BoundField]:
        """Yield the points of levels and acts."""
        yield from (self[name] for name in self.drafted if name not in {"fit", "intent"})

    def values(self) -> dict[str, int]:
        """Return the positions of all sliders."""
        return {name: int(self.cleaned_data[name]) for name in self.drafted}

    def is_moved(self) -> bool:
        """Return whether a slider stands elsewhere than in the draft."""
        return any(self.drafted[name][1] != value for name, value in self.values().items())

    def query(self) -> str:
        """Return the positions that differ from the draft, as a query."""
        return urlencode(
            {
                name: value
                for name, value in self.values().items()
                if name in {"fit", "intent"} or self.drafted[name][1] != value
            }
        )


def _values(rule: Rule, *, has_points: bool) -> dict[str, tuple[str, int, int]]:
    """Return for each slider its label, where the draft stands, and its lowest value."""
    values = {
        "fit": ("Fit threshold", rule.mql.fit_threshold, 0),
        "intent": ("Intent threshold", rule.mql.intent_threshold, 0),
    }
    if not has_points:
        return values
    for attribute in rule.model.fit:
        for index, level in enumerate(attribute.levels):
            label = f"{attribute.label}: {level.label}"
            values[f"fit-{attribute.code}-{index}"] = (label, level.points, -SCALE)
    for act in rule.model.intent:
        values[f"act-{act.act}"] = (act.label, act.points, -SCALE)
    return values


def rule_with(rule: Rule, values: Mapping[str, int]) -> Rule:
    """Return `rule` with the sliders' thresholds and points."""
    mql = rule.mql.model_dump() | {
        "fit_threshold": values["fit"],
        "intent_threshold": values["intent"],
    }
    model = rule.model.model_dump()
    for attribute in model["fit"]:
        for index, level in enumerate(attribute["levels"]):
            name = f"fit-{attribute['code']}-{index}"
            level["points"] = values.get(name, level["points"])
    for act in model["intent"]:
        act["points"] = values.get(f"act-{act['act']}", act["points"])
    return Rule(mql=MqlRule.model_validate(mql), model=ScoreModel.model_validate(model))
