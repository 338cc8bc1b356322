"""Scoring stored leads again: after new acts, or after what is known of them changed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from definitions.choices import DocumentKind
from definitions.selectors import definitions_of, score_model_of
from pipeline.choices import Designation, Outcome, SourceGroup, Stage
from pipeline.decision import decide
from pipeline.fields import LEAD_COLUMNS, company_of, facts_of
from pipeline.handoff import missing_of
from pipeline.models import Lead, Opportunity, Round, Touch
from pipeline.selectors.handoff import agreed_context, carried_by_lead
from pipeline.services.arrivals import opening_of
from pipeline.services.clockplans import plan_clocks, plan_name
from pipeline.services.evidence import handed_over
from pipeline.services.intake_sql import Rulings, as_json, head_of, retried, rulings_at
from pipeline.services.reentry import reenter_leads

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from definitions.content import ContextItem
    from pipeline.choices import Origin
    from pipeline.decision import Decision

SAVE_SCORES: Final = """
UPDATE pipeline_lead AS l
SET fit_score = v.fit_score, intent_score = v.intent_score,
    is_hand_raiser = v.is_hand_raiser, last_touch_at = v.last_touch_at
FROM jsonb_to_recordset(%s::jsonb) AS v(
    id bigint, fit_score smallint, intent_score smallint, is_hand_raiser boolean,
    last_touch_at timestamptz)
WHERE l.id = v.id
  AND (l.fit_score, l.intent_score, l.is_hand_raiser, l.last_touch_at)
    IS DISTINCT FROM (v.fit_score, v.intent_score, v.is_hand_raiser, v.last_touch_at)
"""

OPEN_ROUNDS: Final = """
SELECT pipeline_open_rounds(%s::jsonb, (
    SELECT array_agg(o ORDER BY o.n)
    FROM jsonb_populate_recordset(NULL::pipeline_opening, %s::jsonb) o))
"""


@retried
@transaction.atomic
def qualify_leads(
    *,
    lead_ids: Collection[int],
    actor: str,
    origin: Origin,
    at: datetime,
    rulings: Rulings | None = None,
) -> int:
    """Score leads in nurture or recycled again; open a round for those that qualify.

    The leads are locked by id. Outbound leads are scored and left to sales. A recycled lead comes
    back only as the rule of its reason allows. The number of statements does not depend on the
    number of leads.

    Args:
        lead_ids: Leads of any stage; those that sales works on are passed over.
        actor: Who caused it.
        origin: By which way.
        at: The instant of the judgement; the rounds begin then.
        rulings: What holds when, if the caller has it.

    Returns:
        How many became MQLs.
    """
    leads = _locked(lead_ids)
    if not leads:
        return 0
    rulings = rulings or rulings_at(at=at)
    acts = _acts([lead["id"] for lead in leads])
    definitions = rulings.schedule.in_use(kind=DocumentKind.DEFINITIONS, at=at)
    model = rulings.schedule.in_use(kind=DocumentKind.SCORE_MODEL, at=at)
    rule = definitions_of(definitions).mql
    agreed = agreed_context(schedule=rulings.schedule, at=at)
    scores: list[dict[str, Any]] = []
    openings: list[dict[str, Any]] = []
    recycled: dict[int, tuple[Decision, list[tuple[str, datetime]]]] = {}
    for lead in leads:
        done = [(kind, when) for kind, when in acts[lead["id"]] if when <= at]
        is_raised = lead["is_hand_raiser"] or any(k in rule.hand_raise_acts for k, _ in done)
        decision = _judge(lead, acts=done, rulings=rulings, at=at)
        scores.append(_scores(lead, decision=decision, acts=done, is_raised=is_raised))
        if lead["stage"] == Stage.RECYCLED:
            recycled[lead["id"]] = (decision, done)
        elif decision.is_mql and lead["source_group"] != SourceGroup.OUTBOUND:
            opening = opening_of(
                decision,
                mql_at=at,
                designation=Designation.SCORED,
                definitions=definitions,
                score_model=model,
                assigning=definitions,
                is_raised=is_raised,
                route=True,
            )
            opening["handed"] = _handed(lead, acts=done, agreed=agreed, at=at)
            openings.append(opening | _identity(lead, n=len(openings)))
    with connection.cursor() as cursor:
        cursor.execute(SAVE_SCORES, [as_json(scores)])
    _open(openings, head=head_of(actor=actor, origin=origin, at=at), rulings=rulings, at=at)
    returned = reenter_leads(judged=recycled, rulings=rulings, actor=actor, origin=origin, at=at)
    return len(openings) + returned


def _locked(lead_ids: Collection[int]) -> list[dict[str, Any]]:
    deals = Opportunity.objects.filter(company=OuterRef("company"), voided_at__isnull=True)
    return list(
        Lead.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=set(lead_ids), voided_at__isnull=True, merged_into__isnull=True)
        .filter(
            Q(stage=Stage.NURTURE) & ~Exists(Round.objects.filter(lead=OuterRef("pk")))
            | Q(stage=Stage.RECYCLED)
        )
        .order_by("pk")
        .values(
            *LEAD_COLUMNS,
            "stage",
            "captured_at",
            "form_text",
            "last_touch_at",
            has_open_deal=Exists(deals.filter(accepted_at__isnull=False, outcome="")),
            is_customer=Exists(deals.filter(outcome=Outcome.WON)),
        )
    )


def _acts(lead_ids: Collection[int]) -> dict[int, list[tuple[str, datetime]]]:
    found: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    rows = Touch.objects.filter(lead__in=lead_ids).values_list("lead_id", "kind", "occurred_at")
    for lead_id, kind, occurred_at in rows:
        found[lead_id].append((kind, occurred_at))
    return found


def _scores(
    lead: dict[str, Any],
    *,
    decision: Decision,
    acts: list[tuple[str, datetime]],
    is_raised: bool,
) -> dict[str, Any]:
    return {
        "id": lead["id"],
        "fit_score": decision.fit.value,
        "intent_score": decision.intent.value,
        "is_hand_raiser": is_raised,
        "last_touch_at": max((when for _, when in acts), default=lead["last_touch_at"]),
    }


def _judge(
    lead: dict[str, Any],
    *,
    acts: list[tuple[str, datetime]],
    rulings: Rulings,
    at: datetime,
) -> Decision:
    company = company_of(
        lead=lead, has_open_deal=lead["has_open_deal"], is_customer=lead["is_customer"]
    )
    return decide(
        definitions=definitions_of(rulings.schedule.in_use(kind=DocumentKind.DEFINITIONS, at=at)),
        model=score_model_of(rulings.schedule.in_use(kind=DocumentKind.SCORE_MODEL, at=at)),
        facts=facts_of(lead=lead, company=company, acts=acts, at=at),
    )


def _handed(
    lead: dict[str, Any],
    *,
    acts: list[tuple[str, datetime]],
    agreed: Sequence[ContextItem],
    at: datetime,
) -> dict[str, list[str]]:
    carried = carried_by_lead(lead=lead, acts=acts, at=at)
    return handed_over(missing_of(agreed=agreed, carried=carried))


def _identity(lead: dict[str, Any], *, n: int) -> dict[str, Any]:
    return {
        "n": n,
        "lead_id": lead["id"],
        "company_id": lead["company_id"],
        "number": 1,
        "captured_at": lead["captured_at"],
    }


def _open(
    openings: list[dict[str, Any]], *, head: dict[str, Any], rulings: Rulings, at: datetime
) -> None:
    """Open the rounds with their clocks, which can be told beforehand."""
    if not openings:
        return
    for opening in openings:
        captured_at = opening.pop("captured_at")
        name = opening["plan"] = plan_name(opening, captured_at=captured_at)
        if name not in head["plans"]:
            head["plans"][name] = plan_clocks(
                opening=opening, captured_at=captured_at, terms=rulings.terms, at=at
            )
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ROUNDS, [as_json(head), as_json(openings)])
