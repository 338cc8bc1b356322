"""The main navigation shows what exists and what the role may open."""

import pytest

from revops import navigation
from revops.navigation import ENTRIES, Entry
from revops.people.choices import Role
from tests.factories.people import UserFactory

SETTINGS = Entry(
    label="Settings", icon="settings", url_names=("people:profile",),
    right="dashboards.view_metrics", key="s", prefixes=("/preferences/",),
)  # fmt: skip
PEOPLE = Entry(
    label="People", icon="user", url_names=("people:gallery",), right="people.manage_people",
    key="p",
)  # fmt: skip
FUTURE = Entry(
    label="Future", icon="clock", url_names=("future:page",), right="dashboards.view_metrics",
    key="f",
)  # fmt: skip


@pytest.fixture(autouse=True)
def entries(monkeypatch):
    monkeypatch.setattr(navigation, "ENTRIES", (SETTINGS, PEOPLE, FUTURE))


def shown(role, path="/"):
    return navigation.links(user=UserFactory.build(role=role), path=path)


def test_an_entry_without_a_page_is_left_out():
    assert [link.label for link in shown(Role.REVOPS)] == ["Settings", "People"]


def test_an_entry_the_role_may_not_open_is_left_out():
    assert [link.label for link in shown(Role.VIEWER)] == ["Settings"]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        pytest.param("/settings/", ["Settings"], id="the page itself"),
        pytest.param("/settings/zone/", ["Settings"], id="beneath it"),
        pytest.param("/preferences/zone/", ["Settings"], id="by its prefix"),
        pytest.param("/elsewhere/", [], id="nowhere"),
    ],
)
def test_the_entry_of_the_page_is_current(path, current):
    links = shown(Role.REVOPS, path)

    assert [link.label for link in links if link.is_current] == current


@pytest.mark.parametrize(
    "path",
    [
        "/agreement/sla/", "/audit/", "/backtests/3/", "/comments/3/resolve/", "/d/mql/",
        "/definitions/", "/drafts/sla/", "/reading/readers/", "/sign/3/", "/signals/", "/start/",
        "/verify/",
    ],
)  # fmt: skip
def test_every_page_about_the_texts_belongs_to_the_agreement(path, monkeypatch):
    monkeypatch.setattr(navigation, "ENTRIES", ENTRIES)

    current = [link.label for link in shown(Role.REVOPS, path) if link.is_current]

    assert current == ["Agreement"]
