"""What a certificate proves: who signed what, when it was seen and signed, and from where."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from definitions import selectors, services
from definitions.devices import device
from definitions.models import Viewing
from tests.factories.definitions import DAY, MINUTE, sign, signed_version

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15"
    " Version/18.2 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"
)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (PHONE, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/133.0", "Firefox on Linux"),
        ("Firefox", "Firefox"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "not known"),
        ("x" * 300, "x" * 40),
    ],
)  # fmt: skip
def test_device_in_words(user_agent, words):
    assert device(user_agent) == words


def test_first_view_is_noted_once_per_reader(as_, cast, asked):
    client = as_("carla")

    client.get(f"/sign/{asked.pk}/")
    client.get(f"/sign/{asked.pk}/")
    as_("ed").get(f"/sign/{asked.pk}/")

    readers = Viewing.objects.order_by("id").values_list("reader", flat=True)
    assert list(readers) == [cast["carla"].pk, cast["ed"].pk]


def test_nothing_is_noted_without_logging_in(client, asked):
    assert client.get(f"/sign/{asked.pk}/").status_code == 302

    assert not Viewing.objects.exists()


def test_viewing_a_closed_request_is_not_noted(cast, asked, now):
    services.decline_version(
        request=asked, slot="sales", by=cast["vera"], reason="No.", at=now + MINUTE
    )
    asked.refresh_from_db()

    services.note_viewing(request=asked, reader=cast["ed"], at=now + MINUTE)

    assert not Viewing.objects.exists()


def test_database_keeps_one_first_view(cast, asked, now):
    given = {"request": asked, "reader": cast["ed"], "viewed_at": now, "actor": "user:1"}
    Viewing.objects.create(**given)

    with pytest.raises(IntegrityError, match="definitions_viewing_first_only"):
        Viewing.objects.create(**given)


def test_certificate_tells_everything_of_a_signature(as_, cast, asked, now):
    services.note_viewing(request=asked, reader=cast["vera"], at=now)
    sign(asked, slot="sales", by=cast["vera"], at=now + MINUTE, user_agent=PHONE)
    version = asked.version

    page = as_("ed").get(f"/agreement/sla/{version.number}/certificate/").content.decode()

    for words in (
        "Vera Okoro, Sales leader", "203.0.113.7", "Safari on iPhone", "I agree for Sales",
        "typed again when signing", version.sha256, selectors.head_sha256(), "America/New_York",
        "Never: In review", "nothing: the chain begins here", "/verify/?head=",
    ):  # fmt: skip
        assert words in page
    assert "not noted" not in page


def test_certificate_names_the_span_in_force(as_, cast, now):
    first = signed_version("sla", cast=cast, at=now - 2 * DAY)
    signed_version(
        "sla", cast=cast, at=now - DAY, commitments__first_contact={"allowance_amount": 2}
    )

    (proof,) = selectors.certificates_of(versions=[first], at=now)

    assert proof.effective_from
    assert proof.effective_to
    assert [witness.viewed_at for witness in proof.witnesses] == ["", "", ""]
    assert "First viewed</dt><dd>not noted" in as_("sam").get(
        "/agreement/sla/2/certificate/"
    ).content.decode()  # fmt: skip


def test_seeded_content_has_an_empty_certificate(as_):
    page = as_("ed").get("/agreement/sla/1/certificate/").content.decode()

    assert "Nobody has signed this version" in page


def test_certificate_of_nothing_is_not_found(as_, client):
    assert as_("ed").get("/agreement/sla/9/certificate/").status_code == 404
    assert as_("ed").get("/agreement/contract/1/certificate/").status_code == 404


def test_certificate_asks_a_fixed_number_of_queries(as_, cast, now, django_assert_max_num_queries):
    for hours in (2, 3, 4):
        signed_version(
            "sla", cast=cast, at=now - (10 - hours) * DAY,
            commitments__first_contact={"allowance_amount": hours},
        )  # fmt: skip
    client = as_("ed")
    client.get("/agreement/sla/2/certificate/")

    with django_assert_max_num_queries(16):
        client.get("/agreement/sla/2/certificate/")
