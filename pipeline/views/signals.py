"""The signal report: what won deals showed before sales accepted them, and where it leads."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from definitions.choices import DocumentKind
from definitions.criteria_json import to_json
from definitions.reading import Section, mql_blocks
from definitions.selectors import definitions_of, open_draft_of, version_in_use
from definitions.services import ClauseConflictError, ContentError, DocumentError, open_draft
from pipeline.selectors.backtests import latest_of_proposals
from pipeline.selectors.signals import MONTH, SPANS, Against, signal_report
from pipeline.services import signals as services
from pipeline.services.backtests import BacktestRefusedError, request_proposal_backtest
from pipeline.services.signals import PLACES, Target
from pipeline.signals import Direction, propose_mql, reads_acts
from revops import formats

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from definitions.models import Clause
    from pipeline.selectors.signals import Found
    from pipeline.signals import Report, Signal
    from revops.requests import MemberRequest

DEFAULT_MONTHS = 12
WORDS = {
    Direction.MORE: ("More often among the won", "good", "arrow-up"),
    Direction.FEWER: ("Less often among the won", "warn", "arrow-down"),
    Direction.UNCLEAR: ("No clear difference", "none", ""),
}
may_edit = permission_required("definitions.edit_draft", raise_exception=True)


@require_GET
@login_required
@permission_required("definitions.view_agreement", raise_exception=True)
def signals(request: MemberRequest) -> HttpResponse:
    """Show the report, the proposed MQL, and where RevOps may put either."""
    return _page(request)


def _page(request: MemberRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    months, against = _asked(request)
    found = signal_report(at=request.at, months=months, against=against)
    may_draft = request.user.has_perm("definitions.edit_draft")
    may_open = request.user.has_perm("definitions.comment_draft")
    rule = definitions_of(version_in_use(kind=DocumentKind.DEFINITIONS, at=request.at).version).mql
    proposal = propose_mql(found.report, base=rule)
    context = {
        "found": found,
        "report": found.report,
        "tables": _tables(found.report),
        "spans": _spans(request, months=months),
        "comparisons": _comparisons(request, found=found),
        "others": found.against.label,
        "clauses": _clauses() if may_draft else {},
        "may_draft": may_draft,
        "proposal": Section("proposal", "Proposed MQL", tuple(mql_blocks(proposal))),
        "proposal_json": json.dumps(proposal.model_dump(mode="json")),
        "backtest": latest_of_proposals() if may_open else None,
        "is_as_before": proposal == rule,
        "has_acts": any(signal.candidate.group == "Acts" for signal in found.report.signals),
        "refusal": refusal,
        "went_href": _went(request),
        "query": request.GET.urlencode(),
    }
    return render(request, "pipeline/signals.html", context, status=status)


def _asked(request: HttpRequest) -> tuple[int, Against | None]:
    """Read the span and the comparison; what is not understood is the default."""
    text = request.GET.get("months", "")
    months = int(text) if text in map(str, SPANS) else DEFAULT_MONTHS
    against = request.GET.get("against", "")
    return months, Against(against) if against in Against.values else None


def _spans(request: HttpRequest, *, months: int) -> list[dict[str, Any]]:
    return [
        {
            "label": f"{each} months",
            "href": _address(request, months=each),
            "current": each == months,
        }
        for each in SPANS
    ]


def _comparisons(request: HttpRequest, *, found: Found) -> list[dict[str, Any]]:
    return [
        {
            "label": f"Against {each.label}",
            "href": _address(request, against=each.value),
            "count": found.sizes[each],
            "current": each == found.against,
        }
        for each in Against
    ]


def _address(request: HttpRequest, **changes: object) -> str:
    kept = {key: request.GET[key] for key in ("months", "against") if key in request.GET}
    return f"{reverse('pipeline:signals')}?{urlencode({**kept, **changes})}"


def _tables(report: Report) -> list[dict[str, Any]]:
    """Return the findings, and apart from them what shows no clear difference."""
    rows = [_row(signal) for signal in report.signals]
    findings = [row for row in rows if row["is_finding"]]
    rest = [row for row in rows if not row["is_finding"]]
    return [
        {"label": "Findings", "rows": findings, "is_finding": True},
        {"label": "Without a clear difference", "rows": rest, "is_finding": False},
    ]


def _row(signal: Signal) -> dict[str, Any]:
    """Return a signal as the table shows it."""
    words, tone, icon = WORDS[signal.direction]
    low, high = signal.lift_interval.low, signal.lift_interval.high
    tree = signal.candidate.tree
    return {
        "signal": signal,
        "label": signal.candidate.label,
        "group": signal.candidate.group,
        "won": _share(signal.won, signal.won_interval.low, signal.won_interval.high),
        "other": _share(signal.other, signal.other_interval.low, signal.other_interval.high),
        "lift": _figure(signal.lift),
        "interval": f"{_figure(low)} to {_figure(high)}",
        "is_finding": signal.direction is not Direction.UNCLEAR,
        "words": "Small sample" if signal.is_small else words,
        "tone": tone,
        "icon": icon,
        "criteria": json.dumps(to_json(tree)),
        "points": f"{signal.points:+d}".replace("-", "\u2212"),
        "goes_to_also": signal.direction is Direction.MORE,
        "goes_to_disqualifier": signal.direction is Direction.FEWER,
        "goes_to_fit": signal.direction is not Direction.UNCLEAR
        and not reads_acts(tree)
        and signal.candidate.group != "Score model",
    }


def _figure(number: float) -> str:
    """Return a ratio with two decimals, a great one without."""
    return f"{number:.2f}" if number < 10 else formats.count(round(number))  # noqa: PLR2004 - two figures


def _share(counts: tuple[int, int], low: float, high: float) -> dict[str, str]:
    hits, n = counts
    return {
        "rate": formats.percent(hits / n, digits=0) if n else formats.DASH,
        "fraction": f"{formats.count(hits)} of {formats.count(n)}",
        "interval": f"{formats.percent(low, digits=0)} to {formats.percent(high, digits=0)}",
    }


def _clauses() -> dict[str, Clause | None]:
    """Return the clauses a signal may go into, None where no draft is open."""
    found: dict[str, Clause | None] = {}
    for kind, key in dict.fromkeys(PLACES.values()):
        draft = open_draft_of(kind=kind)
        found[key] = None if draft is None else draft.clauses.get(key=key)
    return found


def _went(request: HttpRequest) -> str:
    """Return the address of the clause something was just put into."""
    places = {key: kind for kind, key in PLACES.values()}
    key = request.GET.get("went", "")
    if key not in places:
        return ""
    slug = places[key].value.replace("_", "-")
    return reverse("definitions:clause", kwargs={"kind": slug, "key": key})


@require_POST
@login_required
@may_edit
def signal_add(request: MemberRequest) -> HttpResponse:
    """Put a signal into the open draft and say where it went."""
    target = request.POST.get("target", "")
    if target not in Target.values:
        return _page(
            request,
            refusal="Nobody knows where this should go.",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )

    def put() -> Clause:
        return services.add_signal(
            criteria=_json(request.POST.get("criteria", "")),
            target=Target(target),
            points=_whole(request.POST.get("points", "")),
            revision=_whole(request.POST.get("revision", "")),
            by=request.user,
            at=request.at,
        )

    return _put(request, put, words=f"The signal is now {Target(target).label} in the draft.")


@require_POST
@login_required
@may_edit
def proposal_apply(request: MemberRequest) -> HttpResponse:
    """Put the proposed rule into the open draft and say where it went."""

    def put() -> Clause:
        return services.apply_proposal(
            rule=_json(request.POST.get("rule", "")),
            revision=_whole(request.POST.get("revision", "")),
            by=request.user,
            at=request.at,
        )

    return _put(request, put, words="The proposed MQL is now in the draft.")


def _put(request: MemberRequest, put: Callable[[], Clause], *, words: str) -> HttpResponse:
    """Do it; a refusal is shown above the report."""
    try:
        clause = put()
    except ClauseConflictError as conflict:
        refusal = f"{conflict} Nothing was changed; the draft below is the new one."
        return _page(request, refusal=refusal, status=HTTPStatus.CONFLICT)
    except ContentError as error:
        return _page(request, refusal=str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except services.NoDraftError as refusal_:
        return _page(request, refusal=str(refusal_), status=HTTPStatus.CONFLICT)
    except DocumentError as refusal_:
        return _page(request, refusal=str(refusal_), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, words)
    return redirect(_address(request, went=clause.key))


@require_POST
@login_required
@permission_required("pipeline.run_backtest", raise_exception=True)
def proposal_backtest(request: MemberRequest) -> HttpResponse:
    """Put the proposed rule to the leads of the report's span, before anybody drafts it."""
    months, against = _asked(request)
    # A whole hour, so that a second click asks for the same.
    to_at = request.at.replace(minute=0, second=0, microsecond=0)
    report = signal_report(at=request.at, months=months, against=against).report
    base = definitions_of(version_in_use(kind=DocumentKind.DEFINITIONS, at=request.at).version).mql
    try:
        backtest = request_proposal_backtest(
            mql=propose_mql(report, base=base),
            from_at=to_at - months * MONTH,
            to_at=to_at,
            by=request.user,
            at=request.at,
        )
    except BacktestRefusedError as refusal:
        return _page(request, refusal=str(refusal), status=HTTPStatus.CONFLICT)
    return redirect("pipeline:backtest_detail", pk=backtest.pk)


@require_POST
@login_required
@may_edit
def signal_draft(request: MemberRequest) -> HttpResponse:
    """Open the drafts a signal may go into; where that is not allowed yet, say why."""
    try:
        for kind in dict.fromkeys(kind for kind, _ in PLACES.values()):
            open_draft(kind=kind, by=request.user, at=request.at)
    except DocumentError as refusal:
        return _page(request, refusal=str(refusal), status=HTTPStatus.CONFLICT)
    messages.success(request, "The drafts of the definitions and of the score model are open.")
    return redirect(_address(request))


def _json(text: str) -> object:
    """Return decoded JSON; None for what is none, which no document takes."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _whole(text: str) -> int:
    """Return a small whole number; 0 for anything else."""
    plain = text.replace("\u2212", "-")
    digits = plain.removeprefix("-").removeprefix("+")
    return int(plain) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0  # noqa: PLR2004 - fits a column
