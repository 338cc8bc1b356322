"""Read absences from an iCalendar file (RFC 5545); pure, and calm about hostile files.

Days are those of the organisation's zone. What cannot be an absence comes back as a fault of its
own event; only a file that is no calendar, or too large, is refused as a whole.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from dateutil import rrule
from icalendar import Calendar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from icalendar.cal import Component

MOST_BYTES: Final = 1024 * 1024
MOST_EVENTS: Final = 300
MOST_LINES: Final = 50_000
MOST_ABSENCES: Final = 300
DEEPEST: Final = 4
MOST_REPETITIONS: Final = 60
AHEAD: Final = timedelta(days=366)
OLDEST: Final = timedelta(days=10 * 366)
SHORTEST: Final = timedelta(hours=4)
LONGEST: Final = timedelta(days=731)
YEARS: Final = range(1970, 2100)
LONGEST_UID: Final = 150
REPEATS: Final = {
    "DAILY": rrule.DAILY,
    "WEEKLY": rrule.WEEKLY,
    "MONTHLY": rrule.MONTHLY,
    "YEARLY": rrule.YEARLY,
}
KNOWN_PARTS: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"})
WEEKDAY: Final = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
# What the library raises on broken values besides ValueError, found by fuzzing it.
BROKEN: Final = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip


class CalendarFileError(Exception):
    """The file as a whole cannot be read; the message is for the user."""


class EventFaultError(Exception):
    """One event cannot be an absence; the message is for the user."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One absence of the file.

    Attributes:
        number: Place of its event in the file, from 1.
        source_id: Names it in every later import.
        mails: Addresses of the attendees, else of the organiser, in lower case.
        is_cancelled: Whether the calendar took it back; `repeats` then means the whole series.
        remarks: What was rounded or cut, in sentences.
    """

    number: int
    source_id: str
    starts_on: date
    ends_on: date
    mails: tuple[str, ...]
    is_cancelled: bool = False
    repeats: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def last_on(self) -> date:
        """The last day."""
        return self.ends_on - timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """An event that cannot be an absence, and why."""

    number: int
    why: str


def read_calendar(raw: bytes, *, zone: ZoneInfo, today: date) -> list[Event | Fault]:
    """Return the absences of a file in its order; repetitions up to a year from today.

    Raises:
        CalendarFileError: It is empty, too large, no calendar, or not UTF-8.
    """
    calendar = _parse(_checked(raw))
    is_cancelled = str(calendar.get("METHOD", "")).upper() == "CANCEL"
    found: dict[tuple[int, str], Event | Fault] = {}
    replaced: dict[str, Event] = {}
    components = [part for part in calendar.subcomponents if part.name == "VEVENT"]
    for number, component in enumerate(components, 1):
        try:
            events = list(
                _events(component, number=number, zone=zone, today=today, dead=is_cancelled)
            )
        except EventFaultError as fault:
            found[number, ""] = Fault(number=number, why=str(fault))
            continue
        except BROKEN:
            found[number, ""] = Fault(number=number, why="A value in it cannot be read.")
            continue
        for event in events:
            found[number, event.source_id] = event
            if "RECURRENCE-ID" in component:
                replaced[event.source_id] = event
        if len(found) > MOST_ABSENCES:
            raise CalendarFileError(
                f"With its repetitions the file has more than {MOST_ABSENCES} absences. Export "
                "fewer months."
            )
    # A changed occurrence takes the place of the one its series brings.
    return [
        event
        for event in found.values()
        if isinstance(event, Fault)
        or event.source_id not in replaced
        or replaced[event.source_id] is event
    ]


def _checked(raw: bytes) -> str:
    """Return the text of the file without what is not read, such as definitions of zones."""
    if not raw.strip():
        raise CalendarFileError("The file is empty.")
    if len(raw) > MOST_BYTES:
        raise CalendarFileError("The file is larger than 1 MB. Export fewer months.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CalendarFileError("The file is not UTF-8 text, so it is no calendar.") from error
    if "\0" in text or not text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        raise CalendarFileError("This is no iCalendar file; those begin with BEGIN:VCALENDAR.")
    lines = re.split(r"\r\n|\r|\n", text)
    if len(lines) > MOST_LINES:
        raise CalendarFileError(f"The file has more than {MOST_LINES:,} lines.")
    kept = list(_without_zones(lines))
    count = sum(1 for line in kept if line.upper().startswith("BEGIN:VEVENT"))
    if count > MOST_EVENTS:
        raise CalendarFileError(
            f"The file has more than {MOST_EVENTS} events. Export fewer months, or only the "
            "calendar of absences."
        )
    return "\r\n".join(kept)


def _without_zones(lines: list[str]) -> Iterator[str]:
    """Leave zones out: names are known by themselves, and their rules can be bombs."""
    depth = 0
    is_zone = False
    for line in lines:
        word = line.upper().strip()
        is_zone = is_zone or word == "BEGIN:VTIMEZONE"
        if not is_zone and line:
            depth += word.startswith("BEGIN:")
            if depth > DEEPEST:
                raise CalendarFileError("The file nests its parts too deeply.")
            depth -= word.startswith("END:")
            yield line
        if word == "END:VTIMEZONE":
            is_zone = False


def _parse(text: str) -> Component:
    try:
        return Calendar.from_ical(text)
    except BROKEN as error:
        raise CalendarFileError(
            "The file begins like a calendar and cannot be read to its end."
        ) from error


def _events(
    component: Component, *, number: int, zone: ZoneInfo, today: date, dead: bool
) -> Iterator[Event]:
    """Return the absence of an event, or those of its repetitions."""
    uid = _uid(component)
    starts_on, ends_on, remarks = _days(component, zone=zone)
    is_cancelled = dead or str(component.get("STATUS", "")).upper() == "CANCELLED"
    single = Event(
        number=number,
        source_id=uid,
        starts_on=starts_on,
        ends_on=ends_on,
        mails=_mails(component),
        is_cancelled=is_cancelled,
        remarks=remarks,
    )
    if "RECURRENCE-ID" in component:
        day = _day_of(_one(component, "RECURRENCE-ID").dt, zone=zone)
        yield replace(single, source_id=_repetition(uid, day))
    elif "RRULE" in component and is_cancelled:
        yield replace(single, repeats=True)
    elif "RRULE" in component:
        yield from _repetitions(component, first=single, zone=zone, today=today)
    elif "RDATE" in component:
        raise EventFaultError("It repeats on listed days. Enter those by hand.")
    else:
        yield single


def _uid(component: Component) -> str:
    uid = str(component.get("UID", "")).strip()
    if not uid:
        raise EventFaultError("It has no UID, so a later import would not recognise it.")
    if len(uid) > LONGEST_UID:
        return f"sha256:{hashlib.sha256(uid.encode()).hexdigest()}"
    return uid


def _repetition(uid: str, day: date) -> str:
    return f"{uid}#{day:%Y%m%d}"


def _one(component: Component, name: str) -> Any:
    """Return a property that may stand once."""
    value = component.get(name)
    if value is None or isinstance(value, list) or not hasattr(value, "dt"):
        raise EventFaultError(f"Its {name} is missing or cannot be read.")
    return value


def _days(component: Component, *, zone: ZoneInfo) -> tuple[date, date, tuple[str, ...]]:
    """Return the first day, the day after the last, and what was rounded."""
    begins = _one(component, "DTSTART").dt
    if "DTEND" in component:
        ends = _one(component, "DTEND").dt
    elif "DURATION" in component:
        ends = begins + _one(component, "DURATION").dt
    elif isinstance(begins, datetime):
        raise EventFaultError("It has a beginning and no end.")
    else:
        ends = begins + timedelta(days=1)
    if isinstance(begins, datetime) is not isinstance(ends, datetime):
        raise EventFaultError("It begins on a day and ends at a time, or the other way round.")
    if not isinstance(begins, date) or not {begins.year, ends.year} <= set(YEARS):
        raise EventFaultError("Its days lie outside the years 1970 to 2099.")
    if not isinstance(begins, datetime):
        _check_span(begins, ends)
        return begins, ends, ()
    zone_name = _one(component, "DTSTART").params.get("TZID")
    if begins.tzinfo is None and zone_name:
        raise EventFaultError(f"Its time zone {str(zone_name)[:60]} is not known.")
    start, end = _local(begins, zone=zone), _local(ends, zone=zone)
    _check_span(start, end)
    if end - start < SHORTEST:
        raise EventFaultError("It lasts less than four hours; half a day is the least.")
    last = end.date() if end.time() == time(0) else end.date() + timedelta(days=1)
    told = f"From {start:%H:%M} to {end:%H:%M}; taken as whole days."
    is_whole = start.time() == end.time() == time(0)
    return start.date(), last, () if is_whole else (told,)


def _check_span(begins: date, ends: date) -> None:
    if ends <= begins:
        raise EventFaultError("It ends before it begins.")
    if ends - begins > LONGEST:
        raise EventFaultError("It lasts more than two years.")


def _local(moment: datetime, *, zone: ZoneInfo) -> datetime:
    """Return wall time in the organisation's zone; a floating time is read there."""
    return (moment.astimezone(zone) if moment.tzinfo else moment).replace(tzinfo=None)


def _day_of(value: date, *, zone: ZoneInfo) -> date:
    return _local(value, zone=zone).date() if isinstance(value, datetime) else value


def _mails(component: Component) -> tuple[str, ...]:
    """Return the attendees' addresses, else the organiser's."""
    for name in ("ATTENDEE", "ORGANIZER"):
        value = component.get(name)
        told = value if isinstance(value, list) else [value] if value is not None else []
        mails = [str(one).lower().removeprefix("mailto:").strip() for one in told]
        found = tuple(dict.fromkeys(mail for mail in mails if "@" in mail))
        if found:
            return found
    return ()


def _repetitions(
    component: Component, *, first: Event, zone: ZoneInfo, today: date
) -> Iterator[Event]:
    """Return the repetitions that are not over, up to a year from today."""
    if first.starts_on < today - OLDEST:
        raise EventFaultError("It repeats since more than ten years ago. Enter it by hand.")
    length = first.ends_on - first.starts_on
    horizon = datetime.combine(today + AHEAD, time(0))
    rule = _rule(component, starts_on=first.starts_on, zone=zone)
    days = [when.date() for when in takewhile(lambda when: when < horizon, rule)]
    coming = [day for day in days if day + length > today]
    if not coming:
        raise EventFaultError("It repeats, and every repetition is over or a year away.")
    if len(coming) > MOST_REPETITIONS:
        raise EventFaultError(
            f"It repeats more than {MOST_REPETITIONS} times a year; that is working hours, not "
            "absence."
        )
    is_cut = rule.after(horizon - timedelta(seconds=1)) is not None
    cut = (f"Repeats; taken up to {today + AHEAD:%-d %b %Y}.",) if is_cut else ("Repeats.",)
    excluded = _excluded(component, zone=zone)
    for day in coming:
        if day not in excluded:
            yield replace(
                first,
                source_id=_repetition(first.source_id, day),
                starts_on=day,
                ends_on=day + length,
                remarks=(*first.remarks, *cut),
            )


def _rule(component: Component, *, starts_on: date, zone: ZoneInfo) -> rrule.rrule:
    """Return the rule as dates; only parts whose next date is always near are taken."""
    told = component.get("RRULE")
    if isinstance(told, list) or not hasattr(told, "items"):
        raise EventFaultError("It has several rules of repetition. Enter it by hand.")
    parts = {str(key).upper(): value for key, value in told.items()}
    frequency = REPEATS.get(str(_first(parts.get("FREQ"))).upper())
    interval = int(_first(parts.get("INTERVAL", 1)))
    count = _first(parts.get("COUNT"))
    weekdays = [WEEKDAY.fullmatch(str(one).upper()) for one in parts.get("BYDAY", ())]
    if frequency is None or not KNOWN_PARTS.issuperset(parts) or not all(weekdays):
        raise EventFaultError("It repeats by a rule that is not read. Enter it by hand.")
    if not 1 <= interval <= 1000 or (count is not None and int(count) < 1):  # noqa: PLR2004
        raise EventFaultError("Its rule of repetition cannot be followed.")
    if frequency == rrule.DAILY and weekdays:
        frequency = rrule.WEEKLY if interval == 1 else frequency
    until = _first(parts.get("UNTIL"))
    return rrule.rrule(
        frequency,
        dtstart=datetime.combine(starts_on, time(0)),
        interval=interval,
        count=None if count is None else int(count),
        until=None if until is None else datetime.combine(_day_of(until, zone=zone), time(0)),
        byweekday=[_weekday(found) for found in weekdays if found] or None,
    )


def _weekday(found: re.Match[str]) -> Any:
    place, name = found.groups()
    weekday = getattr(rrule, name)
    return weekday(int(place)) if place else weekday


def _first(value: Any) -> Any:
    """Return the value of a part of a rule, which the library keeps in lists."""
    return value[0] if isinstance(value, list) and value else value


def _excluded(component: Component, *, zone: ZoneInfo) -> set[date]:
    """Return the days taken out of a series."""
    told = component.get("EXDATE")
    lists = told if isinstance(told, list) else [told] if told is not None else []
    return {_day_of(one.dt, zone=zone) for dates in lists for one in dates.dts}
