"""The rules of the code that a machine can check: imports, sizes, clocks, migrations."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("revops", "definitions", "sla", "pipeline", "dashboards")
LONGEST_FILE = 400
LONGEST_FUNCTION = 50

SOURCES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def short(path):
    return str(path.relative_to(ROOT))


def function_lines(node):
    """Lines of a function without its docstring."""
    body = node.body
    has_docstring = ast.get_docstring(node, clean=False) is not None
    docstring = (body[0].end_lineno - body[0].lineno + 1) if has_docstring else 0
    return node.end_lineno - node.lineno + 1 - docstring


def functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_import_contracts_hold():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_files_stay_short():
    long = {
        short(path): count
        for path in SOURCES + TESTS
        if (count := len(path.read_text().splitlines())) > LONGEST_FILE
    }

    assert long == {}


def test_functions_stay_short():
    long = {
        f"{short(path)}:{node.name}": count
        for path in SOURCES
        for node in functions(path)
        if (count := function_lines(node)) > LONGEST_FUNCTION
    }

    assert long == {}


# Code that asks a clock of its own, and why it may.
OWN_CLOCK = {
    "revops/middleware.py": "sessions expire by the process's clock, as Django's own do",
}
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("timezone", "now"),
    ("timezone", "localdate"),
    ("time", "time"),
}


def test_only_the_database_is_asked_for_the_time():
    found = {
        f"{short(path)}:{node.lineno}"
        for path in SOURCES
        if short(path) not in OWN_CLOCK
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in CLOCKS
    }

    assert found == set()


def test_services_take_keywords_and_never_default_the_instant():
    wrong = []
    for path in SOURCES:
        if not ("services" in path.parts or path.name == "services.py"):
            continue
        for node in functions(path):
            names = [argument.arg for argument in node.args.args]
            defaults = dict(
                zip(
                    [argument.arg for argument in node.args.kwonlyargs],
                    node.args.kw_defaults,
                    strict=True,
                )
            )
            is_positional = "at" in names and len(names) > 1 + ("self" in names)
            is_defaulted = defaults.get("at") is not None
            if not node.name.startswith("_") and (is_positional or is_defaulted):
                wrong.append(f"{short(path)}:{node.name}")

    assert wrong == []


def test_no_signals_are_used():
    found = [
        short(path)
        for path in SOURCES
        if "django.db.models.signals" in path.read_text() or "@receiver(" in path.read_text()
    ]

    assert found == []


def test_models_override_no_save_and_have_no_default_order():
    ours = [model for model in apps.get_models() if model.__module__.split(".")[0] in PACKAGES]

    assert [model for model in ours if "save" in vars(model)] == []
    ordered = [model._meta.label for model in ours if model._meta.ordering]
    assert [label for label in ordered if ".Historical" not in label] == []


@pytest.mark.django_db
def test_migrations_are_complete():
    out = io.StringIO()

    call_command("makemigrations", check=True, dry_run=True, stdout=out)

    assert "No changes" in out.getvalue()


def test_migrations_have_names_that_say_what_they_do():
    unnamed = [
        short(path)
        for package in PACKAGES
        for path in (ROOT / package).rglob("migrations/*.py")
        if "_auto_" in path.name
    ]

    assert unnamed == []
