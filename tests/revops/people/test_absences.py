"""Entering absences side by side, who stands in day by day, and backups."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from revops.audit.models import AuditEntry
from revops.people.absences.selectors import stretches
from revops.people.absences.services import (
    AbsenceRefusedError,
    CoverUnsureError,
    Dates,
    enter_absence,
    set_backup,
)
from revops.people.models import Absence
from revops.people.selectors import local_day
from tests.factories.absences import AbsenceFactory
from tests.factories.people import OrganizationFactory, person
from tests.factories.pipeline import RepFactory

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
MONDAY = date(2026, 6, 8)


@pytest.fixture
def rita(db):
    OrganizationFactory()
    return person("rita")


def days(first, last, **fields):
    return Dates(
        starts_on=MONDAY + timedelta(days=first),
        ends_on=MONDAY + timedelta(days=last + 1),
        **fields,
    )


def enter(rep, first, last, *, by, is_sure=True, **fields):
    return enter_absence(rep=rep, told=days(first, last, **fields), by=by, at=AT, is_sure=is_sure)


def test_days_follow_the_organisations_zone(rita):
    midnight_in_new_york = datetime(2026, 6, 1, 4, tzinfo=UTC)

    assert local_day(at=midnight_in_new_york) == date(2026, 6, 1)
    assert local_day(at=midnight_in_new_york - timedelta(seconds=1)) == date(2026, 5, 31)


def test_who_stands_in_changes_with_the_covers_own_absence(rita):
    third = RepFactory(name="Cy Wu")
    cover = RepFactory(name="Bo Lin", backup=third)
    rep = RepFactory(name="Ana Ruiz")
    enter(cover, 2, 3, by=rita)

    absence = enter(rep, 0, 4, by=rita, cover=cover)

    told = [
        (
            one.starts_on.day,
            one.last_on.day,
            one.cover.name,
            [link.sentence for link in one.passed],
        )
        for one in stretches(absence=absence, today=local_day(at=AT))
    ]
    assert told == [
        (8, 9, "Bo Lin", []),
        (10, 11, "Cy Wu", ["Bo Lin is away until 11 Jun"]),
        (12, 12, "Bo Lin", []),
    ]


def test_a_cover_who_comes_back_in_between_stands_in_from_then_on(rita):
    rep = RepFactory(name="Ana Ruiz")
    cover = RepFactory(name="Bo Lin")
    enter(cover, 0, 1, by=rita, cover=rep)

    absence = enter(rep, 0, 4, by=rita, cover=cover)

    told = [
        (one.starts_on.day, one.last_on.day, one.cover and one.cover.name)
        for one in stretches(absence=absence, today=local_day(at=AT))
    ]
    assert told == [(8, 9, None), (10, 12, "Bo Lin")]


def test_two_who_stand_in_for_each_other_are_doubted_and_stored_when_sure(rita):
    one, other = RepFactory(), RepFactory()
    enter(one, 0, 4, by=rita, cover=other)

    with pytest.raises(CoverUnsureError) as doubt:
        enter(other, 0, 4, by=rita, cover=one, is_sure=False)

    assert [stretch.cover for stretch in doubt.value.plan] == [None]
    assert Absence.objects.count() == 1
    assert enter(other, 0, 4, by=rita, cover=one).pk


def test_a_cover_who_is_never_there_is_doubted(rita):
    cover = RepFactory(backup=RepFactory())
    enter(cover, -1, 9, by=rita)

    with pytest.raises(CoverUnsureError, match="away all that time"):
        enter(RepFactory(), 0, 4, by=rita, cover=cover, is_sure=False)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"first": 0, "last": 800}, "two years at most", id="too long"),
        pytest.param({"first": 800, "last": 801}, "two years ahead", id="too far"),
        pytest.param({"first": -60, "last": 1}, "31 days ago", id="too long ago"),
        pytest.param({"first": -30, "last": -20}, "over already", id="over"),
        pytest.param({"first": 3, "last": 1}, "before the first", id="backwards"),
    ],
)
def test_dates_that_cannot_be_are_refused(rita, fields, words):
    with pytest.raises(AbsenceRefusedError, match=words):
        enter(RepFactory(), fields["first"], fields["last"], by=rita)


def test_who_left_covers_nobody(rita):
    with pytest.raises(AbsenceRefusedError, match="not on the roster"):
        enter(RepFactory(), 0, 1, by=rita, cover=RepFactory(is_active=False))


def test_the_journal_names_dates_and_people_and_no_reason(rita):
    enter(RepFactory(), 0, 1, by=rita, reason="Surgery")

    entry = AuditEntry.objects.get(act="enter_absence")
    assert entry.details["starts_on"] == "2026-06-08"
    assert "Surgery" not in str(entry.details)
    assert not hasattr(Absence.history.get(), "reason")


def test_a_backup_is_set_by_leaders_only(rita):
    sam = person("sam")
    rep, backup = RepFactory(user=sam), RepFactory()

    with pytest.raises(AbsenceRefusedError, match="may not name backups"):
        set_backup(rep=rep, backup=backup, by=sam, at=AT)
    set_backup(rep=rep, backup=backup, by=rita, at=AT)

    rep.refresh_from_db()
    assert rep.backup == backup


@pytest.mark.django_db(transaction=True)
def test_two_absences_of_one_person_entered_at_once_do_not_overlap(rita):
    rep = RepFactory()
    start = threading.Barrier(2)

    def run(first):
        try:
            start.wait()
            return enter(rep, first, 4, by=rita).pk
        except AbsenceRefusedError:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        stored = [future.result() for future in [pool.submit(run, n) for n in (0, 1)]]

    assert sorted(pk is None for pk in stored) == [False, True]
    assert Absence.objects.filter(rep=rep).count() == 1


def test_the_same_event_comes_in_once(rita):
    rep = RepFactory()
    AbsenceFactory(rep=rep, starts_on=MONDAY, ends_on=MONDAY + timedelta(days=1), source_id="a@x")

    with pytest.raises(AbsenceRefusedError):
        enter_absence(rep=rep, told=days(0, 0), by=rita, at=AT, source_id="a@x", is_sure=True)
