"""The language of maps: renamed, constant and translated columns, times, joined files."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime

import pytest

from pipeline.choices import ImportKind
from pipeline.services.importing.cells import CellError, Translator, read_time
from pipeline.services.importing.faults import ImportRefusedError
from pipeline.services.importing.joins import load_join
from pipeline.services.importing.mapping import (
    PRESETS,
    load_map,
    preset_names,
    read_map,
    zone,
)

LEADS = ImportKind.LEADS
DEALS = ImportKind.OPPORTUNITIES


def translated(cells, *, kind=LEADS, zone_name="UTC", lookups=(), **written):
    """Return our columns of one row, read by a map."""
    file_map = read_map(written=written, name="test.toml", kind=kind)
    translator = Translator(
        kind=kind,
        file_map=file_map,
        header=list(cells),
        lookups=list(lookups),
        zone_name=zone_name,
    )
    return translator.read(cells)


def test_our_own_columns_need_no_map():
    ours, problems = translated({"external_id": "7", "channel": "", "attributes.plan": "pro"})

    assert ours == {"external_id": "7", "channel": None, "attributes.plan": "pro"}
    assert problems == ()


def test_columns_are_renamed_and_constants_filled_in():
    ours, _ = translated(
        {"Record ID": "7"},
        columns={"external_id": "Record ID", "source_group": {"constant": "partner"}},
    )

    assert ours == {"external_id": "7", "source_group": "partner"}


def test_the_first_recorded_column_counts_and_glue_joins_all():
    cells = {"id": "7", "mobile": "", "office": "Lund", "first": "Ana", "last": "Berg"}

    ours, _ = translated(
        cells,
        columns={
            "external_id": "id",
            "country": ["mobile", "office"],
            "title": {"from": ["first", "last"], "glue": " "},
        },
    )

    assert ours["country"] == "Lund"
    assert ours["title"] == "Ana Berg"


def test_words_for_nothing_recorded_are_null_and_differ_from_unknown():
    read = {"null": ["n/a", "(none)"]}

    nothing, _ = translated({"external_id": "7", "channel": "N/A"}, read=read)
    unknown, _ = translated({"external_id": "7", "channel": "unknown"}, read=read)

    assert nothing["channel"] is None
    assert unknown["channel"] == "unknown"


@pytest.mark.parametrize(
    ("other", "expected", "codes"),
    [
        pytest.param("keep", "Paused", [], id="kept"),
        pytest.param("null", None, [], id="not recorded"),
        pytest.param("refuse", None, ["unknown_value"], id="refused"),
    ],
)
def test_a_value_the_map_does_not_name(other, expected, codes):
    values = {"Closed Won": "won", "Open": ""}

    ours, problems = translated(
        {"external_id": "7", "State": "Paused"},
        kind=DEALS,
        columns={"outcome": {"from": "State", "values": values, "other": other}},
    )

    assert ours["outcome"] == expected
    assert [problem.code for problem in problems] == codes


def test_values_are_translated_to_ours_and_to_nothing():
    column = {"outcome": {"from": "State", "values": {"Won": "won", "Open": ""}}}

    won, _ = translated({"external_id": "7", "State": "Won"}, kind=DEALS, columns=column)
    still_open, _ = translated({"external_id": "8", "State": "Open"}, kind=DEALS, columns=column)

    assert won["outcome"] == "won"
    assert still_open["outcome"] is None


@pytest.mark.parametrize(
    ("text", "form", "zone_name", "expected"),
    [
        pytest.param("2026-03-02T09:00:00+01:00", "", "UTC", (2026, 3, 2, 8), id="own offset"),
        pytest.param("2026-03-02 09:00", "", "America/New_York", (2026, 3, 2, 14), id="naive"),
        pytest.param("2026-03-02", "", "America/Sao_Paulo", (2026, 3, 2, 3), id="a date alone"),
        pytest.param("02.03.2026", "%d.%m.%Y", "UTC", (2026, 3, 2, 0), id="a format"),
        # Brazil's clocks skipped midnight: the day began at 01:00, which is 03:00 UTC.
        pytest.param("2017-10-15", "", "America/Sao_Paulo", (2017, 10, 15, 3), id="no midnight"),
        # 01:30 came twice; the first is still summer time.
        pytest.param("2026-11-01 01:00", "", "America/New_York", (2026, 11, 1, 5), id="twice"),
    ],
)
def test_times_name_an_instant(text, form, zone_name, expected):
    found = read_time(text=text, forms=form and [form], zone=zone(zone_name))

    assert found == datetime(*expected, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "03/02/2026", "0001-01-01"])
def test_what_is_no_time_is_named(text):
    with pytest.raises(CellError, match=text):
        read_time(text=text, zone=zone("Asia/Tokyo"))


def test_a_column_may_have_its_own_zone():
    ours, _ = translated(
        {"external_id": "7", "created": "2018-06-01 02:30:00"},
        zone_name="America/Sao_Paulo",
        columns={
            "created_at": {"from": "created", "format": "%Y-%m-%d %H:%M:%S", "timezone": "UTC"}
        },
    )

    assert ours["created_at"] == datetime(2018, 6, 1, 2, 30, tzinfo=UTC)


def test_dates_and_amounts_as_people_write_them():
    ours, problems = translated(
        {"external_id": "7", "amount": "1.234,50", "expected_close_on": "2026-06-30"},
        kind=DEALS,
        read={"decimal": ",", "thousands": "."},
    )

    assert ours["amount"] == "1234.50"
    assert ours["expected_close_on"] == date(2026, 6, 30)
    assert problems == ()


def test_a_column_nobody_knows_is_refused_by_name():
    with pytest.raises(ImportRefusedError, match="leads have no column 'Favourite colour'"):
        translated({"external_id": "7", "Favourite colour": "red"})


def test_other_columns_are_ignored_or_kept_as_attributes_when_the_map_says_so():
    cells = {"external_id": "7", "Favourite colour": "red", "Owner": "Sam"}

    ignored, _ = translated(cells, read={"ignore": ["Favourite colour", "Owner"]})
    kept, _ = translated(cells, read={"unmapped": "attributes", "ignore": ["Owner"]})

    assert ignored == {"external_id": "7"}
    assert kept == {"external_id": "7", "attributes.favourite_colour": "red"}


@pytest.mark.parametrize(
    ("cells", "written", "message"),
    [
        pytest.param({"email": "a@b.example"}, {}, "need the column 'external_id'", id="required"),
        pytest.param(
            {"Ana": "", "Lund": ""}, {}, "Line 1 names no column of leads", id="no header"
        ),
        pytest.param(
            {"external_id": "7"},
            {"columns": {"title": "Job Title"}},
            "takes title from 'Job Title', which the file does not have",
            id="missing in the file",
        ),
    ],
)
def test_a_header_that_does_not_fit_is_refused(cells, written, message):
    with pytest.raises(ImportRefusedError, match=message):
        translated(cells, **written)


def test_columns_an_export_lacks_may_be_skipped_but_required_ones_never():
    skipping = {"missing": "skip"}

    ours, _ = translated(
        {"Record ID": "7"},
        read=skipping,
        columns={"external_id": "Record ID", "title": "Job Title"},
    )

    assert ours == {"external_id": "7"}
    with pytest.raises(ImportRefusedError, match="external_id"):
        translated({"Name": "x"}, read=skipping, columns={"external_id": "Record ID"})


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param({"colums": {}}, "test.toml, colums", id="misspelt"),
        pytest.param({"kind": "deals"}, "kind", id="no such kind"),
        pytest.param({"kind": "reps"}, "map for reps, not for leads", id="another kind"),
        pytest.param({"columns": {"nome": "x"}}, "columns.nome: leads have no such", id="column"),
        pytest.param({"timezone": "Mars/Phobos"}, "no time zone 'Mars/Phobos'", id="zone"),
        pytest.param(
            {"columns": {"created_at": {"from": "x", "timezone": "Mars/Phobos"}}},
            "no time zone",
            id="zone of a column",
        ),
        pytest.param({"read": {"delimiter": ",,"}}, "read.delimiter", id="delimiter"),
        pytest.param({"columns": {"title": {"form": "x"}}}, "columns.title.form", id="option"),
    ],
)
def test_a_mistake_in_a_map_is_named_by_its_place(written, message):
    with pytest.raises(ImportRefusedError, match=message):
        read_map(written=written, name="test.toml", kind=LEADS)


def test_a_map_that_is_no_toml_is_refused(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("[columns\nexternal_id = ")

    with pytest.raises(ImportRefusedError, match=r"broken.toml.*line 1"):
        load_map(name=str(path), kind=LEADS)


def test_a_map_that_does_not_exist_names_the_presets():
    with pytest.raises(ImportRefusedError, match="hubspot_contacts"):
        load_map(name="hubspot_contact", kind=LEADS)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_a_valid_map(name):
    kind = tomllib.loads((PRESETS / f"{name}.toml").read_text()).get("kind", "leads")

    found = load_map(name=name, kind=ImportKind(kind))

    assert found.title


@pytest.fixture
def accounts(tmp_path):
    """A file of accounts to be joined."""

    def join(text="account,sector\nAcme,tools\nBeta,\n", **rule):
        (tmp_path / "accounts.csv").write_text(text)
        written = {"file": "accounts.csv", "column": "account", "key": "account", **rule}
        file_map = read_map(written={"join": {"accounts": written}}, name="test.toml", kind=DEALS)
        return load_join(
            name="accounts", rule=file_map.join["accounts"], folder=tmp_path, delimiter=","
        )

    return join


def test_a_joined_file_adds_its_columns(accounts):
    columns = {"attributes.sector": "accounts.sector"}

    found, _ = translated(
        {"external_id": "7", "account": "ACME Corp"},
        kind=DEALS,
        lookups=[accounts(values={"ACME Corp": "Acme"})],
        columns={**columns, "account": "account"},
    )
    none, problems = translated(
        {"external_id": "7", "account": ""},
        kind=DEALS,
        lookups=[accounts(required=True)],
        columns={**columns, "account": "account"},
    )

    assert found["attributes.sector"] == "tools"
    assert none["attributes.sector"] is None
    assert problems == ()


def test_a_value_the_joined_file_must_have_is_an_error_of_the_row(accounts):
    _, problems = translated(
        {"external_id": "7", "account": "Gamma"},
        kind=DEALS,
        lookups=[accounts(required=True)],
        columns={"account": "account"},
    )

    assert [(problem.pointer, problem.code) for problem in problems] == [("/account", "not_found")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("name,sector\n", "no column 'account'", id="no key"),
        pytest.param("account\nA\nA\n", "line 3: account 'A' stands there twice", id="twice"),
        pytest.param("account,sector\nA\n", "line 2: the row has 1 cells", id="ragged"),
    ],
)  # fmt: skip
def test_a_joined_file_that_cannot_be_used_is_refused(accounts, text, message):
    with pytest.raises(ImportRefusedError, match=message):
        accounts(text)
