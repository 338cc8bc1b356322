"""`manage.py import` and `import_undo`: what a person sees, and the files they get."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from pipeline.models import ImportRun, Lead, Opportunity, Round
from pipeline.services.importing.faults import ImportRefusedError
from revops.people.models import Organization, Rep
from sla.models import Clock
from tests.factories.definitions import signed_version
from tests.factories.files import import_file, write_csv
from tests.factories.people import CAST, person
from tests.factories.pipeline import DAY, NOON

pytestmark = pytest.mark.usefixtures("agreement")


def run(*arguments, **options):
    """Call the command and return what it printed."""
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def leads(tmp_path):
    """A file with a good lead, a bad one and one without a channel."""
    return write_csv(
        tmp_path / "leads.csv",
        [
            {"external_id": "a", "created_at": "2026-01-05", "channel": "webinar"},
            {"external_id": "b", "created_at": "never", "channel": "=cmd|'/c calc'!A1"},
            {"external_id": "c", "created_at": "2026-01-05", "channel": ""},
        ],
    )


def test_the_summary_counts_rows_and_flags_and_names_the_first_errors(leads):
    printed = run("import", "leads", leads)

    assert "Leads from leads.csv (import " in printed
    assert "created   │     2" in printed
    assert "error     │     1" in printed
    assert "channel_missing" in printed
    assert "Line 3: created_at: 'never' is not a time in ISO 8601" in printed


def test_the_file_of_errors_holds_every_refused_row_with_its_reason(leads, tmp_path):
    errors = tmp_path / "errors.csv"

    run("import", "leads", leads, errors=errors)

    with errors.open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row == {
        "external_id": "b",
        "created_at": "never",
        "channel": "=cmd|'/c calc'!A1",
        "import_line": "3",
        "import_reason": "created_at: 'never' is not a time in ISO 8601",
    }


def test_a_dry_run_says_so_and_stores_nothing(leads):
    printed = run("import", "leads", leads, dry_run=True)

    assert "dry run: nothing was stored" in printed
    assert not Lead.objects.exists()
    assert not ImportRun.objects.exists()


def test_times_without_an_offset_are_of_the_organisation_unless_told_otherwise(leads):
    Organization.objects.update(timezone="Asia/Tokyo")

    run("import", "leads", leads)
    at_home = Lead.objects.get(external_id="a").captured_at
    run("import", "leads", leads, timezone="America/New_York", source_system="other")
    abroad = Lead.objects.get(external_id="a", source_system="other").captured_at

    assert at_home.isoformat() == "2026-01-04T15:00:00+00:00"
    assert abroad.isoformat() == "2026-01-05T05:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"map": "nonesuch"}, "There is no map 'nonesuch'. Presets:", id="map"),
        pytest.param({"timezone": "Mars/Phobos"}, "no time zone 'Mars/Phobos'", id="zone"),
        pytest.param({"errors": "no/e.csv"}, "cannot be written", id="errors"),
        pytest.param({"errors": "leads.csv"}, "would overwrite", id="errors over the file"),
        pytest.param({"source_system": "x" * 41}, "1 to 40 characters", id="system"),
        pytest.param({"map": "maven_teams"}, "is a map for reps, not for leads", id="kind"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_written(leads, arguments, message):
    if "errors" in arguments:
        arguments = {"errors": leads.parent / arguments["errors"]}

    with pytest.raises(CommandError, match=message):
        run("import", "leads", leads, **arguments)

    assert not ImportRun.objects.exists()


def test_a_file_that_does_not_exist_is_said(tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        run("import", "leads", tmp_path / "nothing.csv")


def test_a_run_is_undone_by_its_number_and_imports_are_listed(leads):
    run("import", "leads", leads)
    number = ImportRun.objects.get().pk

    listed = run("import_undo")
    undone = run("import_undo", number)

    assert "leads.csv (2 created, 0 updated, 1 errors)" in listed
    assert undone == f"Import {number} (leads from leads.csv) is undone.\n"
    assert not Lead.objects.kept().exists()
    with pytest.raises(CommandError, match="was undone before"):
        run("import_undo", number)
    with pytest.raises(CommandError, match="no import 0"):
        run("import_undo", 0)


def test_a_hubspot_export_is_read_with_its_preset(tmp_path):
    path = write_csv(
        tmp_path / "hubspot-crm-exports.csv",
        [
            {"Record ID": "51", "First name": "Ana", "Last name": "Berg",
             "Email": "ana@halden.example", "Job title": "CFO",
             "Create date": "2026-01-05 09:30", "Original traffic source": "Organic Search",
             "Became a Marketing Qualified Lead Date": "2026-01-06 10:00",
             "Number of employees": "120", "Lead status": "New", "Favourite colour": "red"},
        ],
    )  # fmt: skip

    printed = run("import", "leads", path, map="hubspot_contacts")

    assert "created   │     1" in printed
    lead = Lead.objects.get(source_system="hubspot", external_id="51")
    assert (lead.first_name, lead.title, lead.channel.key) == ("Ana", "CFO", "organic_search")
    assert lead.attributes == {"lead_status": "New"}
    assert Round.objects.get(lead=lead).mql_at is not None


def test_hubspot_deals_find_their_contact_and_owner(tmp_path):
    import_file(write_csv(tmp_path / "leads.csv", [{"external_id": "51"}]), "leads")
    deals = [
        {"Record ID": "900", "Deal Name": "Halden", "Deal Stage": "Closed Won",
         "Amount": "1200.50", "Close Date": "2026-02-01 12:00", "Deal owner": "Sam Ortiz",
         "Create Date": "2026-01-10 09:00", "Primary Contact ID": "51", "Pipeline": "Sales"},
        {"Record ID": "901", "Deal Name": "Beta", "Deal Stage": "Proposal", "Amount": "",
         "Close Date": "2026-06-30 00:00", "Deal owner": "", "Create Date": "2026-01-10 09:00",
         "Primary Contact ID": "", "Pipeline": "Sales"},
    ]  # fmt: skip

    run("import", "opportunities", write_csv(tmp_path / "deals.csv", deals), map="hubspot_deals")

    won, proposal = Opportunity.objects.order_by("external_id")
    assert (won.outcome, won.lead.external_id, won.rep.name) == ("won", "51", "Sam Ortiz")
    assert (proposal.outcome, proposal.stage, proposal.amount) == ("", "Proposal", None)
    assert proposal.expected_close_on == date(2026, 6, 30)


def test_salesforce_reports_are_read_with_their_presets(tmp_path):
    leads = [
        {"Lead ID": "00Q1", "First Name": "Bo", "Last Name": "Lind", "Company / Account": "Acme",
         "Lead Source": "Web", "Lead Status": "Open", "Create Date": "2/3/2026"},
    ]  # fmt: skip
    deals = [
        {"Opportunity ID": "0061", "Opportunity Name": "Acme", "Account Name": "Acme",
         "Amount": "1,200.00", "Stage": "Closed Lost", "Close Date": "3/1/2026",
         "Created Date": "2/3/2026", "Opportunity Owner": "Sam", "Lead Source": "Web"},
    ]  # fmt: skip

    run("import", "leads", write_csv(tmp_path / "l.csv", leads), map="salesforce_leads")
    run(
        "import", "opportunities", write_csv(tmp_path / "o.csv", deals),
        map="salesforce_opportunities",
    )  # fmt: skip

    deal = Opportunity.objects.get()
    assert (str(deal.amount), deal.outcome, deal.company.name) == ("1200.00", "lost", "Acme")
    assert deal.lost_reason.code == "not_recorded"
    assert Rep.objects.get().external_id == "Sam"


@pytest.fixture
def signed(agreement):
    """The SLA, signed sixty days before noon."""
    cast = {key: person(key) for key in CAST}
    return signed_version("sla", cast=cast, at=NOON - 60 * DAY)


def enforced(tmp_path, **order):
    """Import leads from before and after the signature; return which clocks are enforced."""
    days = {"before": 70, "early": 50, "late": 10}
    rows = [
        {"external_id": name, "mql_at": (NOON - count * DAY).isoformat()}
        for name, count in days.items()
    ]
    import_file(write_csv(tmp_path / "leads.csv", rows), "leads", **order)
    clocks = Clock.objects.filter(kind="sal_review").values_list("lead__external_id", "enforced")
    return dict(clocks)


def test_history_is_enforced_where_a_signed_agreement_was_in_force(signed, tmp_path):
    assert enforced(tmp_path) == {"before": False, "early": True, "late": True}


def test_enforcement_can_begin_later(signed, tmp_path):
    day = (NOON - 30 * DAY).date()

    assert enforced(tmp_path, enforce_from=day) == {
        "before": False, "early": False, "late": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("days", "message"),
    [
        pytest.param(90, "came into force on", id="too early"),
        pytest.param(-5, "future", id="late"),
    ],
)
def test_enforcement_cannot_begin_before_a_signature_or_in_the_future(
    signed, tmp_path, days, message
):
    with pytest.raises(ImportRefusedError, match=message):
        enforced(tmp_path, enforce_from=(NOON - days * DAY).date())
