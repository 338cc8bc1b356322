"""How numbers, durations and instants read."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from revops import formats

MORNING = datetime(2026, 11, 23, 14, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        pytest.param(None, "\u2013", id="nothing"),
        pytest.param(Decimal(0), "$0", id="zero"),
        pytest.param(Decimal("999.4"), "$999", id="below a thousand"),
        pytest.param(Decimal(12_500), "$12.5K", id="thousands with a decimal"),
        pytest.param(Decimal(121_480), "$121K", id="three figures without"),
        pytest.param(Decimal("1234567.50"), "$1.2M", id="millions"),
        pytest.param(Decimal(-45_000), "-$45K", id="negative"),
    ],
)
def test_compact_money_has_three_figures(amount, expected):
    assert formats.money_compact(amount) == expected


def test_exact_money_keeps_the_cents():
    assert formats.money(Decimal("1234567.50")) == "$1,234,567.50"
    assert formats.money(Decimal("1234567.50"), currency="EUR") == "\u20ac1,234,567.50"


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(None, "\u2013"), (0, "0.0%"), (0.24, "24.0%"), (Decimal("0.2455"), "24.6%"), (1, "100.0%")],
)
def test_rates_have_one_decimal_and_none_is_a_dash(rate, expected):
    assert formats.percent(rate) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [(0.021, "+2.1 pp"), (-0.021, "\u22122.1 pp"), (0.0001, "0.0 pp"), (None, "\u2013")],
)
def test_changes_of_rates_are_points(change, expected):
    assert formats.points(change) == expected


@pytest.mark.parametrize(
    ("minutes", "business", "ordinary"),
    [
        pytest.param(0, "under 1 m", "under 1 m", id="seconds"),
        pytest.param(35, "35 m", "35 m", id="minutes"),
        pytest.param(60, "1 h", "1 h", id="a whole hour"),
        pytest.param(380, "6 h 20 m", "6 h 20 m", id="hours"),
        pytest.param(3060, "51 h", "2 d 3 h", id="days"),
        pytest.param(60_000, "1,000 h", "41 d", id="weeks"),
    ],
)
def test_durations_read_as_people_say_them(minutes, business, ordinary):
    length = timedelta(minutes=minutes)

    assert formats.duration(length) == business
    assert formats.elapsed(length) == ordinary


@pytest.mark.parametrize(
    ("zone", "style", "expected"),
    [
        pytest.param("America/New_York", "moment", "Mon 23 Nov, 09:40 EST", id="zone shown"),
        pytest.param("America/New_York", "full", "Mon 23 Nov 2026, 09:40 EST", id="with a year"),
        pytest.param("Asia/Kolkata", "time", "20:10 IST", id="half an hour off"),
        pytest.param("Asia/Kathmandu", "time", "20:25 UTC+5:45", id="a zone of figures"),
        pytest.param("America/Sao_Paulo", "time", "11:40 UTC-3", id="west of Greenwich"),
        pytest.param("Pacific/Auckland", "date", "24 Nov 2026", id="the date over there"),
        pytest.param("UTC", "day_time", "Mon 14:40", id="in a badge"),
    ],
)
def test_instants_are_shown_in_the_readers_zone(zone, style, expected):
    assert formats.local(MORNING, zone=zone, style=style) == expected


def test_summer_time_changes_the_abbreviation():
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)

    assert formats.local(summer, zone="America/New_York", style="time") == "08:00 EDT"


def test_a_reader_may_prefer_twelve_hours():
    shown = formats.local(MORNING, zone="UTC", style="time", twelve_hours=True)

    assert shown == "2:40 PM UTC"


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="aware"):
        formats.local(MORNING.replace(tzinfo=None), zone="UTC")


def test_nouns_follow_their_number():
    assert formats.plural(1, "lead") == "1 lead"
    assert formats.plural(0, "lead") == "0 leads"
    assert formats.plural(1200, "breach", "breaches") == "1,200 breaches"


def test_initials_are_first_and_last():
    assert formats.initials("Ana Lucía Fuentes") == "AF"
    assert formats.initials("Mara") == "M"
    assert formats.initials("") == "?"


def test_a_deadline_at_midnight_is_the_end_of_the_day_before():
    midnight = datetime(2026, 11, 29, 5, tzinfo=UTC)

    assert formats.deadline(midnight, zone="America/New_York") == "the end of Sat 28 Nov"
    assert formats.deadline(midnight, zone="UTC") == "Sun 29 Nov, 05:00 UTC"
