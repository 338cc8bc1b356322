"""The README is true: what it names exists, and what it sends is taken."""

import re
from pathlib import Path

from django.core.management import get_commands

from revops.people.choices import Role
from revops.people.keys import SCOPES

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text()


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", TEXT)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_command_exists():
    named = set(re.findall(r"manage\.py (\w+)", TEXT))

    assert named >= {"demo", "serve", "import", "api_key"}
    assert named - set(get_commands()) == set()


def test_every_make_target_exists():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"make (demo|test|check|help|fix|bench|setup|assets)", TEXT)) <= targets


def test_every_scope_exists():
    scopes = {
        scope for line in re.findall(r"--scopes ([\w:,]+)", TEXT) for scope in line.split(",")
    }

    assert scopes
    assert scopes <= set(SCOPES)


def test_there_is_a_sample_user_for_each_role():
    users = re.findall(r"`(\w+)@", TEXT)

    assert len(users) == len(Role)
