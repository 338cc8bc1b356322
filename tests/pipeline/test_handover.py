"""An absence that begins hands leads over, once; nothing comes back without a click."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline.choices import Stage
from pipeline.models import Assignment, Lead
from pipeline.selectors.handover import leads_to_give_back
from pipeline.services.errors import RepAwayError
from pipeline.services.handover import (
    GiveBackRefusedError,
    give_back,
    hand_over_absences,
    reassign_leads,
)
from revops.audit.models import AuditEntry
from revops.outbox.models import Message
from revops.people.models import Absence
from revops.people.selectors import local_day
from sla.choices import ClockStatus, Scope
from sla.models import Clock
from sla.services import sweep
from tests.factories.absences import away
from tests.factories.people import person
from tests.factories.pipeline import (
    DAY,
    HOUR,
    NOON,
    RepFactory,
    accepted,
    assigned,
    moved,
)

pytestmark = pytest.mark.usefixtures("agreement")
LATER = NOON + HOUR


@pytest.fixture
def cover(agreement):
    return RepFactory(name="Bo Lin", user=person("vera"))


@pytest.fixture
def ana(cover):
    """Ana, who holds two running leads and one that is decided."""
    rep = RepFactory(name="Ana Ruiz", user=person("sam"), backup=cover)
    assigned(rep)
    accepted(rep)
    moved(assigned(rep), Stage.REJECTED, reason="no_need")
    return rep


def owners():
    return sorted(Lead.objects.values_list("stage", "owner__name"))


def test_an_absence_that_has_begun_hands_the_running_leads_to_the_cover_once(ana, cover):
    absence = away(ana, at=LATER, cover=cover)

    moved_count = hand_over_absences(at=LATER)
    again = hand_over_absences(at=LATER + HOUR)

    assert (moved_count, again) == (2, 0)
    assert owners() == [
        ("accepted", "Bo Lin"), ("assigned", "Bo Lin"), ("rejected", "Ana Ruiz"),
    ]  # fmt: skip
    absence.refresh_from_db()
    assert absence.handed_over_at == LATER
    whys = Assignment.objects.filter(why__rule="handed_over").values_list("why", flat=True)
    assert [why["absence"] for why in whys] == [absence.pk, absence.pk]


def test_it_is_journalled_and_both_are_told(ana, cover):
    absence = away(ana, at=LATER, cover=cover)

    hand_over_absences(at=LATER)

    entry = AuditEntry.objects.get(act="hand_over_absence")
    assert entry.subject == f"absence:{absence.pk}"
    assert entry.details["to"] == [cover.pk]
    told = Message.objects.filter(kind="absence.handed_over").first()
    assert told.payload["to"] == sorted([ana.user_id, cover.user_id])


def test_the_leads_clock_goes_on_and_the_owners_begins_anew(ana, cover):
    away(ana, at=LATER, cover=cover)
    lead = Lead.objects.get(stage=Stage.ASSIGNED)
    before = Clock.objects.get(lead=lead, kind="first_contact", scope=Scope.LEAD)

    hand_over_absences(at=LATER)

    after = Clock.objects.get(lead=lead, kind="first_contact", scope=Scope.LEAD)
    assert (after.due_at, after.started_at) == (before.due_at, before.started_at)
    assert after.rep == cover
    owned = Clock.objects.filter(lead=lead, kind="first_contact", scope=Scope.OWNER)
    assert sorted(owned.values_list("rep__name", "status")) == [
        ("Ana Ruiz", ClockStatus.SUPERSEDED), ("Bo Lin", ClockStatus.PENDING),
    ]  # fmt: skip


def test_nothing_happens_before_the_local_day_begins(ana, cover):
    today = local_day(at=LATER)
    Absence.objects.create(
        rep=ana, starts_on=today + timedelta(days=1), ends_on=today + timedelta(days=3)
    )
    # 23:59 and 00:01 in New York.
    night = LATER.replace(hour=4, minute=59) + DAY

    before = hand_over_absences(at=night)
    after = hand_over_absences(at=night + HOUR / 30)

    assert (before, after) == (0, 2)


def test_a_run_that_was_down_catches_up_while_the_absence_lasts(ana, cover):
    away(ana, at=LATER, before=0, after=5)

    assert hand_over_absences(at=LATER + 3 * DAY) == 2


def test_an_absence_that_is_over_hands_nothing_over(ana, cover):
    away(ana, at=LATER - 5 * DAY)

    assert hand_over_absences(at=LATER) == 0


def test_without_a_cover_the_next_in_turn_takes_over(agreement):
    rep = RepFactory()
    lead = assigned(rep)
    present = RepFactory(name="Cy Wu")
    away(rep, at=LATER)

    hand_over_absences(at=LATER)

    assert Lead.objects.get(pk=lead.pk).owner == present


def test_where_nobody_is_there_the_leads_stay_and_the_next_run_tries_again(agreement):
    rep = RepFactory()
    lead = assigned(rep)
    absence = away(rep, at=LATER)
    first = hand_over_absences(at=LATER)
    present = RepFactory()

    second = hand_over_absences(at=LATER + HOUR)

    assert (first, second) == (0, 1)
    assert Lead.objects.get(pk=lead.pk).owner == present
    absence.refresh_from_db()
    assert absence.handed_over_at == LATER + HOUR


def test_the_number_of_statements_does_not_depend_on_the_number_of_leads(agreement):
    cover = RepFactory()
    counts = []

    for number in (1, 8):
        rep = RepFactory()
        for _ in range(number):
            assigned(rep)
        away(rep, at=LATER, cover=cover)
        with CaptureQueriesContext(connection) as captured:
            assert hand_over_absences(at=LATER) == number
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_what_is_still_open_is_given_back_by_a_click(ana, cover):
    absence = away(ana, at=LATER, cover=cover, after=0)
    hand_over_absences(at=LATER)
    decided = Lead.objects.get(stage=Stage.ASSIGNED)
    moved(decided, Stage.REJECTED, reason="no_need", at=LATER)
    back = LATER + 2 * DAY
    sweep(at=back)

    count = give_back(absence=absence, by=cover.user, at=back)

    assert count == 1
    assert Lead.objects.get(stage=Stage.ACCEPTED).owner == ana
    assert Assignment.objects.latest("pk").why["rule"] == "given_back"
    assert leads_to_give_back(absence=absence) == {}
    with pytest.raises(GiveBackRefusedError):
        give_back(absence=absence, by=cover.user, at=back)


def test_nothing_is_given_back_to_somebody_who_is_still_away(ana, cover):
    absence = away(ana, at=LATER, cover=cover)
    hand_over_absences(at=LATER)

    with pytest.raises(RepAwayError):
        give_back(absence=absence, by=cover.user, at=LATER)

    assert len(leads_to_give_back(absence=absence)) == 2


def test_what_was_given_to_a_third_is_not_given_back(ana, cover):
    absence = away(ana, at=LATER, cover=cover)
    hand_over_absences(at=LATER)
    third = RepFactory()
    lead = Lead.objects.get(stage=Stage.ASSIGNED)

    reassign_leads(holder=cover, lead_ids=[lead.pk], to=third, by=cover.user, at=LATER)

    assert list(leads_to_give_back(absence=absence)) == [Lead.objects.get(stage=Stage.ACCEPTED).pk]


def test_reassigning_leaves_alone_what_left_the_person_meanwhile(ana, cover):
    third = RepFactory()
    mine = Lead.objects.get(stage=Stage.ASSIGNED)
    foreign = assigned(third)

    count = reassign_leads(
        holder=ana, lead_ids=[mine.pk, foreign.pk], to=cover, by=cover.user, at=LATER
    )

    assert count == 1
    assert Lead.objects.get(pk=foreign.pk).owner == third


def test_reassigning_to_somebody_away_moves_nothing(ana, cover):
    away(cover, at=LATER)
    ids = list(Lead.objects.values_list("pk", flat=True))

    with pytest.raises(RepAwayError):
        reassign_leads(holder=ana, lead_ids=ids, to=cover, by=cover.user, at=LATER)

    assert not Lead.objects.filter(owner=cover).exists()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_hand_every_lead_over_once(ana, cover):
    for _ in range(5):
        away(RepFactory(backup=cover), at=LATER)
    away(ana, at=LATER, cover=cover)
    start = threading.Barrier(3)

    def run():
        try:
            start.wait()
            return hand_over_absences(at=LATER)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        counts = [future.result() for future in [pool.submit(run) for _ in range(3)]]

    assert sum(counts) == 2
    assert Assignment.objects.filter(why__rule="handed_over").count() == 2
    told = Message.objects.filter(kind="absence.handed_over").values("key").distinct()
    assert told.count() == 1
