"""The filter object: what addresses mean."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest

from dashboards import filters
from dashboards.filters import FilterError, Grouping, Option, Setting
from dashboards.metrics import Period

NEW_YORK = Setting(zone=ZoneInfo("America/New_York"))
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
CYCLE = (Option("from", ("accepted", "captured"), "start"), Option("outcome", ("won", "lost"), ""))
BY_CHANNEL = Grouping(allowed=frozenset({"channel"}), default="channel")


def parsed(query, *, setting=NEW_YORK, at=AT, options=(), grouping=BY_CHANNEL, also=frozenset()):
    given = parse_qs(query, keep_blank_values=True)
    return filters.parse(
        given, setting=setting, at=at, options=options, grouping=grouping, also=also
    )


@pytest.mark.parametrize(
    ("query", "period"),
    [
        pytest.param("", Period(date(2026, 10, 1), date(2027, 1, 1)), id="this quarter"),
        pytest.param(
            "period=last_quarter", Period(date(2026, 7, 1), date(2026, 10, 1)), id="last"
        ),
        pytest.param("period=2026Q2", Period(date(2026, 4, 1), date(2026, 7, 1)), id="a quarter"),
        pytest.param("period=2026-02", Period(date(2026, 2, 1), date(2026, 3, 1)), id="a month"),
        pytest.param("period=2026", Period(date(2026, 1, 1), date(2027, 1, 1)), id="a year"),
        pytest.param(
            "from=2026-10-05&to=2026-10-06",
            Period(date(2026, 10, 5), date(2026, 10, 6)),
            id="one day",
        ),
        pytest.param(
            "period=last_12_months",
            Period(date(2025, 12, 1), date(2026, 12, 1)),
            id="twelve months",
        ),
    ],
)
def test_an_address_names_its_period(query, period):
    assert parsed(query).period == period


def test_the_quarter_is_that_of_the_organisations_day():
    # In New York it still is the last evening of September.
    at = datetime(2026, 10, 1, 3, tzinfo=UTC)

    assert parsed("", at=at).period.starts_on == date(2026, 7, 1)


def test_the_instants_of_a_period_follow_the_zone_in_the_address():
    question = parsed("from=2026-03-08&to=2026-03-09&timezone=Asia/Kolkata")

    assert question.since == datetime(2026, 3, 7, 18, 30, tzinfo=UTC)
    assert question.until == datetime(2026, 3, 8, 18, 30, tzinfo=UTC)


def test_from_is_both_a_date_and_where_the_cycle_begins():
    question = parsed("from=captured&from=2018-01-01&to=2018-02-01", options=CYCLE)

    assert question.option("from") == "captured"
    assert question.period.starts_on == date(2018, 1, 1)
    assert question.option("outcome") == "won"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        pytest.param("from=2026-10-01", "to", id="half a period"),
        pytest.param("from=2026-10-01&to=2026-10-01", "to", id="an empty period"),
        pytest.param("from=2026-02-30&to=2026-03-01", "from", id="a day that does not exist"),
        pytest.param("from=20261001&to=2026-10-02", "from", id="another format"),
        pytest.param("from=1999-01-01&to=2026-01-01", "from", id="long ago"),
        pytest.param("from=2026-01-01&to=2199-01-01", "to", id="long to come"),
        pytest.param("to=2026-01-01", "from", id="the other half of a period"),
        pytest.param("period=soon", "period", id="no such period"),
        pytest.param("timezone=Mars/Olympus", "timezone", id="no such zone"),
        pytest.param("timezone=../../etc/passwd", "timezone", id="a path"),
        pytest.param("group_by=mood", "group_by", id="no such group"),
        pytest.param("group_by=attributes.a%20b", "group_by", id="an odd attribute"),
        pytest.param("mood=good", "mood", id="an unknown parameter"),
        pytest.param("rep=a&rep=b", "rep", id="given twice"),
        pytest.param("rep=" + "x" * 201, "rep", id="too long"),
        pytest.param("rep=a%00b", "rep", id="a NUL"),
        pytest.param("outcome=drawn", "outcome", id="no such choice"),
    ],
)
def test_what_is_not_understood_is_named(query, parameter):
    with pytest.raises(FilterError) as refusal:
        parsed(query, options=CYCLE)

    assert parameter in refusal.value.errors


@pytest.mark.parametrize(
    "query", ["from=1900", "from=1900-01-01&to=2026-01-01", "from=1900&to=2026-01-01"]
)
def test_only_the_date_that_is_wrong_is_blamed(query):
    with pytest.raises(FilterError) as refusal:
        parsed(query)

    assert list(refusal.value.errors) == ["from"]


def test_the_query_of_a_question_asks_the_same_again():
    question = parsed(
        "from=captured&from=2018-01-01&to=2018-02-01&timezone=Asia/Kolkata&rep=sam&group_by=channel",
        options=CYCLE,
    )

    assert parsed(question.query(), options=CYCLE) == question
    assert "cursor=abc" in question.query(cursor="abc")


def test_no_groups_can_be_asked_for():
    assert parsed("").group_by == "channel"
    assert parsed("group_by=none").group_by == ""


def test_parameters_of_the_caller_pass():
    assert parsed("cursor=abc", also=frozenset({"cursor"})).narrowed == {}
