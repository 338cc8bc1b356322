"""What the application's role and the read-only role may do."""

from __future__ import annotations

import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError
from django.test import override_settings

from revops import roles
from revops.audit.models import AppendOnlyModel
from revops.audit.triggers import append_only_tables

pytestmark = pytest.mark.django_db

APPEND_ONLY = sorted(
    (model for model in apps.get_models() if issubclass(model, AppendOnlyModel)),
    key=lambda model: model._meta.db_table,
)


PRIVILEGES = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]


def run(statement, params=None):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


def rights(role, table):
    rows = run(
        "SELECT name FROM unnest(%s::text[]) AS name WHERE has_table_privilege(%s, %s, name)",
        [PRIVILEGES, role, table],
    )
    return {right for (right,) in rows}


def test_tests_run_as_the_application_and_not_as_a_superuser_or_owner():
    [(is_superuser, may_create, owned)] = run(
        "SELECT rolsuper, rolcreatedb, (SELECT count(*) FROM pg_class WHERE relowner = r.oid)"
        " FROM pg_roles r WHERE rolname = current_user"
    )

    assert (is_superuser, may_create, owned) == (False, False, 0)


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model._meta.db_table)
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE {table} SET {column} = {column}", id="update"),
        pytest.param("DELETE FROM {table}", id="delete"),
        pytest.param("TRUNCATE {table} CASCADE", id="truncate"),
        pytest.param("SELECT * FROM {table} FOR UPDATE", id="lock"),
        pytest.param("ALTER TABLE {table} DISABLE TRIGGER ALL", id="disable the trigger"),
        pytest.param("DROP TABLE {table} CASCADE", id="drop"),
    ],
)
def test_application_cannot_change_an_append_only_table(model, statement):
    words = {"table": model._meta.db_table, "column": model._meta.pk.column}

    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        run(statement.format(**words))


@pytest.mark.parametrize("table", append_only_tables())
def test_application_reads_and_inserts_append_only_rows(table):
    assert rights(roles_app(), table) == {"SELECT", "INSERT"}


def test_application_cannot_switch_triggers_off_for_its_session():
    with pytest.raises(ProgrammingError, match="permission denied"):
        run("SET session_replication_role = replica")


def test_history_of_edited_records_is_append_only_for_the_application():
    assert rights(roles_app(), "people_historicaluser") == {"SELECT", "INSERT"}


def test_read_only_role_sees_rows_but_no_credentials():
    assert rights(roles.READ_ONLY_ROLE, "audit_auditentry") == {"SELECT"}
    for table in roles.SECRET_TABLES:
        assert rights(roles.READ_ONLY_ROLE, table) == set()


def test_every_secret_table_exists():
    tables = {model._meta.db_table for model in apps.get_models()}

    assert tables >= roles.SECRET_TABLES


@pytest.mark.django_db(transaction=True)
def test_provisioning_again_changes_nothing():
    tables = connection.introspection.table_names()
    before = {table: rights(roles_app(), table) for table in tables}

    call_command("provision", stdout=io.StringIO())

    assert {table: rights(roles_app(), table) for table in tables} == before
    assert run("SELECT current_user") == [(roles_app(),)]


@pytest.mark.django_db(transaction=True)
def test_without_an_owner_commands_act_as_the_application():
    with override_settings(DATABASE_OWNER=None), roles.as_owner():
        assert run("SELECT current_user") == [(roles_app(),)]


def roles_app():
    return connection.settings_dict["USER"]
