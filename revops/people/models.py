"""People of both teams, the rep roster and the organisation's settings."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from revops.people import permissions
from revops.people.choices import HourCycle, Role, Side, Theme

if TYPE_CHECKING:
    from datetime import date


class Organization(models.Model):
    """The one organisation of this database; the row has id 1."""

    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="USD")
    fiscal_year_start_month = models.PositiveSmallIntegerField(default=1)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="people_organization_is_one", condition=Q(id=1)),
            models.CheckConstraint(
                name="people_organization_fiscal_month_exists",
                condition=Q(fiscal_year_start_month__range=(1, 12)),
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Team(models.Model):
    """A group of people on one side, such as a sales territory."""

    name = models.CharField(max_length=80, unique=True)
    side = models.CharField(max_length=16, choices=Side)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_team_side_is_known", condition=Q(side__in=Side.values)
            )
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class UserManager(BaseUserManager["User"]):
    """Make users by their mail address."""

    def create_user(self, *, email: str, password: str | None = None, **fields: Any) -> User:
        """Store a user; without a password the account cannot log in.

        Raises:
            ValueError: `email` is empty.
        """
        if not email:
            raise ValueError("a user needs a mail address")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, *, email: str, password: str, **fields: Any) -> User:
        """Store a break-glass account; it has RevOps' rights and no more."""
        return self.create_user(
            email=email, password=password, role=Role.REVOPS, is_superuser=True, **fields
        )


class User(AbstractBaseUser):
    """A person who logs in; the role alone decides the rights (`permissions.RIGHTS`)."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role, default=Role.VIEWER)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="members")
    timezone = models.CharField(max_length=64, blank=True)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM, blank=True)
    hour_cycle = models.CharField(max_length=2, choices=HourCycle, default=HourCycle.TWENTY_FOUR)
    has_shortcuts = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    is_superuser = models.BooleanField(default=False)
    joined_at = models.DateTimeField(null=True, blank=True)

    objects = UserManager()
    history = HistoricalRecords(excluded_fields=["password", "last_login"])

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_user_role_is_known", condition=Q(role__in=Role.values)
            ),
            models.CheckConstraint(
                name="people_user_theme_is_known", condition=Q(theme__in=Theme.values)
            ),
            models.CheckConstraint(
                name="people_user_hour_cycle_is_known",
                condition=Q(hour_cycle__in=HourCycle.values),
            ),
            models.UniqueConstraint(Lower("email"), name="people_user_email_any_case"),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def is_staff(self) -> bool:
        """Whether the stock admin, off by default, would let the account in."""
        return self.is_superuser

    def has_perm(self, perm: str, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Return whether the role holds `perm`; superusers get nothing extra."""
        return permissions.holds(user=self, right=perm)

    def has_perms(self, perm_list: list[str] | tuple[str, ...], obj: Any = None) -> bool:
        """Return whether the role holds all of `perm_list`."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002 - Django's signature
        """Return whether the stock admin shows the app."""
        return self.is_superuser


class RepQuerySet(models.QuerySet["Rep"]):
    """Reads of the roster."""

    def active(self) -> RepQuerySet:
        """Reps who may be assigned leads."""
        return self.filter(is_active=True)

    def kept_by(self, user: User) -> RepQuerySet:
        """Reps whose absences a user enters: one's own, as leader the team's, as RevOps all."""
        if not user.has_perm("people.enter_absence"):
            return self.none()
        if user.role == Role.REVOPS:
            return self
        if user.role == Role.SALES_LEADER:
            return self.filter(Q(team=user.team_id) | Q(team__isnull=True) | Q(user=user))
        return self.filter(user=user)

    def seen_by(self, user: User) -> RepQuerySet:
        """Reps of whom a user may know when they are out: one's own and the team's."""
        if user.role != Role.SALES_REP:
            return self.kept_by(user)
        return self.filter(Q(team=user.team_id, team__isnull=False) | Q(user=user))


class Rep(models.Model):
    """A person on the roster who works leads or deals; may have no login."""

    user = models.OneToOneField(User, models.PROTECT, null=True, blank=True, related_name="rep")
    external_id = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="reps")
    title = models.CharField(max_length=80, blank=True)
    segment = models.CharField(max_length=80, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    takes_leads = models.BooleanField(default=False)
    backup = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="backs_up"
    )

    objects = RepQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_rep_backup_is_another",
                condition=Q(backup__isnull=True) | ~Q(backup=F("id")),
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class QuotaPeriod(models.Model):
    """Dates between which a rep carries quota, half-open; local to the organisation."""

    rep = models.ForeignKey(Rep, models.CASCADE, related_name="quota_periods")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    quota_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_quotaperiod_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
            ),
            models.UniqueConstraint(
                name="people_quotaperiod_one_start", fields=["rep", "starts_on"]
            ),
        ]

    def __str__(self) -> str:
        """Return the dates."""
        return f"{self.starts_on} to {self.ends_on or 'today'}"

    def covers(self, *, day: date) -> bool:
        """Return whether the rep carries quota on `day`."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


class AbsenceQuerySet(models.QuerySet["Absence"]):
    """Reads of absences."""

    def begun(self, *, on: date) -> AbsenceQuerySet:
        """Absences of people who are out on a local day."""
        return self.filter(starts_on__lte=on, ends_on__gt=on)


class Absence(models.Model):
    """Dates on which a rep takes no leads, half-open, with the colleague who covers.

    `source_id` names an absence that came from a calendar file, so that it comes in once.
    `handed_over_at` is when the leads of an absence that had begun were given to the cover.
    """

    rep = models.ForeignKey(Rep, models.CASCADE, related_name="absences")
    starts_on = models.DateField()
    ends_on = models.DateField()
    cover = models.ForeignKey(Rep, models.PROTECT, null=True, blank=True, related_name="covers")
    reason = models.CharField(max_length=80, blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)

    objects = AbsenceQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["reason"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_absence_ends_after_start", condition=Q(ends_on__gt=F("starts_on"))
            ),
            models.CheckConstraint(
                name="people_absence_cover_is_another",
                condition=Q(cover__isnull=True) | ~Q(cover=F("rep")),
            ),
            models.UniqueConstraint(
                name="people_absence_source_once",
                fields=["rep", "source_id"],
                condition=~Q(source_id=""),
            ),
        ]
        indexes = [models.Index(name="people_absence_dates", fields=["starts_on", "ends_on"])]

    def __str__(self) -> str:
        """Return the dates."""
        return f"{self.starts_on} to {self.ends_on}"

    @property
    def last_on(self) -> date:
        """The last day out."""
        return self.ends_on - timedelta(days=1)


class FeedToken(models.Model):
    """The secret in the address of a person's calendar feed; only its SHA-256 is stored."""

    user = models.OneToOneField(User, models.CASCADE, related_name="feed_token")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return whose feed it opens."""
        return f"Feed of user {self.user_id}"


class ApiKey(models.Model):
    """An integration's key; only its SHA-256 is stored, the key is shown once."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=24, unique=True)
    key_sha256 = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="api_keys"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class RevocationEpoch(models.Model):
    """One row counting revocations and role changes; caches compare it to be trusted."""

    number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="people_revocationepoch_is_one", condition=Q(id=1))
        ]

    def __str__(self) -> str:
        """Return the count."""
        return str(self.number)
