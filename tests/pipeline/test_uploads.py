"""A CRM export brought to the browser: guessed, tried, imported as history, and hostile files."""

from __future__ import annotations

import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from pipeline.models import ImportRun, Lead, Opportunity, Round
from pipeline.services.importing import uploads
from pipeline.services.importing.guessing import guess
from tests.factories.people import CAST, person

pytestmark = pytest.mark.django_db

CONTACTS = (
    "Record ID,Create Date,Email,First Name,Company Name,Number of Employees\n"
    "1,2026-01-05,priya@halden.example,Priya,Halden,300\n"
    "2,2026-01-06,noor@isar.example,Noor,Isar,80\n"
)


@pytest.fixture
def media(settings, tmp_path):
    """Uploads of this test go to a folder of its own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "uploads"


@pytest.fixture
def as_(client, agreement, media):
    def log_in(key):
        user = person(key)
        client.force_login(user, backend="revops.people.backends.RoleBackend")
        return client

    return log_in


def upload(client, content, *, name="export.csv", **fields):
    file = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
    return client.post("/import/", {"file": file, "shape": "", **fields})


def confirm(client, **fields):
    held = client.session["upload"]
    return client.post(
        "/import/confirm/", {"shape": "hubspot_contacts", "token": held["token"], **fields}
    )


@pytest.mark.parametrize(
    ("header", "key"),
    [
        pytest.param("Record ID,Create Date,Email,Job Title", "hubspot_contacts", id="contacts"),
        pytest.param("Record ID,Deal Name,Deal Stage,Amount", "hubspot_deals", id="deals"),
        pytest.param("Lead ID,Email,Lead Source,Create Date", "salesforce_leads", id="leads"),
        pytest.param(
            "Opportunity ID,Opportunity Name,Stage,Amount", "salesforce_opportunities",
            id="opportunities",
        ),
        pytest.param("external_id,email,company_size", "own_leads", id="our columns"),
        pytest.param("external_id,amount,outcome", "own_opportunities", id="our deals"),
    ],
)  # fmt: skip
def test_the_header_tells_what_a_file_is(header, key):
    assert guess(header.split(",")).key == key


def test_a_header_without_ids_is_nothing_known():
    assert guess(["Name", "Telephone"]) is None


def test_a_dry_run_stores_nothing_and_says_what_would_happen(as_):
    response = upload(as_("mara"), CONTACTS)

    text = response.content.decode()
    assert response.status_code == 200
    assert "HubSpot: contacts" in text
    assert "2 rows, nothing stored yet" in text
    assert not Lead.objects.exists()
    assert not ImportRun.objects.exists()


def test_confirmed_it_is_imported_as_history_and_the_file_is_gone(as_, media):
    client = as_("mara")
    upload(client, CONTACTS)

    response = confirm(client)

    run = ImportRun.objects.get()
    assert response.url == "/signals/"
    assert Lead.objects.count() == 2
    assert not Round.objects.exists()
    assert (run.file_name, run.actor.partition(":")[0]) == ("export.csv", "user")
    assert list(media.glob("*")) == []


def test_confirmed_twice_it_is_imported_once(as_):
    client = as_("mara")
    upload(client, CONTACTS)
    token = client.session["upload"]["token"]
    confirm(client)

    again = client.post("/import/confirm/", {"shape": "hubspot_contacts", "token": token})

    assert again.status_code == 422
    assert ImportRun.objects.count() == 1


def test_a_tab_with_an_older_file_imports_nothing(as_):
    client = as_("mara")
    upload(client, CONTACTS)
    old = client.session["upload"]["token"]
    upload(client, CONTACTS.replace("Priya", "Petra"))

    response = confirm(client, token=old)

    assert response.status_code == 422
    assert not Lead.objects.exists()


def test_deals_with_a_lead_make_their_history(as_):
    client = as_("rita")
    upload(client, CONTACTS)
    confirm(client)
    upload(
        client,
        "Record ID,Deal Name,Deal Stage,Amount,Currency,Create Date,Close Date,"
        "Primary Contact ID\n"
        "d1,Line,Closed Won,1000,USD,2026-01-10,2026-02-01,1\n",
    )

    confirm(client, shape="hubspot_deals")

    assert Opportunity.objects.get().outcome == "won"
    assert Opportunity.objects.get().lead == Lead.objects.get(external_id="1")


def test_refused_rows_name_line_and_column_and_can_be_taken_along(as_):
    client = as_("rita")
    page = upload(client, CONTACTS + "3,yesterday,=cmd()@x,Eve,Evil,many\n")

    file = b"".join(client.get("/import/errors/").streaming_content).decode()

    text = page.content.decode()
    assert "created_at:" in text
    assert "All 1 refused row as CSV" in text
    assert "'=cmd()@x" in file
    assert file.splitlines()[0].endswith("import_line,import_reason")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"\n\n\n", "blank lines only", id="blank"),
        pytest.param("Record ID,Email\n1,a\n".encode("utf-16"), "UTF-16", id="UTF-16"),
        pytest.param(b"PK\x03\x04rest", "ZIP archive", id="a spreadsheet"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00", "Line 1", id="a picture"),
        pytest.param(b"Name,Telephone\nA,1\n", "No known export", id="unknown columns"),
        pytest.param(b"Record ID;Email\n1;a\n", "semicolons", id="semicolons"),
        pytest.param(b"a" * 3_000_000, "Line 1", id="one endless line"),
    ],
)
def test_what_is_no_export_is_refused_in_words(content, words, as_):
    response = upload(as_("rita"), content)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Lead.objects.exists()


def test_a_byte_order_mark_and_a_bad_byte_are_no_obstacle(as_):
    response = upload(as_("rita"), b"\xef\xbb\xbf" + CONTACTS.encode() + b"3,2026-01-07,\xff\n")

    text = response.content.decode()
    assert response.status_code == 200
    assert "is not UTF-8" in text


def test_a_file_that_is_too_large_is_not_kept(as_, media, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)

    response = upload(as_("rita"), CONTACTS)

    assert response.status_code == 422
    assert not media.exists()


def test_more_rows_than_a_page_imports_are_left_to_the_command_line(as_, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_ROWS", 1)

    response = upload(as_("rita"), CONTACTS)

    assert response.status_code == 422
    assert "python manage.py import" in response.content.decode()


def test_files_nobody_came_back_for_are_removed(as_, media):
    client = as_("rita")
    upload(client, CONTACTS)
    for path in media.glob("*"):
        os.utime(path, (0, 0))

    upload(client, CONTACTS)

    assert len(list(media.glob("*.errors.csv"))) == 1


@pytest.mark.parametrize("key", ["vera", "sam", "ed"])
@pytest.mark.parametrize("path", ["/import/", "/import/confirm/"])
def test_who_may_not_import_is_refused(key, path, as_):
    assert as_(key).post(path).status_code == 403


@pytest.mark.parametrize("key", [key for key in CAST if key in {"rita", "carla", "mara"}])
def test_who_may_import_sees_the_form(key, as_):
    response = as_(key).get("/import/")

    assert response.status_code == 200
    assert 'type="file"' in response.content.decode()


def test_without_a_file_nothing_happens(as_):
    client = as_("rita")

    assert client.post("/import/", {"shape": "own_leads"}).status_code == 422
    assert client.post("/import/confirm/", {"shape": "own_leads"}).status_code == 422
    assert client.get("/import/errors/").status_code == 404
