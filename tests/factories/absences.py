"""Absences around an instant, written at once."""

from __future__ import annotations

from datetime import timedelta

import factory
from factory.django import DjangoModelFactory

from revops.people.models import Absence
from revops.people.selectors import local_day
from tests.factories.pipeline import RepFactory


class AbsenceFactory(DjangoModelFactory):
    """Somebody is out."""

    rep = factory.SubFactory(RepFactory)

    class Meta:
        model = Absence


def away(rep, *, at, before=1, after=1, **fields):
    """Store an absence from `before` days before the local day of `at` to `after` days after."""
    today = local_day(at=at)
    return AbsenceFactory(
        rep=rep,
        starts_on=today - timedelta(days=before),
        ends_on=today + timedelta(days=after + 1),
        **fields,
    )
