"""The sample company is a database of its own."""

import pytest
from django.conf import settings
from django.db import connections

from revops import local


@pytest.fixture
def names(monkeypatch):
    """Let a test rename the database of this process, and take it back."""
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", "accord")
    monkeypatch.setitem(connections["default"].settings_dict, "NAME", "accord")
    return lambda: {
        settings.DATABASES["default"]["NAME"],
        connections["default"].settings_dict["NAME"],
    }


def test_the_sample_has_another_database(names):
    local.use_sample_database()

    assert names() == {"accord_sample"}


def test_asking_for_it_twice_is_asking_once(names):
    local.use_sample_database()
    local.use_sample_database()

    assert names() == {"accord_sample"}
