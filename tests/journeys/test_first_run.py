"""From an empty organisation through a CRM export to a proposed MQL, before anything is signed."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from definitions.services.freezing import install_defaults
from pipeline.models import Lead, Opportunity
from revops.database import database_now
from tests.factories.definitions import DAY
from tests.factories.people import person

WON, LOST = 40, 60


def day(back):
    return (database_now() - back * DAY).date().isoformat()


def contacts():
    lines = ["Record ID,Create Date,Email,Company Name,Number of Employees,Industry"]
    for number in range(WON + LOST):
        size, industry = (400, "Software") if number < WON else (5, "Toys")
        lines.append(
            f"{number},{day(120)},p{number}@c{number}.example,Company {number},{size},{industry}"
        )
    return "\n".join(lines)


def deals():
    columns = "Record ID,Deal Name,Deal Stage,Amount,Currency,Create Date,Close Date"
    lines = [f"{columns},Primary Contact ID"]
    for number in range(WON + LOST):
        stage = "Closed Won" if number < WON else "Closed Lost"
        lines.append(f"d{number},Deal,{stage},1000,USD,{day(90)},{day(20)},{number}")
    return "\n".join(lines)


def bring(client, content, shape):
    file = SimpleUploadedFile("export.csv", content.encode())
    tried = client.post("/import/", {"file": file, "shape": ""})
    assert "Import for real" in tried.content.decode()
    token = client.session["upload"]["token"]
    return client.post("/import/confirm/", {"shape": shape, "token": token}, follow=True)


@pytest.mark.django_db
def test_an_empty_company_brings_its_history_and_gets_a_proposal(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    install_defaults(at=database_now())
    client.force_login(person("rita"), backend="revops.people.backends.RoleBackend")

    start = client.get("/start/").content.decode()
    client.post(
        "/start/",
        {"name": "Halden", "timezone": "UTC", "currency": "USD", "fiscal_year_start_month": "1"},
    )
    bring(client, contacts(), "hubspot_contacts")
    report = bring(client, deals(), "hubspot_deals").content.decode()
    after = client.get("/start/").content.decode()

    assert "0 of 5 done" in start
    assert (Lead.objects.count(), Opportunity.objects.count()) == (100, 100)
    assert "40 won deals against 60 lost deals" in report
    assert "More often among the won" in report
    assert "Proposed MQL" in report
    assert "1 of 5 done" in after
