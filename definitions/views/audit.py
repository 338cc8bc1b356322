"""Pages of the blind audit: the terms, one round, and what a team writes in it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from definitions import editing, selectors, services
from definitions.audit_forms import AnswerForm, RoundForm
from definitions.choices import DocumentKind
from definitions.criteria import All, AnyOf, sentence
from definitions.criteria_json import CriteriaError, parse
from definitions.defaults import audit_questions
from definitions.reading.answers import criterion_rows
from definitions.reading.words_diff import both_sides
from definitions.views.common import instant, member

if TYPE_CHECKING:
    from datetime import datetime

    from definitions.content import Term
    from definitions.selectors import RoundState, Sheet
    from revops.requests import MemberRequest

CRITERIA = "criteria"
CRITERIA_LABEL = "Criteria, where you can be that exact"

may_read = permission_required("definitions.view_agreement", raise_exception=True)
may_run = permission_required("definitions.run_audit", raise_exception=True)


@require_safe
@login_required
@may_read
def audit(request: MemberRequest) -> HttpResponse:
    """Show every term with the state of its newest round; MQL and SQL come first."""
    latest = selectors.latest_rounds()
    counts: dict[str, int] = {}
    for gap in selectors.gap_list():
        counts[gap.round.term] = counts.get(gap.round.term, 0) + 1
    team = selectors.team_of(member(request))
    rows = [
        {
            "code": code,
            "term": term,
            "state": latest.get(code),
            "gap_count": counts.get(code, 0),
            "is_mine": code in latest and team in latest[code].waiting_for,
        }
        for code, term in terms_in_audit_order(at=instant(request))
    ]
    return render(
        request,
        "definitions/audit.html",
        {
            "rows": rows,
            "team": team,
            "gap_count": sum(counts.values()),
            "missing": selectors.missing_for_confirmation(),
            "confirmation": selectors.gap_confirmation(),
            "sessions": selectors.alignment_sessions()[:1],
            "is_closed": selectors.drafting_is_closed(kind=DocumentKind.DEFINITIONS),
        },
    )


def terms_in_audit_order(*, at: datetime) -> list[tuple[str, Term]]:
    """Return the terms in use with their codes: MQL and SQL, then the others as on their page."""
    held = selectors.version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    terms = selectors.definitions_of(held.version).ordered_terms()
    first = {code: place for place, code in enumerate(selectors.FIRST_TERMS)}
    return sorted(terms, key=lambda pair: first.get(pair[0], len(first)))


def _term(request: MemberRequest, term: str) -> tuple[str, Term]:
    code = term.replace("-", "_")
    for known, held in terms_in_audit_order(at=instant(request)):
        if known == code:
            return known, held
    raise Http404("no such term")


@require_safe
@login_required
@may_read
def audit_term(request: MemberRequest, term: str) -> HttpResponse:
    """Show a round as the reader may see it: the editor, the seal, or both answers."""
    code, held = _term(request, term)
    rounds = selectors.rounds_of(term=code)
    state = _asked_for(request, rounds)
    context = {
        "code": code, "term": held, "rounds": rounds, "state": state, "at": _addresses(term)
    }  # fmt: skip
    if state is not None:
        sheet = selectors.sheet(state=state, reader=member(request))
        context |= _sheet_context(sheet)
    return render(request, "definitions/audit_term.html", context)


def _asked_for(request: MemberRequest, rounds: list[RoundState]) -> RoundState | None:
    """Return the round an address names by its number, or the newest; None if there is none."""
    number = request.GET.get("round")
    if number is None:
        return next(iter(rounds), None)
    found = next((state for state in rounds if str(state.number) == number), None)
    if found is None:
        raise Http404("no such round")
    return found


def _sheet_context(sheet: Sheet) -> dict[str, Any]:
    context: dict[str, Any] = {"sheet": sheet}
    if sheet.may_write and sheet.own is not None:
        context["form"] = AnswerForm.of(sheet.own)
        context["criteria"] = _criteria_input(sheet.own.criteria)
        context["revision"] = sheet.own.revision
    if sheet.own is not None:
        context["own_criteria"] = criteria_in_words(sheet.own.criteria)
    if sheet.both is not None:
        marketing, sales = sheet.both
        pieces = both_sides(marketing.text, sales.text)
        recorded = {gap.title for gap in selectors.gap_list() if gap.round_id == sheet.state.pk}
        context["columns"] = [
            {"words": words, "pieces": held, "criteria": criteria_in_words(words.criteria)}
            for words, held in zip(sheet.both, pieces, strict=True)
        ]
        context["criterion_rows"] = [
            {"row": row, "is_recorded": row.title in recorded}
            for row in criterion_rows(marketing=marketing.criteria, sales=sales.criteria)
        ]
    return context


def _criteria_input(value: Any, *, errors: tuple[str, ...] = (), focus: str = "") -> editing.Input:
    return editing.criteria_input(
        name=CRITERIA, label=CRITERIA_LABEL, value=value, errors=errors, focus=focus
    )


def _addresses(term: str) -> dict[str, str]:
    """Where the buttons of the criteria builder post to."""
    return {
        name: reverse(f"definitions:audit_{name}", args=[term]) for name in ("shape", "reading")
    }


@require_POST
@login_required
@may_read
def audit_shape(request: MemberRequest, term: str) -> HttpResponse:
    """Draw the criteria again after a button in them was pressed; nothing is stored."""
    node = _pressed(request)
    answer = render(request, "definitions/_input.html", {"node": node, "at": _addresses(term)})
    return trigger_client_event(answer, "shaped")


def _pressed(request: MemberRequest) -> editing.Input:
    press = str(request.POST.get("_do", ""))
    tree, focus = editing.criteria_reshaped(post=request.POST, name=CRITERIA, press=press)
    return _criteria_input(tree, focus=focus)


@require_POST
@login_required
@may_read
def audit_reading(request: MemberRequest, term: str) -> HttpResponse:
    """Say criteria in words as they are typed, or what is wrong with which line of them."""
    node = editing.criterion(post=request.POST, name=CRITERIA)
    return render(request, "definitions/_reading.html", {"node": node, "at": _addresses(term)})


def criteria_in_words(stored: Any) -> str:
    """Return stored criteria as one sentence; empty where there are none."""
    try:
        tree = parse(stored) if stored else None
    except CriteriaError:
        return ""
    if tree is None:
        return ""
    text = sentence(tree)
    if isinstance(tree, All | AnyOf) and text.startswith("("):
        text = text[1:-1]  # the brackets around the whole say nothing
    return f"{text[:1].upper()}{text[1:]}"


@require_http_methods(["GET", "POST"])
@login_required
@may_run
def audit_open(request: MemberRequest, term: str) -> HttpResponse:
    """Show the two questions about a term; on a valid POST put them to the teams."""
    code, held = _term(request, term)
    asked = audit_questions(term=code, name=held.name)
    initial = {f"{side}_question": text for side, text in asked.items()}
    form = RoundForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            services.open_round(
                term=code, by=member(request), at=instant(request), **form.cleaned_data
            )
        except services.AuditError as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, f"Both teams are asked about {held.name} now.")
            return redirect("definitions:audit_term", term=term)
    return render(
        request,
        "definitions/audit_open.html",
        {"code": code, "term": held, "form": form},
        status=422 if form.errors else 200,
    )


@require_POST
@login_required
@may_read
def audit_save(request: MemberRequest, term: str) -> HttpResponse:
    """Store what a team has so far; sent by hand, and while somebody types."""
    return _write(request, term, submits=False)


@require_POST
@login_required
@may_read
def audit_submit(request: MemberRequest, term: str) -> HttpResponse:
    """Freeze what a team wrote."""
    return _write(request, term, submits=True)


def _write(request: MemberRequest, term: str, *, submits: bool) -> HttpResponse:
    code, held = _term(request, term)
    rounds = selectors.rounds_of(term=code)
    if not rounds:
        raise Http404("nobody was asked")
    state, side = rounds[0], selectors.team_of(member(request))
    if side is None:
        raise PermissionDenied("the reader answers for no team")
    form = AnswerForm(request.POST)
    stored = editing.criteria_of(post=request.POST, name=CRITERIA)
    context = {"code": code, "term": held, "rounds": rounds, "state": state}
    page = _Page(request, {**context, "at": _addresses(term)}, stored)
    if "_do" in request.POST:
        return page.answer(form, status=200, criteria=_pressed(request))
    if submits and "agrees" not in request.POST:
        form.add_error(None, "Tick that this is your team's answer: it is not changed afterwards.")
    if not form.is_valid():
        return page.answer(form, status=422)
    act = services.submit_answer if submits else services.save_sketch
    try:
        act(
            round_id=state.pk,
            side=side,
            written=form.written(criteria=stored),
            revision=form.seen_revision,
            by=member(request),
            at=instant(request),
        )
    except services.SketchConflictError as conflict:
        return page.answer(form, status=409, conflict=conflict)
    except services.AuditError as refusal:
        return page.refuse(form, refusal)
    if request.htmx:
        return page.answer(form, status=200)
    messages.success(request, "Submitted." if submits else "Saved for your team.")
    return redirect("definitions:audit_term", term=term)


class _Page:
    """The page of a round while a team writes, or only its line of state for htmx."""

    def __init__(self, request: MemberRequest, context: dict[str, Any], stored: Any) -> None:
        self.request, self.context, self.stored = request, context, stored

    def refuse(self, form: AnswerForm, refusal: services.AuditError) -> HttpResponse:
        """Show a refusal at its input; one that is about no input is a conflict."""
        if refusal.field == CRITERIA:
            return self.answer(form, status=422, criteria_error=str(refusal))
        form.add_error(refusal.field or None, str(refusal))
        return self.answer(form, status=422 if refusal.field else 409)

    def answer(
        self,
        form: AnswerForm,
        *,
        status: int,
        conflict: services.SketchConflictError | None = None,
        criteria_error: str = "",
        criteria: editing.Input | None = None,
    ) -> HttpResponse:
        """Return the whole page, or for htmx what became of the save."""
        sheet = selectors.sheet(state=self.context["state"], reader=member(self.request))
        errors = (criteria_error,) if criteria_error else ()
        is_saved = status == HTTPStatus.OK and sheet.own is not None and criteria is None
        context = {
            **self.context,
            **_sheet_context(sheet),
            "form": form,
            "criteria": criteria or _criteria_input(self.stored, errors=errors),
            "criteria_error": criteria_error,
            "revision": sheet.own.revision if is_saved and sheet.own else form["revision"].value(),
        }
        if conflict is not None:
            _, pieces = both_sides(conflict.mine.text, conflict.theirs.text)
            context["conflict"] = conflict
            context["their_pieces"] = pieces
            context["their_criteria"] = criteria_in_words(conflict.theirs.criteria)
        template = "definitions/audit_term.html"
        name = f"{template}#saved" if self.request.htmx else template
        return render(self.request, name, context, status=status)
