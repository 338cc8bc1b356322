"""A run of an import: stored once, again unchanged, every bad row named, nothing lost."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.choices import ImportKind, ImportStatus, QualityFlag, Stage
from pipeline.models import Channel, ImportProblem, ImportRun, Lead, Round, Transition
from pipeline.services.importing import runs
from pipeline.services.importing.faults import ImportRefusedError
from pipeline.services.importing.outcomes import RowOutcome
from revops.people.models import Rep
from tests.factories.files import LEADS, import_file, imported, statuses, write_csv
from tests.factories.pipeline import DAY, NOON, LeadFactory, RepFactory

pytestmark = pytest.mark.usefixtures("agreement")


def test_leads_are_stored_with_their_history(leads):
    assert leads["a"].captured_at == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert leads["a"].stage == Stage.MQL
    assert leads["b"].stage == Stage.NURTURE
    assert Round.objects.get(lead=leads["c"]).mql_at == datetime(2026, 1, 8, tzinfo=UTC)


def test_a_missing_channel_is_not_the_channel_called_unknown(leads):
    assert leads["a"].channel is None
    assert leads["b"].channel.key == "unknown"
    assert leads["a"].quality_flags == [QualityFlag.CHANNEL_MISSING]
    assert leads["b"].quality_flags == []


def test_importing_a_file_again_changes_nothing(leads, tmp_path):
    before = list(Lead.objects.order_by("pk").values())
    moves = Transition.objects.count()

    summary, _ = imported(tmp_path, "leads", LEADS, at=NOON + DAY)

    assert summary.statuses == {"unchanged": 3}
    assert list(Lead.objects.order_by("pk").values()) == before
    assert Transition.objects.count() == moves


def test_a_changed_row_updates_its_lead_and_leaves_the_others(leads, tmp_path):
    changed = [{**LEADS[0], "channel": "webinar"}, *LEADS[1:]]

    _, outcomes = imported(tmp_path, "leads", changed)

    assert statuses(outcomes) == ["updated", "unchanged", "unchanged"]
    assert Lead.objects.get(external_id="a").channel == Channel.objects.get(key="webinar")


def test_bad_rows_are_kept_with_their_reasons_and_the_others_are_stored(tmp_path):
    rows = [
        {"external_id": "a", "created_at": "2026-01-05", "company_size": "12"},
        {"external_id": "", "created_at": "2026-01-05", "company_size": "12"},
        {"external_id": "c", "created_at": "soon", "company_size": "many"},
        {"external_id": "d", "created_at": "2031-01-05", "company_size": ""},
        {"external_id": "e", "created_at": "2026-01-05", "company_size": "9"},
    ]

    summary, outcomes = imported(tmp_path, "leads", rows)

    assert statuses(outcomes) == ["created", "error", "error", "error", "created"]
    problems = list(ImportProblem.objects.order_by("line"))
    assert [problem.line for problem in problems] == [3, 4, 5]
    assert problems[0].errors[0] == {
        "pointer": "/external_id",
        "code": "required",
        "detail": "external_id: is required",
    }
    assert problems[1].errors[0]["code"] == "bad_time"
    assert problems[2].errors[0]["code"] == "in_the_future"
    assert problems[1].row == rows[2]
    assert (summary.run.created_count, summary.run.error_count) == (2, 3)


def test_a_row_that_stands_twice_is_stored_once(tmp_path):
    rows = [{"external_id": "a", "campaign": "May"}] * 3

    _, outcomes = imported(tmp_path, "leads", rows)

    assert statuses(outcomes) == ["created", "unchanged", "unchanged"]
    assert Lead.objects.count() == 1


def test_of_rows_with_one_id_the_last_wins(tmp_path):
    rows = [{"external_id": "a", "campaign": "May"}, {"external_id": "a", "campaign": "June"}]

    _, outcomes = imported(tmp_path, "leads", rows)

    assert statuses(outcomes) == ["created", "updated"]
    assert Lead.objects.get().campaign == "June"


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path):
    rows = [*LEADS, {**LEADS[0], "channel": "event"}, {**LEADS[0], "external_id": ""}]
    path = write_csv(tmp_path / "leads.csv", rows)

    dry, _ = import_file(path, "leads", is_dry_run=True)
    after_dry = (Lead.objects.count(), ImportRun.objects.count(), ImportProblem.objects.count())
    real, _ = import_file(path, "leads")

    assert after_dry == (0, 0, 0)
    assert dry.run is None
    assert dry.statuses == real.statuses == {"created": 3, "updated": 1, "error": 1}
    assert dry.flags == real.flags


def test_an_import_that_was_interrupted_is_finished_by_starting_it_again(tmp_path, monkeypatch):
    rows = [{"external_id": f"lead-{number}", "campaign": "May"} for number in range(9)]
    path = write_csv(tmp_path / "leads.csv", rows)
    monkeypatch.setattr(runs, "BATCH_ROWS", 3)

    def stop(_, summary):
        if summary.rows == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_file(path, "leads", on_rows=stop)
    stopped = ImportRun.objects.get()
    summary, _ = import_file(path, "leads")

    assert (stopped.status, stopped.created_count) == (ImportStatus.FAILED, 6)
    assert summary.statuses == {"unchanged": 6, "created": 3}
    assert Lead.objects.count() == 9


def test_a_run_whose_process_died_is_called_failed_by_the_next(tmp_path):
    dead = ImportRun.objects.create(
        kind="leads", file_name="x.csv", source_system="hubspot", timezone="UTC",
        status=ImportStatus.RUNNING, actor="system:test", started_at=NOON,
    )  # fmt: skip

    imported(tmp_path, "leads", [{"external_id": "a"}])

    dead.refresh_from_db()
    assert dead.status == ImportStatus.FAILED


def test_the_number_of_statements_does_not_depend_on_the_rows(
    tmp_path, django_assert_max_num_queries
):
    few = [{"external_id": f"few-{number}", "mql_at": "2026-01-06"} for number in range(3)]
    many = [{"external_id": f"many-{number}", "mql_at": "2026-01-06"} for number in range(300)]
    with django_assert_max_num_queries(200) as small:
        imported(tmp_path, "leads", few)
    count = len(small.captured_queries)

    with django_assert_max_num_queries(count + 2):
        imported(tmp_path, "leads", many)


def test_another_import_of_the_kind_waits_its_turn(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "_is_free", lambda _: False)

    with pytest.raises(ImportRefusedError, match="leads from hubspot is running already"):
        imported(tmp_path, "leads", [{"external_id": "a"}])


def test_a_row_the_database_refuses_costs_itself_only(tmp_path, monkeypatch):
    rows = [{"external_id": f"r{number}", "name": "Sam"} for number in range(8)]
    rows[5]["name"] = "x" * 200

    def write(lines, context):
        del context
        Rep.objects.bulk_create(Rep(**line.ours) for line in lines)
        return [RowOutcome(line=line.number, status="created") for line in lines]

    monkeypatch.setattr(runs, "WRITERS", {ImportKind.REPS: write})

    _, outcomes = imported(tmp_path, "reps", rows)

    assert statuses(outcomes) == ["created"] * 5 + ["error"] + ["created"] * 2
    assert "too long" in outcomes[5].problems[0].detail
    assert Rep.objects.count() == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "The file is empty", id="empty"),
        pytest.param("a@b.example,Ana\n", "names no column of leads", id="no header"),
        pytest.param("external_id,colour\n1,red\n", "no column 'colour'", id="unknown column"),
        pytest.param("email\na@b.example\n", "need the column 'external_id'", id="required"),
    ],
)
def test_a_file_that_cannot_be_used_writes_nothing(tmp_path, text, message):
    path = tmp_path / "leads.csv"
    path.write_text(text)

    with pytest.raises(ImportRefusedError, match=message):
        import_file(path, "leads")

    assert not ImportRun.objects.exists()


def test_a_header_without_rows_is_an_import_of_nothing(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("external_id\n")

    summary, _ = import_file(path, "leads")

    assert summary.rows == 0
    assert summary.run.status == ImportStatus.FINISHED


@pytest.mark.parametrize("zone", ["Mars/Phobos", "../../etc/passwd", ""])
def test_a_zone_that_does_not_exist_is_refused(tmp_path, zone):
    path = write_csv(tmp_path / "leads.csv", LEADS)

    with pytest.raises(ImportRefusedError, match="no time zone"):
        import_file(path, "leads", zone_name=zone)


def test_damaged_rows_are_listed_and_the_rest_is_stored(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_bytes(
        b'external_id,campaign\n1,May\n2\n3,"never closed\n4,J\xfcly\n5,N\x00L\n6,'
        + b"x" * 100_000
        + b"\n7,May\n"
    )

    summary, _ = import_file(path, "leads")

    assert sorted(Lead.objects.values_list("external_id", flat=True)) == ["1", "7"]
    assert list(ImportProblem.objects.order_by("line").values_list("line", flat=True)) == [
        3, 4, 5, 6, 7,
    ]  # fmt: skip
    assert summary.statuses == {"created": 2, "error": 5}


def test_leads_that_qualify_go_to_sales_unless_the_file_is_history(tmp_path):
    RepFactory()
    hot = {"external_id": "a", "fit_score": "95", "intent_score": "95", "title": "CFO",
           "company": "Halden", "company_size": "300", "country": "US", "industry": "software",
           "email": "ana@halden.example"}  # fmt: skip

    imported(tmp_path, "leads", [hot])
    imported(tmp_path, "leads", [{**hot, "external_id": "b", "mql_at": ""}])

    assert Lead.objects.get(external_id="a").stage == Stage.ASSIGNED
    assert Lead.objects.get(external_id="b").stage == Stage.NURTURE


def test_the_past_is_enforced_only_where_a_signed_agreement_was_in_force(tmp_path):
    path = write_csv(tmp_path / "leads.csv", LEADS)

    with pytest.raises(ImportRefusedError, match="No service level agreement has been signed"):
        import_file(path, "leads", enforce_from=date(2026, 1, 1))


def test_leads_of_another_system_keep_their_own_ids(tmp_path):
    LeadFactory(source_system="salesforce", external_id="a")

    summary, _ = imported(tmp_path, "leads", [{"external_id": "a"}])

    assert summary.statuses == {"created": 1}
    assert Lead.objects.filter(external_id="a").count() == 2


def test_a_mended_error_file_can_be_imported_as_it_is(tmp_path):
    path = tmp_path / "errors.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["external_id", "created_at", "import_line", "import_reason"])
        writer.writerow(["a", "2026-01-05", "7", "created_at: was no time"])

    summary, _ = import_file(path, "leads")

    assert summary.statuses == {"created": 1}


def test_counts_and_flags_are_stored_with_the_run(leads):
    run = ImportRun.objects.get()

    assert run.status == ImportStatus.FINISHED
    assert run.flag_counts == {"channel_missing": 1, "created_missing": 1}
    assert run.finished_at - run.started_at == timedelta(0)
    assert len(run.file_sha256) == 64
