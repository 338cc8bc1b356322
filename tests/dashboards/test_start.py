"""The first steps tick themselves from what is stored."""

from __future__ import annotations

import pytest

from dashboards.selectors.start import beginnings
from definitions.models import AuditAnswer, AuditRound, GapConfirmation
from definitions.services.freezing import install_defaults
from revops.database import database_now
from revops.people.models import Organization, User
from sla.models import Calendar
from tests.factories.definitions import activated
from tests.factories.people import CAST, OrganizationFactory, person
from tests.factories.pipeline import NOON, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_(client):
    def log_in(key):
        client.force_login(person(key), backend="revops.people.backends.RoleBackend")
        return client

    return log_in


def test_a_new_database_has_nothing_done(as_):
    page = as_("rita").get("/start/")

    text = page.content.decode()
    assert page.status_code == 200
    assert "0 of 5 done" in text
    assert "name and zone, working hours, a person of marketing and a person of sales." in text
    assert not any(beginnings(at=NOON).done)


def test_saving_the_organisation_sets_the_zone_and_the_hours(as_):
    client = as_("rita")
    fields = {
        "name": "Halden", "timezone": "Europe/Berlin", "currency": "EUR",
        "fiscal_year_start_month": "1",
    }  # fmt: skip

    response = client.post("/start/", fields)

    assert response.status_code == 302
    assert Organization.objects.get().timezone == "Europe/Berlin"
    assert Calendar.objects.get().is_default


def test_a_zone_that_does_not_exist_is_refused(as_):
    response = as_("rita").post("/start/", {"name": "Halden", "timezone": "Mars/Olympus"})

    assert response.status_code == 422
    assert not Organization.objects.exists()


@pytest.mark.parametrize("key", ["carla", "mara", "vera", "sam", "ed"])
def test_others_see_what_is_waiting_and_change_nothing(key, as_):
    client = as_(key)

    page = client.get("/start/")

    assert page.status_code == 200
    assert "Waiting for RevOps." in page.content.decode()
    assert "First password" not in page.content.decode()
    assert client.post("/start/", {"name": "Mine"}).status_code == 403


def test_people_of_both_sides_with_zone_and_hours_are_the_first_step(as_):
    as_("rita").post(
        "/start/",
        {"name": "Halden", "timezone": "UTC", "currency": "EUR", "fiscal_year_start_month": "1"},
    )
    person("mara")
    before = beginnings(at=NOON).has_teams
    person("sam")

    assert (before, beginnings(at=NOON).has_teams) == (False, True)


def test_each_side_that_answers_is_told_and_both_are_the_second_step():
    rita, mara, sam = person("rita"), person("mara"), person("sam")
    asked = AuditRound.objects.create(
        term="mql", number=1, marketing_question="What?", sales_question="When?", opened_at=NOON,
        opened_by=rita, actor="user:1",
    )  # fmt: skip
    seen = []
    for side, by in (("marketing", mara), ("sales", sam)):
        seen.append(beginnings(at=NOON).has_drafts)
        AuditAnswer.objects.create(
            round=asked, side=side, text="Fit", submitted_at=NOON, submitted_by=by, actor="user:2"
        )

    held = beginnings(at=NOON)
    assert seen == [False, False]
    assert held.has_drafts
    assert not held.has_gaps


def test_a_confirmed_list_is_the_third_step():
    GapConfirmation.objects.create(
        gap_count=2, confirmed_at=NOON, confirmed_by=person("rita"), actor="user:1"
    )

    assert beginnings(at=NOON).has_gaps


def test_provisional_texts_are_not_agreed():
    OrganizationFactory()
    install_defaults(at=NOON)
    activated("definitions", at=NOON)

    assert not beginnings(at=NOON).is_agreed


def test_signed_texts_settle_the_steps_before_them():
    install_defaults(at=NOON)
    activated("definitions", at=NOON, is_signed=True)
    activated("sla", at=NOON, is_signed=True)

    held = beginnings(at=NOON)

    assert (held.has_drafts, held.has_gaps, held.is_agreed) == (True, True, True)


def test_a_lead_is_the_last_step():
    LeadFactory()

    assert beginnings(at=NOON).done[-1]


def test_the_page_asks_for_the_facts_in_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        beginnings(at=NOON)


def test_the_shared_page_points_to_the_steps_until_all_are_done(as_):
    OrganizationFactory()
    install_defaults(at=database_now())
    client = as_("rita")

    before = client.get("/").content.decode()
    for key in ("mara", "sam"):
        person(key)
    Calendar.objects.create(name="Hours", is_default=True)
    activated("definitions", at=database_now(), is_signed=True)
    activated("sla", at=database_now(), is_signed=True)
    LeadFactory()
    after = client.get("/").content.decode()

    assert "The first steps are not done" in before
    assert "The first steps are not done" not in after


@pytest.mark.parametrize("key", list(CAST))
def test_everybody_may_look(key, as_):
    assert as_(key).get("/start/").status_code == 200


PERSON = {
    "name": "Sam Ortiz", "email": "Sam@Example.com", "role": "sales_rep",
    "password": "correct horse battery",
}  # fmt: skip


def test_revops_adds_people_who_may_log_in(as_):
    response = as_("rita").post("/start/person/", PERSON)

    sam = User.objects.get(email="sam@example.com")
    assert response.status_code == 302
    assert (sam.role, sam.is_superuser) == ("sales_rep", False)
    assert sam.check_password(PERSON["password"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"email": "RITA@example.com"}, "has this address already", id="taken"),
        pytest.param({"password": "1234"}, "password", id="a weak password"),
        pytest.param({"role": "emperor"}, "emperor", id="an unknown role"),
        pytest.param({"email": "nobody"}, "valid email", id="no address"),
    ],
)
def test_a_person_who_cannot_be_added_is_refused_at_the_field(changes, words, as_):
    response = as_("rita").post("/start/person/", PERSON | changes)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert User.objects.count() == 1


@pytest.mark.parametrize("key", ["carla", "mara", "vera", "sam", "ed"])
def test_nobody_else_adds_people(key, as_):
    response = as_(key).post("/start/person/", PERSON)

    assert response.status_code == 403
    assert User.objects.count() == 1
