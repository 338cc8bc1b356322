"""The journal keeps the head of the chain, day by day."""

from __future__ import annotations

import pytest
from django.db import connection

from definitions import selectors, services
from definitions.models import Signature
from definitions.verification import verify
from revops import roles
from revops.audit.models import AuditEntry
from tests.factories.definitions import DAY, MINUTE, NOON, sign, signed_version


def test_nothing_is_noted_before_the_first_signature(cast):
    assert services.note_head(at=NOON) is None


def test_head_is_noted_once_a_day(cast):
    signed_version("sla", cast=cast)

    first = services.note_head(at=NOON + MINUTE)
    again = services.note_head(at=NOON + 2 * MINUTE)
    next_day = services.note_head(at=NOON + DAY)

    assert first.details == {"position": 3, "record_sha256": selectors.head_sha256()}
    assert again is None
    assert next_day.subject == "chain:2026-03-04"
    assert verify().is_intact


def test_older_heads_stay_part_of_the_chain(request_, cast):
    sign(request_, slot="sales", by=cast["vera"])
    services.note_head(at=NOON + MINUTE)
    sign(request_, slot="revops", by=cast["rita"])

    assert verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_cut_chain_lacks_a_head_the_journal_knows(request_, cast):
    sign(request_, slot="sales", by=cast["vera"])
    sign(request_, slot="revops", by=cast["rita"])
    services.note_head(at=NOON + MINUTE)

    # The request stays open, so nothing but the noted head tells of the missing record.
    with roles.as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE definitions_signature DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM definitions_signature WHERE position = 2")

    assert Signature.objects.count() == 1
    assert AuditEntry.objects.filter(act="head_noted").count() == 1
    assert verify().damage == (
        "definitions_signature: the chain has lost the record noted as head on 2026-03-03",
    )
