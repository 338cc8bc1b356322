"""`manage.py organization`: the settings every number is cut by."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from revops.audit.models import AuditEntry
from revops.people.models import Organization

pytestmark = pytest.mark.django_db


def run(**options):
    out = io.StringIO()
    call_command("organization", stdout=out, **options)
    return out.getvalue()


def test_what_is_given_is_set_and_the_rest_stays():
    empty = run()
    run(name="Olist", timezone="America/Sao_Paulo")
    printed = run(currency="BRL")

    assert "Not set yet" in empty
    assert "timezone: America/Sao_Paulo\ncurrency: BRL" in printed
    stored = Organization.objects.get()
    assert (stored.name, stored.timezone, stored.currency) == ("Olist", "America/Sao_Paulo", "BRL")
    assert AuditEntry.objects.filter(act="set_organization").count() == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"timezone": "Mars/Phobos"}, "no time zone 'Mars/Phobos'", id="zone"),
        pytest.param({"currency": "real"}, "is no currency", id="currency"),
        pytest.param({"fiscal_year_start_month": 13}, "1 to 12", id="month"),
    ],
)
def test_what_does_not_exist_is_refused(options, message):
    with pytest.raises(CommandError, match=message):
        run(**options)

    assert not Organization.objects.exists()
