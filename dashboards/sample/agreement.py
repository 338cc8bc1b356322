"""The sample's signed documents: agreed half-way through, by three people, as anybody would."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from dashboards.sample import audit
from definitions import canonical, services
from definitions.choices import DocumentKind
from definitions.models import Clause
from definitions.selectors import version_in_use
from definitions.services.drafts import next_quarter
from revops.people.choices import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboards.sample.staff import Staff
    from definitions.models import Draft, SignatureRequest
    from revops.people.models import User

    Edit = Callable[[Any], Any]

MONTHLY_MQLS: Final = 130
QUARTER_TARGET: Final = 3_000_000
PER_REP_TARGET: Final = 250_000
READ_FOR: Final = timedelta(minutes=11)
BROWSER: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0"
)
SPLIT: Final = (
    ("organic_search", 900_000),
    ("paid_search", 850_000),
    ("webinar", 600_000),
    ("event", 350_000),
    ("paid_social", 200_000),
    ("email", 100_000),
)


def sign_all(*, staff: Staff, signed_at: datetime, at: datetime) -> None:
    """Sign the definitions, the score model, the SLA, and the contribution of each later quarter.

    Args:
        staff: Who asks and who signs.
        signed_at: When the last of the three signed the first three documents.
        at: The sample's instant; every quarter that began between the two has its agreement.
    """
    audit.hold(staff=staff, signed_at=signed_at, at=at)
    for place, (kind, edits) in enumerate(_first_edits().items()):
        _sign(
            kind=kind,
            edits=edits,
            staff=staff,
            asked_at=signed_at - timedelta(hours=30 - place),
            signed_at=signed_at + timedelta(minutes=place - 3),
        )
    audit.resolve(staff=staff, at=signed_at + timedelta(hours=1))
    _read_by_the_teams(staff=staff, at=signed_at + timedelta(days=1))
    asked_at = signed_at
    while asked_at < at:
        _sign(
            kind=DocumentKind.CONTRIBUTION,
            edits={"target": _with_targets},
            staff=staff,
            asked_at=asked_at,
            signed_at=asked_at + timedelta(hours=20),
        )
        begins = date.fromisoformat(next_quarter(after=asked_at)["starts_on"])
        asked_at = datetime.combine(begins + timedelta(days=20), time(15), tzinfo=UTC)


def _read_by_the_teams(*, staff: Staff, at: datetime) -> None:
    """Let those who did not sign say that they have read; the executive still has to."""
    in_force = version_in_use(kind=DocumentKind.DEFINITIONS, at=at).version
    for reader in (staff.marketer, staff.rep):
        services.acknowledge_definitions(number=in_force.number, by=reader, at=at)


def _first_edits() -> Mapping[DocumentKind, Mapping[str, Edit]]:
    """Return what the two teams changed of the default texts before they signed."""
    return {
        DocumentKind.DEFINITIONS: {"reasons/reject": _without_history, "purpose": _with_name},
        DocumentKind.SCORE_MODEL: {"purpose": _with_name},
        DocumentKind.SLA: {"commitments/mql_volume": _with_volume},
    }


def _sign(
    *,
    kind: DocumentKind,
    edits: Mapping[str, Edit],
    staff: Staff,
    asked_at: datetime,
    signed_at: datetime,
) -> None:
    """Draft, edit, ask and sign; the last signature brings the version into force."""
    draft = services.open_draft(kind=kind, by=staff.revops, at=asked_at)
    for key, edit in edits.items():
        _edit(draft=draft, key=key, edit=edit, staff=staff, at=asked_at)
    for person in (staff.sales_leader, staff.rep):
        _approve(draft=draft, by=person, at=asked_at)
    request = services.request_signatures(draft=draft, by=staff.revops, at=asked_at)
    signers = (
        (Side.REVOPS, staff.revops),
        (Side.MARKETING, staff.marketing_leader),
        (Side.SALES, staff.sales_leader),
    )
    for place, (slot, signer) in enumerate(signers):
        moment = signed_at - timedelta(minutes=40 * (len(signers) - 1 - place))
        services.note_viewing(request=request, reader=signer, at=moment - READ_FOR)
        services.sign_version(
            request=request,
            slot=slot,
            by=signer,
            proof=_proof(request=request, name=signer.name, at=moment),
            at=moment,
        )


def _approve(*, draft: Draft, by: User, at: datetime) -> None:
    content = services.draft_content(draft=draft)
    services.approve_draft(
        draft=draft, shown_sha256=canonical.content_sha256(content), by=by, at=at
    )


def _proof(*, request: SignatureRequest, name: str, at: datetime) -> services.Proof:
    return services.Proof(
        typed_name=name,
        document_sha256=request.version.sha256,
        authenticated_at=at - timedelta(seconds=40),
        ip="203.0.113.24",
        user_agent=BROWSER,
    )


def _edit(*, draft: Draft, key: str, edit: Edit, staff: Staff, at: datetime) -> None:
    clause = Clause.objects.get(draft=draft, key=key)
    services.edit_clause(
        draft=draft,
        key=key,
        body=edit(deepcopy(clause.body)),
        revision=clause.revision,
        by=staff.revops,
        at=at,
    )


def _without_history(body: Any) -> Any:
    """Retire "not recorded": from now on a reject has a reason."""
    for entry in body["entries"]:
        if entry.get("history_only"):
            entry["is_retired"] = True
    return body


def _with_name(body: Any) -> Any:
    return f"{body}\n\nAgreed by Fernhill Software's marketing and sales teams."


def _with_volume(body: Any) -> Any:
    return {**body, "count": MONTHLY_MQLS, "is_active": True}


def _with_targets(body: Any) -> Any:
    return {
        **body,
        "amount": str(QUARTER_TARGET),
        "currency": "USD",
        "pipeline_per_rep_amount": str(PER_REP_TARGET),
        "lead_count": 3 * MONTHLY_MQLS,
        "revenue_goal_amount": "1200000",
        "split": [
            {"segment": None, "channel": channel, "amount": str(amount)}
            for channel, amount in SPLIT
        ],
    }
