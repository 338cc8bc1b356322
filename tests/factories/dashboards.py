"""Rows as numbers read them, written at once: a round, a deal, a clock, a quota."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import factory
from factory.django import DjangoModelFactory

from dashboards.filters import MetricFilter, Setting
from dashboards.metrics import Period
from dashboards.registry import REGISTRY
from definitions.choices import Purpose
from definitions.models import Reason, Version
from pipeline.choices import Designation, Origin, Outcome, SourceGroup, Stage
from pipeline.models import Lead, Opportunity, Round, Transition
from revops.people.models import QuotaPeriod
from sla.models import Commitment
from tests.factories.pipeline import ChannelFactory, LeadFactory, RepFactory
from tests.factories.sla import CommitmentFactory

UTC_ZONE = ZoneInfo("UTC")
# A Sunday; Q4 2026 is on its 53rd day.
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
Q4 = Period(date(2026, 10, 1), date(2027, 1, 1))


def instant(text, *, zone="UTC"):
    """Return a local time such as `2026-10-05 09:00` as an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def asked(metric="funnel", *, period=Q4, at=AT, setting=None, zone=None, group_by="", **more):
    """Return a question with the metric's defaults; further options and filters by name."""
    held = setting or Setting(zone=UTC_ZONE)
    options = {option.name: option.choices[0] for option in REGISTRY[metric].options}
    narrowed = {
        name: value for name, value in more.items() if name not in options and name != "from_"
    }
    options |= {name: value for name, value in more.items() if name in options}
    if "from_" in more:
        options["from"] = more["from_"]
    return MetricFilter(
        setting=held,
        period=period,
        at=at,
        zone=zone or held.zone,
        group_by=group_by,
        options=options,
        **narrowed,
    )


def definitions_version():
    """Return the provisional definitions the migrations installed."""
    return Version.objects.filter(kind="definitions").order_by("number").first()


def lead_from(group="marketing", *, channel=None, **fields):
    """Store a lead of a source group; `channel=None` leaves the channel missing."""
    held = None
    if channel is not None:
        held = ChannelFactory(
            key=channel, name=channel.replace("_", " ").capitalize(), source_group=group
        )
    return LeadFactory(channel=held, source_group=group, **fields)


def round_of(lead=None, *, stage=Stage.MQL, **milestones):
    """Store a round with its milestones; one past MQL has the transition that brought it there."""
    held = lead if lead is not None else lead_from(channel="paid_search")
    number = Round.objects.filter(lead=held).count() + 1
    version = definitions_version()
    found = Round.objects.create(
        lead=held,
        number=number,
        designation=Designation.SCORED,
        definitions_version=version,
        **milestones,
    )
    moved = Transition.objects.create(
        round=found,
        from_stage=Stage.NURTURE,
        to_stage=Stage.MQL,
        occurred_at=milestones.get("mql_at") or AT,
        recorded_at=AT,
        actor="system:test",
        origin=Origin.JOB,
        definitions_version=version,
    )
    if stage not in {Stage.MQL, Stage.NURTURE}:
        moved = _arrive(found, stage, version=version)
    Round.objects.filter(pk=found.pk).update(stage=moved.to_stage, current_transition=moved)
    Lead.objects.filter(pk=held.pk).update(stage=moved.to_stage)
    found.refresh_from_db()
    return found


def _arrive(found, stage, *, version):
    """Store the last transition only; numbers read milestones, not the way."""
    reasons = {
        Stage.REJECTED: Purpose.REJECT,
        Stage.RECYCLED: Purpose.RECYCLE,
        Stage.DISQUALIFIED: Purpose.DISQUALIFY,
        Stage.LOST: Purpose.CLOSED_LOST,
    }
    before = {
        Stage.WON: Stage.OPPORTUNITY,
        Stage.LOST: Stage.OPPORTUNITY,
        Stage.OPPORTUNITY: Stage.SQL,
        Stage.SQL: Stage.ACCEPTED,
    }
    purpose = reasons.get(stage)
    reason = Reason.objects.filter(version=version, purpose=purpose).first() if purpose else None
    return Transition.objects.create(
        round=found,
        from_stage=before.get(stage, Stage.MQL),
        to_stage=stage,
        occurred_at=AT,
        recorded_at=AT,
        actor="system:test",
        origin=Origin.JOB,
        definitions_version=version,
        reason=reason,
        reason_purpose=purpose or "",
    )


class DealFactory(DjangoModelFactory):
    """An open deal of marketing's that sales accepted in October for 1,000."""

    source_system = "crm"
    external_id = factory.Sequence("deal-{}".format)
    name = "Pilot line"
    created_at = instant("2026-10-05 09:00")
    recorded_at = instant("2026-10-05 09:00")
    accepted_at = instant("2026-10-05 09:00")
    amount = Decimal(1000)
    accepted_amount = factory.SelfAttribute("amount")
    currency = "USD"
    source_group = SourceGroup.MARKETING
    origin = Origin.API
    definitions_version = factory.LazyFunction(definitions_version)

    class Meta:
        model = Opportunity


def deal(outcome="", *, closed="", accepted="2026-10-05 09:00", zone="UTC", **fields):
    """Store a deal; a lost one has the first reason of the list."""
    held = instant(accepted, zone=zone) if accepted else None
    if outcome == Outcome.LOST:
        reason = Reason.objects.filter(
            version=definitions_version(), purpose=Purpose.CLOSED_LOST
        ).first()
        fields |= {"lost_reason": reason, "lost_reason_purpose": "closed_lost"}
    return DealFactory(
        outcome=outcome,
        closed_at=instant(closed, zone=zone) if closed else None,
        **{"accepted_at": held, "created_at": held, **fields},
    )


def quota(rep=None, *, starts_on=date(2026, 1, 1), ends_on=None, amount=None, **fields):
    """Store a rep who carries quota."""
    held = rep or RepFactory(**fields)
    return QuotaPeriod.objects.create(
        rep=held, starts_on=starts_on, ends_on=ends_on, quota_amount=amount
    )


def promise(kind="first_contact", **fields):
    """Return the commitment of the SLA in use, stored if nobody did yet."""
    version = Version.objects.filter(kind="sla").order_by("number").first()
    held = Commitment.objects.filter(version=version, kind=kind).first()
    return held or CommitmentFactory(version=version, kind=kind, **fields)
