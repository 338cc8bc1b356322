"""What pages say on paper, and what every page says while nothing is signed."""

from __future__ import annotations

import logging
import shutil
import subprocess
from importlib import import_module

import pytest
from django.db import connection

from definitions import printing, selectors, services
from tests.factories.definitions import DAY, signed_version

needs_printer = pytest.mark.skipif(
    not printing.can_draw() or shutil.which("pdftotext") is None,
    reason="no Pango or no pdftotext: PDFs are left out",
)


@pytest.fixture
def patience(cast):
    """Let the test's transaction stand idle while a slow machine draws."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def words_of(drawn):
    """Return the text of a PDF, its line breaks aside."""
    answer = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=drawn, capture_output=True, check=True
    )
    return " ".join(answer.stdout.decode().split())


@needs_printer
@pytest.mark.usefixtures("patience")
def test_agreement_as_pdf_holds_texts_signatures_and_hashes(as_, cast, now):
    version = signed_version("sla", cast=cast, at=now - DAY)

    answer = as_("ed").get("/agreement/pdf/")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    name = answer.headers["Content-Disposition"]
    assert name.startswith('inline; filename="agreement-20')
    said = words_of(answer.content)
    for words in (
        "Service level agreement, version 2", "Pipeline contribution agreement, version 1",
        "Vera Okoro", "I agree for Sales", "Page 1 of", "Provisional: not agreed",
    ):  # fmt: skip
        assert words in said
    head = selectors.head_sha256()
    for digest in (version.sha256, head, f"/verify/?head={head}"):
        assert digest in said.replace(" ", "")


@needs_printer
@pytest.mark.usefixtures("patience")
def test_pdf_of_a_version_is_the_same_each_time_and_quiet(as_, cast, now, caplog):
    signed_version("sla", cast=cast, at=now - DAY)
    client = as_("ed")

    with caplog.at_level(logging.INFO):
        first = client.get("/agreement/sla/2/pdf/")
        second = client.get("/agreement/sla/2/pdf/")

    assert first.headers["Content-Disposition"] == 'inline; filename="sla-v2.pdf"'
    assert first.content == second.content
    assert "Provisional" not in words_of(first.content)
    assert not [row for row in caplog.records if row.name.startswith(("weasyprint", "fontTools"))]


def test_anchors_on_paper_are_unique(as_, monkeypatch):
    monkeypatch.setattr(printing, "draw", lambda *, html: html.encode())

    page = as_("ed").get("/agreement/pdf/").content.decode()

    anchors = [part.split('"')[0] for part in page.split(' id="')[1:]]
    assert len(anchors) == len(set(anchors)) > 4
    links = {part.split('"')[0] for part in page.split('href="#')[1:]}
    assert links == set(anchors)


@needs_printer
def test_nothing_is_fetched_for_paper(tmp_path):
    secret = tmp_path / "secret.css"
    secret.write_text("p::after { content: 'leaked' }")
    page = (
        f'<link rel="stylesheet" href="file://{secret}">'
        '<img src="http://127.0.0.1:1/x.png"><img src="data:image/svg+xml,<svg/>"><p>Text</p>'
    )

    drawn = printing.draw(html=page)

    assert words_of(drawn) == "Text Page 1 of 1"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(ModuleNotFoundError("weasyprint"), "pip install", id="no extra"),
        pytest.param(OSError("cannot load library"), "apt-get install libpango", id="no Pango"),
    ],
)
def test_page_says_how_to_get_a_printer(error, words, as_, monkeypatch):
    def load(name):
        if name == "weasyprint":
            raise error
        return import_module(name)

    monkeypatch.setattr(printing, "import_module", load)

    answer = as_("ed").get("/agreement/pdf/")

    assert answer.status_code == 503
    page = answer.content.decode()
    assert words in page
    assert 'href="/agreement/"' in page


@pytest.mark.parametrize(
    "address", ["/agreement/sla/9/pdf/", "/agreement/nothing/1/pdf/", "/agreement/sla/0/pdf/"]
)
def test_pdf_of_nothing_is_not_found(address, as_):
    assert as_("ed").get(address).status_code == 404


@pytest.mark.parametrize("address", ["/agreement/pdf/", "/agreement/sla/1/pdf/"])
def test_strangers_get_no_pdf(address, client, cast):
    answer = client.get(address)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")


@pytest.mark.parametrize("address", ["/agreement/pdf/", "/agreement/sla/1/pdf/"])
def test_pdfs_are_read_only(address, as_):
    assert as_("ed").post(address).status_code == 405


@pytest.mark.parametrize(
    ("address", "pdf"),
    [("/agreement/", "/agreement/pdf/"), ("/agreement/sla/1/", "/agreement/sla/1/pdf/")],
)
def test_pages_offer_print_and_pdf(address, pdf, as_):
    page = as_("ed").get(address).content.decode()

    assert f'href="{pdf}"' in page
    assert "data-print" in page


@pytest.mark.parametrize("address", ["/agreement/", "/agreement/sla/2/"])
def test_pages_print_signatures_and_the_address_to_check_them(address, as_, cast, now):
    signed_version("sla", cast=cast, at=now - DAY)

    page = as_("ed").get(address).content.decode()

    seal = page[page.index('class="seal print-only"') :]
    assert selectors.head_sha256() in seal
    assert "/verify/?head=" in seal
    assert "Vera Okoro" in seal


def test_every_page_says_that_nothing_counts_until_the_sla_is_signed(as_, cast, now):
    client = as_("sam")
    words = "Observing: nothing counts as a breach until the SLA is signed."
    pages = ("/definitions/", "/verify/", "/settings/")
    assert all(words in client.get(page).content.decode() for page in pages)

    version = signed_version("sla", cast=cast, at=now - DAY)

    assert not any(words in client.get(page).content.decode() for page in pages)
    services.withdraw_version(version=version, by=cast["rita"], reason="No.", at=now)
    assert words in client.get("/definitions/").content.decode()


def test_nobody_is_told_before_logging_in(client, cast):
    assert "Observing" not in client.get("/login/").content.decode()
