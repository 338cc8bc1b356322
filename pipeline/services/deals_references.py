"""What the rows of deals name: leads, reps, channels, companies, versions and reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from definitions.choices import DocumentKind, Purpose
from definitions.models import Reason
from definitions.selectors import Schedule, schedule
from pipeline.choices import Origin, Outcome
from pipeline.models import Channel, Lead
from pipeline.services.references import channels_named, companies_named, relist_reps
from pipeline.services.rulebook import NOT_RECORDED
from revops.people.models import Organization, Rep
from revops.rest.strict import FieldProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from pipeline.fact_rows import OpportunityIn


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What a deal takes from its lead."""

    id: int
    external_id: str
    company_id: int | None
    channel_id: int | None
    captured_at: datetime | None


@dataclass(kw_only=True)
class References:
    """Everything the rows name, read in a fixed number of statements."""

    origin: Origin
    at: datetime
    zone: ZoneInfo
    currency: str
    schedule: Schedule
    leads: Mapping[str, LeadFacts]
    leads_by_id: Mapping[int, LeadFacts]
    reps: Mapping[str, int]
    new_reps: Mapping[str, int]
    channels: Mapping[str, Channel]
    companies: Mapping[str, int]
    reasons: Sequence[Reason]
    history_reasons: frozenset[int]
    _versions: dict[datetime, int] = field(default_factory=dict)

    def problems_of(self, row: OpportunityIn) -> tuple[FieldProblem, ...]:
        """Return why the row cannot be stored, nothing when it can."""
        found = []
        if row.lead_external_id and row.lead_external_id not in self.leads:
            found.append(_unknown("lead_external_id", "unknown_lead", "no such lead"))
        for name in ("rep_external_id", "sdr_external_id"):
            wanted = getattr(row, name)
            if wanted and wanted not in self.reps:
                found.append(_unknown(name, "unknown_rep", "no such rep on the roster"))
        found.extend(self._future(row))
        found.extend(self._reason_problems(row))
        return tuple(found)

    def _future(self, row: OpportunityIn) -> Iterable[FieldProblem]:
        for name in ("created_at", "accepted_at", "closed_at"):
            moment = getattr(row, name)
            if moment is not None and moment > self.at and (name != "closed_at" or row.outcome):
                yield _unknown(name, "in_the_future", "lies in the future")

    def _reason_problems(self, row: OpportunityIn) -> Iterable[FieldProblem]:
        if row.outcome != Outcome.LOST:
            return
        version = self.version_at(row.closed_at or self.at)
        if row.lost_reason:
            if self.reason(version=version, words=row.lost_reason) is None:
                known = ", ".join(
                    reason.code for reason in self.reasons if reason.version_id == version
                )
                yield _unknown(
                    "lost_reason",
                    "reason_not_in_list",
                    f"{row.lost_reason[:80]!r} is not in the list in use then: {known}",
                )
        elif self.origin != Origin.IMPORT:
            yield _unknown("lost_reason", "reason_required", "a lost deal needs a reason")
        elif self.reason_not_recorded(version=version) is None:
            yield _unknown(
                "lost_reason", "reason_required", "the list in use then has no 'not recorded'"
            )

    def lead_of(self, row: OpportunityIn) -> LeadFacts | None:
        """Return the lead the row names."""
        return self.leads.get(row.lead_external_id or "")

    def company_of(self, row: OpportunityIn) -> int | None:
        """Return the company the row names."""
        return self.companies.get((row.account or "").strip())

    def rep_of(self, external_id: str | None) -> int | None:
        """Return the rep."""
        return self.reps.get(external_id or "")

    def is_unlisted(self, row: OpportunityIn) -> bool:
        """Return whether one of the row's people was put on the roster by this call."""
        return bool({row.rep_external_id, row.sdr_external_id} & self.new_reps.keys())

    def local_date(self, moment: datetime) -> date:
        """Return the date in the organisation's zone."""
        return moment.astimezone(self.zone).date()

    def version_at(self, moment: datetime) -> int:
        """Return the id of the definitions in use then."""
        found = self._versions.get(moment)
        if found is None:
            found = self.schedule.in_use(kind=DocumentKind.DEFINITIONS, at=moment).version_id
            self._versions[moment] = found
        return found

    def reason(self, *, version: int, words: str) -> int | None:
        """Return the closed-lost reason with this code or label, in any case."""
        wanted = words.strip().casefold()
        for reason in self.reasons:
            if reason.version_id != version or (
                reason.history_only and self.origin != Origin.IMPORT
            ):
                continue
            if wanted in {reason.code.casefold(), reason.label.casefold()}:
                return reason.pk
        return None

    def reason_not_recorded(self, *, version: int) -> int | None:
        """Return the entry for history that does not say why."""
        return next(
            (
                reason.pk
                for reason in self.reasons
                if reason.version_id == version and reason.code == NOT_RECORDED
            ),
            None,
        )

    def code_of(self, reason_id: int | None) -> str:
        """Return the code of a reason, empty for none."""
        return next((reason.code for reason in self.reasons if reason.pk == reason_id), "")


def load_references(
    *,
    rows: Sequence[OpportunityIn],
    source_system: str,
    origin: Origin,
    at: datetime,
    create_reps: bool,
) -> References:
    """Read everything the rows name; the channels and companies nobody knows yet are created.

    Args:
        rows: The rows.
        source_system: The system whose ids name the leads.
        origin: By which way the rows come.
        at: The instant of the call.
        create_reps: Whether people nobody has listed are put on the roster.
    """
    settings = Organization.objects.values("timezone", "currency").first()
    leads = _leads(rows=rows, source_system=source_system)
    reps, new_reps = _reps(rows=rows, create=create_reps)
    reasons = list(Reason.objects.filter(purpose=Purpose.CLOSED_LOST))
    return References(
        origin=origin,
        at=at,
        zone=ZoneInfo(settings["timezone"] if settings else "UTC"),
        currency=settings["currency"] if settings else "USD",
        schedule=schedule(),
        leads={lead.external_id: lead for lead in leads},
        leads_by_id={lead.id: lead for lead in leads},
        reps=reps,
        new_reps=new_reps,
        channels=channels_named({row.channel for row in rows if row.channel}, at=at),
        companies=companies_named({row.account.strip() for row in rows if row.account}),
        reasons=reasons,
        history_reasons=frozenset(reason.pk for reason in reasons if reason.history_only),
    )


def _leads(*, rows: Sequence[OpportunityIn], source_system: str) -> list[LeadFacts]:
    wanted = {row.lead_external_id for row in rows if row.lead_external_id}
    stored = set(
        Lead.objects.filter(
            opportunities__source_system=source_system,
            opportunities__external_id__in=[row.external_id for row in rows],
        ).values_list("id", flat=True)
    )
    by_name = Lead.objects.filter(
        source_system=source_system, external_id__in=wanted, merged_into__isnull=True
    )
    columns = ("id", "external_id", "company_id", "channel_id", "captured_at")
    found: dict[int, dict[str, Any]] = {
        row["id"]: row for row in (by_name | Lead.objects.filter(id__in=stored)).values(*columns)
    }
    return [
        LeadFacts(
            id=row["id"],
            external_id=row["external_id"],
            company_id=row["company_id"],
            channel_id=row["channel_id"],
            captured_at=row["captured_at"],
        )
        for row in found.values()
    ]


def _reps(*, rows: Sequence[OpportunityIn], create: bool) -> tuple[dict[str, int], dict[str, int]]:
    wanted = {name for row in rows for name in (row.rep_external_id, row.sdr_external_id) if name}
    known = dict(Rep.objects.filter(external_id__in=wanted).values_list("external_id", "id"))
    if create:
        relist_reps(rep_ids=known.values())
    missing = sorted(wanted - known.keys())
    if not create or not missing:
        return known, {}
    Rep.objects.bulk_create(
        [Rep(external_id=name, name=name) for name in missing], ignore_conflicts=True
    )
    new = dict(Rep.objects.filter(external_id__in=missing).values_list("external_id", "id"))
    return known | new, new


def _unknown(column: str, code: str, words: str) -> FieldProblem:
    return FieldProblem(f"/{column}", code, f"{column}: {words}")
