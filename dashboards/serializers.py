"""The shapes of the metric endpoints: what goes out, and its schema."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from dashboards.expectations import Ripeness
from dashboards.registry.base import Unit
from revops import formats
from sla.selectors.months import COLUMNS

if TYPE_CHECKING:
    from dashboards.expectations import Judgement
    from dashboards.registry.base import Figure, Metric
    from dashboards.selectors.answers import Answer, Row
    from sla.selectors import Attainment
    from sla.selectors.months import ClosedMonth


class MoneySerializer(serializers.Serializer[Any]):
    """An exact amount with its currency."""

    amount = serializers.CharField()
    currency = serializers.CharField()


class PeriodSerializer(serializers.Serializer[Any]):
    """Local dates, the second one excluded; `from` and `to` in the answer."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the two dates; `from` cannot be an attribute in Python."""
        return {"from": serializers.DateField(), "to": serializers.DateField()}


class VersionSerializer(serializers.Serializer[Any]):
    """A version of a signed document the rows were judged under."""

    document = serializers.CharField()
    number = serializers.IntegerField()
    signed = serializers.BooleanField()


class GroupSerializer(serializers.Serializer[Any]):
    """The figure of one group."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field named as the group is
    value = serializers.JSONField(allow_null=True)
    numerator = serializers.JSONField(allow_null=True)
    denominator = serializers.JSONField(allow_null=True)
    n = serializers.IntegerField()
    excluded = serializers.IntegerField()
    details = serializers.DictField()


class MetricSerializer(serializers.Serializer[Any]):
    """What a metric is."""

    key = serializers.CharField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    owner = serializers.CharField(allow_null=True)
    sentence = serializers.CharField()
    formula = serializers.CharField()
    numerator = serializers.CharField()
    denominator = serializers.CharField()
    date_basis = serializers.CharField()
    window = serializers.CharField()
    unit = serializers.CharField()
    null_rule = serializers.CharField()
    group_by = serializers.ListField(child=serializers.CharField())
    parameters = serializers.DictField()
    url = serializers.CharField()


class JudgementSerializer(serializers.Serializer[Any]):
    """Whether a figure may be held against the agreement yet."""

    ripeness = serializers.ChoiceField([one.value for one in Ripeness])
    signed_on = serializers.DateField()
    signs_on = serializers.DateField()
    due_on = serializers.DateField()


class AnswerSerializer(serializers.Serializer[Any]):
    """What a metric says to a question."""

    key = serializers.CharField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    numerator = serializers.JSONField(allow_null=True)
    denominator = serializers.JSONField(allow_null=True)
    n = serializers.IntegerField()
    excluded = serializers.IntegerField()
    small_sample = serializers.BooleanField()
    judgement = JudgementSerializer(allow_null=True)
    unit = serializers.CharField()
    period = PeriodSerializer()
    timezone = serializers.CharField()
    group_by = serializers.CharField(allow_null=True)
    filters = serializers.DictField()
    parameters = serializers.DictField()
    definition_versions = VersionSerializer(many=True)
    provisional = serializers.BooleanField()
    as_of = serializers.DateTimeField()
    details = serializers.DictField()
    groups = GroupSerializer(many=True)
    rows_url = serializers.CharField()


class RowSerializer(serializers.Serializer[Any]):
    """One row behind a figure, without personal data."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    external_id = serializers.CharField()
    lead_id = serializers.IntegerField(allow_null=True)
    lead_external_id = serializers.CharField()
    at = serializers.DateTimeField()
    in_numerator = serializers.BooleanField()
    measure = serializers.JSONField(allow_null=True)
    group = serializers.CharField(allow_null=True)
    channel = serializers.CharField()
    state = serializers.CharField()


class RowPageSerializer(serializers.Serializer[Any]):
    """A page of rows."""

    data = RowSerializer(many=True)  # type: ignore[assignment] # the name of every list
    next = serializers.CharField(allow_null=True)


class MonthCountsSerializer(serializers.Serializer[Any]):
    """How the clocks of one promise in one month ended."""

    met = serializers.IntegerField()
    late = serializers.IntegerField()
    missed = serializers.IntegerField()
    excused = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    open = serializers.IntegerField()
    counted = serializers.IntegerField(allow_null=True)
    kept = serializers.BooleanField(allow_null=True)


class ClosedMonthSerializer(serializers.Serializer[Any]):
    """One promise in one closed month: as frozen, and with the corrections since."""

    month = serializers.CharField()
    kind = serializers.CharField()
    side = serializers.CharField()
    enforced = serializers.BooleanField()
    target_rate = serializers.CharField()
    target = serializers.IntegerField(allow_null=True)
    frozen = MonthCountsSerializer()
    now = MonthCountsSerializer()
    restated = serializers.BooleanField()


class ClosedMonthListSerializer(serializers.Serializer[Any]):
    """The closed months of all promises; never more than a year, so there is one page."""

    data = ClosedMonthSerializer(many=True)  # type: ignore[assignment] # the name of every list
    next = serializers.CharField(allow_null=True)


def month_json(month: ClosedMonth) -> dict[str, Any]:
    """Return one promise in one closed month."""
    return {
        "month": f"{month.month:%Y-%m}",
        "kind": month.kind,
        "side": month.side,
        "enforced": month.is_enforced,
        "target_rate": f"{month.target_rate:.3f}",
        "target": month.target,
        "frozen": counts_json(month.frozen, counted=month.counted, kept=month.was_kept),
        "now": counts_json(month.now, counted=month.counted_now, kept=month.is_kept),
        "restated": month.is_restated,
    }


def counts_json(counts: Attainment, *, counted: int | None, kept: bool | None) -> dict[str, Any]:
    """Return how clocks ended, and whether that kept the promise."""
    ends = {name: getattr(counts, name) for name in COLUMNS}
    return {**ends, "counted": counted, "kept": kept}


def metric_json(metric: Metric, *, url: str) -> dict[str, Any]:
    """Return a metric's description."""
    return {
        "key": metric.key,
        "version": metric.version,
        "title": metric.title,
        "owner": metric.owner.value if metric.owner else None,
        "sentence": metric.sentence,
        "formula": metric.formula,
        "numerator": metric.numerator_words,
        "denominator": metric.denominator_words,
        "date_basis": metric.date_basis,
        "window": metric.window,
        "unit": metric.unit.value,
        "null_rule": metric.null_rule,
        "group_by": sorted(metric.grouping.allowed),
        "parameters": {option.name: list(option.choices) for option in metric.options},
        "url": url,
    }


def judgement_json(held: Judgement | None) -> dict[str, Any] | None:
    """Return whether a figure may be held against the agreement yet."""
    if held is None:
        return None
    return {
        "ripeness": held.ripeness.value,
        "signed_on": held.signed_on.isoformat(),
        "signs_on": held.signs_on.isoformat(),
        "due_on": held.due_on.isoformat(),
    }


def answer_json(
    answer: Answer, *, rows_url: str, judgement: Judgement | None = None
) -> dict[str, Any]:
    """Return an answer; money carries its currency, ratios are plain numbers."""
    asked, metric = answer.asked, answer.metric
    return {
        "key": metric.key,
        "version": metric.version,
        "title": metric.title,
        **figure_json(answer.total, metric=metric, currency=asked.setting.currency),
        "small_sample": answer.is_small_sample,
        "judgement": judgement_json(judgement),
        "unit": metric.unit.value,
        "period": {
            "from": asked.period.starts_on.isoformat(),
            "to": asked.period.ends_on.isoformat(),
        },
        "timezone": asked.zone.key,
        "group_by": asked.group_by or None,
        "filters": asked.narrowed,
        "parameters": dict(asked.options),
        "definition_versions": [
            {"document": label.document.value, "number": label.number, "signed": label.is_signed}
            for label in answer.versions
        ],
        "provisional": answer.is_provisional,
        "as_of": formats.iso(asked.at),
        "groups": [
            {
                "key": group.key,
                "label": group.label,
                **figure_json(group, metric=metric, currency=asked.setting.currency),
            }
            for group in answer.groups
        ],
        "rows_url": rows_url,
    }


def figure_json(figure: Figure, *, metric: Metric, currency: str) -> dict[str, Any]:
    """Return a figure's numbers."""
    per_rep = metric.unit is Unit.MONEY and isinstance(figure.denominator, Decimal)
    return {
        "value": plain(figure.value, currency=currency),
        "numerator": plain(figure.numerator, currency=currency),
        # The joint number is divided by reps, which are no money.
        "denominator": str(figure.denominator)
        if per_rep
        else plain(figure.denominator, currency=currency),
        "n": figure.n,
        "excluded": figure.excluded,
        "details": {name: plain(held, currency=currency) for name, held in figure.details.items()},
    }


def plain(number: Any, *, currency: str) -> Any:
    """Return a number as JSON: an amount as money, everything else as it is."""
    if isinstance(number, Decimal):
        return {"amount": f"{number:.2f}", "currency": currency}
    return number


def row_json(row: Row, *, currency: str) -> dict[str, Any]:
    """Return a row; ids only, no names."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "external_id": row.external_id,
        "lead_id": row.lead_id,
        "lead_external_id": row.lead_external_id,
        "at": formats.iso(row.basis_at),
        "in_numerator": row.in_numerator,
        "measure": plain(row.measure, currency=currency),
        "group": row.group or None,
        "channel": row.source,
        "state": row.state,
    }
