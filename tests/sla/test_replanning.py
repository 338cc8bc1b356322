"""Running deadlines planned again under newer hours: previewed, chosen, never shortened unseen."""

from datetime import timedelta

import pytest

from revops.audit.models import AuditEntry
from sla import services
from sla.choices import EvidenceKind, ReplanReason
from sla.models import Clock, Evidence
from sla.selectors.calendars import latest_version
from sla.services.refolding import refold
from tests.factories.people import OrganizationFactory, person
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.factories.sla import NEW_YORK, TUESDAY, CommitmentFactory, commitment_in_force

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Tuesday 15:00 in New York: four hours end on Wednesday at 11:00.
LATE = TUESDAY + 5 * HOUR
CLOSED_WEDNESDAY = NEW_YORK | {"exceptions": {"2026-03-04": []}}
LONG_WEDNESDAY = NEW_YORK | {"exceptions": {"2026-03-04": [["07:00", "17:00"]]}}


@pytest.fixture
def rita(db):
    OrganizationFactory()
    return person("rita")


@pytest.fixture
def commitment(rita):
    return commitment_in_force()


def assigned(*, at=LATE):
    lead = LeadFactory()
    services.record_evidence(
        lead_id=lead.pk,
        kind=EvidenceKind.ASSIGNED,
        occurred_at=at,
        actor="system:test",
        at=at,
        rep_id=RepFactory().pk,
    )
    return lead


def changed(commitment, spec, *, by, at):
    version, _ = services.change_calendar(calendar=commitment.calendar, spec=spec, by=by, at=at)
    return version


def again(version, *, by, keys=None, at, automatic=False):
    return services.replan(
        version=version,
        keys=keys,
        reason=ReplanReason.SHORT_NOTICE,
        by=by,
        at=at,
        is_automatic=automatic,
    )


def test_changed_hours_move_nothing_and_the_preview_says_what_would(commitment, rita):
    lead = assigned()
    version = changed(commitment, CLOSED_WEDNESDAY, by=rita, at=LATE + HOUR)

    (row,) = services.preview_replan(version=version, at=LATE + HOUR)

    clock = Clock.objects.get(lead=lead)
    assert clock.due_at == LATE + 20 * HOUR == row.old_due_at
    assert row.new_due_at == row.old_due_at + DAY
    assert row.extends


def test_chosen_deadlines_move_and_keep_the_previous_one(commitment, rita):
    lead, other = assigned(), assigned()
    version = changed(commitment, CLOSED_WEDNESDAY, by=rita, at=LATE + HOUR)
    key = services.preview_replan(version=version, at=LATE + HOUR)[0].key

    moved = again(version, by=rita, keys={key}, at=LATE + HOUR)

    clock = Clock.objects.get(lead_id=moved[0].lead_id)
    still = Clock.objects.exclude(pk=clock.pk).get(lead__in=[lead, other])
    assert clock.due_at == LATE + 20 * HOUR + DAY
    assert clock.measure["previous_due_at"] == (LATE + 20 * HOUR).isoformat()
    assert clock.calendar_version == version
    assert still.due_at == LATE + 20 * HOUR
    assert Evidence.objects.get(kind="replanned").payload["reason"] == "short_notice"
    assert AuditEntry.objects.filter(act="deadlines_replanned").exists()


def test_owner_clock_moves_with_its_lead_clock(commitment, rita):
    CommitmentFactory(version=commitment.version, scope="owner", calendar=commitment.calendar)
    lead = assigned()
    version = changed(commitment, CLOSED_WEDNESDAY, by=rita, at=LATE + HOUR)

    again(version, by=rita, at=LATE + HOUR)

    assert {clock.due_at for clock in Clock.objects.filter(lead=lead)} == {LATE + 20 * HOUR + DAY}


def test_only_the_named_promise_moves(commitment, rita):
    CommitmentFactory(
        version=commitment.version,
        kind="attempts",
        count=3,
        unit="business_days",
        calendar=commitment.calendar,
    )
    lead = assigned()
    version = changed(commitment, CLOSED_WEDNESDAY, by=rita, at=LATE + HOUR)
    rows = services.preview_replan(version=version, at=LATE + HOUR)
    before = Clock.objects.get(lead=lead, kind="attempts").due_at

    named = {row.key for row in rows if row.kind == "first_contact"}
    again(version, by=rita, keys=named, at=LATE + HOUR)

    assert {str(row.kind) for row in rows} == {"first_contact", "attempts"}
    assert Clock.objects.get(lead=lead, kind="attempts").due_at == before


def test_what_nobody_looked_at_only_gains_time(commitment, rita):
    lead = assigned()
    version = changed(commitment, LONG_WEDNESDAY, by=rita, at=LATE + HOUR)
    (row,) = services.preview_replan(version=version, at=LATE + HOUR)

    moved = again(version, by=rita, at=LATE + HOUR, automatic=True)

    assert not row.extends
    assert moved == []
    assert Clock.objects.get(lead=lead).due_at == row.old_due_at


def test_person_who_chose_it_may_shorten(commitment, rita):
    lead = assigned()
    version = changed(commitment, LONG_WEDNESDAY, by=rita, at=LATE + HOUR)
    (row,) = services.preview_replan(version=version, at=LATE + HOUR)

    again(version, by=rita, keys={row.key}, at=LATE + HOUR)

    assert Clock.objects.get(lead=lead).due_at == LATE + 18 * HOUR


@pytest.mark.parametrize("after", [timedelta(hours=30)], ids=["missed and not swept"])
def test_missed_deadline_is_finished_with(commitment, rita, after):
    assigned()
    version = changed(commitment, CLOSED_WEDNESDAY, by=rita, at=LATE + after)

    assert services.preview_replan(version=version, at=LATE + after) == []
    assert again(version, by=rita, at=LATE + after) == []


def test_kept_promise_is_never_touched(commitment, rita):
    lead = assigned()
    services.record_evidence(
        lead_id=lead.pk,
        kind=EvidenceKind.OUTREACH,
        occurred_at=LATE + HOUR,
        actor="system:test",
        at=LATE + HOUR,
        payload={"channel": "call"},
    )
    version = changed(commitment, CLOSED_WEDNESDAY, by=rita, at=LATE + HOUR)
    before = Clock.objects.values().get(lead=lead)

    again(version, by=rita, at=LATE + HOUR)

    assert Clock.objects.values().get(lead=lead) == before


def test_doing_it_twice_changes_nothing(commitment, rita):
    lead = assigned()
    version = changed(commitment, CLOSED_WEDNESDAY, by=rita, at=LATE + HOUR)
    again(version, by=rita, at=LATE + HOUR)
    before = list(Clock.objects.order_by("id").values())

    second = again(version, by=rita, at=LATE + 2 * HOUR)
    refold(lead_ids=[lead.pk], at=LATE + 2 * HOUR)

    assert second == []
    assert list(Clock.objects.order_by("id").values()) == before
    assert Evidence.objects.filter(kind="replanned").count() == 1


def test_older_version_is_refused(commitment, rita):
    assigned()
    older = changed(commitment, CLOSED_WEDNESDAY, by=rita, at=LATE + HOUR)
    changed(commitment, LONG_WEDNESDAY, by=rita, at=LATE + HOUR)

    with pytest.raises(services.ReplanRefusedError, match="changed again"):
        again(older, by=rita, at=LATE + HOUR)


def test_role_without_the_right_is_refused(commitment, rita):
    version = latest_version(commitment.calendar)

    with pytest.raises(services.ReplanRefusedError, match="role"):
        again(version, by=person("sam"), at=LATE)


def test_statements_do_not_grow_with_the_leads(commitment, rita, django_assert_max_num_queries):
    assigned()
    version = changed(commitment, CLOSED_WEDNESDAY, by=rita, at=LATE + HOUR)
    with django_assert_max_num_queries(40) as few:
        again(version, by=rita, at=LATE + HOUR)
    for _ in range(5):
        assigned()
    newer = changed(commitment, LONG_WEDNESDAY, by=rita, at=LATE + HOUR)

    with django_assert_max_num_queries(len(few.captured_queries)):
        again(newer, by=rita, at=LATE + HOUR)
