"""The sample's organisation: both teams, twelve reps with quotas, one user for each role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from dashboards.sample import names
from revops.people.choices import Role, Side
from revops.people.models import Absence, Organization, QuotaPeriod, Rep, Team, User

if TYPE_CHECKING:
    from datetime import datetime

PASSWORD: Final = "demo"  # noqa: S105 - printed by `make demo`, exists only in the sample
QUOTA_AMOUNT: Final = Decimal(95_000)
ZONE_NAME: Final = "America/New_York"
PEOPLE: Final = (
    ("revops@example.com", "Rita Lind", Role.REVOPS, "Revenue operations"),
    ("cmo@example.com", "Carla Diaz", Role.MARKETING_LEADER, "Marketing"),
    ("marketer@example.com", "Mara Novak", Role.MARKETING, "Marketing"),
    ("vp@example.com", "Vera Okoro", Role.SALES_LEADER, "Sales"),
    ("rep@example.com", "Sam Carter", Role.SALES_REP, "Sales"),
    ("exec@example.com", "Ed Falk", Role.VIEWER, None),
)
JOINED_LATER: Final = {10: 150, 11: 31}
"""Reps by place who began to carry quota that many days before the sample's instant."""


@dataclass(frozen=True)
class Staff:
    """Who works at the sample company."""

    revops: User
    marketing_leader: User
    marketer: User
    sales_leader: User
    rep: User
    reps: list[Rep]


def hire(*, at: datetime) -> Staff:
    """Store the organisation, its users and its reps; passwords are all `demo`."""
    Organization.objects.update_or_create(
        id=1,
        defaults={
            "name": "Fernhill Software",
            "timezone": ZONE_NAME,
            "currency": "USD",
            "fiscal_year_start_month": 1,
            "is_sample": True,
        },
    )
    teams = {
        name: Team.objects.create(name=name, side=side)
        for name, side in (
            ("Marketing", Side.MARKETING),
            ("Sales", Side.SALES),
            ("Revenue operations", Side.REVOPS),
        )
    }
    users = {
        email: User.objects.create_user(
            email=email,
            password=PASSWORD,
            name=name,
            role=role,
            team=teams.get(team or ""),
            joined_at=at - timedelta(days=400),
        )
        for email, name, role, team in PEOPLE
    }
    reps = _roster(team=teams["Sales"], sam=users["rep@example.com"], today=at.date())
    return Staff(
        revops=users["revops@example.com"],
        marketing_leader=users["cmo@example.com"],
        marketer=users["marketer@example.com"],
        sales_leader=users["vp@example.com"],
        rep=users["rep@example.com"],
        reps=reps,
    )


def _roster(*, team: Team, sam: User, today: date) -> list[Rep]:
    """Store the twelve reps; two joined later, one is away this week, one will be next week.

    Neighbours back each other up; the one who will be away has named nobody else.
    """
    reps = Rep.objects.bulk_create(
        Rep(
            user=sam if place == 0 else None,
            external_id=f"rep-{place + 1:02d}",
            name=name,
            email=sam.email if place == 0 else f"rep{place + 1}@example.com",
            team=team,
            title="Account executive",
            segment=("SMB", "Mid-market", "Enterprise")[place % 3],
            takes_leads=True,
        )
        for place, name in enumerate(names.REPS)
    )
    QuotaPeriod.objects.bulk_create(
        QuotaPeriod(
            rep=rep,
            starts_on=today - timedelta(days=JOINED_LATER.get(place, 400)),
            quota_amount=QUOTA_AMOUNT,
        )
        for place, rep in enumerate(reps)
    )
    Absence.objects.create(
        rep=reps[9],
        starts_on=today - timedelta(days=1),
        ends_on=today + timedelta(days=6),
        cover=reps[1],
        reason="Holiday",
    )
    Absence.objects.create(
        rep=reps[4],
        starts_on=today + timedelta(days=9),
        ends_on=today + timedelta(days=14),
        reason="Training",
    )
    for place, rep in enumerate(reps):
        rep.backup = reps[place ^ 1]
    Rep.objects.bulk_update(reps, ["backup"])
    return reps
