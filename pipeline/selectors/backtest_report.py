"""A comparison of two rules in words, tables and curves, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pipeline.backtesting import CURVE, Load, Share, Side, quality_of
from revops import formats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from pipeline.backtesting import Comparison, Step, Tally
    from pipeline.cube import Rule

DAY_SECONDS: Final = 86_400
DASH: Final = "\u2013"
SIDES: Final = {
    Side.NO_LONGER: "No longer MQLs",
    Side.NEWLY: "Newly MQLs",
    Side.BOTH: "MQLs under both",
    Side.NEITHER: "MQLs under neither",
}
SHARES: Final = {
    "accepted_precision": "Of the MQLs sales decided on, accepted",
    "accepted_recall": "Of all leads accepted, among the MQLs",
    "won_precision": "Of the MQLs sales decided on, won",
    "won_recall": "Of all leads won, among the MQLs",
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A number of a table; `href` opens the leads behind it."""

    text: str
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a table."""

    label: str
    cells: tuple[Cell, ...]
    is_main: bool = False


@dataclass(frozen=True, kw_only=True)
class Stat:
    """A number with what it was before."""

    label: str
    value: str
    hint: str
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a page says of a comparison."""

    sentence: str
    also: str
    tone: str
    stats: tuple[Stat, ...]
    groups: tuple[Line, ...]
    shares: tuple[Line, ...]
    load: tuple[Line, ...]


def report_of(
    *,
    found: Comparison,
    base: Rule,
    rule: Rule,
    subject: str,
    span: timedelta,
    reps: int,
    address: str,
) -> Report:
    """Return the report.

    Args:
        found: The comparison of `base` and `rule`.
        base: The rule in use.
        rule: The draft's rule, or what the sliders made of it.
        subject: What the rule stands in: a draft, or a proposal.
        span: How long the span is.
        reps: How many reps take leads.
        address: The list of names; a query that ends in `group=` follows.
    """
    days = max(span.total_seconds() / DAY_SECONDS, 1)
    before, after = found.before, found.after
    loads = [Load(mqls.leads, days, reps) for mqls in (before, after)]
    lost = found.tallies[Side.NO_LONGER]
    return Report(
        sentence=sentence_of(found=found, base=base, rule=rule, subject=subject),
        also=_also(found),
        tone="bad" if lost.count("won") else "",
        stats=_stats(found, loads),
        groups=tuple(
            _group(label, found.tallies[side], f"{address}{side.value}", side=side)
            for side, label in SIDES.items()
        ),
        shares=tuple(_shares(before, after, found.everybody)),
        load=tuple(_load(loads)),
    )


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a stored result says, for a draft's page and for those who sign."""

    sentence: str
    lines: tuple[Line, ...]


def summary_of(numbers: Mapping[str, Any]) -> Summary:
    """Return the summary of a result's stored numbers: `Comparison.to_json` and the sentence."""
    sides = (numbers["before"], numbers["after"])
    mqls = Line(
        label="MQLs", cells=tuple(Cell(text=formats.count(side["leads"])) for side in sides)
    )
    shares = (
        Line(label=label, cells=tuple(Cell(text=_share(Share(*side[name]))) for side in sides))
        for name, label in SHARES.items()
    )
    return Summary(sentence=numbers["sentence"], lines=(mqls, *shares))


def sentence_of(*, found: Comparison, base: Rule, rule: Rule, subject: str) -> str:
    """Return in one sentence what the rule would have cost, wins first."""
    before, lost = found.before, found.tallies[Side.NO_LONGER]
    what = _what(base=base, rule=rule, subject=subject)
    if before.leads == 0:
        return "The rule in use made no MQLs in this span."
    if lost.leads == 0:
        return f"{what} would have kept all {formats.plural(before.leads, 'MQL')}."
    wins = before.count("won")
    dropped = (
        f"{what} would have dropped {formats.count(lost.leads)}"
        f" of {formats.plural(before.leads, 'MQL')}"
    )
    if wins == 0:
        return f"{dropped}; none of them was won either way."
    if lost.count("won") == 0:
        return f"{dropped} and kept {_all_wins(wins)}."
    if wins == 1:
        return f"{dropped}; the only win is among them."
    return f"{dropped}; {formats.count(lost.count('won'))} of the {formats.count(wins)} wins" + (
        " is among them." if lost.count("won") == 1 else " are among them."
    )


def _all_wins(wins: int) -> str:
    return "the only win" if wins == 1 else f"all {formats.count(wins)} wins"


def _what(*, base: Rule, rule: Rule, subject: str) -> str:
    """Return who would have done it: the one threshold that moved, or the whole rule."""
    thresholds = ("fit_threshold", "intent_threshold")
    was, will = base.mql.model_dump(), rule.mql.model_dump()
    changed = [name for name in thresholds if was[name] != will[name]]
    rest = [name for name in was if name not in (*thresholds, "hand_raise_acts", "bands")]
    is_alike = all(was[name] == will[name] for name in rest) and _points(base) == _points(rule)
    if not is_alike:
        return f"This {subject}"
    if not changed:
        return "The same rule"
    moves = [
        f"{'raising' if will[name] > was[name] else 'lowering'} {name.partition('_')[0]}"
        f" from {was[name]} to {will[name]}"
        for name in changed
    ]
    text = " and ".join(moves)
    return text[:1].upper() + text[1:]


def _points(rule: Rule) -> dict[str, Any]:
    return rule.model.model_dump(exclude={"purpose", "review"})


def _also(found: Comparison) -> str:
    newly = found.tallies[Side.NEWLY]
    if newly.leads == 0:
        return ""
    won = newly.count("won")
    wins = f", {formats.plural(won, 'later win')} among them" if won else ""
    return f"It would have added {formats.plural(newly.leads, 'MQL')}{wins}."


def _stats(found: Comparison, loads: Sequence[Load]) -> tuple[Stat, ...]:
    before, after = found.before, found.after
    lost = found.tallies[Side.NO_LONGER]
    now, then = loads
    return (
        Stat(
            label="MQLs",
            value=formats.count(after.leads),
            hint=f"{formats.count(before.leads)} under the rule in use",
        ),
        Stat(
            label="Wins lost",
            value=formats.count(lost.count("won")),
            hint=f"of {formats.count(before.count('won'))}{_worth(lost)}",
            tone="bad" if lost.count("won") else "good",
        ),
        Stat(
            label="Accepted leads lost",
            value=formats.count(lost.count("accepted")),
            hint=f"of {formats.count(before.count('accepted'))}",
        ),
        Stat(
            label="MQLs a week for each rep",
            value=_number(then.per_rep),
            hint=f"{_number(now.per_rep)} now",
        ),
    )


def _worth(tally: Tally) -> str:
    told = amounts(tally)
    return "" if told == DASH else f", {told}"


def amounts(tally: Tally) -> str:
    """Return what was won, each currency by itself."""
    told = [
        formats.money_compact(Decimal(cents) / 100, currency=currency)
        for currency, cents in sorted(tally.won_amounts.items())
        if currency != "?"
    ]
    return " and ".join(told) or DASH


def _group(label: str, tally: Tally, href: str, *, side: Side) -> Line:
    names = ("accepted", "sql", "opportunity", "won")
    leads = Cell(text=formats.count(tally.leads), href=href if tally.leads else "")
    counts = tuple(Cell(text=formats.count(tally.count(name))) for name in names)
    return Line(
        label=label,
        cells=(leads, *counts, Cell(text=amounts(tally))),
        is_main=side is Side.NO_LONGER,
    )


def _shares(before: Tally, after: Tally, everybody: Tally) -> list[Line]:
    was = quality_of(mqls=before, everybody=everybody)
    will = quality_of(mqls=after, everybody=everybody)
    return [
        Line(
            label=label,
            cells=(
                Cell(text=_share(getattr(was, name))),
                Cell(text=_share(getattr(will, name))),
            ),
        )
        for name, label in SHARES.items()
    ]


def _share(share: Share) -> str:
    if share.rate is None:
        return DASH
    of = f"({formats.count(share.part)} of {formats.count(share.whole)})"
    return f"{formats.percent(share.rate)} {of}"


def _load(loads: Sequence[Load]) -> list[Line]:
    return [
        Line(
            label="MQLs a week",
            cells=tuple(Cell(text=_number(load.per_week)) for load in loads),
        ),
        Line(
            label="MQLs a week for each rep",
            cells=tuple(Cell(text=_number(load.per_rep)) for load in loads),
        ),
        Line(
            label="First contacts a working day for each rep",
            cells=tuple(Cell(text=_number(load.contacts_per_day)) for load in loads),
        ),
    ]


def _number(value: float | None) -> str:
    return DASH if value is None else f"{value:,.1f}"


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A drawing of what every threshold would keep, with the table behind it."""

    name: str
    title: str
    summary: str
    figure: dict[str, Any]
    rows: tuple[tuple[str, ...], ...]


CURVE_COLUMNS: Final = ("Threshold", "MQLs", "Accepted", "Won")


def curves_of(found: Comparison) -> tuple[Curve, Curve]:
    """Return the curves of fit and of intent."""
    return (
        _curve("fit", found.fit_curve, was=found.base_fit, will=found.fit),
        _curve("intent", found.intent_curve, was=found.base_intent, will=found.intent),
    )


def _curve(name: str, steps: Sequence[Step], *, was: int, will: int) -> Curve:
    wins = steps[0].won
    return Curve(
        name=name,
        title=f"Kept at every {name} threshold, %",
        summary=(
            f"How many of the leads that reach the rest of the rule stay MQLs as the {name}"
            f" threshold rises; {formats.plural(wins, 'win')} at 0."
        ),
        figure=curve_figure(steps, was=was, will=will),
        rows=tuple(
            (
                str(step.threshold),
                *(formats.count(n) for n in (step.leads, step.accepted, step.won)),
            )
            for step in steps
        ),
    )


def curve_figure(steps: Sequence[Step], *, was: int, will: int) -> dict[str, Any]:
    """Return the curve for Plotly: leads, accepted and won kept, in per cent of a threshold of 0.

    Args:
        steps: The curve.
        was: The threshold in use, a dotted line.
        will: The draft's, a solid one.
    """
    first = steps[0]
    traces = [
        _trace("Won", [step.won for step in steps], first.won, "var(--series-2)", "solid"),
        _trace(
            "Accepted",
            [step.accepted for step in steps],
            first.accepted,
            "var(--series-3)",
            "dash",
        ),
        _trace("MQLs", [step.leads for step in steps], first.leads, "var(--series-1)", "solid"),
    ]
    layout = {
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.04, "yanchor": "bottom", "x": 0},
        "margin": {"t": 44},
        "hovermode": "x unified",
        "yaxis": {"range": [0, 105], "ticksuffix": " %", "nticks": 5},
        "xaxis": {"range": [0, 100], "dtick": 20, "title": {"text": "threshold"}},
        "shapes": [
            _upright(was, colour="var(--ink-soft)", dash="dot"),
            _upright(will, colour="var(--accent)", dash="solid"),
        ],
    }
    return {"data": [trace for trace in traces if trace is not None], "layout": layout}


def _trace(
    name: str, counts: Sequence[int], whole: int, colour: str, dash: str
) -> dict[str, Any] | None:
    if not whole:
        return None
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(CURVE),
        "y": [round(100 * count / whole, 2) for count in counts],
        "customdata": list(counts),
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "hovertemplate": "%{customdata} (%{y:.0f} %)",
    }


def _upright(x: int, *, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper",
        "line": {"color": colour, "width": 1.5, "dash": dash},
    }  # fmt: skip
