"""The four metric cards both teams watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards import metrics, wording
from dashboards.cards.shared import as_float, card_of, rows_url, tone_of
from dashboards.cards.wins import wins_card
from dashboards.filters import MISSING
from dashboards.metrics import Tone
from dashboards.registry import MQL_TO_SQL, PIPELINE_BY_SOURCE, RESPONSE_TIME
from dashboards.selectors.answers import seconds
from dashboards.selectors.home import month_period, promised_hours
from pipeline.choices import SourceGroup
from revops import formats

if TYPE_CHECKING:
    from dashboards.metrics import Band
    from dashboards.registry.base import Figure
    from dashboards.selectors.frame import Frame
    from dashboards.selectors.home import Conversion, Home

    Card = dict[str, Any]

_SHOWN_SOURCES = 4


def cards(home: Home) -> list[Card]:
    """Return the four metric cards in their order."""
    return [_conversion(home), _sources(home), _response(home), wins_card(home)]


def _conversion(home: Home) -> Card:
    """Judge the newest mature cohort; say the flow where there is none."""
    conversion, frame = home.conversion, home.frame
    held = conversion.judged
    asked, figure = held if held is not None else (conversion.asked, conversion.figure)
    small = wording.is_small(figure)
    name = wording.period(asked.period, frame=frame)
    age = "all 90 days old or ended" if held is not None else "still in their 90 days"
    band = metrics.band_of(value=as_float(figure.value), n=figure.n, bands=frame.setting.bands)
    card = card_of(MQL_TO_SQL, figure, asked, frame=frame)
    card |= {
        "fraction": f"{formats.count(figure.numerator)} of {formats.count(figure.n)}, "
        f"{name} MQLs, {age}",
        "band": conversion_band(
            frame.setting.bands, value=as_float(figure.value), quiet=small or not held
        ),
        "note": _conversion_note(conversion, band=band, frame=frame),
    }
    earlier = conversion.earlier
    if earlier is not None and held is not None and earlier.n >= metrics.SMALL_SAMPLE:
        base = f"{month_period(earlier.key).starts_on:%b}"
        words, direction = wording.points_against(
            as_float(figure.value), as_float(earlier.value), base=base
        )
        card |= {"trend": words, "direction": direction, "trend_tone": tone_of(direction)}
    return card


def _conversion_note(conversion: Conversion, *, band: Band | None, frame: Frame) -> str:
    if band is not None and band.tone is not Tone.GOOD:
        return band.words
    agreed = next((one.words for one in frame.setting.bands if one.tone is Tone.GOOD), "")
    name = wording.period(conversion.asked.period, frame=frame)
    flow = metrics.rate(numerator=conversion.confirmed.n, denominator=conversion.figure.n)
    parts = [agreed or "no band agreed"]
    if flow is not None:
        parts.append(f"{name} flow {formats.percent(flow, digits=0)}")
    return " · ".join(parts)


def conversion_band(bands: tuple[Band, ...], *, value: float | None, quiet: bool) -> Card | None:
    """Return the agreed stretches on a scale that ends a little past the last of them."""
    if not bands:
        return None
    highest = max(band.low or 0.0 for band in bands)
    whole = min(max(highest * 1.3, (value or 0) * 1.08), 1.0)
    stops = [
        (min((band.high if band.high is not None else whole) / whole, 1.0), band.tone.value)
        for band in bands
    ]
    label = (
        f"{formats.percent(value)}, {next((b.words for b in bands if b.tone is Tone.GOOD), '')}"
    )
    marker = None if value is None else value / whole
    return {"stops": stops, "marker": marker, "label": label, "quiet": quiet}


def _sources(home: Home) -> Card:
    asked, figure, groups = home.sources
    frame = home.frame
    currency = frame.setting.currency
    card = card_of(PIPELINE_BY_SOURCE, figure, asked, frame=frame)
    named = sorted(groups, key=lambda group: (group.key != SourceGroup.MARKETING, -_money(group)))
    stops, reached = [], 0.0
    for number, group in enumerate(named[:_SHOWN_SOURCES], start=1):
        reached += float(group.value or 0)
        stops.append((min(reached, 1.0), f"series-{number}"))
    others = [
        f"{group.label.lower() if group.key != MISSING else 'missing'} "
        f"{formats.percent(group.value, digits=0)}"
        for group in named
        if group.key != SourceGroup.MARKETING
    ]
    part, whole = (
        formats.money_compact(held, currency=currency)
        for held in (figure.numerator, figure.denominator)
    )
    card |= {
        "label": "Pipeline from marketing",
        "fraction": f"{part} of {whole} open, {formats.plural(figure.n, 'deal')}",
        "band": {
            "stops": stops,
            "label": ", ".join(f"{group.label} {formats.percent(group.value)}" for group in named),
        }
        if stops
        else None,
        "note": _sources_note(others, home=home),
        "href": rows_url(PIPELINE_BY_SOURCE, asked),
    }
    return card


def _sources_note(others: list[str], *, home: Home) -> str:
    parts = others[: _SHOWN_SOURCES - 1]
    created = home.created[1]
    if created.n:
        name = wording.period(home.asked.period, frame=home.frame)
        parts.append(f"{formats.percent(created.value, digits=0)} of {name}'s new")
    return " · ".join(parts) or "no open deals"


def _money(group: Figure) -> float:
    return float(group.details.get("amount") or 0)


def _response(home: Home) -> Card:
    asked, figure = home.response
    frame, details = home.frame, figure.details
    small = wording.is_small(figure)
    card = card_of(RESPONSE_TIME, figure, asked, frame=frame)
    p90 = details["p90"]
    within = details["within_promise"]
    hours = promised_hours(frame)
    target = _promised_rate(home)
    never = details["never_contacted"]
    tail = "p90 never" if p90 is None and figure.n else f"p90 {formats.duration(seconds(p90))}"
    missing = f", {never} not contacted" if never else ""
    card |= {
        "fraction": f"median business time, {tail}, {formats.plural(figure.n, 'lead')}"
        if figure.n
        else "no lead was assigned and due yet",
        "band": {
            "stops": [(float(within), Tone.GOOD.value), (1.0, Tone.BAD.value)],
            "target": target,
            "label": f"{formats.percent(within)} within the promise",
            "quiet": small,
        }
        if within is not None
        else None,
        "note": f"{formats.percent(within, digits=0)} within "
        f"{f'{hours:g} h' if hours else 'the promise'}"
        f"{f' of {formats.percent(target, digits=0)} promised' if target else ''}{missing}",
    }
    mean = details["mean_of_answered"]
    if mean is not None and hours and mean > hours * 3600 and not small:
        card["note"] = (
            f"mean {formats.duration(seconds(mean))}: capacity or process is the constraint"
        )
    return card


def _promised_rate(home: Home) -> float | None:
    found = (
        p.commitment.target_rate for p in home.promises if p.commitment.kind == "first_contact"
    )
    rate = next(found, None)
    return None if rate is None else float(rate)
