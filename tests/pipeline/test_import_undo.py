"""An undone import leaves lists and numbers as they were; importing again revives its rows."""

from __future__ import annotations

import pytest
from django.db.models import Count, Q

from pipeline.choices import ImportStatus, Stage
from pipeline.models import (
    Activity,
    Assignment,
    ImportRun,
    Lead,
    Opportunity,
    Round,
    Touch,
    Transition,
)
from pipeline.services.importing import undo as undoing
from pipeline.services.importing.faults import ImportRefusedError
from pipeline.services.importing.undo import undo_import
from pipeline.services.reconcile import reconcile_rounds
from revops.people.models import QuotaPeriod, Rep
from sla.models import Clock
from sla.services import reconcile_clocks
from tests.factories.files import import_file, write_csv
from tests.factories.pipeline import DAY, NOON, RepFactory

pytestmark = pytest.mark.usefixtures("agreement")

FILES = {
    "reps": [
        {"external_id": "sam", "name": "Sam Ortiz", "quota_carrying_from": "2026-01-01"},
    ],
    "leads": [
        {"external_id": "a", "created_at": "2026-01-05", "mql_at": "2026-01-06",
         "channel": "webinar"},
        {"external_id": "b", "created_at": "2026-01-07", "mql_at": "", "channel": ""},
    ],
    "assignments": [
        {"lead_external_id": "a", "rep_external_id": "sam", "assigned_at": "2026-01-06T11:00"},
    ],
    "touches": [
        {"lead_external_id": "b", "occurred_at": "2026-01-08", "kind": "webinar"},
    ],
    "activities": [
        {"lead_external_id": "a", "occurred_at": "2026-01-06T12:00", "kind": "call",
         "outcome": "connected"},
    ],
    "transitions": [
        {"lead_external_id": "a", "to": "accepted", "occurred_at": "2026-01-07"},
    ],
    "opportunities": [
        {"external_id": "d", "lead_external_id": "a", "accepted_at": "2026-01-20",
         "closed_at": "2026-02-20", "outcome": "won", "amount": "100", "channel": "webinar"},
        {"external_id": "e", "lead_external_id": "b", "accepted_at": "2026-01-21",
         "closed_at": "", "outcome": "", "amount": "7", "channel": ""},
    ],
}  # fmt: skip
KINDS = list(FILES)


def shown():
    """Return what lists and numbers show."""
    rounds = Round.objects.counted()
    return {
        "leads": list(
            Lead.objects.kept().order_by("external_id").values_list(
                "external_id", "stage", "owner__external_id", "campaign", "last_touch_at"
            )
        ),
        "rounds": list(
            rounds.order_by("pk").values_list(
                "stage", "mql_at", "assigned_at", "accepted_at", "opportunity_at", "won_at",
                "first_attempt_at", "connected_at",
            )
        ),
        "deals": list(
            Opportunity.objects.filter(voided_at__isnull=True)
            .order_by("external_id")
            .values_list("external_id", "outcome", "amount", "stage", "source_group")
        ),
        "activities": Activity.objects.filter(voided_at__isnull=True).count(),
        "touches": Touch.objects.count(),
        "reps": list(Rep.objects.active().values_list("external_id", "name", "title")),
        "quota": QuotaPeriod.objects.count(),
        "clocks": list(
            Clock.objects.exclude(lead__voided_at__isnull=False)
            .exclude(status="cancelled")
            .order_by("lead_id", "kind", "scope")
            .values_list("lead__external_id", "kind", "scope", "status")
        ),
    }  # fmt: skip


def load(folder, kind, *, rows=None, at=NOON):
    """Import the file of a kind and return its run."""
    path = write_csv(folder / f"{kind}.csv", rows or FILES[kind])
    summary, _ = import_file(path, kind, at=at)
    assert summary.statuses["error"] == 0, summary
    return summary.run


def take_back(run, *, at=NOON):
    return undo_import(run=ImportRun.objects.get(pk=run.pk), actor="system:undo", at=at)


@pytest.mark.parametrize("kind", KINDS)
def test_an_undone_import_leaves_everything_as_before(tmp_path, kind):
    for earlier in KINDS[: KINDS.index(kind)]:
        load(tmp_path, earlier)
    before = shown()
    run = load(tmp_path, kind)
    assert shown() != before

    undone = take_back(run)

    after = shown()
    if kind == "opportunities":
        # The round that the deal of a nurture lead began is void, and says so.
        assert after.pop("leads")[1][1] == Stage.VOID
        before.pop("leads")
    assert after == before
    assert undone.status == ImportStatus.UNDONE
    assert reconcile_rounds(at=NOON) == []
    assert reconcile_clocks(at=NOON) == []


@pytest.mark.parametrize("kind", KINDS)
def test_importing_again_revives_the_same_rows(tmp_path, kind):
    for earlier in KINDS[: KINDS.index(kind) + 1]:
        run = load(tmp_path, earlier)
    before, leads, deals = shown(), ids(Lead), ids(Opportunity)

    for day in (1, 2, 3):
        take_back(run, at=NOON + day * DAY)
        run = load(tmp_path, kind, at=NOON + day * DAY)

    assert shown() == before
    assert (ids(Lead), ids(Opportunity)) == (leads, deals)
    assert reconcile_rounds(at=NOON + 3 * DAY) == []
    assert reconcile_clocks(at=NOON + 3 * DAY) == []


def ids(model):
    """Return the ids of the rows by their external ids."""
    return dict(model.objects.values_list("external_id", "pk"))


def test_everything_can_be_taken_back_in_turn(tmp_path):
    nothing = shown()
    made = [load(tmp_path, kind) for kind in KINDS]

    for run in reversed(made):
        take_back(run)

    assert shown() == nothing


def test_history_stays(tmp_path):
    made = [load(tmp_path, kind) for kind in KINDS]
    moves, handovers = Transition.objects.count(), Assignment.objects.count()

    for run in reversed(made):
        take_back(run)

    assert Transition.objects.filter(undoes__isnull=True).count() >= moves
    assert Assignment.objects.filter(undoes__isnull=True).count() == handovers
    assert Lead.objects.filter(voided_at__isnull=False).count() == 2
    changes = Opportunity.objects.get(external_id="d").changes.order_by("pk")
    assert [change.kind for change in changes] == ["created", "accepted", "won", "voided"]


def test_changed_values_are_restored(tmp_path):
    load(tmp_path, "reps")
    load(tmp_path, "leads")
    load(tmp_path, "opportunities")
    before = shown()
    lead = {**FILES["leads"][0], "channel": "event", "attributes.plan": "pro"}
    deal = {**FILES["opportunities"][1], "amount": "9.50", "channel": "event"}
    rep = {**FILES["reps"][0], "name": "Samuel", "quota_carrying_to": "2026-07-01"}

    changed = [
        load(tmp_path, "leads", rows=[lead]),
        load(tmp_path, "opportunities", rows=[deal]),
        load(tmp_path, "reps", rows=[rep]),
    ]
    assert shown() != before
    for run in changed:
        take_back(run)

    assert shown() == before
    assert Lead.objects.get(external_id="a").channel.key == "webinar"
    assert Lead.objects.get(external_id="a").attributes == {}
    assert QuotaPeriod.objects.get().ends_on is None


def test_an_import_that_a_later_one_built_upon_is_not_undone_first(tmp_path):
    first = load(tmp_path, "leads")
    later = load(tmp_path, "leads", rows=[{**FILES["leads"][0], "channel": "event"}])

    with pytest.raises(ImportRefusedError, match=f"Import {later.pk}.*Undo it first"):
        take_back(first)
    take_back(later)
    take_back(first)

    assert not Lead.objects.kept().exists()


def test_a_deal_won_before_its_lead_was_an_mql_is_taken_back_too(tmp_path):
    load(tmp_path, "leads")
    before = shown()
    deal = {"external_id": "d", "lead_external_id": "a", "closed_at": "2026-01-04",
            "outcome": "won"}  # fmt: skip

    for day in (1, 2):
        run = load(tmp_path, "opportunities", rows=[deal], at=NOON + day * DAY)
        assert Round.objects.get().stage == Stage.WON
        take_back(run, at=NOON + day * DAY)

        assert shown() == before
    assert reconcile_rounds(at=NOON + 3 * DAY) == []
    assert reconcile_clocks(at=NOON + 3 * DAY) == []


def test_an_import_is_undone_once(tmp_path):
    run = load(tmp_path, "leads")
    take_back(run)

    with pytest.raises(ImportRefusedError, match="was undone before"):
        take_back(run)


def test_a_running_import_is_not_undone(tmp_path):
    run = load(tmp_path, "leads")
    ImportRun.objects.filter(pk=run.pk).update(status=ImportStatus.RUNNING)

    with pytest.raises(ImportRefusedError, match="still running"):
        take_back(run)


def test_an_undo_that_was_interrupted_is_finished_by_starting_it_again(tmp_path, monkeypatch):
    rows = [{"external_id": f"lead-{number}", "mql_at": "2026-01-06"} for number in range(7)]
    run = load(tmp_path, "leads", rows=rows)
    monkeypatch.setattr(undoing, "BATCH_ROWS", 3)

    class StoppedError(Exception):
        """The process died."""

    def stop(count):
        raise StoppedError

    with pytest.raises(StoppedError):
        undo_import(run=run, actor="system:undo", at=NOON, on_rows=stop)
    take_back(run)

    assert not Lead.objects.kept().exists()
    voidings = Round.objects.annotate(
        voidings=Count("transitions", filter=Q(transitions__to_stage=Stage.VOID))
    )
    assert set(voidings.values_list("voidings", flat=True)) == {1}


def test_people_an_import_made_up_leave_the_roster_with_it_and_come_back(tmp_path):
    load(tmp_path, "leads")
    path = write_csv(
        tmp_path / "deals.csv",
        [{"external_id": "d", "rep_external_id": "new", "outcome": "won", "amount": "1"}],
    )
    RepFactory(external_id="old")
    options = {"options": {"create_reps": True}}

    summary, outcomes = import_file(path, "opportunities", written=options)
    listed = set(Rep.objects.active().values_list("external_id", flat=True))
    take_back(summary.run)
    taken = set(Rep.objects.active().values_list("external_id", flat=True))
    import_file(path, "opportunities", written=options)

    assert "rep_not_listed" in outcomes[0].flags
    assert (listed, taken) == ({"old", "new"}, {"old"})
    assert set(Rep.objects.active().values_list("external_id", flat=True)) == listed
