"""Twenty-four leads whose numbers were counted by hand.

The rule in use asks for a fit of 50 and a demo request stands in for intent. The draft asks for
60, and a webinar stands in too. Fit here: 200 employees 25, or 50 employees 20, or 10 employees 0;
a manager 16; software 20. So 61 stays, 56 drops out, 36 never is an MQL.
"""

from __future__ import annotations

from decimal import Decimal

from definitions.choices import DocumentKind
from definitions.selectors import schedule
from definitions.services import edit_clause, open_draft
from pipeline.choices import Designation, Origin, Outcome, SourceGroup, TouchKind
from pipeline.models import Opportunity, Round, Touch
from pipeline.services import backtests as services
from tests.factories.definitions import confirmed_gaps
from tests.factories.people import person
from tests.factories.pipeline import DAY, NOON, CompanyFactory, LeadFactory
from tests.standing import standing

LATER = NOON + 30 * DAY
DEMO, WEBINAR = TouchKind.DEMO_REQUEST, TouchKind.WEBINAR
# Employees, the act, and what became of the leads.
BOTH = (200, DEMO, ["won", "won", "won", "lost", "rejected", "rejected", "pending", "pending"])
NO_LONGER = (50, DEMO, ["won small", "accepted", "rejected", "rejected", "rejected", ""])
NEWLY = (200, WEBINAR, ["sql", "recycled", "", ""])
NEITHER = (10, DEMO, ["won", "", "", "", "", ""])
AMOUNTS = {"won": Decimal(1000), "won small": Decimal(500)}


def stored_lead(employees, act, story, **fields):
    company = CompanyFactory(size=employees, industry="Software")
    lead = LeadFactory(company=company, seniority="manager", title="", **fields)
    Touch.objects.create(lead=lead, kind=act, occurred_at=NOON - DAY / 2, recorded_at=NOON)
    if story:
        told(lead, story)
    return lead


def told(lead, story):
    """Store the round and, where it was won, the deal."""
    version_id = schedule().in_use(kind=DocumentKind.DEFINITIONS, at=NOON).version_id
    given_back = story in {"rejected", "recycled"}
    took = story not in {"rejected", "recycled", "pending"}
    is_won = story.startswith("won")
    went_on = is_won or story in {"lost", "sql"}
    current = Round.objects.create(
        lead=lead,
        designation=Designation.SCORED,
        definitions_version_id=version_id,
        mql_at=NOON,
        decided_at=None if story == "pending" else NOON + DAY,
        first_decision=story if given_back else "accepted" if took else "",
        accepted_at=NOON + DAY if took else None,
        sql_at=NOON + 2 * DAY if went_on else None,
        opportunity_at=NOON + 3 * DAY if went_on and story != "sql" else None,
        won_at=NOON + 9 * DAY if is_won else None,
        lost_at=NOON + 9 * DAY if story == "lost" else None,
    )
    if is_won:
        Opportunity.objects.create(
            source_system="crm",
            external_id=f"deal-{lead.pk}",
            lead=lead,
            round=current,
            company=lead.company,
            recorded_at=NOON,
            accepted_at=NOON + 3 * DAY,
            closed_at=NOON + 9 * DAY,
            outcome=Outcome.WON,
            accepted_amount=AMOUNTS[story],
            currency="USD",
            definitions_version_id=version_id,
            origin=Origin.FORM,
        )


@standing
def rita(agreement):
    return person("rita")


@standing
def leads(rita):
    """The twenty-four, by group, and three that no number counts."""
    groups = {"both": BOTH, "no_longer": NO_LONGER, "newly": NEWLY, "neither": NEITHER}
    found = {
        name: [stored_lead(employees, act, story) for story in stories]
        for name, (employees, act, stories) in groups.items()
    }
    stored_lead(200, DEMO, "won", is_test=True)
    stored_lead(200, DEMO, "won", source_group=SourceGroup.OUTBOUND)
    stored_lead(200, DEMO, "won", captured_at=NOON - 400 * DAY)
    return found


@standing
def backtest(leads, rita):
    confirmed_gaps(by=rita)
    draft = open_draft(kind=DocumentKind.DEFINITIONS, by=rita, at=NOON)
    clause = draft.clauses.get(key="mql")
    body = {**clause.body, "fit_threshold": 60, "bypass_acts": ["demo_request", "webinar"]}
    edit_clause(draft=draft, key="mql", body=body, revision=clause.revision, by=rita, at=NOON)
    found = services.request_backtest(
        draft=draft, from_at=LATER - 90 * DAY, to_at=LATER, by=rita, at=LATER
    )
    services.run_waiting_backtests(at=LATER)
    return found
