"""Signing: three people, the exact text, a fresh password, one chain."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError

from definitions import selectors, services
from definitions.choices import Closure, DocumentKind, Standing
from definitions.models import Activation, Draft, RequestClosure, Signature, SignatureRequest
from definitions.months import add_months
from revops.audit.models import AuditEntry
from revops.outbox.models import Message
from revops.people.choices import Role
from revops.people.models import RevocationEpoch, User
from tests.factories.definitions import (
    DAY,
    MINUTE,
    NOON,
    edited,
    sent,
    sign,
    sign_all,
    signed_version,
)

LATER = NOON + MINUTE


def send(draft, by, at=NOON, **values):
    return sent(draft, by=by, at=at, **values)


def test_request_freezes_an_immutable_version(request_, draft, cast):
    version = request_.version

    assert (version.kind, version.number) == ("definitions", 2)
    assert version.content == services.draft_content(draft=draft)
    assert request_.slots == ["revops", "marketing", "sales"]
    assert request_.expires_at == NOON + 14 * DAY
    assert not selectors.version_in_use(kind="definitions", at=NOON).is_signed
    assert Message.objects.get(kind="signature_requested", channel="app").payload["to"] == [
        cast["rita"].pk,
        cast["carla"].pk,
        cast["vera"].pk,
    ]


def test_three_signatures_bring_the_version_into_force(request_, cast):
    epoch = RevocationEpoch.objects.get().number

    sign(request_, slot="sales", by=cast["vera"])
    sign(request_, slot="revops", by=cast["rita"])
    assert not selectors.version_in_use(kind="definitions", at=LATER).is_signed
    sign(request_, slot="marketing", by=cast["carla"], at=LATER)

    in_use = selectors.version_in_use(kind="definitions", at=LATER)
    assert (in_use.version, in_use.is_signed) == (request_.version, True)
    assert in_use.effective_from == LATER
    assert selectors.version_in_use(kind="definitions", at=NOON).version.number == 1
    assert RequestClosure.objects.get().cause == Closure.COMPLETED
    assert Draft.objects.get().closed_at == LATER
    assert RevocationEpoch.objects.get().number > epoch
    assert set(Message.objects.values_list("kind", flat=True)) == {
        "signature_requested", "version_signed", "version_in_force",
    }  # fmt: skip


def test_journal_tells_who_did_what(request_, cast):
    sign_all(request_, cast=cast)

    told = AuditEntry.objects.filter(subject=f"version:{request_.version_id}").order_by("id")

    people = [f"user:{cast[key].pk}" for key in ("rita", "rita", "carla", "vera", "vera")]
    acts = ["signatures_requested", "signed", "signed", "signed", "activated"]
    assert list(told.values_list("act", "actor")) == list(zip(acts, people, strict=True))


def test_date_in_the_future_is_kept(draft, cast):
    starts = NOON + 30 * DAY
    request = send(draft, cast["rita"], effective_from=starts)
    sign_all(request, cast=cast)

    assert selectors.version_in_use(kind="definitions", at=starts - MINUTE).version.number == 1
    assert selectors.version_in_use(kind="definitions", at=starts).version == request.version
    newest = selectors.timeline(kind="definitions", at=LATER)[0]
    assert newest.standing is Standing.SCHEDULED


def test_signatures_form_one_chain_over_all_documents(cast):
    signed_version("sla", cast=cast)
    signed_version("definitions", cast=cast, at=NOON + 10 * MINUTE)

    chain = list(Signature.objects.order_by("position"))

    assert [row.position for row in chain] == [1, 2, 3, 4, 5, 6]
    assert chain[0].previous_sha256 == ""
    assert [row.previous_sha256 for row in chain[1:]] == [row.record_sha256 for row in chain[:-1]]
    assert selectors.head_sha256() == chain[-1].record_sha256


@pytest.mark.parametrize(
    ("slot", "key"),
    [(slot, key) for slot in ("revops", "marketing", "sales")
     for key in ("rita", "carla", "vera", "mara", "sam", "ed")
     if (slot, key) not in {("revops", "rita"), ("marketing", "carla"), ("sales", "vera")}],
)  # fmt: skip
def test_nobody_signs_for_another_side(slot, key, request_, cast):
    with pytest.raises(services.NotAllowedError):
        sign(request_, slot=slot, by=cast[key])

    assert not Signature.objects.exists()


def test_superuser_holds_no_slot_but_that_of_the_role(request_, cast):
    root = User.objects.create_superuser(email="root@example.com", password="x", name="Root")

    with pytest.raises(services.NotAllowedError):
        sign(request_, slot="sales", by=root)


def test_one_person_never_fills_two_slots(request_, cast):
    sign(request_, slot="marketing", by=cast["carla"])
    carla = cast["carla"]
    carla.role = Role.SALES_LEADER
    carla.save(update_fields=["role"])

    with pytest.raises(services.NotAllowedError, match="different people"):
        sign(request_, slot="sales", by=carla)


def test_slot_is_signed_once(request_, cast):
    sign(request_, slot="sales", by=cast["vera"])
    other = User.objects.create_user(
        email="vp2@example.com", name="Val Otto", role=Role.SALES_LEADER
    )

    with pytest.raises(services.SlotTakenError):
        sign(request_, slot="sales", by=other)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        pytest.param(
            {"authenticated_at": NOON + MINUTE - timedelta(minutes=5)},
            services.StaleAuthenticationError,
            id="password five minutes old",
        ),
        pytest.param(
            {"authenticated_at": NOON + 2 * MINUTE},
            services.StaleAuthenticationError,
            id="password checked in the future",
        ),
        pytest.param(
            {"document_sha256": "0" * 64}, services.ChangedSinceShownError, id="another text"
        ),
        pytest.param({"typed_name": "V. Okoro"}, services.TypedNameError, id="another name"),
        pytest.param({"typed_name": " "}, services.TypedNameError, id="no name"),
    ],
)
def test_proof_is_checked(values, refusal, request_, cast):
    with pytest.raises(refusal):
        sign(request_, slot="sales", by=cast["vera"], **values)

    assert not Signature.objects.exists()


def test_name_may_differ_in_case_and_blanks(request_, cast):
    signature = sign(request_, slot="sales", by=cast["vera"], typed_name="  vera   OKORO ")

    assert signature.typed_name == "vera OKORO"


def test_decline_returns_to_draft_and_leaves_what_is_in_force(request_, draft, cast):
    sign(request_, slot="revops", by=cast["rita"])

    services.decline_version(
        request=request_, slot="sales", by=cast["vera"], reason="Fit 50 is too low.", at=LATER
    )

    draft.refresh_from_db()
    assert draft.closed_at is None
    assert selectors.version_in_use(kind="definitions", at=LATER).version.number == 1
    assert selectors.timeline(kind="definitions", at=LATER)[0].standing is Standing.DECLINED
    with pytest.raises(services.RequestClosedError, match="declined"):
        sign(request_, slot="marketing", by=cast["carla"])
    assert send(draft, cast["rita"], at=LATER).version.number == 3


def test_decline_needs_a_reason_and_the_slot(request_, cast):
    with pytest.raises(services.DocumentError, match="Say why"):
        services.decline_version(
            request=request_, slot="sales", by=cast["vera"], reason=" ", at=LATER
        )
    with pytest.raises(services.NotAllowedError):
        services.decline_version(
            request=request_, slot="sales", by=cast["sam"], reason="No.", at=LATER
        )


def test_request_expires_after_two_weeks(request_, draft, cast):
    end = NOON + 14 * DAY

    with pytest.raises(services.RequestClosedError, match="expired"):
        sign(request_, slot="sales", by=cast["vera"], at=end)
    first_run = services.expire_requests(at=end)
    second_run = services.expire_requests(at=end)

    assert (first_run, second_run) == (1, 0)
    assert request_.closure.cause == Closure.EXPIRED
    assert request_.closure.actor == "system:expire_requests"
    assert send(draft, cast["rita"], at=end).version.number == 3


def test_draft_waits_for_one_request_at_a_time(request_, draft, cast):
    with pytest.raises(services.RequestRefusedError, match="already waiting"):
        send(draft, cast["rita"], at=LATER)


@pytest.mark.parametrize("key", ["carla", "vera", "sam", "ed"])
def test_only_revops_sends(key, draft, cast):
    with pytest.raises(services.NotAllowedError):
        send(draft, cast[key])


def test_mql_of_one_dimension_is_refused_at_signature(draft, cast):
    edited(draft, key="mql", by=cast["rita"], fit_threshold=0)

    with pytest.raises(services.RequestRefusedError, match="behaviour only"):
        send(draft, cast["rita"])

    assert not SignatureRequest.objects.exists()


def test_effective_date_is_never_in_the_past(draft, cast):
    with pytest.raises(services.RequestRefusedError, match="in the past"):
        send(draft, cast["rita"], effective_from=NOON - MINUTE)


def test_effective_date_is_within_two_years(draft, cast):
    last = add_months(instant=NOON, months=24)

    with pytest.raises(services.RequestRefusedError, match="within 24 months"):
        send(draft, cast["rita"], effective_from=last + MINUTE)

    assert send(draft, cast["rita"], effective_from=last).effective_from == last


def test_second_change_within_six_months_is_an_exception_with_a_reason(cast):
    signed_version("definitions", cast=cast)
    soon = NOON + 60 * DAY
    draft = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=soon)
    edited(draft, key="mql", by=cast["rita"], at=soon, fit_threshold=60)

    with pytest.raises(services.RequestRefusedError, match="3 Sep 2026 or later"):
        send(draft, cast["rita"], at=soon)
    with pytest.raises(services.RequestRefusedError):
        send(draft, cast["rita"], at=soon, exceptional_reason="  ")
    in_time = add_months(instant=NOON + MINUTE, months=6)
    assert services.earliest_change(kind=DocumentKind.DEFINITIONS, at=soon) == in_time
    request = send(draft, cast["rita"], at=soon, exceptional_reason="A market was closed.")

    assert request.version.exceptional_reason == "A market was closed."
    assert "A market was closed." in request.version.canonical_text


def test_same_words_as_in_force_are_not_signed_again(cast):
    signed_version("sla", cast=cast)
    draft = services.open_draft(kind=DocumentKind.SLA, by=cast["rita"], at=NOON + DAY)

    with pytest.raises(services.RequestRefusedError, match="same as the version in force"):
        send(draft, cast["rita"], at=NOON + DAY)


def test_sla_may_change_when_needed(cast):
    signed_version("sla", cast=cast)

    version = signed_version(
        "sla", cast=cast, at=NOON + DAY, commitments__first_contact={"allowance_amount": 2}
    )

    assert version.number == 3
    assert selectors.sla_of(version).commitments["first_contact"].allowance_amount == 2


def test_contribution_holds_from_its_quarters_first_local_instant(cast):
    draft = services.open_draft(kind=DocumentKind.CONTRIBUTION, by=cast["rita"], at=NOON)

    request = send(draft, cast["rita"])

    # Midnight of 1 April in New York is four hours later in UTC.
    assert request.effective_from == NOON.replace(month=4, day=1, hour=4)


def test_contribution_is_amended_before_its_quarter_begins(cast):
    first = signed_version("contribution", cast=cast)

    second = signed_version(
        "contribution", cast=cast, at=NOON + DAY, target={"amount": "500000", "currency": "USD"},
        quarter={"label": "Q2 2026"},
    )  # fmt: skip

    gap = second.activation.effective_from - first.activation.effective_from
    assert gap == timedelta(microseconds=1)
    april = NOON.replace(month=4, day=2)
    assert selectors.version_in_use(kind="contribution", at=april).version == second


def test_contribution_of_a_quarter_that_has_begun_is_an_exception(cast):
    draft = services.open_draft(kind=DocumentKind.CONTRIBUTION, by=cast["rita"], at=NOON)
    late = NOON + 40 * DAY

    with pytest.raises(services.RequestRefusedError, match="signed before it"):
        send(draft, cast["rita"], at=late)
    request = send(draft, cast["rita"], at=late, exceptional_reason="Signed late.")

    assert request.effective_from == late


def test_closed_draft_is_neither_edited_nor_sent(cast):
    signed_version("sla", cast=cast)
    closed = Draft.objects.get()

    with pytest.raises(services.DraftClosedError):
        edited(closed, key="commitments/first_contact", by=cast["rita"], allowance_amount=2)
    with pytest.raises(services.DraftClosedError):
        send(closed, cast["rita"])


def test_withdrawn_version_gives_way_to_the_one_before(cast):
    version = signed_version("sla", cast=cast)
    at = NOON + DAY

    services.withdraw_version(version=version, by=cast["rita"], reason="Wrong unit.", at=at)

    assert selectors.version_in_use(kind="sla", at=at).version.number == 1
    assert selectors.version_in_use(kind="sla", at=at - MINUTE).version == version
    assert selectors.schedule().in_use(kind="sla", at=at).number == 1
    assert selectors.schedule().in_use(kind="sla", at=at - MINUTE).number == 2
    assert selectors.timeline(kind="sla", at=at)[0].standing is Standing.WITHDRAWN
    with pytest.raises(services.DocumentError, match="already withdrawn"):
        services.withdraw_version(version=version, by=cast["rita"], reason="Again.", at=at)


def test_provisional_content_is_not_withdrawn(cast):
    version = selectors.version_in_use(kind="sla", at=NOON).version

    with pytest.raises(services.DocumentError, match="Only a signed version"):
        services.withdraw_version(version=version, by=cast["rita"], reason="No.", at=NOON)


def test_organisation_without_revops_signs_with_two_slots(draft, cast):
    assert services.requests.slots_to_fill() == ["revops", "marketing", "sales"]

    User.objects.filter(role=Role.REVOPS).update(is_active=False)

    assert services.requests.slots_to_fill() == ["marketing", "sales"]


def activate(version, *, kind, effective_from):
    return Activation.objects.create(
        kind=kind,
        version=version,
        effective_from=effective_from,
        is_signed=True,
        activated_at=effective_from,
        actor="system:test",
    )


def test_database_refuses_two_activations_at_one_instant(request_, cast):
    taken = selectors.version_in_use(kind="definitions", at=NOON).effective_from

    with pytest.raises(IntegrityError, match="definitions_activation_one_instant"):
        activate(request_.version, kind="definitions", effective_from=taken)


def test_database_refuses_an_activation_of_another_kind(request_):
    with pytest.raises(IntegrityError, match="definitions_activation_kind_is_the_versions"):
        activate(request_.version, kind="sla", effective_from=NOON)
