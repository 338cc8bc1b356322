"""The page of what would have been under another promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from revops import formats
from sla.choices import ClockStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from dashboards.selectors.what_if import Answer, Group, Hindsight
    from sla.selectors.what_if import Tally

    Context = dict[str, Any]


def what_if(found: Answer, *, moment: Callable[[datetime], str], sees_names: bool) -> Context:
    """Return what the page shows of an answer.

    Args:
        found: The answer.
        moment: Words an instant in the reader's zone.
        sees_names: Whether the reader may see whose lead it is.
    """
    was, would = found.comparison.total.was, found.comparison.total.would
    return {
        "sentence": found.sentence,
        "facts": [
            _figure("As it was", was, found.promised),
            _figure("As it would have been", would, ""),
        ],
        "groups": [
            [
                ("By team", _columns("Team"), _rows(found.teams)),
                ("By month", _columns("Month it began"), _rows(found.months)),
            ],
            [("By person", _columns("Person"), _rows(found.people))],
        ],
        "differing_columns": [
            {"label": name}
            for name in ("Lead", "Held by", "Was due, and ended", "Would be due, and end")
        ],
        "differing": [_differing(found, row, moment, sees_names) for row in found.shown],
        "differing_note": _shown(len(found.shown), len(found.comparison.differing)),
        "leads": found.comparison.leads,
        "measured": found.comparison.measured,
    }


def _shown(shown: int, total: int) -> str:
    """Return how many of how many are listed."""
    if shown < total:
        return f"the latest {formats.count(shown)} of {formats.count(total)}"
    return formats.plural(total, "clock")


def _figure(label: str, tally: Tally, note: str) -> Context:
    """Return one side of the comparison as a figure with what it is made of."""
    rate = tally.met / tally.judged if tally.judged else None
    beside = [f"{formats.count(tally.running)} still running"] if tally.running else []
    beside += [f"{formats.count(tally.excused)} excused"] if tally.excused else []
    return {
        "label": label,
        "value": formats.count(tally.breaches),
        "unit": "breach" if tally.breaches == 1 else "breaches",
        "made_of": f"of {formats.plural(tally.judged, 'clock')} that fell due:"
        f" {formats.count(tally.late)} late, {formats.count(tally.missed)} never",
        "rate": f"{formats.percent(rate)} kept",
        "note": ", ".join([*([note] if note else []), *beside]),
    }


def _columns(first: str) -> list[Context]:
    return [
        {"label": first},
        {"label": "Fell due", "number": True},
        {"label": "Breaches", "number": True},
        {"label": "Would have had", "number": True},
        {"label": "Difference", "number": True},
    ]


def _rows(groups: Sequence[Group]) -> list[list[Context]]:
    """Return the table of a grouping."""
    return [
        [
            {"text": group.name},
            {"text": formats.count(group.was.judged), "number": True},
            {"text": formats.count(group.was.breaches), "number": True},
            {"text": formats.count(group.would.breaches), "number": True},
            {
                "text": signed(group.would.breaches - group.was.breaches),
                "number": True,
            },
        ]
        for group in groups
    ]


def signed(number: int) -> str:
    """Return a difference with its sign; 0 has none."""
    return f"{number:+,}".replace("-", "\u2212") if number else "0"


def _differing(
    found: Answer,
    row: Any,
    moment: Callable[[datetime], str],
    sees_names: bool,  # noqa: FBT001
) -> list[Context]:
    """Return a clock that would have ended otherwise."""
    lead = found.leads[row.lead_id]
    name = str(lead) if sees_names else f"Lead {lead.external_id}"
    rep = found.reps.get(row.rep_id or 0)
    href = (
        reverse("pipeline:clock_detail", args=[row.clock_id])
        if row.clock_id
        else lead.get_absolute_url()
    )
    return [
        {"text": name, "href": href, "sub": lead.company.name if lead.company else ""},
        {"text": rep.name if rep else formats.DASH},
        {
            "text": moment(row.old_due) if row.old_due else formats.DASH,
            "sub": str(ClockStatus(row.old_status).label),
        },
        {
            "text": moment(row.new_due) if row.new_due else formats.DASH,
            "sub": str(ClockStatus(row.new_status).label),
        },
    ]


def hindsight(found: Hindsight, *, is_signed: bool) -> Context:
    """Return what the page of first steps shows of the year before a signature."""
    in_use = "the SLA in use" if is_signed else "the default SLA"
    return {
        "sentence": f"With {'the SLA of the open draft' if found.of_draft else in_use}",
        "is_signed": is_signed,
        "breaches": formats.plural(found.total.breaches, "breach", "breaches"),
        "judged": found.total.judged,
        "first": found.first,
        "last": found.last,
        "leads": found.leads,
        "kinds": [
            [
                {"text": label},
                {"text": formats.count(tally.judged), "number": True},
                {"text": formats.count(tally.breaches), "number": True},
            ]
            for _, label, tally in found.kinds
        ],
        "kind_columns": [
            {"label": "Promise"},
            {"label": "Fell due", "number": True},
            {"label": "Breaches", "number": True},
        ],
    }
