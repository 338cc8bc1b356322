"""What holds for all models at once."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models

from revops.audit.models import AppendOnlyModel
from revops.people.models import User

PACKAGES = {"revops", "definitions", "sla", "pipeline", "dashboards"}
OURS = sorted(
    (
        model
        for model in apps.get_models()
        if model.__module__.split(".")[0] in PACKAGES and not hasattr(model, "history_object")
    ),
    key=lambda model: model._meta.label,
)
FACTS = [model for model in OURS if issubclass(model, AppendOnlyModel)]

by_label = pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)


def checks(model):
    """The CHECK constraints of a model's table, as the database prints them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'c' AND conrelid = %s::regclass",
            [model._meta.db_table],
        )
        return [definition for (definition,) in cursor.fetchall()]


@pytest.mark.django_db
@by_label
def test_closed_vocabularies_are_closed_in_the_database(model):
    written = checks(model)
    open_ones = [
        field.name
        for field in model._meta.get_fields()
        if getattr(field, "choices", None)
        and not any(
            field.column in check and all(f"'{value}'" in check for value in values_of(field))
            for check in written
        )
    ]

    assert open_ones == []


def values_of(field):
    """The stored values of a field's choices that are not empty."""
    return [value for value, _ in field.flatchoices if value != ""]


@pytest.mark.django_db
@by_label
def test_who_and_when_are_stored_together_or_not_at_all(model):
    names = {field.name for field in model._meta.get_fields() if isinstance(field, models.Field)}
    nullable = {name for name in names if model._meta.get_field(name).null}
    written = checks(model)
    loose = []
    for name in sorted(names):
        pair = (name, name.removesuffix("_by") + "_at")
        is_person = model._meta.get_field(name).related_model is User
        is_pair = name.endswith("_by") and is_person and pair[1] in names
        if not is_pair or not nullable.issuperset(pair):
            continue
        columns = [model._meta.get_field(part).column for part in pair]
        if not any(all(column in check for column in columns) for check in written):
            loose.append(pair)

    assert loose == []


@pytest.mark.django_db
@by_label
def test_no_column_reads_a_clock_by_default(model):
    fields = [field for field in model._meta.get_fields() if isinstance(field, models.Field)]

    with_clock = [
        field.name
        for field in fields
        if getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
        or getattr(field.default, "__name__", "") in {"now", "today", "utcnow"}
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " AND column_default ~ '(now\\(|clock_timestamp|CURRENT_)'",
            [model._meta.db_table],
        )
        with_clock += [name for (name,) in cursor.fetchall()]

    assert with_clock == []


@pytest.mark.django_db
@by_label
def test_constraints_are_named_after_their_table(model):
    label = model._meta.db_table
    app = model._meta.app_label

    wrong = [
        constraint.name
        for constraint in model._meta.constraints
        if not constraint.name.startswith((label, app))
    ]

    assert wrong == []


@pytest.mark.parametrize("model", FACTS, ids=lambda model: model._meta.label)
def test_facts_cannot_be_lost_with_what_they_point_at(model):
    cascading = [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and field.remote_field.on_delete
        not in {models.PROTECT, models.RESTRICT, models.DO_NOTHING}
    ]

    assert cascading == []
