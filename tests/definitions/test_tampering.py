"""36 attempts to change or forge what is signed; each fails as it should, or is found by name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from definitions import selectors, services
from definitions.models import Activation, Delegation, DelegationEnd, Signature, Version, Viewing
from definitions.records import record_text
from definitions.verification import verify
from revops import roles
from revops.audit.models import AppendOnlyError
from revops.people.models import User
from tests.definitions.test_protection import refused, tampered
from tests.definitions.test_races import at_once
from tests.factories.definitions import DAY, MINUTE, NOON, sent, sign, signed_version
from tests.factories.people import PASSWORD
from tests.standing import standing

SOON = NOON + DAY
TABLE = "definitions_signature"
PROTECTED = (Version, Signature, Delegation, DelegationEnd, Viewing)


def lend(cast, *, at=NOON, key="sam", **values):
    """Vera names a substitute for ten days."""
    given = {
        "slot": "sales", "substitute": cast[key], "starts_at": at, "ends_at": at + 10 * DAY,
        "reason": "Leave.", "by": cast["vera"], "authenticated_at": at, "at": at, **values,
    }  # fmt: skip
    return services.delegate_slot(**given)


@standing
def lent(cast):
    """A version in force that Sam signed for Vera, another one open, a delegation ended."""
    given = lend(cast)
    draft = services.open_draft(kind="sla", by=cast["rita"], at=NOON)
    asked = sent(draft, by=cast["rita"], at=NOON)
    services.note_viewing(request=asked, reader=cast["sam"], at=NOON)
    for slot, key in (("sales", "sam"), ("revops", "rita"), ("marketing", "carla")):
        sign(asked, slot=slot, by=cast[key])
    services.end_delegation(delegation=given, by=cast["vera"], at=SOON)
    signed_version("score_model", cast=cast, at=SOON + MINUTE)
    return given


def by_statement(words):
    """Return an attempt that runs a statement as the application's role."""

    def attempt(model, row):
        table = model._meta.db_table
        columns = ", ".join(field.column for field in model._meta.fields)
        refused(words.format(table=table, id=row.pk, columns=columns))

    return attempt


ATTEMPTS = {
    "UPDATE": by_statement("UPDATE {table} SET actor = 'x' WHERE id = {id}"),
    "UPDATE that changes nothing": by_statement("UPDATE {table} SET id = id"),
    "DELETE": by_statement("DELETE FROM {table} WHERE id = {id}"),
    "TRUNCATE": by_statement("TRUNCATE {table} CASCADE"),
    "ON CONFLICT DO UPDATE": by_statement(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}"
        " ON CONFLICT (id) DO UPDATE SET actor = 'x'"
    ),
    "MERGE": by_statement(
        "MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET actor = 'x'"
    ),
    "COPY from a file": by_statement("COPY {table} FROM '/etc/hostname'"),
    "bulk_update": lambda model, row: model.objects.bulk_update([row], ["actor"]),
    "queryset.update": lambda model, row: model.objects.filter(pk=row.pk).update(actor="x"),
    "save": lambda _, row: row.save(force_update=True),
    "trigger switched off": by_statement("ALTER TABLE {table} DISABLE TRIGGER ALL"),
    "replica session": by_statement("SET session_replication_role = replica"),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_application_cannot_change_what_is_signed(attempt, lent):
    for model in PROTECTED:
        row = model.objects.order_by("pk").last()
        before = model.objects.filter(pk=row.pk).values().get()

        with pytest.raises((DatabaseError, AppendOnlyError)), transaction.atomic():
            attempt(model, row)

        assert model.objects.filter(pk=row.pk).values().get() == before


FORGERIES = {
    "another substitute on the delegation": (
        "UPDATE definitions_delegation SET substitute_id = {mara} WHERE id = {given}",
        f"{TABLE} {{one}}: its hash is not that of its record",
    ),
    "a longer delegation": (
        "UPDATE definitions_delegation SET ends_at = ends_at + '1 day'::interval",
        f"{TABLE} {{one}}: its hash is not that of its record",
    ),
    "a delegation taken away": (
        "UPDATE definitions_signature SET delegation_id = NULL WHERE id = {one}",
        f"{TABLE} {{one}}: its hash is not that of its record",
    ),
    "a delegation lent to somebody else's signature": (
        "UPDATE definitions_signature SET delegation_id = {given} WHERE id = {two}",
        f"{TABLE} {{two}}: its hash is not that of its record",
    ),
    "an end put before the signature": (
        "UPDATE definitions_delegationend SET ended_at = '2026-03-03 15:00:30+00'",
        f"{TABLE} {{one}}: its delegation {{given}} did not hold for it",
    ),
    "another slot": (
        "UPDATE definitions_signature SET slot = 'x' WHERE id = {two}",
        f"{TABLE} {{two}}: its request has no slot x",
    ),
    "another statement": (
        "UPDATE definitions_signature SET statement = 'I agree.' WHERE id = {one}",
        f"{TABLE} {{one}}: its hash is not that of its record",
    ),
    "another address": (
        "UPDATE definitions_signature SET ip = '198.51.100.1' WHERE id = {two}",
        f"{TABLE} {{two}}: its hash is not that of its record",
    ),
}


@pytest.mark.django_db(transaction=True)
def test_forgery_by_the_owner_is_found_by_name(lent, cast):
    one, two = Signature.objects.order_by("position").values_list("pk", flat=True)[:2]
    names = {"one": one, "two": two, "given": lent.pk, "mara": cast["mara"].pk}
    # What the database itself would refuse is checked too, as if its owner had dropped the rule.
    drop = f"ALTER TABLE {TABLE} DROP CONSTRAINT definitions_signature_slot_is_known"

    with roles.as_owner():
        found = {
            name: tampered(drop, statement.format(**names))[:1]
            for name, (statement, _) in FORGERIES.items()
        }

    assert found == {name: (words.format(**names),) for name, (_, words) in FORGERIES.items()}
    assert verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_chain_made_anew_lacks_the_heads_that_were_noted(lent):
    head = selectors.head_sha256()
    services.note_head(at=SOON + DAY)

    with roles.as_owner(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
        rebuild(cursor)

    lost = "definitions_signature: the chain has lost the record noted as head on 2026-03-05"
    assert verify().damage == (lost,)
    assert verify(expected_head=head).damage == (
        lost, f"definitions_signature: the chain has lost its record {head}",
    )  # fmt: skip


def rebuild(cursor):
    """Give the first signature another name and compute every later hash again."""
    previous = ""
    for row in Signature.objects.select_related("delegation").order_by("position"):
        row.previous_sha256 = previous
        row.typed_name = "Sam O." if row.position == 1 else row.typed_name
        previous = services.signing.canonical.sha256(record_text(row))
        cursor.execute(
            f"UPDATE {TABLE} SET typed_name = %s, previous_sha256 = %s, record_sha256 = %s"
            " WHERE id = %s",
            [row.typed_name, row.previous_sha256, previous, row.pk],
        )


def posted(asked, name, **values):
    return {
        "document_sha256": asked.version.sha256, "agrees": "on", "typed_name": name,
        "password": PASSWORD, **values,
    }  # fmt: skip


SIGNING = {
    "another hash": ("vera", "Vera Okoro", {"document_sha256": "0" * 64}, 409),
    "hash of nothing": ("vera", "Vera Okoro", {"document_sha256": ""}, 422),
    "wrong password": ("vera", "Vera Okoro", {"password": "guess"}, 422),
    "somebody else's name": ("vera", "Carla Diaz", {}, 422),
    "without the tick": ("vera", "Vera Okoro", {"agrees": ""}, 422),
    "role without a slot": ("ed", "Ed Bauer", {}, 403),
    "substitute of the other side": ("mara", "Mara Lindqvist", {}, 403),
    "rep without a delegation": ("sam", "Sam Ortiz", {}, 403),
}


@pytest.mark.parametrize("attempt", SIGNING.values(), ids=SIGNING)
def test_page_refuses_to_sign(attempt, as_, asked):
    key, name, values, status = attempt
    answer = as_(key).post(f"/sign/{asked.pk}/", posted(asked, name, **values))

    assert answer.status_code == status
    assert not Signature.objects.exists()


def test_page_refuses_an_expired_request(as_, cast, sla_draft, now):
    asked = sent(sla_draft, by=cast["rita"], at=now - 15 * DAY)

    answer = as_("vera").post(f"/sign/{asked.pk}/", posted(asked, "Vera Okoro"))

    assert answer.status_code == 409
    assert "This request has expired" in answer.content.decode()


def test_page_refuses_a_second_signature_of_one_person(as_, asked):
    client = as_("vera")
    assert client.post(f"/sign/{asked.pk}/", posted(asked, "Vera Okoro")).status_code == 302

    assert client.post(f"/sign/{asked.pk}/", posted(asked, "Vera Okoro")).status_code == 409
    assert Signature.objects.count() == 1


def test_page_refuses_a_substitute_whose_delegation_ended(as_, cast, asked, now):
    given = lend(cast, at=now)
    client = as_("sam")
    assert "as substitute for" in client.get(f"/sign/{asked.pk}/").content.decode()
    services.end_delegation(delegation=given, by=cast["vera"], at=now)

    assert client.post(f"/sign/{asked.pk}/", posted(asked, "Sam Ortiz")).status_code == 403


def test_declined_version_leaves_the_one_in_force_untouched(cast):
    before = signed_version("sla", cast=cast)
    row = Version.objects.filter(pk=before.pk).values().get()
    draft = services.open_draft(kind="sla", by=cast["rita"], at=SOON)
    clause = draft.clauses.get(key="commitments/first_contact")
    services.edit_clause(
        draft=draft, key=clause.key, body={**clause.body, "allowance_amount": 9}, revision=1,
        by=cast["rita"], at=SOON,
    )  # fmt: skip
    asked = sent(draft, by=cast["rita"], at=SOON)
    sign(asked, slot="revops", by=cast["rita"], at=SOON)

    services.decline_version(
        request=asked, slot="sales", by=cast["vera"], reason="No.", at=SOON + MINUTE
    )

    assert selectors.version_in_use(kind="sla", at=SOON + MINUTE).version == before
    assert Version.objects.filter(pk=before.pk).values().get() == row
    assert verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_signer_and_substitute_at_once_fill_the_slot_once(cast, request_):
    lend(cast)

    found = at_once(
        *(lambda key=key: sign(request_, slot="sales", by=cast[key])
          for key in ("vera", "sam") for _ in range(3))
    )  # fmt: skip

    assert sum(isinstance(each, Signature) for each in found) == 1
    assert Signature.objects.count() == 1
    assert verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_hundred_last_signatures_at_once_activate_once(cast, request_):
    sign(request_, slot="revops", by=cast["rita"])
    sign(request_, slot="marketing", by=cast["carla"])
    people = list(User.objects.filter(pk=cast["vera"].pk)) * 5

    def run(_):
        try:
            return [last(by) for by in people]
        finally:
            connection.close()

    def last(by):
        try:
            return sign(request_, slot="sales", by=by, at=NOON + 2 * MINUTE)
        except services.DocumentError as refusal:
            return refusal

    # The server grants about a hundred connections in all; twenty of them try five times each.
    with ThreadPoolExecutor(20) as pool:
        found = [each for results in pool.map(run, range(20)) for each in results]

    assert len(found) == 100
    assert sum(isinstance(each, Signature) for each in found) == 1
    assert Activation.objects.filter(version=request_.version).count() == 1


def test_database_keeps_one_activation_per_version_and_instant(cast, lent):
    row = Activation.objects.filter(is_signed=True).order_by("pk").first()
    copy = {
        "kind": row.kind, "effective_from": row.effective_from + timedelta(days=1),
        "is_signed": True, "activated_at": row.activated_at, "actor": row.actor,
    }  # fmt: skip

    with pytest.raises(IntegrityError, match="version_id"), transaction.atomic():
        Activation.objects.create(version=row.version, **copy)
    assert Activation.objects.filter(version=row.version).count() == 1
