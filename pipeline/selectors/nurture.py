"""Why a lead does not qualify yet: the definition in use, applied to what is known now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from definitions.choices import DocumentKind
from definitions.selectors import definitions_of, score_model_of, version_in_use
from pipeline.choices import Outcome
from pipeline.decision import decide
from pipeline.fields import LEAD_COLUMNS, company_of, facts_of
from pipeline.models import Lead, Opportunity, Touch
from pipeline.scoring import given
from pipeline.selectors.criteria import checks_in

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The scores and the criteria of a lead in nurture, as its page shows them."""

    fit: int
    intent: int
    checks: list[dict[str, str]]


def verdict_on(*, lead: Lead, at: datetime) -> Verdict:
    """Return what the definition in use says about `lead`; two statements of its own.

    A score that is stored is taken as it is, so that the page does not contradict the list.
    """
    deals = Opportunity.objects.filter(company=OuterRef("company"), voided_at__isnull=True)
    known = (
        Lead.objects.filter(pk=lead.pk)
        .values(
            *LEAD_COLUMNS,
            has_open_deal=Exists(deals.filter(accepted_at__isnull=False, outcome="")),
            is_customer=Exists(deals.filter(outcome=Outcome.WON)),
        )
        .get()
    )
    acts = list(
        Touch.objects.filter(lead=lead, occurred_at__lte=at).values_list("kind", "occurred_at")
    )
    company = company_of(
        lead=known, has_open_deal=known["has_open_deal"], is_customer=known["is_customer"]
    )
    definitions = version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    model = version_in_use(kind=DocumentKind.SCORE_MODEL, at=at)
    decision = decide(
        definitions=definitions_of(definitions.version),
        model=score_model_of(model.version),
        facts=facts_of(lead=known, company=company, acts=acts, at=at),
        fit=None if lead.fit_score is None else given(lead.fit_score),
        intent=None if lead.intent_score is None else given(lead.intent_score),
    )
    return Verdict(
        fit=decision.fit.value,
        intent=decision.intent.value,
        checks=checks_in(decision.to_json()),
    )
