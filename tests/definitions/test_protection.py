"""What is signed cannot change, and a change by somebody who owns the server is found."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.db.utils import DatabaseError

from definitions import selectors, services
from definitions.models import (
    Activation,
    Decline,
    Delegation,
    DelegationEnd,
    Reason,
    RequestClosure,
    Signature,
    SignatureRequest,
    Version,
    Viewing,
    Withdrawal,
)
from definitions.verification import verify
from revops import roles
from revops.audit.models import AppendOnlyError
from tests.factories.definitions import DAY, MINUTE, NOON, sent, signed_version
from tests.standing import standing

MODELS = [
    Version, Reason, Activation, Withdrawal, SignatureRequest, Signature, Decline, RequestClosure,
    Viewing, Delegation, DelegationEnd,
]  # fmt: skip
SIGNED = NOON + DAY


@standing
def full(cast):
    """At least one row in every table of the documents."""
    version = signed_version("sla", cast=cast)
    services.withdraw_version(version=version, by=cast["rita"], reason="No.", at=SIGNED)
    draft = services.open_draft(kind="definitions", by=cast["rita"], at=NOON)
    asked = sent(draft, by=cast["rita"], at=NOON)
    services.note_viewing(request=asked, reader=cast["vera"], at=NOON)
    given = services.delegate_slot(
        slot="sales", substitute=cast["sam"], starts_at=NOON, ends_at=SIGNED, reason="Leave.",
        by=cast["vera"], authenticated_at=NOON, at=NOON,
    )  # fmt: skip
    services.end_delegation(delegation=given, by=cast["vera"], at=NOON)
    services.decline_version(
        request=asked, slot="sales", by=cast["vera"], reason="Too low.", at=NOON + MINUTE
    )
    return signed_version("score_model", cast=cast)


def refused(statement, parameters=()):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.db_table)
def test_application_cannot_change_a_row(model, full):
    table = model._meta.db_table
    row = model.objects.order_by("pk").last()
    text = next(
        field.name
        for field in model._meta.fields
        if isinstance(field, models.CharField) and not field.choices
    )
    copied = ", ".join(field.column for field in model._meta.fields)

    upsert = f"ON CONFLICT (id) DO UPDATE SET {text} = 'x'"
    for statement in (
        f"UPDATE {table} SET {text} = 'x'",
        f"UPDATE {table} SET id = id WHERE id = {row.pk}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
        f"INSERT INTO {table} ({copied}) SELECT {copied} FROM {table} {upsert}",
        f"MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"DROP TABLE {table} CASCADE",
        f"CREATE TRIGGER sneak BEFORE UPDATE ON {table} EXECUTE FUNCTION audit_refuse_change()",
        f"SELECT id FROM {table} FOR UPDATE",
    ):
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner|append-only"):
            refused(statement)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save(force_update=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
    with pytest.raises(AppendOnlyError):
        model.objects.filter(pk=row.pk).update(**{text: "x"})
    with pytest.raises(AppendOnlyError):
        model.objects.bulk_update([row], [text])


def test_chain_of_intact_documents_verifies(full):
    found = verify()

    assert found.damage == ()
    assert found.is_intact
    assert (found.version_count, found.signature_count) == (7, 6)
    assert found.head_sha256 == selectors.head_sha256()


def tampered(*statements):
    """Damage what is found when these statements ran with the triggers off; then undo it all."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            for model in MODELS:
                cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER USER")
            for statement in statements:
                cursor.execute(statement)
        found = verify().damage
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db(transaction=True)
def test_tampering_by_the_owner_is_found(full, cast):
    one, two, three, four, five, six = Signature.objects.order_by("position")
    body = full.pk
    request = full.signature_request.pk
    activation = full.activation.pk
    renamed = full.canonical_text.replace("Two scores", "No scores").replace("'", "''")
    assert renamed != full.canonical_text
    table = "definitions_signature"
    change, use = f"UPDATE {table} SET", "UPDATE definitions_activation SET"
    text = f"UPDATE definitions_version SET canonical_text = '{renamed}', content = jsonb_set"
    purpose = "to_jsonb(replace(content->>'purpose', 'Two scores', 'No scores'))"
    not_its_record = "its hash is not that of its record"
    cases = {
        "body": (
            (
                "UPDATE definitions_version SET content = jsonb_set(content, '{purpose}', '1')"
                f" WHERE id = {body}"
            ),
            f"definitions_version {body}: its content is no valid document",
        ),
        "body and text": (
            f"{text}(content, '{{purpose}}', {purpose}) WHERE id = {body}",
            f"definitions_version {body}: its hash is not that of its text",
        ),
        "text": (
            f"UPDATE definitions_version SET canonical_text = '{renamed}' WHERE id = {body}",
            f"definitions_version {body}: its canonical text is not that of its content",
        ),
        "signer": (
            f"{change} signer_id = {cast['ed'].pk} WHERE id = {two.pk}",
            f"{table} {two.pk}: {not_its_record}",
        ),
        "time": (
            f"{change} signed_at = signed_at - interval '1 second' WHERE id = {five.pk}",
            f"{table} {five.pk}: {not_its_record}",
        ),
        "middle": (
            f"DELETE FROM {table} WHERE id = {three.pk}",
            f"{table} {four.pk}: it stands at 4, where 3 is expected",
        ),
        "tail": (
            f"DELETE FROM {table} WHERE id = {six.pk}",
            f"definitions_signaturerequest {request}: it is completed and its slots say otherwise",
        ),
        "order": (
            (
                f"{change} position = 99 WHERE id = {four.pk};"
                f"{change} position = 4 WHERE id = {five.pk};"
                f"{change} position = 5 WHERE id = {four.pk}"
            ),
            f"{table} {five.pk}: it does not follow the record before it",
        ),
        "name": (
            f"{change} typed_name = 'Ed Bauer' WHERE id = {one.pk}",
            f"{table} {one.pk}: {not_its_record}",
        ),
        "date": (
            f"{use} effective_from = effective_from + interval '1 day' WHERE id = {activation}",
            f"definitions_activation {activation}: it takes effect at another instant than signed",
        ),
        "unsigned but in force": (
            f"{use} is_signed = false, effective_from = '2001-01-01' WHERE id = {activation}",
            f"definitions_activation {activation}: it is unsigned and not the seeded content",
        ),
    }
    reason = Reason.objects.order_by("pk").first().pk
    cases["reason"] = (
        f"UPDATE definitions_reason SET label = 'Whatever' WHERE id = {reason}",
        f"definitions_reason {reason}: it is not as its version says",
    )

    with roles.as_owner():
        found = {name: tampered(statement)[:1] for name, (statement, _) in cases.items()}

    assert found == {name: (sentence,) for name, (_, sentence) in cases.items()}
    assert verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_command_names_the_first_bad_row_and_notices_a_rebuilt_chain(full):
    out = io.StringIO()
    call_command("verify_chain", stdout=out)
    assert selectors.head_sha256() in out.getvalue()

    with pytest.raises(CommandError, match=f"the chain has lost its record {'0' * 64}"):
        call_command("verify_chain", head="0" * 64, stdout=out, stderr=out)
    with roles.as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE definitions_signature DISABLE TRIGGER USER")
        cursor.execute("UPDATE definitions_signature SET typed_name = 'Ed' WHERE position = 1")
    with pytest.raises(CommandError) as refused:
        call_command("verify_chain", stdout=out, stderr=out)

    row = Signature.objects.get(position=1).pk
    assert str(refused.value) == (
        f"first bad row: definitions_signature {row}: its hash is not that of its record"
    )
    assert "definitions_signature_append_only" in out.getvalue()
