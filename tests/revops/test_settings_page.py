"""docs/settings.md lists exactly the variables that are read."""

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "settings_table.py"
spec = importlib.util.spec_from_file_location("settings_table", SCRIPT)
settings_table = importlib.util.module_from_spec(spec)
spec.loader.exec_module(settings_table)


def test_settings_page_is_current():
    assert settings_table.TARGET.read_text() == settings_table.page()


def test_settings_page_lists_the_variables_that_are_read():
    assert settings_table.variables_read() == set(settings_table.VARIABLES)
