"""What was in force when, who has to sign, and what a version says."""

from __future__ import annotations

from definitions import selectors
from definitions.choices import Standing
from tests.factories.definitions import DAY, MINUTE, NOON, sign, signed_version

HOUR = 60 * MINUTE
LATER = NOON + MINUTE


def test_timeline_tells_every_versions_end(cast):
    first = signed_version("sla", cast=cast)
    second = signed_version(
        "sla", cast=cast, at=NOON + DAY, commitments__first_contact={"allowance_amount": 2}
    )

    newest, middle, seed = selectors.timeline(kind="sla", at=NOON + 2 * DAY)

    assert (newest.version, newest.standing) == (second, Standing.IN_FORCE)
    assert (middle.version, middle.standing) == (first, Standing.SUPERSEDED)
    assert middle.effective_to == newest.effective_from
    assert (seed.standing, seed.effective_to) == (Standing.SUPERSEDED, middle.effective_from)
    assert [row.slot for row in newest.signatures] == ["revops", "marketing", "sales"]


def test_awaiting_lists_what_the_reader_has_to_sign(request_, cast):
    assert selectors.awaiting(user=cast["vera"], at=NOON) == [request_]
    assert selectors.awaiting(user=cast["sam"], at=NOON) == []

    sign(request_, slot="sales", by=cast["vera"])

    assert selectors.awaiting(user=cast["vera"], at=LATER) == []
    assert selectors.awaiting(user=cast["carla"], at=LATER) == [request_]


def test_schedule_is_read_once_per_stamp(cast, django_assert_num_queries):
    selectors.forget_schedule()

    with django_assert_num_queries(1):
        selectors.cached_schedule("stamp 1")
        selectors.cached_schedule("stamp 1")
    with django_assert_num_queries(1):
        selectors.cached_schedule("stamp 2")
    selectors.forget_schedule()


def test_in_use_all_is_one_statement_and_contents_are_kept(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        in_use = selectors.in_use_all(at=NOON)
    for held in in_use.values():
        selectors.document_of(held.version)

    with django_assert_num_queries(1):
        for held in selectors.in_use_all(at=NOON).values():
            selectors.document_of(held.version)


def test_wording_says_who_signed(cast):
    before = selectors.wordings(at=NOON)["mql"]
    version = signed_version("definitions", cast=cast)

    after = selectors.wordings(at=NOON + DAY)["mql"]

    assert (before.is_signed, before.signers) == (False, "")
    assert after.signers == "Rita Lind, Carla Diaz and Vera Okoro on 3 Mar 2026"
    assert after.version_number == version.number
    assert selectors.wording_of(term="mql", version=version) == after


def test_past_versions_stay_what_leads_were_judged_by(cast):
    before = selectors.version_in_use(kind="definitions", at=NOON).version

    signed_version("definitions", cast=cast, mql={"fit_threshold": 70})

    assert selectors.definitions_of(before).mql.fit_threshold == 50
    in_use = selectors.version_in_use(kind="definitions", at=NOON + DAY).version
    assert selectors.definitions_of(in_use).mql.fit_threshold == 70
    assert selectors.version_in_use(kind="definitions", at=NOON).version == before


def test_day_of_signing_is_the_organisations(cast):
    """Four in the morning in UTC is the evening before in New York."""
    night = NOON + 13 * HOUR
    version = signed_version("definitions", cast=cast, at=night)

    assert (night.day, selectors.signers_of(version=version)[-10:]) == (4, "3 Mar 2026")
