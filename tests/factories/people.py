"""The smallest valid people; `person("sam")` is one of the cast."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from revops.people.choices import Role
from revops.people.models import Organization, User

PASSWORD = "correct horse battery"

CAST = {
    "rita": ("Rita Lind", Role.REVOPS),
    "carla": ("Carla Diaz", Role.MARKETING_LEADER),
    "mara": ("Mara Lindqvist", Role.MARKETING),
    "vera": ("Vera Okoro", Role.SALES_LEADER),
    "sam": ("Sam Ortiz", Role.SALES_REP),
    "ed": ("Ed Bauer", Role.VIEWER),
    "olga": ("Olga Petrova", Role.VIEWER),
}


class OrganizationFactory(DjangoModelFactory):
    """The one organisation; a second call returns the first's row."""

    id = 1
    name = "Northwind Instruments"
    timezone = "America/New_York"

    class Meta:
        model = Organization
        django_get_or_create = ["id"]


class UserFactory(DjangoModelFactory):
    """A viewer with a password."""

    email = factory.Sequence("person{}@example.com".format)
    name = "Ed Bauer"
    role = Role.VIEWER
    password = factory.django.Password(PASSWORD)

    class Meta:
        model = User


def person(key, **fields):
    """Store one of the cast: rita, carla, mara, vera, sam, ed or olga."""
    name, role = CAST[key]
    return UserFactory(email=f"{key}@example.com", name=name, role=role, **fields)
