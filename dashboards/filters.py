"""The one filter object: parsed once from the address, used by page, API, rows and CSV."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dashboards import metrics
from dashboards.metrics import Period

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

MISSING = "(missing)"
"""The bucket of rows that say nothing; the literal word "unknown" is another one."""

MONTH = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])", re.ASCII)
"""A month in an address, such as 2026-10."""

NARROWING = ("segment", "source_group", "channel", "team", "rep")
_ADDRESS_ONLY = frozenset({"from", "to", "period", "timezone", "group_by", *NARROWING})
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
_LONGEST = 200


class FilterError(ValueError):
    """The address asks for something that cannot be answered; one message per parameter."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {words}" for name, words in errors.items()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the organisation settled: whose days, whose quarters, which money."""

    zone: ZoneInfo
    currency: str = "USD"
    fiscal_start_month: int = 1
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    bands: tuple[metrics.Band, ...] = ()

    def today(self, *, at: datetime) -> date:
        """Return the organisation's local date at `at`."""
        return at.astimezone(self.zone).date()

    def quarter(self, *, day: date) -> Period:
        """Return the fiscal quarter around `day`."""
        return metrics.quarter_of(day=day, fiscal_start_month=self.fiscal_start_month)


@dataclass(frozen=True, slots=True)
class Option:
    """A parameter of one metric, such as `from_stage`; the first choice is the default."""

    name: str
    choices: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class MetricFilter:
    """What is asked of a metric; equal filters give equal numbers at one instant."""

    setting: Setting
    period: Period
    at: datetime
    zone: ZoneInfo
    group_by: str = ""
    segment: str = ""
    source_group: str = ""
    channel: str = ""
    team: str = ""
    rep: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def since(self) -> datetime:
        """First instant of the period."""
        return self.period.instants(zone=self.zone)[0]

    @property
    def until(self) -> datetime:
        """First instant after the period."""
        return self.period.instants(zone=self.zone)[1]

    @property
    def seen_until(self) -> datetime:
        """The end of the period, or the instant of asking where that is earlier."""
        return min(self.until, self.at)

    @property
    def narrowed(self) -> dict[str, str]:
        """The narrowing parameters that are set."""
        return {name: getattr(self, name) for name in NARROWING if getattr(self, name)}

    def option(self, name: str) -> str:
        """Return the metric's own parameter `name`."""
        return self.options[name]

    def over(self, period: Period) -> MetricFilter:
        """Return the same question about another period."""
        return replace(self, period=period)

    def by(self, group_by: str) -> MetricFilter:
        """Return the same question in other groups."""
        return replace(self, group_by=group_by)

    def asking(self, **options: str) -> MetricFilter:
        """Return the same question with the metric's own parameters."""
        return replace(self, options=options)

    def query(self, **extra: str) -> str:
        """Return the query string that asks exactly this, without the question mark."""
        pairs: list[tuple[str, str]] = [
            ("from", self.period.starts_on.isoformat()),
            ("to", self.period.ends_on.isoformat()),
        ]
        if self.zone.key != self.setting.zone.key:
            pairs.append(("timezone", self.zone.key))
        if self.group_by:
            pairs.append(("group_by", self.group_by))
        pairs += self.narrowed.items()
        pairs += self.options.items()
        pairs += extra.items()
        return urlencode(pairs)


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a metric may be grouped by, and what it is grouped by when nothing is asked."""

    allowed: frozenset[str]
    default: str = ""

    def accepts(self, name: str) -> bool:
        """Return whether rows can be grouped by `name`."""
        return name in self.allowed or re.fullmatch(r"attributes\.\w{1,60}", name) is not None


def parse(
    parameters: Mapping[str, Sequence[str]],
    *,
    setting: Setting,
    at: datetime,
    options: Sequence[Option] = (),
    grouping: Grouping | None = None,
    also: frozenset[str] = frozenset(),
) -> MetricFilter:
    """Read the filter from the parameters of an address.

    Args:
        parameters: Every value of every parameter, as `QueryDict.lists()` gives them.
        setting: The organisation's zone, currency and fiscal year.
        at: The instant of asking.
        options: The metric's own parameters. One may share its name with a date of the period,
            as `from=captured` does with `from=2026-10-01`; the value tells them apart.
        grouping: What the metric may be grouped by.
        also: Further parameters that belong to the caller, such as `cursor`.

    Raises:
        FilterError: A parameter is unknown, given twice, or not understood.
    """
    errors: dict[str, str] = {}
    left = {name: [value for value in values if value] for name, values in parameters.items()}
    chosen = {option.name: _take(option=option, left=left, errors=errors) for option in options}
    known = _ADDRESS_ONLY | also
    for name, values in left.items():
        if name not in known and values:
            errors[name] = "is not a parameter of this metric"
        elif len(values) > 1:
            errors[name] = "is given more than once"
        elif any(len(value) > _LONGEST or "\x00" in value for value in values):
            errors[name] = "is too long or holds a NUL"
    single = {name: values[0] for name, values in left.items() if values}
    zone = _zone(single, setting=setting, errors=errors)
    period = _period(single, setting=setting, at=at, errors=errors)
    group_by = single.get("group_by", grouping.default if grouping else "")
    if group_by == "none":
        group_by = ""
    if group_by and grouping is not None and not grouping.accepts(group_by):
        errors["group_by"] = f"is one of {', '.join(sorted(grouping.allowed))}, attributes.NAME"
    if errors or period is None or zone is None:
        raise FilterError(errors)
    return MetricFilter(
        setting=setting,
        period=period,
        at=at,
        zone=zone,
        group_by=group_by,
        options=chosen,
        **{name: single[name] for name in NARROWING if name in single},
    )


def named_period(name: str, *, setting: Setting, today: date) -> Period | None:
    """Return the period called `name`, None where no period is called so.

    Names are `this_quarter`, `last_quarter`, `this_month`, `last_month`, `last_12_months`,
    `all`, a quarter such as `2026Q4`, a month such as `2026-11` and a year such as `2026`.
    """
    quarter, month = setting.quarter(day=today), metrics.month_of(day=today)
    before = {"fiscal_start_month": setting.fiscal_start_month}
    fixed = {
        "this_quarter": quarter,
        "last_quarter": metrics.previous(period=quarter, **before),
        "this_month": month,
        "last_month": metrics.previous(period=month, **before),
        "last_12_months": Period(metrics.add_months(day=today, months=-11), month.ends_on),
        "all": Period(_FIRST_DAY, _LAST_DAY),
    }
    if name in fixed:
        return fixed[name]
    if match := re.fullmatch(r"(20\d\d)Q([1-4])", name):
        months = (int(match[2]) - 1) * 3 + setting.fiscal_start_month - 1
        start = metrics.add_months(day=date(int(match[1]), 1, 1), months=months)
        return setting.quarter(day=start)
    if match := re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", name):
        return metrics.month_of(day=date(int(match[1]), int(match[2]), 1))
    if match := re.fullmatch(r"20\d\d", name):
        return Period(date(int(name), 1, 1), date(int(name) + 1, 1, 1))
    return None


def _take(*, option: Option, left: dict[str, list[str]], errors: dict[str, str]) -> str:
    """Take the values meant for `option` out of `left`; dates under its name stay."""
    values = left.get(option.name, [])
    mine = [value for value in values if option.name not in _ADDRESS_ONLY or not _is_date(value)]
    left[option.name] = [value for value in values if value not in mine]
    if not mine:
        return option.choices[0]
    if len(set(mine)) > 1 or mine[0] not in option.choices:
        errors[option.name] = f"is one of {', '.join(filter(None, option.choices))}"
    return mine[0]


def _is_date(value: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None


def _zone(
    single: Mapping[str, str], *, setting: Setting, errors: dict[str, str]
) -> ZoneInfo | None:
    name = single.get("timezone")
    if name is None:
        return setting.zone
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        errors["timezone"] = "is not the name of a time zone, such as America/New_York"
        return None


def _period(
    single: Mapping[str, str], *, setting: Setting, at: datetime, errors: dict[str, str]
) -> Period | None:
    """Read `from` and `to`, else `period`, else take the fiscal quarter of today."""
    today = setting.today(at=at)
    name = single.get("period", "this_quarter")
    period = named_period(name, setting=setting, today=today)
    if period is None:
        errors["period"] = "is this_quarter, last_quarter, a quarter such as 2026Q4, a month ..."
        return None
    if "from" not in single and "to" not in single:
        return period
    bounds: dict[str, date] = {}
    for parameter in ("from", "to"):
        text = single.get(parameter, "")
        try:
            bounds[parameter] = date.fromisoformat(text if _is_date(text) else "-")
        except ValueError:
            # An end that is missing is no fault of its own beside one that is wrong.
            if text or not ("from" in single and "from" in errors):
                errors[parameter] = "is a date such as 2026-10-01; from and to come together"
    if len(bounds) < 2:  # noqa: PLR2004 - both ends
        return None
    if not _FIRST_DAY <= bounds["from"] < _LAST_DAY:
        errors["from"] = "is a day from 2000 to 2100"
        return None
    if not bounds["from"] < bounds["to"] <= _LAST_DAY:
        errors["to"] = "is the first day after the period, later than from, from 2000 to 2100"
        return None
    return Period(bounds["from"], bounds["to"])
