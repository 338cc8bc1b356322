"""What people change about themselves, and the sample company's role picker."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from revops.audit.models import AuditEntry
from revops.people.models import Organization, User
from revops.people.selectors import sample_people

if TYPE_CHECKING:
    from datetime import datetime

    from revops.people.choices import HourCycle, Role, Theme

CURRENCY_LENGTH = 3
MONTHS = 12


class SampleOnlyError(Exception):
    """The role picker was used outside the sample company; the message is for the user."""


class PersonRefusedError(Exception):
    """Somebody cannot be added; the message is for the user, the field is the one to mend."""

    def __init__(self, words: str, *, field: str) -> None:
        self.field = field
        super().__init__(words)


class OrganizationError(Exception):
    """A setting of the organisation does not exist; the message is for the user."""


def sample_person(*, role: Role | str) -> User:
    """Return the sample company's person with `role`, whom anybody may look as.

    Raises:
        SampleOnlyError: This is a real company, or it has nobody with the role.
    """
    for person in sample_people():
        if person.role == role:
            return person
    raise SampleOnlyError("Roles can be tried only in the sample company.")


@transaction.atomic
def update_display(
    *,
    user: User,
    timezone: str,
    theme: Theme | str,
    hour_cycle: HourCycle | str,
    has_shortcuts: bool,
) -> User:
    """Store how `user` wants to see the product; an empty zone follows the organisation."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    user.timezone = timezone
    user.theme = theme
    user.hour_cycle = hour_cycle
    user.has_shortcuts = has_shortcuts
    user.save(update_fields=["timezone", "theme", "hour_cycle", "has_shortcuts"])
    return user


@transaction.atomic
def choose_theme(*, user: User, theme: Theme | str) -> User:
    """Store the theme alone, as the switch of the top bar does."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    user.theme = theme
    user.save(update_fields=["theme"])
    return user


@transaction.atomic
def set_organization(*, actor: str, at: datetime, **values: str | int) -> Organization:
    """Store what is given of the organisation's settings; the rest stays, or is the default.

    Args:
        actor: Who sets them.
        at: The instant of the call.
        values: name, timezone, currency, fiscal_year_start_month.

    Returns:
        The stored organisation.

    Raises:
        OrganizationError: A value does not exist; the message is for the user.
    """
    zone = str(values.get("timezone", "UTC"))
    if zone not in available_timezones():
        raise OrganizationError(f"There is no time zone {zone!r}; they are named Europe/Berlin.")
    currency = str(values.get("currency", "USD"))
    if not (len(currency) == CURRENCY_LENGTH and currency.isascii() and currency.isupper()):
        raise OrganizationError(f"{currency!r} is no currency; they are written EUR.")
    if not 1 <= int(values.get("fiscal_year_start_month", 1)) <= MONTHS:
        raise OrganizationError("The fiscal year starts in a month from 1 to 12.")
    stored, _ = Organization.objects.update_or_create(
        id=1, defaults=values, create_defaults={"name": "Our organisation", **values}
    )
    AuditEntry.objects.create(
        at=at, actor=actor, act="set_organization", subject="organization:1", details=values
    )
    return stored


@transaction.atomic
def add_person(
    *, email: str, name: str, role: Role | str, password: str, by: User, at: datetime
) -> User:
    """Store somebody who may log in with the password they are handed.

    Raises:
        PersonRefusedError: `by` may not, the address is taken, or the password is weak.
    """
    if not by.has_perm("people.manage_people"):
        raise PersonRefusedError("Your role may not add people.", field="email")
    if User.objects.filter(email__iexact=email).exists():
        raise PersonRefusedError("Somebody has this address already.", field="email")
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise PersonRefusedError(" ".join(error.messages), field="password") from error
    person = User.objects.create_user(
        email=email, password=password, name=name, role=role, joined_at=at
    )
    AuditEntry.objects.create(
        at=at,
        actor=f"user:{by.pk}",
        act="add_person",
        subject=f"user:{person.pk}",
        details={"role": str(role)},
    )
    return person
