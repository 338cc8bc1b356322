"""The joint number with its target, comparison, roster and question."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dashboards import metrics, wording
from dashboards.cards.shared import foot, metric_url, rows_url
from dashboards.metrics import Question, Tone
from dashboards.registry import SOURCED_PER_REP
from dashboards.registry.base import Unit
from dashboards.selectors.home import before
from revops import formats

if TYPE_CHECKING:
    from dashboards.selectors.home import Home, Joint

    Card = dict[str, Any]

_HERO_SCALE = Decimal("1.6")
_WITHOUT_VERDICT = (
    "What was agreed is about the whole quarter and every source, so this selection is shown "
    "without a verdict."
)


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
        words = "agreed for the whole only" if joint.asked.narrowed else "none for this period"
        facts.append({"term": "Target", "text": words})
    earlier = wording.period(joint.asked_before.period, frame=frame)
    whole = wording.period(before(joint.asked).period, frame=frame)
    is_running = bool(wording.day_of(joint.asked.period, today=frame.today))
    change, _ = wording.against(figure.value, joint.before, base="it")
    amount = formats.money_compact(joint.before, currency=currency)
    facts.append(
        {
            "term": f"Same day, {whole}" if is_running else whole,
            "text": amount
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
    if home.joint.question is Question.NO_TARGET and home.frame.quarter_is_agreed:
        texts[Question.NO_TARGET] = _WITHOUT_VERDICT
    return wording.diagnosis(home.joint.question, win_rate=rate, texts=texts)
