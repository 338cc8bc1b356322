"""The shared page's figures as components show them: words, links and pictures."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from dashboards import metrics, wording
from dashboards.filters import MISSING, MetricFilter
from dashboards.metrics import Interval, Question, Tone
from dashboards.registry import (
    MQL_TO_SQL,
    PIPELINE_BY_SOURCE,
    RESPONSE_TIME,
    SOURCED_PER_REP,
    WIN_RATE,
)
from dashboards.registry.base import Unit
from dashboards.selectors.answers import is_provisional, seconds
from dashboards.selectors.home import month_period, promised_hours
from pipeline.choices import SourceGroup
from revops import formats

if TYPE_CHECKING:
    from dashboards.metrics import Band
    from dashboards.registry.base import Figure, Metric
    from dashboards.selectors.frame import Frame
    from dashboards.selectors.home import Conversion, Home, Joint

    Card = dict[str, Any]

_HERO_SCALE = Decimal("1.6")
_SHOWN_SOURCES = 4


def rows_url(metric: Metric, asked: MetricFilter, **extra: str) -> str:
    """Return the list behind a figure: exactly as many rows as its n."""
    path = reverse("dashboards:metric_rows", args=[metric.key])
    return f"{path}?{asked.by('none').query(**extra)}"


def metric_url(metric: Metric, asked: MetricFilter) -> str:
    """Return the page of a metric for the same question."""
    return f"{reverse('dashboards:metric', args=[metric.key])}?{asked.query()}"


def foot(metric: Metric, figure: Figure, *, frame: Frame) -> str:
    """Return the versions beneath a figure."""
    labels = frame.labels(figure.version_ids)
    provisional = is_provisional(metric, labels=labels, frame=frame)
    return wording.versions(labels, is_provisional=provisional)


def hero(home: Home) -> Card:
    """Return the joint number with its target, comparison, roster and question."""
    joint, frame = home.joint, home.frame
    currency = frame.setting.currency
    figure = joint.figure
    value = figure.value if isinstance(figure.value, Decimal) else None
    return {
        "value": wording.value(Unit.MONEY, value, currency=currency),
        "exact": wording.exact(Unit.MONEY, value, currency=currency),
        "href": rows_url(SOURCED_PER_REP, joint.asked),
        "metric_href": metric_url(SOURCED_PER_REP, joint.asked),
        "facts": _hero_facts(home),
        "band": _hero_band(joint, value=value, currency=currency),
        "badge": _hero_badge(joint, value=value),
        "sentence": _sentence(home),
        "version": foot(SOURCED_PER_REP, figure, frame=frame),
    }


def _hero_facts(home: Home) -> list[Card]:
    joint, frame = home.joint, home.frame
    currency, figure = frame.setting.currency, home.joint.figure
    facts: list[Card] = []
    if joint.to_date is not None and joint.per_rep is not None:
        facts.append(
            {
                "term": "Target to date",
                "text": f"{formats.money_compact(joint.to_date, currency=currency)} of "
                f"{formats.money_compact(joint.per_rep, currency=currency)}",
            }
        )
    else:
        facts.append({"term": "Target", "text": "none agreed for this period"})
    earlier = wording.period(joint.asked_before.period, frame=frame)
    is_running = bool(wording.day_of(joint.asked.period, today=frame.today))
    change, _ = wording.against(figure.value, joint.before, base="it")
    before = formats.money_compact(joint.before, currency=currency)
    facts.append(
        {
            "term": "Same day, quarter before" if is_running else earlier,
            "text": before
            + (f", {change.removesuffix(' on it').removesuffix(' with it')}" if change else ""),
            "href": rows_url(SOURCED_PER_REP, joint.asked_before),
            "title": f"Counted over {earlier}",
        }
    )
    count = figure.details.get("reps", 0)
    by_days = wording.reps(figure.denominator) if isinstance(figure.denominator, Decimal) else "0"
    facts.append(
        {
            "term": "Reps with quota",
            "text": f"{count} ({by_days} by days)" if by_days != str(count) else str(count),
            "href": metric_url(SOURCED_PER_REP, joint.asked.by("rep")),
        }
    )
    if figure.excluded:
        facts.append(
            {
                "term": "Left out",
                "text": f"{formats.plural(figure.excluded, 'deal')} without an amount",
                "href": rows_url(SOURCED_PER_REP, joint.asked, part="excluded"),
            }
        )
    return facts


def _hero_band(joint: Joint, *, value: Decimal | None, currency: str) -> Card | None:
    if value is None or not joint.to_date or joint.per_rep is None:
        return None
    whole = joint.to_date * _HERO_SCALE
    low = metrics.SHORT_OF_AGREED * joint.to_date
    words = (
        f"{formats.money_compact(value, currency=currency)} against "
        f"{formats.money_compact(joint.to_date, currency=currency)} agreed by today"
    )
    return {
        "stops": [
            (float(low / whole), Tone.BAD.value),
            (float(joint.to_date / whole), Tone.WARN.value),
            (1.0, Tone.GOOD.value),
        ],
        "marker": float(value / whole),
        "label": words,
    }


def _hero_badge(joint: Joint, *, value: Decimal | None) -> Card | None:
    if value is None or not joint.to_date:
        return None
    share = value / joint.to_date - 1
    words = formats.percent(abs(share), digits=0)
    if words == "0%":
        return {"text": "on the line", "tone": "good"}
    if share > 0:
        return {"text": f"{words} ahead of the line", "tone": "good"}
    short = value < joint.to_date * metrics.SHORT_OF_AGREED
    return {"text": f"{words} behind the line", "tone": "bad" if short else "warn"}


def _sentence(home: Home) -> str:
    agreed = home.frame.contribution.diagnosis if home.frame.contribution else None
    texts = {}
    if agreed is not None:
        texts = {
            Question.DEMAND_GENERATION: agreed.demand_question,
            Question.SALES_EXECUTION: agreed.sales_question,
            Question.HEALTHY: agreed.healthy_text,
        }
    closed = sum(group.n for group in home.wins[1])
    won = sum(int(group.numerator or 0) for group in home.wins[1])
    enough = closed >= metrics.SMALL_SAMPLE
    rate = metrics.rate(numerator=won, denominator=closed) if enough else None
    return wording.diagnosis(home.joint.question, win_rate=rate, texts=texts)


def cards(home: Home) -> list[Card]:
    """Return the four metric cards in their order."""
    return [_conversion(home), _sources(home), _response(home), _wins(home)]


def _conversion(home: Home) -> Card:
    """Judge the newest mature cohort; say the flow where there is none."""
    conversion, frame = home.conversion, home.frame
    held = conversion.judged
    asked, figure = held if held is not None else (conversion.asked, conversion.figure)
    small = wording.is_small(figure)
    name = wording.period(asked.period, frame=frame)
    age = "all 90 days old or ended" if held is not None else "still in their 90 days"
    band = metrics.band_of(value=_float(figure.value), n=figure.n, bands=frame.setting.bands)
    card = _card(MQL_TO_SQL, figure, asked, frame=frame)
    card |= {
        "fraction": f"{formats.count(figure.numerator)} of {formats.count(figure.n)}, "
        f"{name} MQLs, {age}",
        "band": conversion_band(
            frame.setting.bands, value=_float(figure.value), quiet=small or not held
        ),
        "note": _conversion_note(conversion, band=band, frame=frame),
    }
    earlier = conversion.earlier
    if earlier is not None and held is not None and earlier.n >= metrics.SMALL_SAMPLE:
        base = f"{month_period(earlier.key).starts_on:%b}"
        words, direction = wording.points_against(
            _float(figure.value), _float(earlier.value), base=base
        )
        card |= {"trend": words, "direction": direction, "trend_tone": _tone_of(direction)}
    return card


def _conversion_note(conversion: Conversion, *, band: Band | None, frame: Frame) -> str:
    if band is not None and band.tone is not Tone.GOOD:
        return band.words
    bands = frame.setting.bands
    agreed = next((one.words for one in bands if one.tone is Tone.GOOD), "")
    if conversion.judged is None:
        return f"too young to judge; {agreed}" if agreed else "too young to judge"
    return agreed


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
    card = _card(PIPELINE_BY_SOURCE, figure, asked, frame=frame)
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
    )  # type: ignore[arg-type] # both are amounts
    card |= {
        "label": "Pipeline from marketing",
        "fraction": f"{part} of {whole} open, {formats.plural(figure.n, 'deal')}",
        "band": {
            "stops": stops,
            "label": ", ".join(f"{group.label} {formats.percent(group.value)}" for group in named),
        }
        if stops
        else None,
        "note": " · ".join(others[: _SHOWN_SOURCES - 1]) or "no open deals",
        "href": rows_url(PIPELINE_BY_SOURCE, asked),
    }
    created = home.created[1]
    if created.n:
        card |= {
            "trend": f"{formats.percent(created.value, digits=0)} of what was created",
            "direction": "level",
            "trend_tone": "",
        }
    return card


def _money(group: Figure) -> float:
    return float(group.details.get("amount") or 0)


def _response(home: Home) -> Card:
    asked, figure = home.response
    frame, details = home.frame, figure.details
    small = wording.is_small(figure)
    card = _card(RESPONSE_TIME, figure, asked, frame=frame)
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


def _wins(home: Home) -> Card:
    asked, groups = home.wins
    frame = home.frame
    by_key = {group.key: group for group in groups}
    pair = [(key, by_key.get(key)) for key in (SourceGroup.MARKETING, SourceGroup.OUTBOUND)]
    known = [(key.value, group) for key, group in pair if group is not None]
    first = by_key.get(SourceGroup.MARKETING)
    small = any(wording.is_small(group) for _, group in known) or len(known) < len(pair)
    ids = {held for group in groups for held in group.version_ids}
    labels = frame.labels(ids)
    card: Card = {
        "key": WIN_RATE.key,
        "label": WIN_RATE.title,
        "value": formats.percent(first.value, digits=0) if first else formats.DASH,
        "exact": formats.percent(first.value, digits=4) if first else "",
        "href": _group_rows(asked, group="marketing") if first else metric_url(WIN_RATE, asked),
        "metric_href": metric_url(WIN_RATE, asked),
        "fraction": ", ".join(
            f"{key} {group.numerator} of {group.n}" for key, group in known
        ) or "no deal from marketing or outbound closed",
        "small_sample": small and bool(known),
        "version": wording.versions(
            labels, is_provisional=is_provisional(WIN_RATE, labels=labels, frame=frame)
        ),
    }  # fmt: skip
    second = by_key.get(SourceGroup.OUTBOUND)
    if second is not None:
        card["second"] = formats.percent(second.value, digits=0)
        card["second_href"] = _group_rows(asked, group="outbound")
        card["tone"], card["second_tone"] = "series-1", "series-2"
    card["intervals"] = [
        (
            group.details["interval"][0],
            group.value,
            group.details["interval"][1],
            f"series-{number}",
        )
        for number, (_, group) in enumerate(known, start=1)
        if group.details["interval"]
    ]
    card["intervals_label"] = "; ".join(
        f"{key} {formats.percent(group.value)}, {formats.percent(group.details['interval'][0])} to "
        f"{formats.percent(group.details['interval'][1])}"
        for key, group in known
    )
    card["note"] = _verdict(known, small=small)
    return card


def _verdict(known: list[tuple[str, Figure]], *, small: bool) -> str:
    """Say whether two rates differ; overlapping intervals give no verdict."""
    if len(known) < 2 or small:  # noqa: PLR2004 - a difference needs two
        return "marketing against outbound, too few for a verdict"
    one, other = (group for _, group in known)
    first, second = (Interval(*group.details["interval"]) for group in (one, other))
    if first.overlaps(second):
        return "intervals overlap: no difference shown"
    gap = metrics.difference(
        one=(int(one.numerator or 0), one.n), other=(int(other.numerator or 0), other.n)
    )
    words = f"{formats.points(gap.low)} to {formats.points(gap.high)}" if gap else ""
    return f"marketing against outbound: {words}"


def _group_rows(asked: MetricFilter, *, group: str) -> str:
    return rows_url(WIN_RATE, MetricFilter(
        setting=asked.setting, period=asked.period, at=asked.at, zone=asked.zone,
        options=asked.options, **{**asked.narrowed, "source_group": group},
    ))  # fmt: skip


def _card(metric: Metric, figure: Figure, asked: MetricFilter, *, frame: Frame) -> Card:
    currency = frame.setting.currency
    return {
        "key": metric.key,
        "label": metric.title,
        "value": wording.value(metric.unit, figure.value, currency=currency),
        "exact": wording.exact(metric.unit, figure.value, currency=currency),
        "href": rows_url(metric, asked),
        "metric_href": metric_url(metric, asked.by("")),
        "fraction": wording.fraction(metric, figure, currency=currency),
        "small_sample": wording.is_small(figure) and figure.n > 0,
        "version": foot(metric, figure, frame=frame),
    }


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))


def _tone_of(direction: str) -> str:
    return {"up": "good", "down": "bad"}.get(direction, "")
