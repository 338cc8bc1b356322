"""Pages of calendars: the form loses nothing, asks back, and notices who was faster."""

from __future__ import annotations

import pytest

from definitions import services as documents
from revops.people.choices import Side
from revops.people.models import Team
from sla import services
from sla.models import Calendar, Territory
from tests.factories.definitions import NOON
from tests.factories.people import OrganizationFactory, person
from tests.sla.hours_pages import BACKEND, WEEK, edit, form, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita(client):
    OrganizationFactory()
    documents.install_defaults(at=NOON)
    rita = person("rita")
    client.force_login(rita, backend=BACKEND)
    return rita


@pytest.fixture
def calendar(rita):
    services.current_terms(at=NOON)
    return services.ensure_default_calendar(at=NOON)


def test_everybody_reads_calendars(client, calendar):
    client.force_login(person("olga"), backend=BACKEND)

    listed = text_of(client.get("/calendars/"))
    shown = text_of(client.get(f"/calendars/{calendar.pk}/"))

    assert "Mon\u2013Fri 09:00\u201317:00" in listed
    assert "New calendar" not in listed
    assert "Change hours" not in shown


@pytest.mark.parametrize("key", ["mara", "carla", "sam", "vera", "ed"])
@pytest.mark.parametrize("page", ["new/", "{pk}/edit/", "{pk}/holidays/", "{pk}/replan/"])
def test_only_revops_changes_them(key, page, client, calendar):
    client.force_login(person(key), backend=BACKEND)
    address = f"/calendars/{page.format(pk=calendar.pk)}"

    assert client.get(address).status_code == 403
    assert client.post(address, form()).status_code == 403
    assert client.post("/calendars/preview/", form()).status_code == 403
    assert client.post("/calendars/territories/", {}).status_code == 403


def test_outsider_is_sent_to_the_login(client, calendar):
    client.logout()

    assert client.get("/calendars/").status_code == 302


@pytest.mark.parametrize("page", ["", "edit/", "holidays/", "replan/"])
def test_unknown_calendar_is_not_found(page, client, rita):
    assert client.get(f"/calendars/4711/{page}").status_code == 404


def test_list_asks_the_same_few_questions_for_many_calendars(
    client, calendar, django_assert_max_num_queries
):
    for number in range(9):
        client.post("/calendars/new/", form(name=f"Hours {number}"))

    with django_assert_max_num_queries(20):
        client.get("/calendars/")


def test_split_shifts_are_stored_as_the_next_version(client, calendar):
    answer = edit(client, calendar, mon="9-12:30, 13:30-17", sat="10:00-14:00")

    latest = calendar.versions.get(number=2)
    assert answer.status_code == 302
    assert latest.spec["weekly"]["mon"] == [["09:00", "12:30"], ["13:30", "17:00"]]
    assert latest.spec["weekly"]["sat"] == [["10:00", "14:00"]]


def test_overlapping_ranges_are_stored_as_one(client, calendar):
    edit(client, calendar, mon="09:00-13:00, 12:00-17:00, 17:00-18:00")

    assert calendar.versions.get(number=2).spec["weekly"]["mon"] == [["09:00", "18:00"]]


def test_same_hours_write_no_version(client, calendar):
    answer = edit(client, calendar)

    assert answer.status_code == 302
    assert calendar.versions.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"mon": "09:00-00:00"}, "24:00 for the end of the day", id="ends at 00:00"),
        pytest.param({"mon": "five to nine"}, "not a time", id="no range"),
        pytest.param({"mon": "17:00-09:00"}, "end after", id="backwards"),
        pytest.param({"mon": "x" * 5000}, "at most 120", id="long"),
        pytest.param(dict.fromkeys(WEEK, ""), "no open time", id="empty week"),
        pytest.param({"timezone": "Mars/Olympus"}, "zone from the list", id="zone"),
        pytest.param({"timezone": "../../etc/passwd"}, "zone from the list", id="path"),
        pytest.param({"name": ""}, "required", id="no name"),
        pytest.param({"name": "n" * 81}, "at most 80", id="long name"),
        pytest.param({"name": "a\x00b"}, "Null characters", id="null"),
        pytest.param({"holiday-0-name": "Founders"}, "Which day?", id="holiday without a day"),
        pytest.param({"holiday-0-on": "9999-12-31"}, "2000 to 2100", id="huge year"),
        pytest.param({"holiday-0-on": "99999-01-01"}, "such as 2026-12-25", id="no year"),
        pytest.param({"exception-0-on": "2026-02-30"}, "such as 2026-12-25", id="no date"),
        pytest.param(
            {"exception-0-on": "2026-12-24", "exception-0-hours": "noon"},
            "not a range",
            id="hours",
        ),
        pytest.param(
            {"holiday-0-on": "2026-12-25", "holiday-7-on": "2026-12-25"}, "already", id="twice"
        ),
        pytest.param(
            {"holiday-0-on": "2026-12-25", "exception-0-on": "2026-12-25"}, "wins", id="both"
        ),
        pytest.param({"version": "many"}, "whole number", id="version"),
    ],
)
def test_wrong_input_is_answered_where_it_stands_and_kept(changes, words, client, calendar):
    answer = edit(client, calendar, **changes)

    shown = text_of(answer)
    assert answer.status_code == 422
    assert words in shown
    assert calendar.versions.count() == 1
    assert all(value.split("\x00")[0] in shown for value in changes.values())


@pytest.mark.parametrize(
    "hostile",
    [
        {"holiday-999999999999-on": "2026-12-25"},
        {"holiday--1-on": "2026-12-25", "exception-0-name": "x"},
        {"mon": ["09:00-17:00", "x"]},
        {"add": "<script>"},
        {"confirm": "\u2603" * 400},
    ],
)
def test_hostile_posts_are_answered(hostile, client, calendar):
    assert edit(client, calendar, **hostile).status_code in {200, 302, 422}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"mon": "09:00-23:59"}, "Monday ends at 23:59", id="23:59"),
        pytest.param({"sun": "02:00-12:00"}, "clock changes", id="Sunday at two"),
    ],
)
def test_question_is_asked_and_its_answer_holds_for_it_alone(changes, words, client, calendar):
    asked = edit(client, calendar, **changes)
    seal = asked.context["form"].seal

    other = edit(client, calendar, tue="09:00-23:59", confirm=seal)
    said = edit(client, calendar, confirm=seal, **changes)

    assert (asked.status_code, other.status_code, said.status_code) == (422, 422, 302)
    assert words in text_of(asked)
    assert calendar.versions.count() == 2


def test_who_comes_second_sees_both_and_may_save_over_it(client, calendar):
    edit(client, calendar, mon="08:00-17:00")

    late = edit(client, calendar, tue="09:00-20:00")
    shown = text_of(late)
    over = edit(client, calendar, tue="09:00-20:00", version="2")

    assert late.status_code == 409
    assert "Mon: 08:00\u201317:00, before 09:00\u201317:00" in shown
    assert "Tue: 09:00\u201320:00, before 09:00\u201317:00" in shown
    assert 'value="09:00-20:00"' in shown
    assert over.status_code == 302
    assert calendar.versions.order_by("-number").first().number == 3


def test_another_row_is_given_without_script_and_stores_nothing(client, calendar):
    data = {"holiday-0-on": "2026-12-25", "holiday-0-name": "Christmas", "add": "holiday"}

    answer = edit(client, calendar, **data)

    assert answer.status_code == 200
    assert 'name="holiday-2-on"' in text_of(answer)
    assert 'value="Christmas"' in text_of(answer)
    assert calendar.versions.count() == 1


def test_preview_speaks_of_the_hours_on_the_form(client, calendar):
    posted = form(calendar=str(calendar.pk), **dict.fromkeys(WEEK, "09:00-15:00"))

    shown = text_of(client.post("/calendars/preview/", posted))

    assert "Assigned Fri 16:30 \u2192 due Mon 13:00" in shown
    assert "30 h open" in shown


@pytest.mark.parametrize("broken", [{"mon": "x"}, {"timezone": ""}, {"calendar": "9" * 30}])
def test_preview_of_incomplete_hours_waits(broken, client, calendar):
    assert client.post("/calendars/preview/", form(**broken)).status_code == 200


def test_calendar_is_made_for_a_team(client, calendar):
    europe = Team.objects.create(name="Europe", side=Side.SALES)
    client.post("/calendars/new/", form(name="London", timezone="Europe/London"))
    london = Calendar.objects.get(name="London")

    answer = client.post(
        "/calendars/territories/", {f"team-{europe.pk}": london.pk, f"seen-{europe.pk}": ""}
    )

    assert answer.status_code == 302
    assert Territory.objects.get().calendar == london
    assert Territory.history.get().history_user.name == "Rita Lind"
    assert "Europe works in London" in text_of(client.get("/calendars/"))


def test_name_that_is_taken_is_refused(client, calendar):
    answer = client.post("/calendars/new/", form(name="Company hours"))

    assert answer.status_code == 422
    assert Calendar.objects.count() == 1


@pytest.mark.parametrize(
    ("posted", "status"),
    [
        pytest.param({"team-x": "1"}, 422, id="no team"),
        pytest.param({"team-4711": "1", "seen-4711": ""}, 422, id="unknown team"),
        pytest.param({"team-{team}": "4711", "seen-{team}": ""}, 422, id="unknown calendar"),
        pytest.param({"team-{team}": "9" * 40}, 422, id="huge"),
        pytest.param({"team-{team}": "", "seen-{team}": "1"}, 409, id="changed meanwhile"),
        pytest.param({}, 302, id="nothing"),
    ],
)
def test_odd_territories_are_answered(posted, status, client, calendar):
    team = Team.objects.create(name="Europe", side=Side.SALES)

    data = {key.format(team=team.pk): value for key, value in posted.items()}

    assert client.post("/calendars/territories/", data).status_code == status
    assert not Territory.objects.exists()


def test_holidays_are_proposed_and_only_the_chosen_are_taken_over(client, calendar):
    place = {"country": "US", "region": "", "year": "2027"}
    address = f"/calendars/{calendar.pk}/holidays/"

    proposed = text_of(client.get(address, place))
    client.post(
        address, place | {"version": "1", "day": ["2027-07-05", "2027-12-24", "2020-01-01"]}
    )

    assert "Independence Day (observed)" in proposed
    assert "package holidays" in proposed
    assert calendar.versions.get(number=2).spec["holidays"] == [
        {"date": "2027-07-05", "name": "Independence Day (observed)"},
        {"date": "2027-12-24", "name": "Christmas Day (observed)"},
    ]


def test_all_proposed_holidays_are_taken_over_at_once_and_not_again(client, calendar):
    place = {"country": "DE", "region": "BY", "year": "2027", "version": "1", "all": "1"}
    address = f"/calendars/{calendar.pk}/holidays/"

    first = client.post(address, place)
    second = client.post(address, place | {"version": "2"})

    names = {row["name"] for row in calendar.versions.get(number=2).spec["holidays"]}
    assert (first.status_code, second.status_code) == (302, 422)
    assert {"Epiphany", "Corpus Christi"} <= names


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"country": "XX"}, 422, id="country"),
        pytest.param({"region": "BY"}, 422, id="region of another country"),
        pytest.param({"year": "99999"}, 422, id="huge year"),
        pytest.param({"year": "soon"}, 422, id="no year"),
        pytest.param({"day": []}, 422, id="none chosen"),
        pytest.param({"version": "7"}, 409, id="changed meanwhile"),
        pytest.param({"version": "x"}, 409, id="no version"),
    ],
)
def test_odd_choices_of_holidays_are_answered(changes, status, client, calendar):
    place = {"country": "US", "region": "", "year": "2027", "version": "1", "day": ["2027-07-05"]}

    answer = client.post(f"/calendars/{calendar.pk}/holidays/", place | changes)

    assert answer.status_code == status
    assert calendar.versions.count() == 1


def test_holidays_of_earlier_years_stand_apart_and_are_kept(client, calendar):
    old = {"holiday-0-on": "2001-01-01", "holiday-0-name": "Old year"}
    edit(client, calendar, **old)

    shown = text_of(client.get(f"/calendars/{calendar.pk}/edit/"))

    assert "1 of earlier years" in shown
    assert 'value="Old year"' in shown


def test_year_the_list_does_not_know_is_said(client, calendar):
    place = {"country": "LK", "region": "", "year": "2099"}

    assert "The list knows none" in text_of(
        client.get(f"/calendars/{calendar.pk}/holidays/", place)
    )
