"""The shared page around its cards: filters, chart, promises, breaches, small numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dashboards import charts, metrics, wording
from dashboards.cards import metric_url, rows_url
from dashboards.pages import links
from dashboards.pages.lists import overdue_entry
from dashboards.registry import (
    ACCEPTANCE,
    PIPELINE_CREATED,
    QUOTA_ATTAINMENT,
    RESPONSE_TIME,
    SOURCED_PER_REP,
    VOLUME,
)
from dashboards.selectors.home import promised_hours
from dashboards.selectors.promises import signers
from definitions.choices import DocumentKind
from definitions.selectors import sla_of
from revops import formats

if TYPE_CHECKING:
    from django.http import QueryDict

    from dashboards.selectors.home import Home, Joint
    from dashboards.selectors.promises import Promise

    Context = dict[str, Any]

# So many points short of the promise is at risk; more is missed.
_AT_RISK = 0.1
_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def home(page: Home, *, query: QueryDict, sees_names: bool) -> Context:
    """Return the context of the shared page beyond hero and cards."""
    asked, frame = page.asked, page.frame
    zone = asked.zone.key.rsplit("/", 1)[-1].replace("_", " ")
    return {
        "subtitle": f"The same numbers for both teams · days of {zone}",
        "period": links.periods(query, asked=asked, frame=frame),
        "narrowing": links.narrowing(query, asked=asked),
        "filter_count": len(asked.narrowed),
        "clear_href": links.with_changes(query, **dict.fromkeys(asked.narrowed)),
        "agreement": links.agreement(frame),
        "present_href": links.with_changes(query, present="1"),
        "is_empty": _is_empty(page),
        "start_href": links.first_of("dashboards:start"),
        "chart": burn_up(page),
        "curve": response_chart(page),
        "created": created_chart(page),
        "stats": _stats(page),
        "promises": [_promise(promise) for promise in page.promises],
        "promise_note": _promise_note(page),
        "signed_by": _signed_by(page),
        "breaches": _breaches(page, sees_names=sees_names),
    }


def _is_empty(page: Home) -> bool:
    figures = [page.joint.figure, page.conversion.figure, page.sources[1], page.response[1]]
    return not any(figure.n for figure in figures) and not page.conversion.cohorts


def burn_up(page: Home) -> Context:
    """Return the chart of the running total against the straight line."""
    joint, frame = page.joint, page.frame
    currency = frame.setting.currency
    period = joint.asked.period
    days = [period.starts_on + timedelta(days=offset) for offset in range(period.days)]
    reached = joint.days[-1] if joint.days else Decimal(0)
    money = formats.money_compact(reached, currency=currency)
    if joint.target:
        line = formats.money_compact(
            joint.target * len(joint.days) / period.days, currency=currency
        )
        title = f"Sourced {money} of {formats.money_compact(joint.target, currency=currency)}"
        summary = f"The straight line asks for {line} by today."
    else:
        title = f"Sourced {money} so far"
        summary = "No target is signed for this period."
    if joint.ends:
        low, high = (formats.money_compact(end, currency=currency) for end in joint.ends)
        summary += f" At the pace of its weeks it ends between {low} and {high}."
    before = [float(amount) for amount in joint.days_before]
    figure = charts.burn_up(
        days=days,
        reached=[float(amount) for amount in joint.days],
        target=float(joint.target) if joint.target else None,
        before=before if any(before) else [],
        ends=tuple(float(end) for end in joint.ends) if joint.ends else None,  # type: ignore[arg-type] # a pair stays a pair
        marks=_marks(page),
        money=wording.currency_sign(currency),
        href=rows_url(SOURCED_PER_REP, joint.asked),
    )
    return {
        "title": title,
        "summary": summary,
        "figure": figure if joint.days else None,
        "columns": ["By the end of", "Sourced", "Target line"],
        "rows": _burn_rows(joint, currency=currency),
        "href": rows_url(SOURCED_PER_REP, joint.asked),
    }


def _burn_rows(joint: Joint, *, currency: str) -> list[list[str]]:
    period = joint.asked.period
    last = len(joint.days) - 1
    shown = sorted({*range(6, last, 7), last}) if joint.days else []
    rows = []
    for index in shown:
        day = period.starts_on + timedelta(days=index)
        line = joint.target * (index + 1) / period.days if joint.target else None
        rows.append(
            [
                f"{day.day} {day:%b}",
                formats.money(joint.days[index], currency=currency),
                formats.money(line, currency=currency),
            ]
        )
    return rows


def _marks(page: Home) -> list[charts.Mark]:
    """Return the signed definitions that took effect inside the period."""
    asked = page.asked
    return [
        charts.Mark(
            entry.effective_from.astimezone(asked.zone).date(), f"definitions v{entry.number}"
        )
        for entry in page.frame.schedule.entries
        if entry.kind is DocumentKind.DEFINITIONS
        and entry.is_signed
        and asked.since <= entry.effective_from < asked.until
    ]


def response_chart(page: Home) -> Context | None:
    """Return the curve of how soon leads were answered."""
    asked, figure = page.response
    if not page.curve:
        return None
    hours = promised_hours(page.frame)
    within = figure.details["within_promise"]
    promise = f"within {hours:g} h" if hours else "in time"
    never = figure.details["never_contacted"]
    late = (
        f" {formats.plural(never, 'lead')} nobody contacted keep the curve below 100%."
        if never
        else ""
    )
    return {
        "title": f"Response: {formats.percent(within, digits=0)} {promise}",
        "summary": f"Business time from assignment to the first attempt, "
        f"{formats.plural(figure.n, 'lead')} answered or due.{late}",
        "figure": charts.response_curve(
            steps=page.curve,
            promise_hours=hours,
            within=within,
            href=metric_url(RESPONSE_TIME, asked),
        ),
        "columns": ["Business hours", "Share answered"],
        "rows": [
            [f"{step.hours:.1f}", formats.percent(step.share)]
            for step in page.curve[:: max(len(page.curve) // 12, 1)]
        ],
        "href": rows_url(RESPONSE_TIME, asked),
    }


def created_chart(page: Home) -> Context | None:
    """Return what was accepted in the period by source, with its sales cycle."""
    asked, figure, groups = page.created
    if not groups:
        return None
    currency = page.frame.setting.currency
    cycle = {group.key: group for group in page.cycle[1]}
    created = asked.asking()
    ordered = sorted(groups, key=lambda group: -float(group.details.get("amount") or 0))
    points = [
        charts.Point(
            group.label,
            float(group.details["amount"]),
            href=rows_url(PIPELINE_CREATED, replace(created, source_group=group.key)),
            text=formats.money_compact(group.details["amount"], currency=currency),
        )
        for group in ordered
    ]
    rows = [
        [
            group.label,
            formats.money(group.details["amount"], currency=currency),
            formats.percent(group.value),
            formats.count(group.n),
            wording.days(cycle[group.key].value if group.key in cycle else None),  # type: ignore[arg-type] # days are numbers
        ]
        for group in ordered
    ]
    whole = formats.money_compact(figure.denominator, currency=currency)
    name = wording.period(asked.period, frame=page.frame)
    return {
        "title": f"Pipeline created: {formats.percent(figure.value, digits=0)} from marketing",
        "summary": f"{whole} in {formats.plural(figure.n, 'deal')} that sales accepted, {name}.",
        "figure": charts.lying_bars(points=points, prefix=wording.currency_sign(currency)),
        "columns": ["Source", "Created", "Share", "Deals", "Median cycle of won deals"],
        "rows": rows,
        "href": rows_url(PIPELINE_CREATED, created),
    }


def _stats(page: Home) -> list[Context]:
    """Return the small numbers under the joint one: each team's own, and what they lead to."""
    frame = page.frame
    currency = frame.setting.currency
    asked, volume = page.asked, page.conversion.figure
    change, _ = wording.against(volume.n, page.volume_before, base="before")
    quota_asked, quota = page.quota
    accepted_asked, accepted = page.accepted
    created_asked, created, _ = page.created
    stats: list[Context] = [
        {
            "key": VOLUME.key,
            "label": VOLUME.title,
            "value": formats.count(volume.n),
            "href": rows_url(VOLUME, asked),
            "hint": change.replace(" on before", " on same day").replace(" with before", "")
            if change
            else "marketing's own number",
        },
        {
            "key": QUOTA_ATTAINMENT.key,
            "label": QUOTA_ATTAINMENT.title,
            "value": formats.percent(quota.value, digits=0),
            "href": rows_url(QUOTA_ATTAINMENT, quota_asked),
            "hint": f"{formats.money_compact(quota.numerator, currency=currency)} of "
            f"{formats.money_compact(quota.denominator, currency=currency)}"
            if quota.value is not None
            else "no quota entered",
        },
        {
            "key": ACCEPTANCE.key,
            "label": "Accepted by sales",
            "value": formats.percent(accepted.value, digits=0),
            "href": rows_url(ACCEPTANCE, accepted_asked),
            "hint": f"{formats.count(accepted.numerator)} of "
            f"{formats.plural(accepted.n, 'decision')}",
        },
        {
            "key": PIPELINE_CREATED.key,
            "label": PIPELINE_CREATED.title,
            "value": formats.money_compact(created.denominator, currency=currency),
            "href": rows_url(PIPELINE_CREATED, created_asked.asking()),
            "hint": f"{formats.plural(created.n, 'deal')}, every source",
        },
    ]
    return stats


def _promise(promise: Promise) -> Context:
    month, rate = promise.month, promise.rate
    href = f"{links.first_of('dashboards:metric_rows', args=[promise.metric])}?{promise.query}"
    target = float(promise.commitment.target_rate)
    if promise.metric == VOLUME.key:
        pace = promise.pace
        result = pace.short if pace else f"{month.kept} so far"
        tone = pace_tone(promise)
    elif rate is None:
        result, tone, href = "none due yet", "", ""
    else:
        result = f"{formats.percent(rate, digits=0)} of {formats.count(month.due)}"
        small = month.due < metrics.SMALL_SAMPLE
        near = rate >= target - _AT_RISK
        tone = "" if small else "good" if rate >= target else "warn" if near else "bad"
    return {
        "side": promise.side,
        "text": promise.text[:1].lower() + promise.text[1:],
        "sentence": promise.commitment.text,
        "months": [
            {
                "state": "none" if kept.kept is None else "kept" if kept.kept else "missed",
                "title": f"{kept.starts_on:%b}",
            }
            for kept, _ in promise.history
        ],
        "streak": _streak_words(promise),
        "result": result,
        "tone": tone,
        "href": href,
        "title": f"promised {formats.percent(target, digits=0)}",
    }


def pace_tone(promise: Promise) -> str:
    """Return the tone of a monthly volume: none before a business day has gone."""
    if promise.pace is None or not promise.pace.elapsed_days:
        return ""
    return "warn" if promise.pace.is_at_risk else "good"


def _streak_words(promise: Promise) -> str:
    judged = [month for month, _ in promise.history if month.kept is not None]
    if not judged:
        return "Nothing fell due in the six months before"
    kept = sum(1 for month in judged if month.kept)
    words = f"Kept in {kept} of {formats.plural(len(judged), 'month')}"
    return f"{words}, missed in the last {promise.streak}" if promise.streak else words


def _promise_note(page: Home) -> str:
    """Return what the longest run of misses means; the SLA says how many open a revision."""
    worst = max(page.promises, key=lambda promise: promise.streak, default=None)
    entry = page.frame.in_use(DocumentKind.SLA)
    if worst is None or entry is None or worst.streak < 2:  # noqa: PLR2004 - one month is no run
        return ""
    title = worst.commitment.title
    run = _WORDS.get(worst.streak, str(worst.streak))
    left = sla_of(entry).misses_before_revision - worst.streak
    if left <= 0:
        return f"{title} was missed {run} months running: its process is due for revision."
    more = "One more opens" if left == 1 else f"{left} more open"
    return f"{title} was missed {run} months running. {more} a revision of the process."


def _signed_by(page: Home) -> Context:
    entry = page.frame.in_use(DocumentKind.SLA)
    names = signers(frame=page.frame, kind=DocumentKind.SLA)
    if entry is None:
        return {"text": "No SLA yet", "href": ""}
    if not entry.is_signed:
        return {
            "text": f"SLA v{entry.number}, not signed",
            "href": links.first_of("dashboards:sla"),
        }
    short = [f"{name[:1]}. {name.rsplit(' ', 1)[-1]}" for name in names]
    return {
        "text": f"SLA v{entry.number}, signed by {', '.join(short)}",
        "href": links.first_of("dashboards:sla"),
    }


def _breaches(page: Home, *, sees_names: bool) -> Context:
    found, frame = page.breaches, page.frame
    enforced = bool(found.count)
    total = found.count if enforced else found.unenforced_count
    base = links.first_of("dashboards:breaches")
    title = "Open breaches" if enforced or not total else "Overdue, not enforced yet"
    return {
        "shown": [
            overdue_entry(clock, sees_names=sees_names, terms=found.terms, frame=frame)
            for clock in found.shown
        ],
        "count": total,
        "is_enforced": enforced or not found.unenforced_count,
        "href": base if enforced or not total else f"{base}?state=observed",
        "title": title if not page.asked.narrowed else f"{title}, whichever filter",
    }
