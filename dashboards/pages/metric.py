"""The page of one metric: what it says, how it is made, and its groups."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dashboards import cards, metrics, wording
from dashboards.expectations import judgement
from dashboards.pages import links, pictures
from dashboards.pages.sla import ripe as ripeness
from dashboards.registry.base import Unit
from dashboards.selectors.promises import signed_from
from dashboards.selectors.uses import TERMS_OF
from revops import formats

if TYPE_CHECKING:
    from django.http import QueryDict

    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Figure, Metric
    from dashboards.selectors.answers import Answer
    from dashboards.selectors.frame import Frame

    Context = dict[str, Any]

_NO_WINDOW = "The chosen period."
_SHOWN_DETAILS = {
    "median_days": ("Median", "days"),
    "still_in_window": ("Still in their 90 days", "count"),
    "won_amount": ("Won", "money"),
    "closed_amount": ("Closed", "money"),
    "lost": ("Lost", "count"),
    "mean": ("Mean", "days"),
    "p90": ("90th percentile", "own"),
    "min": ("Shortest", "days"),
    "max": ("Longest", "days"),
    "negative": ("Closed before they began", "count"),
    "mean_of_answered": ("Mean of the answered", "own"),
    "within_promise": ("Within the promise", "rate"),
    "answered": ("Answered", "count"),
    "never_contacted": ("Not contacted", "count"),
    "late": ("Kept late", "count"),
    "excused": ("Excused", "count"),
    "unknown": ("Not known, counted apart", "count"),
    "median_age_seconds": ("Median age", "elapsed"),
    "interval": ("95% interval", "interval"),
    "reps": ("Reps with quota", "count"),
}


def metric(answer: Answer, *, frame: Frame, query: QueryDict) -> Context:
    """Return the context of a metric's page."""
    asked, found = answer.asked, answer.metric
    currency = frame.setting.currency
    total = answer.total
    ripe = ripeness(judgement(metric=found.key, signed_on=signed_from(frame), today=frame.today))
    return {
        "metric": found,
        "value": wording.value(found.unit, total.value, currency=currency),
        "exact": wording.exact(found.unit, total.value, currency=currency),
        "rows_href": cards.rows_url(found, asked),
        "fraction": wording.fraction(found, total, currency=currency),
        "n": total.n,
        "is_small": wording.is_small(total) and total.n > 0,
        "version": wording.versions(answer.versions, is_provisional=answer.is_provisional),
        "is_provisional": answer.is_provisional,
        "verdict": _verdict(answer),
        "formula": _formula(answer, currency=currency),
        "facts": _facts(answer, ripe=ripe),
        "ripe": ripe if ripe and ripe["tone"] else None,
        "terms": TERMS_OF.get(found.key, ()),
        "details": _details(answer, currency=currency),
        "excluded": _excluded(answer),
        "period": links.periods(query, asked=asked, frame=frame, also_all=True),
        "narrowing": links.narrowing(query, asked=asked),
        "filter_count": len(asked.narrowed),
        "clear_href": links.with_changes(query, **dict.fromkeys(asked.narrowed)),
        "agreement": links.agreement(frame),
        "groupings": _groupings(answer, query=query),
        "options": _options(answer, query=query),
        "table": _table(answer, currency=currency),
        "charts": pictures.charts_of(answer, frame=frame),
        "cohorts": pictures.cohorts_of(answer),
        "csv_href": f"?{asked.query(format='csv')}",
        "home_href": links.first_of("dashboards:home"),
    }


def _verdict(answer: Answer) -> Context | None:
    value = answer.total.value
    bands = answer.metric.bands(answer.asked)
    number = None if value is None else float(value)
    if not bands or answer.total.details.get("is_mature") is False:
        return None
    band = metrics.band_of(value=number, n=answer.total.n, bands=bands)
    return None if band is None else {"tone": band.tone.value, "text": band.words}


def _formula(answer: Answer, *, currency: str) -> str:
    """Return the formula with the numbers of the page, such as `96 / 400 = 24.0%`."""
    total, unit = answer.total, answer.metric.unit
    value = wording.value(unit, total.value, currency=currency)
    if unit is Unit.BUSINESS_SECONDS and total.n:
        within = formats.percent(total.details["within_promise"])
        return f"{formats.count(total.numerator)} of {formats.count(total.n)} in time = {within}"
    if total.denominator is None or unit is Unit.BUSINESS_SECONDS:
        return f"{'Median' if unit is Unit.DAYS else 'Sum'} of {formats.plural(total.n, 'row')}"
    top = _number(total.numerator, currency=currency)
    bottom = _number(total.denominator, currency=currency)
    if unit is Unit.MONEY and isinstance(total.denominator, Decimal):
        bottom = f"{total.denominator:.4f}".rstrip("0").rstrip(".") + " reps"
    return f"{top} / {bottom} = {value}"


def _number(number: int | Decimal | None, *, currency: str) -> str:
    if isinstance(number, Decimal):
        return formats.money(number, currency=currency)
    return formats.count(number)


def _facts(answer: Answer, *, ripe: Context | None) -> list[Context]:
    found = answer.metric
    owner = str(found.owner.label) if found.owner else "Both teams"
    listed = [
        ("Formula", found.formula),
        ("Dated by", found.date_basis),
        ("Window", found.window),
        ("When empty", found.null_rule),
        ("Owner", owner),
        ("Metric", f"{found.title}, version {found.version}"),
    ]
    if ripe is not None:
        listed.append(("Against the agreement", ripe["text"]))
    return [{"term": term, "text": text} for term, text in listed if text != _NO_WINDOW]


def _details(answer: Answer, *, currency: str) -> list[Context]:
    shown = []
    for name, held in answer.total.details.items():
        if name not in _SHOWN_DETAILS or held is None:
            continue
        label, unit = _SHOWN_DETAILS[name]
        text = _detail(held, unit=unit, own=answer.metric.unit, currency=currency)
        shown.append({"label": label, "value": text})
    return shown


def _detail(held: Any, *, unit: str, own: Unit, currency: str) -> str:
    match unit:
        case "days" | "elapsed":
            length = float(held)
            in_days = unit == "days"
            return wording.days(length) if in_days else formats.elapsed(timedelta(seconds=length))
        case "money":
            return formats.money_compact(held, currency=currency)
        case "rate":
            return formats.percent(held)
        case "interval":
            return f"{formats.percent(held[0])} to {formats.percent(held[1])}"
        case "own":
            return wording.value(own, held, currency=currency)
        case _:
            return formats.count(held)


def _excluded(answer: Answer) -> Context | None:
    count = answer.total.excluded
    if not count:
        return None
    words = answer.metric.excluded_words or "rows that cannot be counted"
    href = cards.rows_url(answer.metric, answer.asked, part="excluded")
    return {"text": f"{formats.count(count)} left out: {words}", "href": href}


def _groupings(answer: Answer, *, query: QueryDict) -> list[Context]:
    chosen = answer.asked.group_by
    names = [name for name in _ORDER if name in answer.metric.grouping.allowed]
    if chosen and chosen not in names:
        names.append(chosen)
    listed = [{"label": "No groups", "href": links.with_changes(query, group_by="none"),
               "current": not chosen}]  # fmt: skip
    listed += [
        {
            "label": links.group_name(name),
            "href": links.with_changes(query, group_by=name),
            "current": name == chosen,
        }
        for name in names
    ]
    return listed


_ORDER = ("source_group", "channel", "segment", "team", "rep", "manager", "reject_reason",
          "commitment", "side", "month", "quarter", "week", "deal_stage", "outcome", "stage",
          "sdr", "campaign", "account", "year")  # fmt: skip


def _options(answer: Answer, *, query: QueryDict) -> list[Context]:
    """Return the metric's own parameters as small menus."""
    shown = []
    for option in answer.metric.options:
        held = answer.asked.option(option.name)
        shown.append(
            {
                "name": option.name.replace("_", " "),
                "label": held.replace("_", " ") or "any",
                "words": option.words,
                "options": [
                    {
                        "label": choice.replace("_", " ") or "any",
                        "href": _option_href(answer.asked, option.name, choice, query=query),
                        "current": choice == held,
                    }
                    for choice in option.choices
                ],
            }
        )
    return shown


def _option_href(asked: MetricFilter, name: str, choice: str, *, query: QueryDict) -> str:
    """Write the whole address: an option may share its name with a date of the period."""
    del query
    return f"?{asked.asking(**{**asked.options, name: choice}).query()}"


def _table(answer: Answer, *, currency: str) -> Context | None:
    if not answer.groups:
        return None
    found, asked = answer.metric, answer.asked
    is_ratio = answer.total.denominator is not None
    columns = [{"label": links.group_name(asked.group_by)}, {"label": found.title, "number": True}]
    if is_ratio:
        columns.append({"label": "Made of", "number": True})
    columns.append({"label": "n", "number": True})
    rows = [
        _cells(figure, found, asked, currency=currency, is_ratio=is_ratio)
        for figure in answer.groups
    ]
    return {"label": links.grouped_title(found, asked),
            "columns": columns, "rows": rows}  # fmt: skip


def _cells(
    figure: Figure, found: Metric, asked: MetricFilter, *, currency: str, is_ratio: bool
) -> list[Context]:
    value = wording.value(found.unit, figure.value, currency=currency)
    cells: list[Context] = [
        {"text": figure.label, "sub": "small sample" if wording.is_small(figure) else ""},
        {
            "text": value,
            "number": True,
            "title": wording.exact(found.unit, figure.value, currency=currency),
        },
    ]
    if is_ratio:
        made = wording.fraction(found, figure, currency=currency)
        cells.append({"text": made, "number": True})
    href = links.group_rows(found, asked, key=figure.key)
    cells.append({"text": formats.count(figure.n), "number": True, "href": href})
    return cells
