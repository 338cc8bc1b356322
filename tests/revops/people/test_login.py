"""Logging in, the sample company's role picker, and one's own settings."""

import re

import pytest
from django.urls import reverse

from revops.people import selectors, services
from revops.people.choices import Role
from revops.people.models import User
from tests.factories.people import PASSWORD, OrganizationFactory, person

pytestmark = pytest.mark.django_db


def log_in(client, email, password=PASSWORD, **extra):
    return client.post(reverse("people:login"), {"username": email, "password": password, **extra})


def test_the_right_password_starts_a_session_under_a_new_id(client):
    person("sam")
    client.get(reverse("people:login"))
    before = client.session.session_key

    answer = log_in(client, "Sam@Example.com")

    assert answer.status_code == 302
    assert client.session["_auth_user_id"]
    assert client.session.session_key != before


def test_a_wrong_password_and_an_unknown_address_read_the_same(client):
    person("sam")

    wrong = log_in(client, "sam@example.com", "nope")
    unknown = log_in(client, "nobody@example.com", "nope")

    assert wrong.status_code == unknown.status_code == 422
    texts = [
        # Neither the token, nor the address typed, nor the second the page was made.
        re.sub(r"[A-Za-z0-9]{64}|sam@|nobody@|[-0-9]{10}T[:0-9]{8}", "", answer.content.decode())
        for answer in (wrong, unknown)
    ]
    assert texts[0] == texts[1]
    assert "do not match an account" in texts[0]


def test_five_wrong_passwords_hold_the_account_back(client):
    person("sam")
    answers = [log_in(client, "sam@example.com", "nope").status_code for _ in range(5)]

    held = log_in(client, "sam@example.com")

    assert answers[:4] == [422] * 4
    assert held.status_code == 429
    assert "Too many tries" in held.content.decode()


def test_logging_in_never_leads_to_another_site(client):
    person("sam")

    answer = log_in(client, "sam@example.com", next="https://evil.example/")

    assert answer["Location"] == "/"


def test_logging_in_goes_on_to_the_page_that_was_asked_for(client):
    person("sam")

    answer = log_in(client, "sam@example.com", next="/queue/?tab=mine")

    assert answer["Location"] == "/queue/?tab=mine"


def test_logging_out_needs_a_post(client):
    client.force_login(person("sam"))

    assert client.get(reverse("people:logout")).status_code == 405
    client.post(reverse("people:logout"))
    assert "_auth_user_id" not in client.session


def test_the_sample_company_offers_one_person_per_role(client):
    OrganizationFactory(is_sample=True)
    for key in ("rita", "carla", "mara", "vera", "sam", "ed"):
        person(key)
    person("olga")

    people = selectors.sample_people()

    assert [one.role for one in people] == Role.values
    assert next(one for one in people if one.role == Role.VIEWER).name == "Ed Bauer"


def test_a_press_looks_as_the_sample_person(client):
    OrganizationFactory(is_sample=True)
    sam = person("sam")

    client.post(reverse("people:sample"), {"role": "sales_rep"})

    assert client.session["_auth_user_id"] == str(sam.pk)


def test_changing_role_leaves_nothing_of_the_former_session(client):
    OrganizationFactory(is_sample=True)
    sam, rita = person("sam"), person("rita")
    client.force_login(sam)
    session = client.session
    session["secret"] = "of Sam"
    session.save()

    client.post(reverse("people:sample"), {"role": "revops"})

    assert client.session["_auth_user_id"] == str(rita.pk)
    assert "secret" not in client.session


def test_a_real_company_has_no_role_picker(client):
    OrganizationFactory(is_sample=False)
    person("sam")

    page = client.get(reverse("people:sample"))
    answer = client.post(reverse("people:sample"), {"role": "sales_rep"})

    assert page.status_code == answer.status_code == 302
    assert "_auth_user_id" not in client.session
    with pytest.raises(services.SampleOnlyError):
        services.sample_person(role=Role.SALES_REP)


def test_the_role_picker_refuses_a_post_without_token(client):
    OrganizationFactory(is_sample=True)
    person("sam")
    client.handler.enforce_csrf_checks = True

    answer = client.post(reverse("people:sample"), {"role": "sales_rep"})

    assert answer.status_code == 403


def test_the_picker_never_offers_break_glass_accounts():
    OrganizationFactory(is_sample=True)
    person("rita", is_superuser=True)

    assert selectors.sample_people() == []


def test_people_choose_how_they_see_the_product(client):
    sam = person("sam")
    client.force_login(sam)

    answer = client.post(
        reverse("people:profile"),
        {"timezone": "Asia/Kolkata", "hour_cycle": "12", "theme": "dark"},
    )

    assert answer.status_code == 302
    sam = User.objects.get(pk=sam.pk)
    assert (sam.timezone, sam.hour_cycle, sam.theme, sam.has_shortcuts) == (
        "Asia/Kolkata", "12", "dark", False,
    )  # fmt: skip


def test_an_unknown_zone_is_refused_with_the_form(client):
    client.force_login(person("sam"))

    answer = client.post(reverse("people:profile"), {"timezone": "Mars/Base", "hour_cycle": "24"})

    assert answer.status_code == 422
    assert "Please check" in answer.content.decode()


def test_the_theme_switch_stores_the_theme_alone(client):
    sam = person("sam", timezone="Asia/Kolkata")
    client.force_login(sam)

    assert client.post(reverse("people:theme"), {"theme": "dark"}).status_code == 204
    assert client.post(reverse("people:theme"), {"theme": "pink"}).status_code == 422

    sam = User.objects.get(pk=sam.pk)
    assert (sam.theme, sam.timezone) == ("dark", "Asia/Kolkata")


@pytest.mark.parametrize("name", ["people:profile", "people:gallery"])
def test_pages_behind_the_login_send_strangers_there(client, name):
    answer = client.get(reverse(name))

    assert answer["Location"].startswith(reverse("people:login"))


@pytest.mark.parametrize("key", ["rita", "mara", "sam", "ed"])
def test_the_gallery_shows_every_component_to_whoever_is_logged_in(client, key):
    OrganizationFactory()
    client.force_login(person(key))

    answer = client.get(reverse("people:gallery"))

    assert answer.status_code == 200
    assert "style=" not in answer.content.decode()
