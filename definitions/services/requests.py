"""Put a draft before its signers, and end requests nobody completed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from definitions import selectors
from definitions.choices import Closure, DocumentKind
from definitions.content import Contribution
from definitions.documents import parse_document
from definitions.lint import Level, refusals
from definitions.models import Activation, Draft, SignatureRequest, Version
from definitions.months import add_months
from definitions.services.base import (
    DocumentError,
    actor_of,
    close_request,
    journal,
    lock_documents,
    require,
    signer_ids,
)
from definitions.services.beside import checks
from definitions.services.drafts import DraftClosedError, draft_content
from definitions.services.freezing import freeze
from definitions.services.reports import ReportError, checked_report
from definitions.services.talks import absent
from revops import formats
from revops.outbox.services import Notice, announce
from revops.people.choices import Role, Side
from revops.people.models import Organization, User

if TYPE_CHECKING:
    from datetime import date

    from definitions.documents import Document
    from definitions.lint import Finding

EXPIRES_AFTER = timedelta(days=14)
REMIND_AFTER = (timedelta(days=7), timedelta(days=12))
ALL_SLOTS = (Side.REVOPS, Side.MARKETING, Side.SALES)
# A version that holds years from now is a slip of the pen, and would lock the document till then.
LATEST_MONTHS = 24
# How many months after the last signed change the next may take effect.
STABLE_MONTHS = {DocumentKind.DEFINITIONS: 6, DocumentKind.SCORE_MODEL: 3}
# Who is scored how, and what is handed over when, changes by data, not by opinion.
CHANGED_BY_DATA = frozenset({DocumentKind.SCORE_MODEL, DocumentKind.SLA})


class RequestRefusedError(DocumentError):
    """The draft cannot be sent for signature as it is.

    Attributes:
        findings: What in the text stands in the way.
        field: What else does: `effective_from`, or empty.
    """

    def __init__(
        self, message: str, *, findings: tuple[Finding, ...] = (), field: str = ""
    ) -> None:
        self.findings = findings
        self.field = field
        super().__init__(message)


@transaction.atomic
def request_signatures(
    *,
    draft: Draft,
    by: User,
    at: datetime,
    effective_from: datetime | None = None,
    exceptional_reason: str = "",
    report: str = "",
) -> SignatureRequest:
    """Freeze a draft into an immutable version and ask the slots to sign it.

    Args:
        draft: The open draft.
        by: Who asks.
        at: When; the request expires 14 days later.
        effective_from: From when the version is to hold, neither before `at` nor more than 24
            months after it; None means as soon as everybody has signed, and for a contribution
            agreement its quarter's first instant.
        exceptional_reason: Why the change comes sooner than the document's rules allow.
        report: The data the change follows from, as an address; kept in the journal (S0-38).

    Raises:
        NotAllowedError: Only RevOps publishes.
        DraftClosedError: The draft is closed.
        RequestRefusedError: The draft is not fit to be signed, says the same as the signed
            version, already waits for signatures, its date breaks the stability rule, or those
            who are held to it have not taken part (ADR 0025).
        ContentError: The draft is no valid document.
        ReportError: `report` is no address, or it is missing where a signed score model or SLA is
            changed.
    """
    require(by=by, right="definitions.request_signatures", words="ask for signatures")
    lock_documents()
    draft = _open_draft(draft=draft, at=at)
    kind = DocumentKind(draft.kind)
    content = draft_content(draft=draft)
    document = parse_document(kind=kind, content=content)
    _refuse_unfit(document=document, at=at)
    _refuse_unheard(draft=draft)
    reason = exceptional_reason.strip()
    report = _report_of(kind=kind, report=report, at=at)
    starts = _effective_from(document=document, wanted=effective_from, at=at)
    refuse_too_soon(kind=kind, document=document, starts=starts, reason=reason, at=at)
    version = freeze(
        kind=kind,
        content=content,
        based_on=draft.based_on,
        exceptional_reason=reason,
        at=at,
        actor=actor_of(by),
    )
    _refuse_unchanged(version=version, at=at)
    request = SignatureRequest.objects.create(
        version=version,
        draft=draft,
        slots=slots_to_fill(),
        effective_from=_free_instant(kind=kind, starts=starts),
        requested_at=at,
        expires_at=at + EXPIRES_AFTER,
        requested_by=by,
        actor=actor_of(by),
    )
    _tell(request=request, by=by, at=at, report=report)
    return request


def report_is_needed(*, kind: DocumentKind, at: datetime) -> bool:
    """Return whether a change of the document has to name its data: it was signed before."""
    if kind not in CHANGED_BY_DATA:
        return False
    signed = Activation.objects.filter(kind=kind, is_signed=True)
    return signed.exclude(withdrawal__withdrawn_at__lte=at).exists()


def _report_of(*, kind: DocumentKind, report: str, at: datetime) -> str:
    if not report.strip() and report_is_needed(kind=kind, at=at):
        raise ReportError(
            f"A signed {kind.label.lower()} changes by data only: name the report this change "
            "follows from, by its address."
        )
    return checked_report(report, is_needed=False)


def _open_draft(*, draft: Draft, at: datetime) -> Draft:
    """Lock and read the draft again; it must be open and wait for no other request."""
    draft = Draft.objects.select_for_update(no_key=True).get(pk=draft.pk)
    if draft.closed_at is not None:
        raise DraftClosedError("This draft is closed. Open a new one from the version in use.")
    end_expired(at=at)
    if SignatureRequest.objects.filter(draft=draft, closure__isnull=True).exists():
        raise RequestRefusedError("This draft is already waiting for signatures.")
    return draft


def _free_instant(*, kind: DocumentKind, starts: datetime) -> datetime:
    """Return `starts`, or right behind it where a signed version takes that very instant."""
    while Activation.objects.filter(kind=kind, effective_from=starts).exists():
        starts += timedelta(microseconds=1)
    return starts


def slots_to_fill() -> list[str]:
    """Return the slots of a new request; without any RevOps person there are two."""
    has_revops = User.objects.filter(role=Role.REVOPS, is_active=True).exists()
    return [slot.value for slot in ALL_SLOTS if has_revops or slot is not Side.REVOPS]


def _refuse_unfit(*, document: Document, at: datetime) -> None:
    scores = selectors.version_in_use(kind=DocumentKind.SCORE_MODEL, at=at)
    model = selectors.score_model_of(scores.version)
    found = refusals(document=document, score_model=model)
    found += [one for one in checks(document=document, at=at) if one.level is Level.REFUSED]
    if found:
        words = " ".join(finding.message for finding in found)
        raise RequestRefusedError(f"Not fit to be signed: {words}", findings=tuple(found))


def _refuse_unheard(*, draft: Draft) -> None:
    missing = absent(draft=draft)
    if missing:
        raise RequestRefusedError(
            f"Wait for {' and '.join(missing)}: who is held to a text comments on the draft or "
            "approves it before it is signed."
        )


def _effective_from(*, document: Document, wanted: datetime | None, at: datetime) -> datetime:
    first = quarter_begins(document=document)
    starts = wanted or (at if first is None else max(first, at))
    if starts < at:
        raise RequestRefusedError(
            "A version cannot take effect in the past.", field="effective_from"
        )
    if starts > add_months(instant=at, months=LATEST_MONTHS):
        raise RequestRefusedError(
            f"A version takes effect within {LATEST_MONTHS} months.", field="effective_from"
        )
    return starts


def quarter_begins(*, document: Document) -> datetime | None:
    """Return the first instant of a contribution agreement's quarter; None for other documents."""
    if not isinstance(document, Contribution) or document.quarter is None:
        return None
    day = document.quarter.starts_on
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(_zone()))


def _zone() -> str:
    return Organization.objects.values_list("timezone", flat=True).first() or "UTC"


def _day(instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(_zone())).date()


def day_in_words(*, instant: datetime) -> str:
    """Return the organisation's day of an instant, as the pages write days."""
    return formats.local(instant, zone=_zone(), style="date")


def refuse_too_soon(
    *, kind: DocumentKind, document: Document, starts: datetime, reason: str, at: datetime
) -> None:
    """Hold a change to the document's stability rule unless it is exceptional, with a reason.

    Raises:
        RequestRefusedError: It comes too soon, or the quarter has begun, and no reason is given.
    """
    if reason:
        return
    earliest = earliest_change(kind=kind, at=at)
    # By days, as the refusal and the form name them: the day that is offered is accepted.
    if earliest is not None and _day(starts) < _day(earliest):
        raise RequestRefusedError(
            f"The last signed change is less than {STABLE_MONTHS[kind]} months old. This one may "
            f"take effect on {day_in_words(instant=earliest)} or later, or as an exception with a "
            "reason.",
            field="effective_from",
        )
    first = quarter_begins(document=document)
    if first is not None and starts != first:
        raise RequestRefusedError(
            "A contribution agreement takes effect on its quarter's first day, "
            f"{day_in_words(instant=first)}, and is signed before it. A later one is an exception "
            "with a reason.",
            field="effective_from",
        )


def earliest_change(*, kind: DocumentKind, at: datetime) -> datetime | None:
    """Return when the next change may take effect without being exceptional; None if any time."""
    months = STABLE_MONTHS.get(kind)
    if months is None:
        return None
    last = (
        Activation.objects.filter(kind=kind, is_signed=True)
        .exclude(withdrawal__withdrawn_at__lte=at)
        .order_by("-effective_from")
        .values_list("effective_from", flat=True)
        .first()
    )
    return None if last is None else add_months(instant=last, months=months)


def _refuse_unchanged(*, version: Version, at: datetime) -> None:
    in_use = selectors.version_in_use(kind=version.kind, at=at)
    if in_use.is_signed and in_use.version.content == version.content:
        raise RequestRefusedError("The draft says the same as the version in force.")


def _tell(*, request: SignatureRequest, by: User, at: datetime, report: str) -> None:
    journal(
        act="signatures_requested",
        version=request.version,
        actor=actor_of(by),
        at=at,
        is_exceptional=bool(request.version.exceptional_reason),
        **({"report": report} if report else {}),
    )
    to = signer_ids(slots=request.slots, at=at)
    notice = Notice(
        key=f"signature_request:{request.pk}",
        kind="signature_requested",
        payload={"request": request.pk, "version": request.version_id, "to": to},
    )
    announce(notices=[notice], at=at)


def end_expired(*, at: datetime) -> int:
    """Close the requests whose time is over; call it under the lock."""
    stale = list(SignatureRequest.objects.filter(closure__isnull=True, expires_at__lte=at))
    for request in stale:
        close_request(
            request=request, cause=Closure.EXPIRED, at=at, actor="system:expire_requests"
        )
    return len(stale)


@transaction.atomic
def expire_requests(*, at: datetime) -> int:
    """Close requests that were not completed within 14 days; a periodic service.

    Returns:
        How many were closed; a second run finds none.
    """
    lock_documents()
    return end_expired(at=at)


@transaction.atomic
def remind_signers(*, at: datetime) -> int:
    """Remind those whose slot is empty, a week after the request and two days before its end.

    Returns:
        How many reminders are due; announcing one again sends nothing, so a second run is quiet.
    """
    notices = []
    waiting = SignatureRequest.objects.filter(closure__isnull=True, expires_at__gt=at)
    for request in waiting.prefetch_related("signatures").order_by("id"):
        signed = {signature.slot for signature in request.signatures.all()}
        to = signer_ids(slots=[slot for slot in request.slots if slot not in signed], at=at)
        due = [pause for pause in REMIND_AFTER if request.requested_at + pause <= at]
        notices += [
            Notice(
                key=f"signature_request:{request.pk}:reminder:{pause.days}",
                kind="signature_requested",
                payload={"request": request.pk, "version": request.version_id, "to": to},
            )
            for pause in due[-1:]
        ]
    announce(notices=notices, at=at)
    return len(notices)
