"""The pages of absences, backups and coverage."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pipeline.models import Lead
from pipeline.services.handover import hand_over_absences
from revops.database import database_now
from revops.people.models import Absence, Rep, Team
from revops.people.selectors import local_day
from tests.factories.absences import AbsenceFactory, away
from tests.factories.people import person
from tests.factories.pipeline import RepFactory, accepted, assigned, mql

pytestmark = pytest.mark.usefixtures("agreement")
DAY = timedelta(days=1)


@pytest.fixture
def now(agreement):
    """Half an hour ago: pages read the database's clock."""
    return database_now() - timedelta(minutes=30)


def url(name, *args):
    return reverse(f"pipeline:{name}", args=args)


def days(now, first=3, last=5):
    today = local_day(at=now)
    return {
        "starts_on": (today + first * DAY).isoformat(),
        "last_on": (today + last * DAY).isoformat(),
    }


def statements(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


ROLES = {
    "absence_list": {"rita", "vera", "sam"},
    "absence_add": {"rita", "vera", "sam"},
    "absence_import": {"rita", "vera", "sam"},
    "absence_backups": {"rita", "vera"},
    "coverage": {"rita", "vera"},
}


@pytest.mark.parametrize("name", ROLES)
@pytest.mark.parametrize("who", ["rita", "carla", "mara", "vera", "sam", "ed"])
def test_who_may_open_what(client, now, name, who):
    user = person(who)
    RepFactory(user=user)
    client.force_login(user)

    response = client.get(url(name))

    assert response.status_code == (200 if who in ROLES[name] else 403)


def test_a_leader_enters_an_absence_with_a_cover(as_vera, now, ana, bo):
    response = as_vera.post(
        url("absence_add"), {"rep": ana.pk, "cover": bo.pk, "reason": "Holiday", **days(now)}
    )

    absence = Absence.objects.get()
    assert response.headers["Location"] == url("absence_detail", absence.pk)
    assert (absence.rep, absence.cover) == (ana, bo)
    assert absence.ends_on - absence.starts_on == 3 * DAY
    assert "Bo Lin" in as_vera.get(response.headers["Location"]).content.decode()


def test_days_without_anybody_are_shown_and_saved_by_a_second_click(as_vera, now, ana, bo):
    away(bo, at=now, before=0, after=9)
    told = {"rep": ana.pk, "cover": bo.pk, **days(now)}

    doubted = as_vera.post(url("absence_add"), told)
    saved = as_vera.post(url("absence_add"), told | {"is_sure": "on"})

    assert doubted.status_code == 422
    page = doubted.content.decode()
    assert "Nobody stands in on some of these days" in page
    assert "Bo Lin is away until" in page
    assert 'name="is_sure"' in page
    assert saved.status_code == 302
    assert Absence.objects.filter(rep=ana).count() == 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        pytest.param(
            {"last_on": "2020-01-01", "starts_on": "2020-01-01"}, "over already", id="past"
        ),
        pytest.param({"last_on": "2027-99-01"}, "Enter a valid date", id="no date"),
        pytest.param(
            {"starts_on": "9999-12-31", "last_on": "9999-12-31"}, "before 2100", id="far"
        ),
        pytest.param({"cover": "0"}, "Select a valid choice", id="unknown cover"),
        pytest.param({"rep": "99999999999999999999"}, "Select a valid choice", id="huge id"),
        pytest.param({"reason": "a\0b"}, "Null characters", id="nul"),
        pytest.param({"reason": "x" * 81}, "at most 80", id="long reason"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_answered_422_beside_its_field(as_vera, now, ana, told, words):
    response = as_vera.post(url("absence_add"), {"rep": ana.pk, **days(now), **told})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Absence.objects.exists()


def test_two_absences_of_one_person_do_not_overlap(as_vera, now, ana):
    AbsenceFactory(rep=ana, starts_on=local_day(at=now), ends_on=local_day(at=now) + 5 * DAY)

    response = as_vera.post(url("absence_add"), {"rep": ana.pk, "is_sure": "on", **days(now)})

    assert response.status_code == 422
    assert "already. Change that one." in response.content.decode()


def test_a_leader_does_not_enter_absences_of_another_team(as_vera, now, ana, foreigner):
    absence = away(foreigner, at=now)

    added = as_vera.post(url("absence_add"), {"rep": foreigner.pk, **days(now, 9, 9)})
    pages = [
        as_vera.get(url("absence_detail", absence.pk)),
        as_vera.get(url("absence_edit", absence.pk)),
        as_vera.post(url("absence_end", absence.pk)),
        as_vera.get(url("coverage_reassign", foreigner.pk)),
    ]

    assert added.status_code == 422
    assert [page.status_code for page in pages] == [404, 404, 404, 404]


def test_a_rep_sees_the_teams_absences_without_their_reasons(client, sam, now):
    team = Team.objects.create(name="South", side="sales")
    sam.team = team
    sam.save()
    colleague = away(RepFactory(team=team, name="Di Po"), at=now, reason="Surgery")
    client.force_login(sam)

    page = client.get(url("absence_list")).content.decode()
    change = client.post(url("absence_end", colleague.pk))

    assert "Di Po" in page
    assert "Surgery" not in page
    assert change.status_code == 404


def test_a_rep_enters_only_the_own_absence(client, sam, now, bo):
    client.force_login(sam)

    page = client.get(url("absence_add")).content.decode()
    own = client.post(url("absence_add"), {"rep": sam.rep.pk, "is_sure": "on", **days(now)})
    other = client.post(url("absence_add"), {"rep": bo.pk, "is_sure": "on", **days(now)})

    assert f'name="rep" value="{sam.rep.pk}"' in page
    assert (own.status_code, other.status_code) == (302, 422)
    assert Absence.objects.get().rep == sam.rep


def test_an_absence_is_ended_today_or_removed(as_vera, now, ana, bo):
    running = away(ana, at=now)
    coming = AbsenceFactory(
        rep=bo, starts_on=local_day(at=now) + DAY, ends_on=local_day(at=now) + 2 * DAY
    )

    as_vera.post(url("absence_end", running.pk))
    as_vera.post(url("absence_end", coming.pk))
    again = as_vera.post(url("absence_end", running.pk), follow=True)

    running.refresh_from_db()
    assert running.ends_on == local_day(at=now)
    assert not Absence.objects.filter(pk=coming.pk).exists()
    assert "is over" in again.content.decode()


def test_moving_an_absence_ahead_hands_over_again_when_it_begins(as_vera, now, ana, bo):
    absence = away(ana, at=now, cover=bo)
    hand_over_absences(at=now)

    as_vera.post(url("absence_edit", absence.pk), {"rep": ana.pk, "cover": bo.pk, **days(now)})

    absence.refresh_from_db()
    assert absence.handed_over_at is None


def test_what_was_handed_over_is_given_back_by_one_click(as_vera, now, ana, bo):
    accepted(ana, at=now - 2 * DAY)
    absence = away(ana, at=now - DAY, cover=bo, after=0)
    hand_over_absences(at=now - DAY)
    Absence.objects.filter(pk=absence.pk).update(ends_on=local_day(at=now))

    page = as_vera.get(url("absence_detail", absence.pk)).content.decode()
    as_vera.post(url("absence_give_back", absence.pk))

    assert "Give 1 lead back to Ana Ruiz" in page
    assert Lead.objects.get().owner == ana


def test_a_backup_is_named_and_cannot_be_the_person(as_vera, now, ana, bo, foreigner):
    named = as_vera.post(url("absence_backups"), {"rep": ana.pk, "backup": bo.pk})
    itself = as_vera.post(url("absence_backups"), {"rep": ana.pk, "backup": ana.pk})
    foreign = as_vera.post(url("absence_backups"), {"rep": foreigner.pk, "backup": bo.pk})

    assert [page.status_code for page in (named, itself, foreign)] == [302, 422, 404]
    assert Rep.objects.get(pk=ana.pk).backup == bo


def test_coverage_shows_who_is_out_and_what_they_still_hold(as_vera, now, ana, bo):
    assigned(ana, at=now)
    away(ana, at=now, cover=bo)
    mql(at=now)

    page = as_vera.get(url("coverage")).content.decode()

    assert "Bo Lin stands in" in page
    assert url("coverage_reassign", ana.pk) in page
    assert "1 lead waits unassigned" in page


def test_the_queue_tells_leaders_of_coverage_and_reps_not(as_vera, sam, now, ana):
    away(ana, at=now)

    leader = as_vera.get(url("queue")).content.decode()
    as_vera.force_login(sam)
    rep = as_vera.get(url("queue")).content.decode()

    assert "1 out today" in leader
    assert "out today" not in rep


def test_leads_are_reassigned_by_one_confirmed_click(as_vera, now, ana, bo):
    first, second = assigned(ana, at=now), assigned(ana, at=now)
    address = url("coverage_reassign", ana.pk)

    shown = as_vera.get(f"{address}?lead={first.pk}").content.decode()
    nobody = as_vera.post(address, {"leads": [first.pk]})
    done = as_vera.post(address, {"leads": [first.pk], "to": bo.pk})

    assert f'value="{first.pk}" checked' in shown
    assert f'value="{second.pk}" checked' not in shown
    assert (nobody.status_code, done.status_code) == (422, 302)
    assert Lead.objects.get(pk=first.pk).owner == bo
    assert Lead.objects.get(pk=second.pk).owner == ana


def test_reassigning_to_somebody_away_offers_the_cover(as_vera, now, ana, bo, team):
    lead = assigned(ana, at=now)
    third = RepFactory(name="Di Po", team=team)
    away(bo, at=now, cover=third)

    response = as_vera.post(url("coverage_reassign", ana.pk), {"leads": [lead.pk], "to": bo.pk})

    assert response.status_code == 422
    assert "Give them to Di Po" in response.content.decode()
    assert Lead.objects.get().owner == ana


@pytest.mark.parametrize("name", ["coverage", "absence_list"])
def test_the_number_of_statements_does_not_depend_on_the_team(as_vera, now, team, name):
    counts = []

    for number in (1, 6):
        for _ in range(number):
            rep = RepFactory(team=team)
            assigned(rep, at=now)
            away(rep, at=now, cover=RepFactory(team=team))
        counts.append(statements(as_vera, url(name)))

    assert counts[0] == counts[1]
    assert counts[0] <= 20
