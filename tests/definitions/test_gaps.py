"""The gap list, its confirmation, the gate it opens, and the record of the session."""

from __future__ import annotations

from datetime import date

import pytest

from definitions import selectors, services
from definitions.choices import DocumentKind, GapKind, GapPriority
from definitions.models import AlignmentSession, Gap, GapConfirmation
from revops.audit.models import AuditEntry
from revops.people.choices import Side
from tests.factories.audit import answered, asked, gap, unsealed
from tests.factories.definitions import DAY, MINUTE, NOON, confirmed_gaps, signed_version

TODAY = date(2026, 3, 3)


@pytest.fixture
def cast(unaudited):
    return unaudited


@pytest.fixture
def answered_by_both(cast):
    """The rounds of MQL and SQL, answered by both teams."""
    return [unsealed(cast=cast, term=term) for term in ("mql", "sql")]


def confirm(*, by, at=NOON + MINUTE):
    return services.confirm_gaps(by=by, at=at)


def test_gap_belongs_to_a_round_that_both_teams_answered(cast):
    round_ = asked(cast=cast)
    answered(round_, Side.SALES, cast=cast)

    with pytest.raises(services.GapError, match="Both teams answer first"):
        gap(cast=cast)
    answered(round_, Side.MARKETING, cast=cast)

    assert gap(cast=cast).round == round_


@pytest.mark.parametrize("key", ["carla", "mara", "vera", "sam", "ed"])
def test_only_revops_keeps_the_list(key, cast, answered_by_both):
    made = gap(cast=cast)
    by = cast[key]

    for act in (
        lambda: gap(cast={**cast, "rita": by}),
        lambda: services.edit_gap(gap=made, difference=services.Difference("x"), by=by, at=NOON),
        lambda: services.decide_gap(gap=made, decision="x", by=by, at=NOON),
        lambda: services.remove_gap(gap=made, by=by, at=NOON),
        lambda: confirm(by=by),
    ):
        with pytest.raises(services.NotAllowedError):
            act()


def test_edits_of_a_gap_are_history_with_their_author(cast, answered_by_both):
    made = gap(cast=cast)

    services.edit_gap(
        gap=made,
        difference=services.Difference("Silence", GapKind.SILENT_REJECTS, GapPriority.LOW),
        by=cast["rita"],
        at=NOON + MINUTE,
    )
    services.decide_gap(gap=made, decision=" Never. ", by=cast["rita"], at=NOON + MINUTE)

    stored = Gap.objects.get()
    assert (stored.title, stored.kind, stored.decision) == ("Silence", "silent_rejects", "Never.")
    assert stored.history.count() == 3
    assert {row.history_user for row in stored.history.all()} == {cast["rita"]}


def test_removed_gap_leaves_the_list_once(cast, answered_by_both):
    made = gap(cast=cast)
    services.remove_gap(gap=made, by=cast["rita"], at=NOON)

    assert selectors.gap_list() == []
    with pytest.raises(services.GapError, match="taken off the list"):
        services.remove_gap(gap=made, by=cast["rita"], at=NOON)
    with pytest.raises(services.GapError, match="taken off the list"):
        services.decide_gap(gap=made, decision="x", by=cast["rita"], at=NOON)


def test_list_begins_with_the_gravest(cast, answered_by_both):
    for priority in (GapPriority.LOW, GapPriority.HIGH, GapPriority.MEDIUM):
        gap(cast=cast, title=priority, priority=priority)

    assert [each.title for each in selectors.gap_list()] == ["high", "medium", "low"]


def test_confirmation_says_precisely_what_is_missing(cast):
    asked(cast=cast, term="mql")

    with pytest.raises(services.GapError) as refusal:
        confirm(by=cast["rita"])

    assert str(refusal.value) == (
        "Marketing and Sales have not answered the round on MQL. "
        "Open a round on SQL and let both teams answer it."
    )


def test_gap_of_high_priority_needs_a_decision(cast, answered_by_both):
    made = gap(cast=cast)
    gap(cast=cast, title="A small one", priority=GapPriority.LOW)

    with pytest.raises(services.GapError) as refusal:
        confirm(by=cast["rita"])
    assert str(refusal.value) == 'Decide the gap "Fit or engagement": its priority is high.'
    services.decide_gap(gap=made, decision="Both.", by=cast["rita"], at=NOON)

    assert confirm(by=cast["rita"]).gap_count == 2
    assert AuditEntry.objects.get(act="gaps_confirmed").details == {"gap_count": 2}


def test_team_that_has_answered_is_not_named_as_missing(cast):
    round_ = asked(cast=cast, term="mql")
    unsealed(cast=cast, term="sql")
    answered(round_, Side.MARKETING, cast=cast)

    assert selectors.missing_for_confirmation() == ["Sales has not answered the round on MQL."]


def test_older_answered_round_is_enough(cast, answered_by_both):
    asked(cast=cast, term="mql", at=NOON + MINUTE)

    assert selectors.missing_for_confirmation() == []


def test_list_is_confirmed_again_only_when_it_changed(cast, answered_by_both):
    confirm(by=cast["rita"])

    with pytest.raises(services.GapError, match="confirmed already"):
        confirm(by=cast["rita"], at=NOON + 2 * MINUTE)
    gap(cast=cast, priority=GapPriority.LOW, at=NOON + 3 * MINUTE)
    confirm(by=cast["rita"], at=NOON + 4 * MINUTE)

    assert GapConfirmation.objects.count() == 2


def test_first_definitions_wait_for_the_confirmed_list(cast):
    with pytest.raises(services.DraftingClosedError, match="blind audit"):
        services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=NOON)

    confirmed_gaps(by=cast["rita"])

    assert services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=NOON).pk


@pytest.mark.parametrize("kind", ["score_model", "sla", "contribution"])
def test_other_documents_do_not_wait(kind, cast):
    assert services.open_draft(kind=DocumentKind(kind), by=cast["rita"], at=NOON).pk


def test_gap_is_resolved_by_a_signed_version_after_its_decision(cast, answered_by_both):
    made = gap(cast=cast)
    provisional = selectors.version_in_use(kind="definitions", at=NOON).version
    version = signed_version("definitions", cast=cast)

    with pytest.raises(services.GapError, match="decision first"):
        services.resolve_gap(gap=made, version=version, by=cast["rita"], at=NOON)
    services.decide_gap(gap=made, decision="Both.", by=cast["rita"], at=NOON)
    with pytest.raises(services.GapError, match="signed version"):
        services.resolve_gap(gap=made, version=provisional, by=cast["rita"], at=NOON)
    services.resolve_gap(gap=made, version=version, by=cast["rita"], at=NOON)

    assert Gap.objects.get().resolved_in == version
    with pytest.raises(services.GapError, match="stays on the list"):
        services.remove_gap(gap=made, by=cast["rita"], at=NOON)
    with pytest.raises(services.GapError, match="decision stays"):
        services.decide_gap(gap=made, decision=" ", by=cast["rita"], at=NOON)


def record(*, by, session=None, **values):
    held = {"held_on": TODAY, "facilitator": "Rita Lind", **values}
    return services.record_session(
        minutes=services.Minutes(**held), attendees=[by], by=by, at=NOON, today=TODAY,
        session=session,
    )  # fmt: skip


def test_session_is_recorded_and_closed_later(cast):
    session = record(by=cast["rita"])
    record(by=cast["rita"], session=session, has_written_sla=True, changed_metric="Acceptance")

    stored = AlignmentSession.objects.get()
    assert (stored.has_written_sla, stored.changed_metric) == (True, "Acceptance")
    assert list(stored.attendees.all()) == [cast["rita"]]
    assert stored.history.count() == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"held_on": TODAY + DAY}, "once it was held"),
        ({"facilitator": "  "}, "who led"),
    ],
)
def test_record_that_cannot_be_true_is_refused(values, words, cast):
    with pytest.raises(services.SessionError, match=words):
        record(by=cast["rita"], **values)


def test_only_revops_records_a_session(cast):
    with pytest.raises(services.NotAllowedError):
        record(by=cast["vera"])
