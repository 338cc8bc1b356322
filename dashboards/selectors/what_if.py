"""What-if questions as people ask them, answered with names."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, cast

from definitions.choices import DocumentKind
from definitions.documents import ContentError, parse_document
from definitions.selectors import open_draft_of
from definitions.services import draft_content
from pipeline.models import Lead
from revops import formats
from revops.people.models import Rep
from sla.choices import ClockKind, Unit
from sla.clock import NoWorkingTimeError
from sla.fold import side_of
from sla.models import Calendar
from sla.selectors.what_if import (
    TIMED,
    Change,
    Comparison,
    Pair,
    Tally,
    changed,
    compare,
    promises_of,
    under,
    with_clocks,
)
from sla.services import current_terms

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from zoneinfo import ZoneInfo

    from definitions.content import Sla
    from sla.fold import Promise
    from sla.selectors.what_if import Differing

MOST_LEADS = 25_000
"""So many leads a page answers for; the command has no bound."""
SHOWN = 40
LOOK_BACK = timedelta(days=365)


class NotAnsweredError(ValueError):
    """The question cannot be answered; `field` is what is wrong with it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One promise with another allowance over past evidence; both days belong to the span."""

    kind: str
    amount: int
    unit: str
    calendar: Calendar | None
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Group:
    """A team, a person or a month, as it was and as it would have been."""

    name: str
    was: Tally
    would: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A comparison with names.

    Attributes:
        sentence: The whole answer in one sentence.
        promised: What was in use at the end of the span, such as `4 business hours`.
        shown: The clocks that would have ended otherwise, the latest first, as many as are shown.
        reps: The people, by id.
        leads: The leads of what is shown, by id.
    """

    question: Question
    comparison: Comparison
    sentence: str
    promised: str
    teams: list[Group]
    people: list[Group]
    months: list[Group]
    shown: list[Differing]
    reps: dict[int, Rep]
    leads: dict[int, Lead]


def allowance(amount: int | None, unit: str) -> str:
    """Return an allowance in words, such as `1 business hour`."""
    words = str(Unit(unit).label)
    return f"{amount} {words.removesuffix('s') if amount == 1 else words}"


def answer(question: Question, *, zone: ZoneInfo, at: datetime, is_bounded: bool = True) -> Answer:
    """Return what the past would have come to; nothing is stored.

    Args:
        question: What to change, and when.
        zone: Whose days and months.
        at: The instant of asking.
        is_bounded: Whether more than `MOST_LEADS` leads are refused.

    Raises:
        SpanTooLargeError: More leads moved in the span.
        NotAnsweredError: Nothing of the kind was promised, or the time does not fit a calendar.
    """
    terms = current_terms(at=at)
    since = datetime.combine(question.first, time.min, tzinfo=zone)
    until = datetime.combine(question.last + timedelta(days=1), time.min, tzinfo=zone)
    agreement = terms.agreement_at(min(until, at))
    promise = agreement.promise(question.kind) if agreement else None
    if promise is None:
        raise NotAnsweredError("commitment", "The SLA of that time promises nothing of the kind.")
    change = Change(
        kind=question.kind,
        amount=question.amount,
        unit=question.unit,
        calendar=question.calendar.pk if question.calendar else None,
    )
    try:
        found = compare(
            kinds=[question.kind], since=since, until=until, before=terms,
            after=changed(terms, change=change), zone=zone, at=at,
            most=MOST_LEADS if is_bounded else None,
        )  # fmt: skip
    except NoWorkingTimeError as error:
        raise NotAnsweredError("amount", "So much time does not fit into a calendar.") from error
    promised = allowance(promise.amount, promise.unit)
    return _named(question, found, promised)


def _named(question: Question, found: Comparison, promised: str) -> Answer:
    """Give a comparison names; four statements at most."""
    reps = Rep.objects.select_related("team").in_bulk([pk for pk in found.by_rep if pk])
    nobody = "Marketing" if side_of(question.kind) == "marketing" else "Nobody held the lead"
    teams: defaultdict[str, Pair] = defaultdict(Pair)
    for pk, pair in found.by_rep.items():
        rep = reps.get(pk or 0)
        name = (rep.team.name if rep.team else "No team") if rep else nobody
        teams[name] = Pair(teams[name].was + pair.was, teams[name].would + pair.would)
    people = [
        Group(reps[pk].name if pk in reps else nobody, pair.was, pair.would)
        for pk, pair in found.by_rep.items()
    ]
    shown = with_clocks(found.differing[:SHOWN])
    return Answer(
        question=question,
        comparison=found,
        sentence=_sentence(question, found, promised),
        promised=promised,
        teams=_worst_first(Group(name, pair.was, pair.would) for name, pair in teams.items()),
        people=_worst_first(people),
        months=[
            Group(f"{month:%b %Y}", pair.was, pair.would)
            for month, pair in sorted(found.by_month.items())
        ],
        shown=shown,
        reps=reps,
        leads=Lead.objects.select_related("company").in_bulk([row.lead_id for row in shown]),
    )


def _worst_first(groups: Iterable[Group]) -> list[Group]:
    """Return groups, those with the most breaches first."""
    return sorted(groups, key=lambda group: (-group.would.breaches, group.name))


def _sentence(question: Question, found: Comparison, promised: str) -> str:
    """Return the answer as one sentence."""
    kind = str(ClockKind(question.kind).label).lower()
    would = formats.plural(found.total.would.breaches, "breach", "breaches")
    instead = allowance(question.amount, question.unit)
    if question.calendar is not None:
        instead += f" in the hours of {question.calendar.name}"
    return (
        f"With {instead}, {kind} would have had {would} instead of"
        f" {formats.count(found.total.was.breaches)}; {promised} were promised."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindsight:
    """What the last year would have come to under an SLA that nobody has signed yet.

    Attributes:
        of_draft: Whether it is the open draft's SLA, else the one in use.
        kinds: Each promise with how it went, most breaches first.
    """

    of_draft: bool
    first: date
    last: date
    leads: int
    total: Tally
    kinds: list[tuple[str, str, Tally]]


def _drafted() -> list[Promise] | None:
    """Return the promises of the open draft; None without one that is whole."""
    draft = open_draft_of(kind=DocumentKind.SLA)
    calendar = Calendar.objects.filter(is_default=True).values_list("pk", flat=True).first()
    if draft is None or calendar is None:
        return None
    try:
        document = parse_document(kind=DocumentKind.SLA, content=draft_content(draft=draft))
    except ContentError:
        return None
    return promises_of(cast("Sla", document), calendar=calendar)


def hindsight(*, zone: ZoneInfo, at: datetime) -> Hindsight:
    """Return the breaches of the last year under the draft's SLA, else the one in use.

    Raises:
        SpanTooLargeError: More leads moved in that year.
        NotAnsweredError: A promise of the draft does not fit into the calendar.
    """
    terms = current_terms(at=at)
    drafted = _drafted()
    used = terms if drafted is None else under(terms, promises=drafted)
    since = at - LOOK_BACK
    try:
        found = compare(
            kinds=[*TIMED, ClockKind.MINIMUM_FIT, ClockKind.CONTEXT], since=since, until=at,
            before=used, after=used, zone=zone, at=at, most=MOST_LEADS,
        )  # fmt: skip
    except NoWorkingTimeError as error:
        raise NotAnsweredError("draft", "A promise does not fit into the calendar.") from error
    kinds = [(kind, str(ClockKind(kind).label), pair.was) for kind, pair in found.by_kind.items()]
    kinds.sort(key=lambda row: (-row[2].breaches, row[1]))
    return Hindsight(
        of_draft=used is not terms,
        first=since.astimezone(zone).date(),
        last=at.astimezone(zone).date(),
        leads=found.leads,
        total=found.total.was,
        kinds=[row for row in kinds if row[2].judged],
    )
