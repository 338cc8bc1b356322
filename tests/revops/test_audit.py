"""Append-only triggers, the journal, and the chain of seals."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from revops import roles
from revops.audit import seals, services
from revops.audit.models import AppendOnlyError, AppendOnlyModel, AuditEntry, Seal
from revops.audit.triggers import append_only_tables

TABLE = "audit_auditentry"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=10)

MODELS = [model for model in apps.get_models() if issubclass(model, AppendOnlyModel)]


def note(number, *, at=NOON):
    return services.record(at=at, actor="user:1", act="tested", subject=f"thing:{number}")


def seal_everything():
    services.seal_batches(at=NOON)  # notes how far the tables are
    return services.seal_batches(at=LATER)


@contextmanager
def tampering(table):
    """Act as somebody who owns the server and switches the triggers off."""
    with roles.as_owner(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for suffix in ("append_only", "no_truncate"):
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{suffix}")


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.db_table)
def test_query_sets_refuse_kindly_what_the_database_refuses(model):
    with pytest.raises(AppendOnlyError):
        model.objects.update(pk=1)
    with pytest.raises(AppendOnlyError):
        model.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_even_the_owner_is_refused_by_the_triggers():
    note(1)

    with roles.as_owner(), connection.cursor() as cursor:
        for statement in (
            "UPDATE audit_auditentry SET act = 'other'",
            "DELETE FROM audit_auditentry",
            "TRUNCATE audit_auditentry",
            f"INSERT INTO {TABLE} TABLE {TABLE} ON CONFLICT (id) DO UPDATE SET act = 'other'",
        ):
            with pytest.raises(DatabaseError, match="append-only"):
                cursor.execute(statement)

    assert AuditEntry.objects.get().act == "tested"


@pytest.mark.django_db
def test_every_append_only_table_has_its_triggers():
    assert services.verify_triggers() == []


@pytest.mark.django_db
def test_every_append_only_model_uses_the_refusing_query_set():
    assert len(MODELS) == len(append_only_tables())


@pytest.mark.django_db(transaction=True)
def test_weakened_and_missing_triggers_are_found():
    with roles.as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_seal ENABLE TRIGGER audit_seal_append_only")
        cursor.execute("DROP TRIGGER audit_auditentry_no_truncate ON audit_auditentry")

    assert services.verify_triggers() == [
        "audit_auditentry: trigger audit_auditentry_no_truncate is missing",
        "audit_seal: trigger audit_seal_append_only is not ENABLE ALWAYS",
    ]


@pytest.mark.django_db
def test_database_refuses_an_entry_without_an_actor():
    with pytest.raises(IntegrityError, match="audit_entry_actor_is_named"), transaction.atomic():
        services.record(at=NOON, actor="", act="tested", subject="thing:1")


@pytest.mark.django_db(transaction=True)
def test_rows_are_sealed_once_they_have_settled():
    entries = [note(1), note(2)]

    first = services.seal_batches(at=NOON)
    too_soon = services.seal_batches(at=NOON + timedelta(minutes=1))
    settled = services.seal_batches(at=LATER)

    assert (first, too_soon, settled) == (0, 0, 1)
    seal = Seal.objects.get(table="audit_auditentry")
    assert (seal.last_id, seal.row_count) == (entries[1].pk, 2)
    assert services.verify_seals() == []


@pytest.mark.django_db(transaction=True)
def test_seals_form_one_chain_over_batches(monkeypatch):
    monkeypatch.setattr(seals, "BATCH", 2)
    for number in range(5):
        note(number)

    count = seal_everything()

    chain = list(Seal.objects.order_by("id"))
    assert count == len(chain) == 3
    assert [seal.previous_sha256 for seal in chain] == ["", *(s.seal_sha256 for s in chain[:-1])]
    assert services.verify_seals() == []
    assert seals.head() == chain[-1].seal_sha256


@pytest.mark.django_db(transaction=True)
def test_sealing_again_without_new_rows_adds_nothing():
    note(1)
    seal_everything()

    assert services.seal_batches(at=LATER + timedelta(hours=1)) == 0
    assert Seal.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        pytest.param(
            "UPDATE audit_auditentry SET actor = 'user:9' WHERE subject = 'thing:2'",
            "audit_auditentry {second}: it was changed after it was sealed",
            id="edited row",
        ),
        pytest.param(
            "DELETE FROM audit_auditentry WHERE subject = 'thing:2'",
            "audit_auditentry {third}: it was changed after it was sealed,"
            " or a row between {first} and it is gone",
            id="deleted row",
        ),
        pytest.param(
            "DELETE FROM audit_auditentry WHERE subject = 'thing:3'",
            "audit_auditentry 1-{third}: 3 rows were sealed and 2 are left",
            id="deleted tail",
        ),
    ],
)
def test_tampering_with_sealed_rows_names_the_first_bad_one(statement, finding):
    first, second, third = (note(number).pk for number in (1, 2, 3))
    seal_everything()

    with tampering("audit_auditentry") as cursor:
        cursor.execute(statement)

    assert services.verify_seals() == [finding.format(first=first, second=second, third=third)]


@pytest.mark.django_db(transaction=True)
def test_tampering_with_seals_is_found(monkeypatch):
    monkeypatch.setattr(seals, "BATCH", 1)
    for number in (1, 2, 3):
        note(number)
    seal_everything()
    middle = Seal.objects.order_by("id")[1]

    with tampering("audit_seal") as cursor:
        cursor.execute("UPDATE audit_seal SET row_count = 7 WHERE id = %s", [middle.pk])

    assert services.verify_seals() == [
        f"audit_seal {middle.pk}: its hash is not that of its content",
        f"audit_auditentry {middle.first_id}-{middle.last_id}: 7 rows were sealed and 1 are left",
    ]


@pytest.mark.django_db(transaction=True)
def test_lost_tail_of_the_chain_shows_against_a_noted_head():
    note(1)
    seal_everything()
    head = seals.head()

    with tampering("audit_seal") as cursor:
        cursor.execute("DELETE FROM audit_seal")

    assert services.verify_seals() == []
    assert services.verify_seals(expected_head=head) == [
        f"audit_seal: the chain has lost its seal {head}"
    ]


@pytest.mark.django_db(transaction=True)
def test_rows_of_an_open_transaction_are_not_passed_over(django_db_blocker):
    settings = connection.settings_dict
    other = psycopg.connect(
        host=settings["HOST"] or None,
        port=settings["PORT"] or None,
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname=settings["NAME"],
    )
    other.execute(
        "INSERT INTO audit_auditentry (at, actor, act, subject, details)"
        " VALUES (now(), 'user:2', 'slow', 'thing:1', '{}')"
    )
    note(2)

    while_open = seal_everything()
    other.commit()
    other.close()
    services.seal_batches(at=LATER + timedelta(minutes=10))

    assert while_open == 0
    assert sum(Seal.objects.values_list("row_count", flat=True)) == 2
    assert services.verify_seals() == []
