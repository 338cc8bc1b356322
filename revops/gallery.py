"""Invented values with which the gallery page shows every component in all its states."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.paginator import Paginator

from revops import formats

if TYPE_CHECKING:
    from datetime import datetime

_HREF = "#rows"


_LEADS: list[dict[str, Any]] = [
    {
        "state": "overdue",
        "length": timedelta(hours=6, minutes=20),
        "due": "due Thu 16:40",
        "name": "Priya Nair",
        "company": "Halden Robotics",
        "fit": 82,
        "intent": 74,
        "why": "Demo request 2 days ago, pricing page 3 times · paid search",
    },
    {
        "state": "due_soon",
        "length": timedelta(minutes=35),
        "due": "due 14:40 EST",
        "name": "Marcus Webb",
        "company": "Tallow & Finch",
        "fit": 61,
        "intent": 66,
        "why": "Webinar, security guide, pricing page twice this week · organic",
        "current": True,
    },
    {
        "state": "due_in",
        "length": timedelta(hours=3, minutes=40),
        "due": "due Mon 09:45",
        "name": "Maximiliana Featherstonehaugh-Rodríguez",
        "fit": 68,
        "intent": 41,
        "company": "Nordlicht Energieversorgungsgesellschaft mbH",
        "below": True,
        "why": "Attempt 1 of 3 logged · case study twice, the long comparison of scoring "
        "tools, and a question in the form about on-premises operation · paid social",
    },
    {
        "state": "missed",
        "length": timedelta(minutes=48),
        "due": "contacted 11:28",
        "name": "Jonas Weber",
        "company": "Lindau Maschinenbau",
        "fit": 73,
        "intent": 62,
        "why": "Assigned while you were out, covered by Dana · partner",
    },
]

_LISTS: dict[str, Any] = {
    "hero_facts": [
        {"term": "Target to date", "text": "$141K of $250K"},
        {"term": "Same day, Q3", "text": "$109K, up 11%"},
        {"term": "Reps with quota", "text": "12 (11.4 by days)", "href": _HREF},
    ],
    "checks": [
        {"state": "pass", "label": "Company size 50 or more", "value": "180"},
        {"state": "pass", "label": "Pricing page twice in 30 days", "value": "2"},
        {"state": "fail", "label": "Decision maker or influencer", "value": "Operations"},
        {"state": "missing", "label": "Technology stack", "value": ""},
    ],
    "choices": [
        {
            "value": "company",
            "label": "Not our customer: company",
            "hint": "Size, industry or country outside the profile",
        },
        {
            "value": "role",
            "label": "Not our customer: role",
            "checked": True,
            "hint": "No say in the purchase; tell us who has",
        },
        {
            "value": "later",
            "label": "Not now",
            "hint": "Real interest, later; comes back on the date you set",
        },
        {
            "value": "retired",
            "label": "Duplicate",
            "disabled": True,
            "hint": "Retired with version 2; duplicates are void",
        },
    ],
    "tabs": [
        {"label": "Text", "href": _HREF, "current": True},
        {"label": "History", "href": _HREF, "count": 3},
        {"label": "Impact", "href": _HREF},
        {"label": "Where used", "href": _HREF, "count": 0},
    ],
    "segments": [
        {"label": "Table", "href": _HREF, "current": True},
        {"label": "Board", "href": _HREF},
    ],
    "columns": [
        {"label": "Lead", "href": _HREF, "sort": "ascending"},
        {"label": "Promise"},
        {"label": "Amount", "number": True, "href": _HREF},
        {"label": "Overdue", "number": True},
    ],
    "rows": [
        [
            {"text": "Priya Nair", "href": _HREF, "sub": "Halden Robotics"},
            {"text": "First contact"},
            {"text": "$12.4K", "title": "$12,400.00", "number": True},
            {"badge": {"text": "6 h 20 m", "tone": "bad"}, "number": True},
        ],
        [
            {
                "text": "Maximiliana Featherstonehaugh-Rodríguez",
                "href": _HREF,
                "sub": "Nordlicht Energieversorgungsgesellschaft",
            },
            {"text": "Accept or reject"},
            {"text": formats.DASH, "number": True},
            {"badge": {"text": "due today", "tone": "warn"}, "number": True},
        ],
    ],
    "foot": [
        {"text": "2 breaches"},
        {"text": ""},
        {"text": "$12.4K", "number": True},
        {"text": ""},
    ],
    "leads": _LEADS,
}


class _RefusedForm(forms.Form):
    amount = forms.DecimalField(
        label="Amount", min_value=0, help_text="In US dollars, before tax."
    )
    closes_on = forms.DateField(label="Close date")
    stage = forms.ChoiceField(label="Stage", choices=[("a", "Discovery"), ("b", "Proposal")])
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    is_sure = forms.BooleanField(
        label="The customer confirmed it", required=False, help_text="In writing."
    )


def sample(*, at: datetime) -> dict[str, Any]:
    """Return everything the gallery's templates name."""
    form = _RefusedForm({"amount": "-5", "stage": "a"})
    form.is_valid()
    return {
        "at": at,
        "form": form,
        "hours": timedelta(hours=2, minutes=10),
        "soon": timedelta(minutes=35),
        "late": timedelta(hours=6, minutes=20),
        "quick": timedelta(minutes=12),
        "page": Paginator(range(57), 20).page(2),
        **_bands(),
        **_LISTS,
        **_charts(),
    }


def _bands() -> dict[str, Any]:
    return {
        "target_stops": [(0.4, "bad"), (0.564, "warn"), (1, "good")],
        "conversion_stops": [(0.4, "bad"), (0.5, "warn"), (0.9, "good"), (1, "warn")],
        "source_stops": [
            (0.41, "series-1"),
            (0.78, "series-2"),
            (0.92, "series-3"),
            (1, "series-4"),
        ],
        "kept_stops": [(0.86, "good"), (1, "bad")],
        "win_rates": [(0.22, 0.31, 0.43, "series-1"), (0.18, 0.27, 0.38, "series-2")],
        "weeks": [31, 34, 30, 33, 38, 36, None, 41, 37, 40, 42, 44],
        "streak_mixed": [
            {"state": state} for state in ("kept", "kept", "missed", "kept", "missed", "missed")
        ],
        "streak_kept": [{"state": "kept"}] * 6,
        "streak_open": [{"state": "kept"}] * 5 + [{"state": "none"}],
    }


def _charts() -> dict[str, Any]:
    return {**_burn_up(), **_response(), **_reasons()}


def _burn_up() -> dict[str, Any]:
    days = list(range(0, 53, 4))
    sums = [0, 0.05, 0.12, 0.17, 0.29, 0.4, 0.46, 0.6, 0.71, 0.8, 0.97, 1.1, 1.3, 1.46]
    return {
        "burn_up": {
            "data": [
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": [0, 92],
                    "y": [0, 3],
                    "name": "target",
                    "line": {"color": "var(--ink-soft)", "dash": "dot", "width": 1.5},
                },
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": days,
                    "y": sums,
                    "name": "sourced",
                    "line": {"color": "var(--series-1)", "width": 2.5},
                },
            ],
            "layout": {
                "xaxis": {"title": {"text": "day of the quarter"}, "range": [0, 92]},
                "yaxis": {"rangemode": "tozero"},
            },
        },
        "burn_up_columns": ["Day", "Sourced, $ million"],
        "burn_up_rows": [[day, total] for day, total in zip(days, sums, strict=True)],
    }


def _response() -> dict[str, Any]:
    hours = [0, 0.25, 0.5, 1, 2, 4, 8, 16]
    shares = [0, 0.21, 0.38, 0.55, 0.72, 0.86, 0.93, 0.96]
    return {
        "response": {
            "data": [
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": hours,
                    "y": shares,
                    "line": {"shape": "hv", "color": "var(--series-1)", "width": 2.5},
                }
            ],
            "layout": {
                "xaxis": {"title": {"text": "business hours"}},
                "yaxis": {"tickformat": ".0%", "range": [0, 1]},
                "shapes": [
                    {
                        "type": "line",
                        "x0": 4,
                        "x1": 4,
                        "y0": 0,
                        "y1": 1,
                        "line": {"color": "var(--ink-soft)", "dash": "dot"},
                    }
                ],
            },
        },
        "response_columns": ["Business hours", "Contacted"],
        "response_rows": [
            [f"{hour:g} h", f"{share:.0%}"] for hour, share in zip(hours, shares, strict=True)
        ],
    }


def _reasons() -> dict[str, Any]:
    reasons = [
        ("Not our customer: role", 29),
        ("Not now", 22),
        ("No budget", 14),
        ("Unreachable", 11),
        ("Other", 8),
    ]
    return {
        "reasons": {
            "data": [
                {
                    "type": "bar",
                    "orientation": "h",
                    "y": [name for name, _ in reasons][::-1],
                    "x": [number for _, number in reasons][::-1],
                    "marker": {"color": "var(--series-1)"},
                }
            ],
            "layout": {},
        },
        "reason_columns": ["Reason", "Rejects"],
        "reason_rows": [[{"text": name, "href": _HREF}, number] for name, number in reasons],
    }
