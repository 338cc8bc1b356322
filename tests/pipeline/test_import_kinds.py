"""What each kind of file stores beside leads, and how it names a bad row."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.choices import QualityFlag, Stage
from pipeline.models import Activity, Assignment, Lead, Opportunity, Round, Touch, Transition
from pipeline.services.reconcile import reconcile_rounds
from revops.people.models import QuotaPeriod, Rep
from tests.factories.files import import_file, imported, statuses, write_csv
from tests.factories.pipeline import DAY, NOON, RepFactory

pytestmark = pytest.mark.usefixtures("agreement")


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
