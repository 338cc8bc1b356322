"""Somebody of the same side signs in a signer's place, for a while, and the signature says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError

from definitions import selectors, services
from definitions.models import Delegation, DelegationEnd, Signature
from definitions.records import record_text
from definitions.verification import verify
from revops.audit.models import AuditEntry
from revops.outbox.models import Message
from revops.outbox.rendering import letter_of
from revops.people.choices import Role
from tests.factories.definitions import DAY, MINUTE, NOON, sent, sign
from tests.factories.people import PASSWORD


@pytest.fixture
def delegate(cast):
    """Vera names Sam from NOON for ten days, unless told otherwise."""

    def give(**values):
        given = {
            "slot": "sales", "substitute": cast["sam"], "starts_at": NOON,
            "ends_at": NOON + 10 * DAY, "reason": "Parental leave.", "by": cast["vera"],
            "authenticated_at": NOON, "at": NOON, **values,
        }  # fmt: skip
        return services.delegate_slot(**given)

    return give


def test_substitute_signs_and_the_signature_says_for_whom(delegate, request_, cast):
    given = delegate()

    signature = sign(request_, slot="sales", by=cast["sam"])

    assert signature.delegation == given
    assert f"as substitute for Vera Okoro (delegation {given.pk})" in signature.statement
    assert '"delegation": {' in record_text(signature)
    assert verify().is_intact


def test_record_without_a_delegation_does_not_mention_one(request_, cast):
    signature = sign(request_, slot="sales", by=cast["vera"])

    assert "delegation" not in record_text(signature)


def test_all_three_slots_may_be_filled_with_substitutes_beside(delegate, request_, cast):
    delegate()
    delegate(slot="marketing", substitute=cast["mara"], by=cast["carla"])

    sign(request_, slot="sales", by=cast["sam"])
    sign(request_, slot="marketing", by=cast["mara"])
    sign(request_, slot="revops", by=cast["rita"])

    assert selectors.version_in_use(kind="definitions", at=NOON + MINUTE).is_signed
    assert verify().is_intact


@pytest.mark.parametrize(
    ("values", "at"),
    [
        pytest.param({"starts_at": NOON + DAY}, NOON + MINUTE, id="not yet begun"),
        pytest.param({"ends_at": NOON + DAY}, NOON + DAY, id="over at its end"),
    ],
)
def test_delegation_counts_only_within_its_span(values, at, delegate, request_, cast):
    delegate(**values)

    with pytest.raises(services.NotAllowedError):
        sign(request_, slot="sales", by=cast["sam"], at=at)

    assert selectors.awaiting(user=cast["sam"], at=at) == []


def test_ended_delegation_does_not_count(delegate, request_, cast):
    given = delegate()
    services.end_delegation(delegation=given, by=cast["vera"], at=NOON + MINUTE)

    with pytest.raises(services.NotAllowedError):
        sign(request_, slot="sales", by=cast["sam"])
    with pytest.raises(services.DocumentError, match="is over"):
        services.end_delegation(delegation=given, by=cast["vera"], at=NOON + MINUTE)

    assert DelegationEnd.objects.count() == 1
    assert [row.standing for row in selectors.substitutions(at=NOON + MINUTE)] == ["ended"]


def test_what_was_signed_stays_valid_after_the_delegation_ends(delegate, request_, cast):
    given = delegate()
    sign(request_, slot="sales", by=cast["sam"])

    services.end_delegation(delegation=given, by=cast["vera"], at=NOON + DAY)

    assert verify().is_intact


def test_delegation_ends_with_the_right_that_was_lent(delegate, request_, cast):
    delegate()
    vera = cast["vera"]
    vera.role = Role.SALES_REP
    vera.save(update_fields=["role"])

    with pytest.raises(services.NotAllowedError):
        sign(request_, slot="sales", by=cast["sam"])


def test_substitute_who_changed_sides_signs_for_nobody(delegate, request_, cast):
    delegate()
    sam = cast["sam"]
    sam.role = Role.MARKETING
    sam.save(update_fields=["role"])

    with pytest.raises(services.NotAllowedError):
        sign(request_, slot="sales", by=sam)


def test_one_person_fills_one_slot_by_whatever_right(delegate, request_, cast):
    delegate()
    sam = cast["sam"]
    sign(request_, slot="sales", by=sam)
    sam.role = Role.MARKETING_LEADER
    sam.save(update_fields=["role"])

    with pytest.raises(services.NotAllowedError, match="different people"):
        sign(request_, slot="marketing", by=sam)


def test_signer_and_substitute_fill_one_slot_once(delegate, request_, cast):
    delegate()
    sign(request_, slot="sales", by=cast["sam"])

    with pytest.raises(services.SlotTakenError):
        sign(request_, slot="sales", by=cast["vera"])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"starts_at": NOON - MINUTE}, "starts_at", id="begins in the past"),
        pytest.param({"ends_at": NOON}, "ends_at", id="ends as it begins"),
        pytest.param(
            {"ends_at": NOON + 60 * DAY + timedelta(seconds=1)},
            "ends_at",
            id="longer than 60 days",
        ),
        pytest.param({"reason": "  "}, "reason", id="no reason"),
    ],
)
def test_bad_delegation_names_the_field(values, field, delegate):
    with pytest.raises(services.DelegationRefusedError) as refused:
        delegate(**values)

    assert refused.value.field == field
    assert not Delegation.objects.exists()


@pytest.mark.parametrize("key", ["mara", "carla", "rita", "ed", "vera"])
def test_substitute_is_of_the_same_side_and_has_no_slot(key, delegate, cast):
    with pytest.raises(services.DelegationRefusedError) as refused:
        delegate(substitute=cast[key])

    assert refused.value.field == "substitute"


@pytest.mark.parametrize("key", ["sam", "mara", "carla", "rita", "ed"])
def test_only_the_signer_of_the_side_delegates_its_slot(key, delegate, cast):
    with pytest.raises(services.NotAllowedError):
        delegate(by=cast[key])


def test_delegation_is_not_passed_on(delegate, cast):
    delegate()

    with pytest.raises(services.NotAllowedError):
        delegate(by=cast["sam"], substitute=cast["sam"])


def test_revops_needs_no_substitute(delegate, cast):
    with pytest.raises(services.NotAllowedError):
        delegate(slot="revops", by=cast["rita"])


def test_delegating_needs_a_fresh_password(delegate):
    with pytest.raises(services.StaleAuthenticationError):
        delegate(authenticated_at=NOON - timedelta(minutes=5))


def test_one_substitute_at_a_time(delegate, cast):
    first = delegate()

    with pytest.raises(services.DelegationRefusedError, match="Sam Ortiz already signs"):
        delegate(starts_at=NOON + DAY)
    services.end_delegation(delegation=first, by=cast["vera"], at=NOON)
    assert delegate(starts_at=NOON + DAY).pk > first.pk


def test_nobody_else_ends_a_delegation(delegate, cast):
    given = delegate()

    for key in ("sam", "rita", "carla"):
        with pytest.raises(services.NotAllowedError):
            services.end_delegation(delegation=given, by=cast[key], at=NOON)


def test_substitute_hears_of_it_and_is_asked_to_sign(delegate, draft, cast):
    given = delegate()

    asked = sent(draft, by=cast["rita"], at=NOON)

    assert selectors.awaiting(user=cast["sam"], at=NOON) == [asked]
    told = Message.objects.get(kind="slot_delegated", channel="app")
    assert told.payload["to"] == [cast["sam"].pk, cast["vera"].pk]
    assert letter_of(told, at=NOON).subject == "Sam Ortiz signs for Vera Okoro"
    asks = Message.objects.get(kind="signature_requested", channel="app")
    assert cast["sam"].pk in asks.payload["to"]
    noted = AuditEntry.objects.get(subject=f"delegation:{given.pk}")
    assert (noted.act, noted.details["substitute"]) == ("slot_delegated", f"user:{cast['sam'].pk}")


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"ends_at": NOON}, "definitions_delegation_ends_after_it_starts"),
        ({"starts_at": NOON - MINUTE}, "definitions_delegation_not_backdated"),
        ({"reason": ""}, "definitions_delegation_has_a_reason"),
    ],
)
def test_database_refuses_an_odd_delegation(values, constraint, cast):
    given = {
        "slot": "sales", "signer": cast["vera"], "substitute": cast["sam"], "starts_at": NOON,
        "ends_at": NOON + DAY, "reason": "Leave.", "delegated_at": NOON, "actor": "user:1",
    }  # fmt: skip

    with pytest.raises(IntegrityError, match=constraint):
        Delegation.objects.create(**given | values)


def posted(cast, now, **values):
    day = now.date()
    return {
        "substitute": cast["sam"].pk, "starts_on": day, "ends_on": day + 5 * DAY,
        "reason": "Leave.", "password": PASSWORD, **values,
    }  # fmt: skip


def test_signer_delegates_in_the_browser_and_everybody_reads_it(as_, cast, now):
    client = as_("vera")

    answer = client.post("/agreement/substitutes/", posted(cast, now + DAY))

    assert answer.status_code == 302
    page = as_("ed").get("/agreement/substitutes/").content.decode()
    assert "Sam Ortiz" in page
    assert "Not yet begun" in page
    assert "End now" not in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"password": "wrong"}, "This is not your password."),
        ({"ends_on": "2020-01-01"}, "It ends before it begins."),
        ({"substitute": "999"}, "Select a valid choice"),
        ({"reason": ""}, "This field is required"),
        ({"starts_on": "soon"}, "Enter a valid date"),
        ({"starts_on": "0001-01-01"}, "greater than or equal to 1990-01-01"),
        ({"ends_on": "9999-12-31"}, "less than or equal to 2200-01-01"),
    ],
)
def test_form_names_what_is_wrong(values, words, as_, cast, now):
    answer = as_("vera").post("/agreement/substitutes/", posted(cast, now + DAY, **values))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Delegation.objects.exists()


@pytest.mark.parametrize("key", ["rita", "mara", "sam", "ed"])
def test_who_has_no_slot_to_lend_may_not_delegate(key, as_, cast, now):
    assert as_(key).post("/agreement/substitutes/", posted(cast, now)).status_code == 403


def test_only_the_signer_ends_it_in_the_browser(as_, cast, now):
    given = services.delegate_slot(
        slot="sales", substitute=cast["sam"], starts_at=now, ends_at=now + DAY, reason="Leave.",
        by=cast["vera"], authenticated_at=now, at=now,
    )  # fmt: skip
    address = f"/agreement/substitutes/{given.pk}/end/"

    assert as_("sam").post(address).status_code == 403
    assert as_("vera").get(address).status_code == 405
    assert as_("vera").post(address).status_code == 302
    assert as_("vera").post(address).status_code == 302
    assert DelegationEnd.objects.count() == 1


def test_substitute_signs_in_the_browser(as_, cast, asked, now):
    services.delegate_slot(
        slot="sales", substitute=cast["sam"], starts_at=now, ends_at=now + DAY, reason="Leave.",
        by=cast["vera"], authenticated_at=now, at=now,
    )  # fmt: skip
    client = as_("sam")
    page = client.get(f"/sign/{asked.pk}/").content.decode()
    assert "as substitute for Vera Okoro" in page

    answer = client.post(
        f"/sign/{asked.pk}/",
        {
            "document_sha256": asked.version.sha256, "agrees": "on", "typed_name": "Sam Ortiz",
            "password": PASSWORD,
        },
    )  # fmt: skip

    assert answer.status_code == 302
    assert Signature.objects.get().signer == cast["sam"]
    assert "as substitute for Vera Okoro" in client.get(f"/sign/{asked.pk}/").content.decode()


def test_list_asks_a_fixed_number_of_queries(as_, cast, now, django_assert_max_num_queries):
    for number in range(4):
        services.delegate_slot(
            slot="sales", substitute=cast["sam"], starts_at=now + 2 * number * DAY,
            ends_at=now + (2 * number + 1) * DAY, reason="Leave.", by=cast["vera"],
            authenticated_at=now, at=now,
        )  # fmt: skip
    client = as_("ed")
    client.get("/agreement/substitutes/")

    with django_assert_max_num_queries(8):
        client.get("/agreement/substitutes/")
