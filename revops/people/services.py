"""What people change about themselves, and the sample company's role picker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from revops.people.models import User
from revops.people.selectors import sample_people

if TYPE_CHECKING:
    from revops.people.choices import HourCycle, Role, Theme


class SampleOnlyError(Exception):
    """The role picker was used outside the sample company; the message is for the user."""


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
