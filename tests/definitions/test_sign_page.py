"""What the page of a request tells a signer: against which version, and how it ended."""

from __future__ import annotations

import pytest

from definitions import selectors, services
from definitions.choices import Closure, DocumentKind
from definitions.models import Signature, SignatureRequest
from tests.definitions.test_pages import signing
from tests.factories.definitions import DAY, MINUTE, edited, sent, sign, sign_all, signed_version

FIRST_CONTACT = "commitments/first_contact"


def drafted(cast, *, at, hours):
    """A draft of the SLA with another time for the first contact, sent for signature."""
    draft = services.open_draft(kind=DocumentKind.SLA, by=cast["rita"], at=at)
    edited(draft, key=FIRST_CONTACT, by=cast["rita"], at=at, allowance_amount=hours)
    return sent(draft, by=cast["rita"], at=at)


def declined(cast, asked, *, at):
    services.decline_version(
        request=asked, slot="marketing", by=cast["carla"], reason="Too few hours.", at=at
    )


@pytest.fixture
def sent_again(cast, now):
    """Version 2 holds; Rita signed 3, Carla declined it, and the same text waits as 4."""
    signed_version("sla", cast=cast, at=now - 2 * DAY, commitments__first_contact={
        "allowance_amount": 3,
    })  # fmt: skip
    refused = drafted(cast, at=now - DAY, hours=2)
    sign(refused, slot="revops", by=cast["rita"], at=now - DAY)
    declined(cast, refused, at=now - DAY)
    return sent(refused.draft, by=cast["rita"], at=now - DAY + MINUTE)


def test_declined_version_is_nothing_to_compare_with(as_, sent_again):
    page = as_("rita").get(f"/sign/{sent_again.pk}/").content.decode()

    assert sent_again.version.number == 4
    assert "Against version 2, which you signed last" in page
    assert "The words are the same" not in page


def test_who_never_signed_compares_with_the_version_in_use(as_, sent_again):
    page = as_("ed").get(f"/sign/{sent_again.pk}/").content.decode()

    assert "Against version 2." in page
    assert "The words are the same" not in page


def test_ended_request_compares_with_older_versions_only(as_, cast, now, sent_again):
    third = SignatureRequest.objects.get(version__kind="sla", version__number=3)
    second = SignatureRequest.objects.get(version__kind="sla", version__number=2)
    sign_all(sent_again, cast=cast, at=now - MINUTE)
    client = as_("rita")

    pages = {
        asked.version.number: client.get(f"/sign/{asked.pk}/").context["base"].number
        for asked in (second, third, sent_again)
    }

    assert pages == {2: 1, 3: 2, 4: 2}


def test_signed_version_that_does_not_hold_yet_is_not_compared_with(cast, now):
    draft = services.open_draft(kind=DocumentKind.SLA, by=cast["rita"], at=now)
    later = sent(draft, by=cast["rita"], at=now, effective_from=now + 30 * DAY)
    sign_all(later, cast=cast, at=now)
    asked = drafted(cast, at=now + MINUTE, hours=2)

    before = selectors.compared_with(request=asked, reader=cast["rita"], at=now + DAY)

    assert (before[0].number, before[1]) == (1, False)


def test_withdrawn_version_is_not_compared_with(cast, now):
    version = signed_version("sla", cast=cast, at=now - DAY)
    services.withdraw_version(version=version, by=cast["rita"], reason="Wrong unit.", at=now)
    asked = drafted(cast, at=now + MINUTE, hours=2)

    base, is_own = selectors.compared_with(request=asked, reader=cast["rita"], at=now + MINUTE)

    assert (base.number, is_own) == (1, False)


def test_edit_voids_the_request_visibly_and_it_cannot_be_signed(as_, cast, asked, sla_draft, now):
    sign(asked, slot="sales", by=cast["vera"], at=now)
    client = as_("rita")
    address = "/drafts/sla/clauses/purpose/"
    assert "Editing it voids what was signed" in client.get("/drafts/sla/").content.decode()

    assert client.post(address, {"body": "New.", "revision": "1"}).status_code == 302

    assert asked.closure.cause == Closure.VOIDED
    signer = as_("carla")
    shown = signer.get(f"/sign/{asked.pk}/").content.decode()
    assert "Voided by an edit" in shown
    assert 'name="typed_name"' not in shown
    answer = signer.post(f"/sign/{asked.pk}/", signing(asked, "Carla Diaz"))
    assert answer.status_code == 409
    assert "This request is closed: voided by an edit." in answer.content.decode()
    assert Signature.objects.count() == 1
    assert "Voided by an edit" in signer.get("/agreement/sla/?tab=history").content.decode()
    assert "Waiting for your signature" not in signer.get("/agreement/").content.decode()
