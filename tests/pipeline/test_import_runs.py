"""Every kind of file: stored once, again unchanged, every bad row named, nothing lost."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.choices import ImportKind, ImportStatus, QualityFlag, Stage
from pipeline.models import (
    Activity,
    Assignment,
    Channel,
    ImportProblem,
    ImportRun,
    Lead,
    Opportunity,
    Round,
    Touch,
    Transition,
)
from pipeline.services.importing import runs
from pipeline.services.importing.faults import ImportRefusedError
from pipeline.services.importing.outcomes import RowOutcome
from pipeline.services.reconcile import reconcile_rounds
from revops.people.models import QuotaPeriod, Rep
from tests.factories.files import import_file, write_csv
from tests.factories.pipeline import DAY, NOON, LeadFactory, RepFactory

pytestmark = pytest.mark.usefixtures("agreement")

LEADS = [
    {"external_id": "a", "created_at": "2026-01-05T10:00", "mql_at": "2026-01-06", "channel": ""},
    {"external_id": "b", "created_at": "2026-01-07", "mql_at": "", "channel": "Unknown"},
    {"external_id": "c", "created_at": "", "mql_at": "2026-01-08", "channel": "paid_search"},
]


@pytest.fixture
def leads(tmp_path):
    """Three imported leads: a and c became MQL, b did not."""
    summary, _ = import_file(write_csv(tmp_path / "leads.csv", LEADS), "leads")
    assert summary.statuses == {"created": 3}
    return {lead.external_id: lead for lead in Lead.objects.all()}


def imported(tmp_path, kind, rows, **order):
    """Write rows to a file of their kind and import it."""
    return import_file(write_csv(tmp_path / f"{kind}.csv", rows), kind, **order)


def statuses(outcomes):
    """Return the statuses in the order of the file."""
    return [outcome.status for outcome in outcomes]


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


def test_reps_come_with_team_and_quota(tmp_path):
    rows = [
        {
            "external_id": "r1",
            "name": "Sam Ortiz",
            "team": "West",
            "role": "SDR",
            "quota_carrying_from": "2026-01-01",
            "quota_carrying_to": "2026-07-01",
            "attributes.manager": "Vera",
        },
        {"external_id": "r2", "quota_carrying_to": "2026-07-01"},
    ]

    _, first = imported(tmp_path, "reps", rows)
    _, again = imported(tmp_path, "reps", rows)
    rows[0]["quota_carrying_to"] = ""
    _, changed = imported(tmp_path, "reps", rows[:1])

    assert statuses(first) == ["created", "error"]
    assert statuses(again) == ["unchanged", "error"]
    assert statuses(changed) == ["updated"]
    rep = Rep.objects.get(external_id="r1")
    assert (rep.team.name, rep.title, rep.attributes) == ("West", "SDR", {"manager": "Vera"})
    assert QuotaPeriod.objects.get(rep=rep).starts_on == date(2026, 1, 1)
    assert QuotaPeriod.objects.get(rep=rep).ends_on is None


def test_assignments_name_a_rep_or_a_person_not_recorded(leads, tmp_path):
    RepFactory(external_id="sam")
    rows = [
        {"lead_external_id": "a", "rep_external_id": "sam", "assigned_at": "2026-01-06T11:00"},
        {"lead_external_id": "c", "rep_external_id": "", "assigned_at": "2026-01-08T11:00"},
        {"lead_external_id": "x", "rep_external_id": "sam", "assigned_at": "2026-01-08"},
        {"lead_external_id": "a", "rep_external_id": "nobody", "assigned_at": "2026-01-08"},
        {"lead_external_id": "a", "rep_external_id": "sam", "assigned_at": ""},
    ]

    _, outcomes = imported(tmp_path, "assignments", rows)
    _, again = imported(tmp_path, "assignments", rows)

    assert statuses(outcomes) == ["created", "created", "error", "error", "error"]
    assert [outcome.problems[0].code for outcome in outcomes[2:]] == [
        "unknown_lead",
        "unknown_rep",
        "required",
    ]
    assert statuses(again)[:2] == ["unchanged", "unchanged"]
    assert Assignment.objects.count() == 2
    assert Lead.objects.get(external_id="a").owner.external_id == "sam"
    assert Round.objects.get(lead=leads["c"]).assigned_at == datetime(2026, 1, 8, 11, tzinfo=UTC)


def test_touches_are_known_by_their_id_or_by_what_they_say(leads, tmp_path):
    rows = [
        {"lead_external_id": "a", "occurred_at": "2026-01-06", "kind": "webinar",
         "channel": "event", "external_id": "t1"},
        {"lead_external_id": "a", "occurred_at": "2026-01-07", "kind": "page_view"},
        {"lead_external_id": "a", "occurred_at": "2026-01-07", "kind": "page_view"},
        {"lead_external_id": "a", "occurred_at": "2026-01-07", "kind": "telepathy"},
    ]  # fmt: skip
    path = write_csv(tmp_path / "touches.csv", rows, header=list(rows[0]))

    _, outcomes = import_file(path, "touches")
    _, again = import_file(path, "touches")

    assert statuses(outcomes) == ["created", "created", "unchanged", "error"]
    assert statuses(again) == ["unchanged", "unchanged", "unchanged", "error"]
    assert Touch.objects.count() == 2
    lead = Lead.objects.get(external_id="a")
    assert lead.last_touch_at == datetime(2026, 1, 7, tzinfo=UTC)


def test_activities_are_attempts_of_reps(leads, tmp_path):
    rep = RepFactory(external_id="sam")
    rows = [
        {"lead_external_id": "a", "occurred_at": "2026-01-06T12:00", "kind": "call",
         "rep_external_id": "sam", "outcome": "no_answer", "automatic": ""},
        {"lead_external_id": "a", "occurred_at": "2026-01-06T13:00", "kind": "email",
         "rep_external_id": "", "outcome": "", "automatic": "yes"},
        {"lead_external_id": "a", "occurred_at": "2026-01-06T13:00", "kind": "email",
         "rep_external_id": "", "outcome": "", "automatic": "perhaps"},
    ]  # fmt: skip

    _, outcomes = imported(tmp_path, "activities", rows)
    _, again = imported(tmp_path, "activities", rows)

    assert statuses(outcomes) == ["created", "created", "error"]
    assert statuses(again) == ["unchanged", "unchanged", "error"]
    call, mail = Activity.objects.order_by("occurred_at")
    assert (call.rep, call.is_automatic, mail.is_automatic) == (rep, False, True)


def test_transitions_of_history_may_lack_a_reason_and_are_flagged(leads, tmp_path):
    rows = [
        {"lead_external_id": "a", "to": "accepted", "occurred_at": "2026-01-07", "reason": ""},
        {"lead_external_id": "c", "to": "rejected", "occurred_at": "2026-01-09", "reason": ""},
        {"lead_external_id": "a", "to": "working", "occurred_at": "2026-01-07", "reason": ""},
        {"lead_external_id": "a", "to": "sql", "occurred_at": "2026-01-10", "reason": "x"},
        {"lead_external_id": "a", "to": "heaven", "occurred_at": "2026-01-10", "reason": ""},
    ]

    _, outcomes = imported(tmp_path, "transitions", rows)
    _, again = imported(tmp_path, "transitions", rows)

    assert sorted(statuses(outcomes)) == ["created", "created", "created", "error", "error"]
    by_line = {outcome.line: outcome for outcome in outcomes}
    assert by_line[3].flags == (QualityFlag.REASON_MISSING,)
    assert by_line[5].problems[0].code == "reason_not_in_list"
    assert sorted(statuses(again)) == ["error", "error", "unchanged", "unchanged", "unchanged"]
    rejected = Transition.objects.get(to_stage=Stage.REJECTED)
    assert rejected.reason.code == "not_recorded"
    assert Lead.objects.get(external_id="a").stage == Stage.ACCEPTED


def test_reasons_are_found_by_code_or_label(leads, tmp_path):
    rows = [
        {"lead_external_id": "a", "to": "rejected", "occurred_at": "2026-01-07",
         "reason": "UNREACHABLE"},
        {"lead_external_id": "c", "to": "rejected", "occurred_at": "2026-01-09",
         "reason": "Competitor, student or vendor"},
    ]  # fmt: skip

    _, outcomes = imported(tmp_path, "transitions", rows)

    assert statuses(outcomes) == ["created", "created"]
    told = Transition.objects.filter(to_stage=Stage.REJECTED).order_by("occurred_at")
    assert [row.reason.code for row in told] == ["unreachable", "competitor_student_vendor"]


def test_the_order_of_files_does_not_matter_to_where_a_round_stands(leads, tmp_path):
    deals = [
        {"external_id": "d", "lead_external_id": "a", "created_at": "2026-01-20",
         "accepted_at": "2026-01-20", "closed_at": "2026-02-20", "outcome": "won"},
    ]  # fmt: skip
    moves = [{"lead_external_id": "a", "to": "accepted", "occurred_at": "2026-01-07"}]

    imported(tmp_path, "opportunities", deals)
    imported(tmp_path, "transitions", moves)

    current = Round.objects.get(lead=leads["a"])
    assert current.stage == Stage.WON
    assert current.accepted_at == datetime(2026, 1, 7, tzinfo=UTC)
    assert reconcile_rounds(at=NOON + DAY) == []


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


def test_deals_are_flagged_by_what_is_odd_about_them(leads, tmp_path):
    rows = [
        {"external_id": "early", "lead_external_id": "a", "closed_at": "2026-01-04",
         "outcome": "won", "amount": "100"},
        {"external_id": "undated", "lead_external_id": "", "closed_at": "",
         "outcome": "won", "amount": ""},
        {"external_id": "lost", "lead_external_id": "c", "closed_at": "2026-02-01",
         "outcome": "lost", "amount": "0"},
        {"external_id": "open", "lead_external_id": "", "closed_at": "2026-09-01",
         "outcome": "", "amount": "5.00"},
        {"external_id": "ghost", "lead_external_id": "x", "closed_at": "", "outcome": "",
         "amount": "-1"},
    ]  # fmt: skip

    _, outcomes = imported(tmp_path, "opportunities", rows)
    _, again = imported(tmp_path, "opportunities", rows)

    assert statuses(outcomes) == ["created"] * 4 + ["error"]
    assert statuses(again) == ["unchanged"] * 4 + ["error"]
    flags = {deal.external_id: set(deal.quality_flags) for deal in Opportunity.objects.all()}
    assert QualityFlag.WON_BEFORE_FIRST_CONTACT in flags["early"]
    assert {QualityFlag.CLOSE_DATE_MISSING, QualityFlag.AMOUNT_MISSING} <= flags["undated"]
    assert QualityFlag.REASON_MISSING in flags["lost"]
    assert QualityFlag.CLOSE_WITHOUT_OUTCOME in flags["open"]
    assert Opportunity.objects.get(external_id="open").expected_close_on == date(2026, 8, 31)
    assert Opportunity.objects.get(external_id="lost").lost_reason.code == "not_recorded"
    assert outcomes[4].problems[0].code == "out_of_range"
    assert Lead.objects.get(external_id="c").stage == Stage.LOST


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
