"""Two people at the same moment: one of them wins, and the chain stays one chain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from definitions import selectors, services
from definitions.choices import DocumentKind
from definitions.models import Activation, Approval, Draft, Signature, Version
from definitions.verification import verify
from revops.outbox.models import Message
from revops.people.choices import Role
from revops.people.models import User
from tests.factories.definitions import DAY, MINUTE, NOON, approved, sent, sign, sign_all


def at_once(*acts):
    """Run the acts in threads that start together; return results and refusals."""
    start = Barrier(len(acts))

    def run(act):
        start.wait()
        try:
            return act()
        except services.DocumentError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_two_signers_of_one_slot(request_, cast):
    rivals = [cast["vera"]] + [
        User.objects.create_user(
            email=f"vp{number}@example.com", name=f"Val {number}", role=Role.SALES_LEADER
        )
        for number in range(5)
    ]

    found = at_once(*(lambda by=by: sign(request_, slot="sales", by=by) for by in rivals))

    assert sum(isinstance(each, Signature) for each in found) == 1
    assert sum(isinstance(each, services.SlotTakenError) for each in found) == 5
    assert Signature.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_all_slots_at_once_activate_once_and_chain(request_, cast):
    people = (("revops", "rita"), ("marketing", "carla"), ("sales", "vera"))

    found = at_once(
        *(lambda slot=slot, key=key: sign(request_, slot=slot, by=cast[key])
          for slot, key in people for _ in range(3))
    )  # fmt: skip

    assert sum(isinstance(each, Signature) for each in found) == 3
    assert Activation.objects.filter(version=request_.version).count() == 1
    assert verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_signing_and_editing_never_both_win(request_, draft, cast):
    sign(request_, slot="revops", by=cast["rita"])
    sign(request_, slot="marketing", by=cast["carla"])

    def edit():
        return services.edit_clause(
            draft=draft, key="review", body="Sooner.", revision=1, by=cast["rita"],
            at=NOON + MINUTE,
        )  # fmt: skip

    signed, changed = at_once(lambda: sign(request_, slot="sales", by=cast["vera"]), edit)

    is_in_force = selectors.version_in_use(kind="definitions", at=NOON + MINUTE).is_signed
    assert is_in_force is isinstance(signed, Signature)
    assert is_in_force is isinstance(changed, services.DraftClosedError)
    assert verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_drafts_and_defaults_are_made_once(cast):
    drafts = at_once(
        *(lambda: services.open_draft(kind=DocumentKind.SLA, by=cast["rita"], at=NOON),) * 4
    )
    installed = at_once(*(lambda: services.install_defaults(at=NOON),) * 3)

    assert len(set(drafts)) == Draft.objects.count() == 1
    assert installed == [[], [], []]
    assert Version.objects.count() == len(DocumentKind)


@pytest.mark.django_db(transaction=True)
def test_version_comes_into_force_once_however_many_look(draft, cast):
    request = sent(draft, by=cast["rita"], effective_from=NOON + DAY)
    sign_all(request, cast=cast)

    found = at_once(*(lambda: services.announce_in_force(at=NOON + DAY),) * 4)

    assert sorted(found) == [0, 0, 0, 1]
    assert Message.objects.filter(kind="definition.in_force", channel="app").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_text_is_approved_once_by_a_person(draft, cast):
    found = at_once(*(lambda: approved(draft, by=cast["vera"]),) * 4)

    assert len({approval.pk for approval in found}) == Approval.objects.count() == 1
