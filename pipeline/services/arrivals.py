"""What an incoming row becomes before it is sent to the database: judged, scored, planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from definitions.choices import DocumentKind
from definitions.selectors import contribution_of, definitions_of, score_model_of
from pipeline.choices import Designation, Origin, QualityFlag, SourceGroup
from pipeline.decision import decide
from pipeline.fields import NO_COMPANY, facts_of_row
from pipeline.handoff import missing_of
from pipeline.matching import channel_key, company_key, domain_of
from pipeline.scoring import given
from pipeline.selectors.handoff import agreed_context, carried_by_row
from pipeline.services.evidence import fit_of_mql, handed_over
from revops.rest.strict import FieldProblem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from definitions.content import ContextItem
    from definitions.selectors import Entry, Schedule
    from pipeline.decision import Decision
    from pipeline.fields import CompanyFacts
    from pipeline.rows import LeadRow, TouchEntry

SKEW: Final = timedelta(minutes=2)
"""How far ahead of our clock an instant may be; it is taken for now. Source: sla-clock R12b."""


LIVE: Final = timedelta(minutes=15)
"""How long ago a lead that another system tells of now may have become an MQL."""


class InstantError(Exception):
    """A row tells of an instant that cannot be, or that only an import may tell of."""

    def __init__(self, name: str, *, code: str, words: str) -> None:
        self.problem = FieldProblem(f"/{name}", code, f"{name}: {words}")
        super().__init__(self.problem.detail)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A row ready to be stored.

    Attributes:
        sent: What the database function takes.
        decision: What the definition says, also where no round is opened.
        is_live: Whether the round, if any, begins now, so that its clocks can be planned at once.
        is_raised: Whether the person asked to be contacted.
    """

    sent: dict[str, Any]
    decision: Decision
    captured_at: datetime | None
    is_live: bool
    is_raised: bool

    @property
    def opens_round(self) -> bool:
        """Whether the lead becomes an MQL with its arrival."""
        return self.sent["opening"] is not None


@dataclass
class Reception:
    """Judges rows by the versions in use at their instants, each looked up once per instant."""

    schedule: Schedule
    source_system: str
    origin: Origin
    at: datetime
    route: bool
    companies: Mapping[str, CompanyFacts] = field(default_factory=dict)
    known: Collection[tuple[str, str]] = ()
    _entries: dict[tuple[DocumentKind, datetime], Entry] = field(default_factory=dict)
    _groups: dict[str, str | None] = field(default_factory=dict)
    _agreed: tuple[ContextItem, ...] | None = None

    def entry(self, *, kind: DocumentKind, at: datetime) -> Entry:
        """Return the version of `kind` in use at `at`."""
        key = (kind, at)
        if key not in self._entries:
            self._entries[key] = self.schedule.in_use(kind=kind, at=at)
        return self._entries[key]

    def receive(self, row: LeadRow, *, n: int) -> Arrival:
        """Judge `row`, the `n`th.

        Raises:
            InstantError: It tells of the future, or over the API of history.
        """
        created_at = self._instant(row.created_at, name="created_at")
        captured_at = created_at or (None if self.origin == Origin.IMPORT else self.at)
        mql_at = self._instant(row.mql_at, name="mql_at")
        self._check_live(row, created_at=created_at, mql_at=mql_at)
        for touch in row.touches:
            self._instant(touch.occurred_at, name="touches")
        key = company_key(name=row.company, domain=row.company_domain)
        group = row.source_group or self._mapped_group(row.channel)
        company = self.companies.get(key or "", NO_COMPANY)
        decision = self._judge(row, company=company, group=group, at=mql_at or self.at)
        is_raised = row.hand_raiser or self._has_raised(row, at=mql_at or self.at)
        opening = self._opening(decision, mql_at=mql_at, group=group, is_raised=is_raised)
        if opening is not None:
            opening |= {
                "qualified": self._qualified(row, decision, at=mql_at),
                "handed": self._handed(row, company),
            }
        sent = _told(row) | {
            "n": n,
            "source_system": row.source_system or self.source_system,
            "company_key": key,
            "company": _company(row) if key else None,
            "channel_group": group or SourceGroup.UNKNOWN.value,
            "source_group": group,
            "captured_at": captured_at,
            "is_hand_raiser": is_raised,
            "fit_score": decision.fit.value,
            "intent_score": decision.intent.value,
            "last_touch_at": max(
                (min(touch.occurred_at, self.at) for touch in row.touches), default=captured_at
            ),
            "quality_flags": self._flags(row),
            "touches": self._touches(row, captured_at=captured_at or self.at),
            "opening": opening,
        }
        return Arrival(
            sent=sent,
            decision=decision,
            captured_at=captured_at,
            is_live=mql_at is None or mql_at == self.at,
            is_raised=is_raised,
        )

    def _instant(self, stated: datetime | None, *, name: str) -> datetime | None:
        if stated is None:
            return None
        if stated > self.at + SKEW:
            raise InstantError(name, code="in_the_future", words="lies in the future")
        return min(stated, self.at)

    def _check_live(
        self, row: LeadRow, *, created_at: datetime | None, mql_at: datetime | None
    ) -> None:
        """Refuse a new lead of the API that became an MQL long ago, or before it was there.

        Its promises would be missed before anybody here could have kept them. A known lead is
        left alone: its round is not opened again.
        """
        system = row.source_system or self.source_system
        if self.origin != Origin.API or mql_at is None or (system, row.external_id) in self.known:
            return
        if created_at is not None and mql_at < created_at:
            raise InstantError("mql_at", code="before_created", words="lies before created_at")
        if mql_at < self.at - LIVE:
            raise InstantError(
                "mql_at",
                code="history",
                words="lies more than 15 minutes back; import history with `manage.py import`",
            )

    def _mapped_group(self, channel: str | None) -> str | None:
        """Return the group the contribution agreement in use puts the channel in."""
        key = channel_key(channel)
        if key is None:
            return None
        if key not in self._groups:
            self._groups[key] = self._group_of(key)
        return self._groups[key]

    def _group_of(self, key: str) -> str | None:
        agreement = contribution_of(self.entry(kind=DocumentKind.CONTRIBUTION, at=self.at))
        return next(
            (
                group.code
                for group in agreement.source_groups
                if group.code in SourceGroup.values
                and any(channel_key(name) == key for name in group.channels)
            ),
            None,
        )

    def _judge(
        self, row: LeadRow, *, company: CompanyFacts, group: str | None, at: datetime
    ) -> Decision:
        return decide(
            definitions=definitions_of(self.entry(kind=DocumentKind.DEFINITIONS, at=at)),
            model=score_model_of(self.entry(kind=DocumentKind.SCORE_MODEL, at=at)),
            facts=facts_of_row(row=row, company=company, source_group=group or "", at=at),
            fit=None if row.fit_score is None else given(row.fit_score),
            intent=None if row.intent_score is None else given(row.intent_score),
        )

    def _has_raised(self, row: LeadRow, *, at: datetime) -> bool:
        if not row.touches:
            return False
        rule = definitions_of(self.entry(kind=DocumentKind.DEFINITIONS, at=at)).mql
        return any(touch.kind in rule.hand_raise_acts for touch in row.touches)

    def _opening(
        self, decision: Decision, *, mql_at: datetime | None, group: str | None, is_raised: bool
    ) -> dict[str, Any] | None:
        """Return the round to open; outbound leads enter by sales, not by their scores."""
        qualifies = self.route and decision.is_mql and group != SourceGroup.OUTBOUND
        if mql_at is None and not qualifies:
            return None
        at = mql_at or self.at
        return opening_of(
            decision,
            mql_at=at,
            designation=Designation.SCORED if mql_at is None else Designation.IMPORTED,
            definitions=self.entry(kind=DocumentKind.DEFINITIONS, at=at),
            score_model=self.entry(kind=DocumentKind.SCORE_MODEL, at=at),
            assigning=self.entry(kind=DocumentKind.DEFINITIONS, at=self.at),
            is_raised=is_raised,
            route=mql_at is None or self.origin != Origin.IMPORT,
        )

    def _qualified(
        self, row: LeadRow, decision: Decision, *, at: datetime | None
    ) -> dict[str, int | None]:
        """Return the fit of an MQL that somebody else decided, as its evidence tells it.

        In history a fit of nothing that nobody stated is not known.
        """
        if at is None or decision.is_mql:
            return {}
        is_known = row.fit_score is not None or self.origin != Origin.IMPORT
        rule = definitions_of(self.entry(kind=DocumentKind.DEFINITIONS, at=at)).mql
        fit = decision.fit.value
        return fit_of_mql(fit=fit if is_known else fit or None, threshold=rule.fit_threshold)

    def _handed(self, row: LeadRow, company: CompanyFacts) -> dict[str, list[str]]:
        """Return what the evidence of a handoff now tells: what of the agreed context lacks."""
        if self._agreed is None:
            self._agreed = agreed_context(schedule=self.schedule, at=self.at)
        carried = carried_by_row(row=row, company=company)
        return handed_over(missing_of(agreed=self._agreed, carried=carried))

    def _flags(self, row: LeadRow) -> list[str]:
        found = []
        if not channel_key(row.channel):
            found.append(QualityFlag.CHANNEL_MISSING.value)
        if row.created_at is None and self.origin == Origin.IMPORT:
            found.append(QualityFlag.CREATED_MISSING.value)
        return found

    def _touches(self, row: LeadRow, *, captured_at: datetime) -> list[dict[str, Any]]:
        system = row.source_system or self.source_system
        touches = [self._touch(touch, system=system) for touch in row.touches]
        asked = any(touch.kind == "demo_request" for touch in row.touches)
        if row.hand_raiser and not asked:
            touches.append(
                {
                    "occurred_at": captured_at,
                    "kind": "demo_request",
                    "channel_key": channel_key(row.channel),
                    "campaign": row.campaign,
                    "asset": "",
                    "source": system,
                    "external_id": "",
                }
            )
        return touches

    def _touch(self, touch: TouchEntry, *, system: str) -> dict[str, Any]:
        return {
            "occurred_at": min(touch.occurred_at, self.at),
            "kind": touch.kind,
            "channel_key": channel_key(touch.channel),
            "campaign": touch.campaign,
            "asset": touch.asset,
            "source": system,
            "external_id": touch.external_id,
        }


def opening_of(
    decision: Decision,
    *,
    mql_at: datetime,
    designation: Designation,
    definitions: Entry,
    score_model: Entry,
    assigning: Entry,
    is_raised: bool,
    route: bool,
) -> dict[str, Any]:
    """Return the round a qualified lead opens, as the database function takes it."""
    return {
        "designation": designation.value,
        "definitions_version_id": definitions.version_id,
        "score_version_id": score_model.version_id,
        "assigning_version_id": assigning.version_id,
        "fit_score": decision.fit.value,
        "intent_score": decision.intent.value,
        "explanation": decision.to_json(),
        "mql_at": mql_at,
        "is_hand_raiser": is_raised,
        "route": route,
        "plan": None,
        "qualified": {},
        "handed": {},
    }


def _told(row: LeadRow) -> dict[str, Any]:
    """Return the columns that are stored as the row has them."""
    return {
        "external_id": row.external_id,
        "given": sorted(row.model_fields_set),
        "channel_key": channel_key(row.channel),
        "channel_name": row.channel,
        "campaign": row.campaign,
        "email": row.email,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "title": row.title,
        "seniority": row.seniority or "",
        "form_text": row.form_text,
        "attributes": row.attributes,
        "is_test": row.is_test,
    }


def _company(row: LeadRow) -> dict[str, Any]:
    domain = domain_of(row.company_domain)
    return {
        "name": row.company or domain,
        "domain": domain,
        "size": row.company_size,
        "industry": row.industry,
        "country": row.country,
        "technology": _array(row.technology),
    }


def _array(texts: list[str]) -> str:
    """Return a list as PostgreSQL writes an array of texts."""
    quoted = ('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return "{" + ",".join(quoted) + "}"
