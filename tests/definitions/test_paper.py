"""What pages say on paper, and what every page says while nothing is signed."""

from __future__ import annotations

import pytest

from definitions import selectors, services
from tests.factories.definitions import DAY, signed_version


@pytest.mark.parametrize("address", ["/agreement/", "/agreement/sla/2/"])
def test_pages_print_signatures_and_the_address_to_check_them(address, as_, cast, now):
    signed_version("sla", cast=cast, at=now - DAY)

    page = as_("ed").get(address).content.decode()

    seal = page[page.index('class="seal print-only"') :]
    assert selectors.head_sha256() in seal
    assert "/verify/?head=" in seal
    assert "Vera Okoro" in seal


def test_every_page_says_that_nothing_counts_until_the_sla_is_signed(as_, cast, now):
    client = as_("sam")
    words = "Observing: nothing counts as a breach until the SLA is signed."
    pages = ("/definitions/", "/verify/", "/settings/")
    assert all(words in client.get(page).content.decode() for page in pages)

    version = signed_version("sla", cast=cast, at=now - DAY)

    assert not any(words in client.get(page).content.decode() for page in pages)
    services.withdraw_version(version=version, by=cast["rita"], reason="No.", at=now)
    assert words in client.get("/definitions/").content.decode()


def test_nobody_is_told_before_logging_in(client, cast):
    assert "Observing" not in client.get("/login/").content.decode()
