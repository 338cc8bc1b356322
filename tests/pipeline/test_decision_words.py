"""Every form somebody decides with shows the term it depends on; refusals quote it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from definitions.selectors import wordings
from pipeline.choices import Origin, Stage
from pipeline.models import Opportunity, Round
from pipeline.services import deals
from pipeline.urls import urlpatterns
from pipeline.words import TERMS
from revops.database import database_now
from tests.factories.people import person
from tests.factories.pipeline import LeadFactory, accepted, assigned, moved, mql

pytestmark = pytest.mark.usefixtures("agreement")

# Pages that show, acts without a form of their own, and the merge, which no term decides about;
# everything else is a decision.
SHOWN = {"queue", "queue_panel", "lead_list", "lead_detail", "clock_detail", "opportunity_list",
         "opportunity_detail", "feedback_withdraw", "lead_merge"}  # fmt: skip
DECISIONS = sorted(
    pattern.name
    for pattern in urlpatterns
    if pattern.name not in SHOWN
    and not pattern.name.startswith("undo_")
    and pattern.name.startswith(("lead_", "opportunity_", "feedback_"))
)
TERM_OF_FORM = {
    "lead_accept": "sal", "lead_reject": "sal", "lead_contact": "sal", "lead_working": "sal",
    "lead_sql": "sql", "lead_opportunity": "opportunity", "opportunity_accept": "opportunity",
    "opportunity_return": "opportunity", "opportunity_win": "closed_won",
    "opportunity_lose": "closed_lost",
}  # fmt: skip
REASONED = {"lead_reject", "lead_recycle", "lead_disqualify", "opportunity_return",
            "opportunity_lose"}  # fmt: skip


@pytest.fixture
def now(agreement):
    """Half an hour ago: pages read the database's clock."""
    return database_now() - timedelta(minutes=30)


def deal_of(rep, *, at, is_accepted):
    """Store a deal of the rep's that sales took on, or one that waits for sales."""
    lead = moved(accepted(rep, at=at), Stage.SQL, at=at, checklist=CONFIRMED)
    if is_accepted:
        return deals.open_opportunity(
            lead=lead, name="Halden", amount=Decimal(500), currency="USD",
            expected_close_on=(at + timedelta(days=60)).date(), next_step="Demo", by=rep.user,
            at=at,
        )  # fmt: skip
    return Opportunity.objects.create(
        source_system="crm",
        external_id="7",
        lead=lead,
        rep=rep,
        created_at=at,
        recorded_at=at,
        amount=Decimal(500),
        currency="USD",
        definitions_version_id=Round.objects.get(lead=lead).definitions_version_id,
        origin=Origin.API,
    )


CONFIRMED = dict.fromkeys(("budget", "authority", "need", "timeline"), True)


def address_and_person(name, *, sam, now):
    """Return the address of a decision that is possible, and who may take it."""
    rep = sam.rep
    if name.startswith("opportunity_"):
        deal = deal_of(rep, at=now, is_accepted=name in {"opportunity_win", "opportunity_lose"})
        return reverse(f"pipeline:{name}", args=[deal.pk]), sam
    if name == "lead_mql":
        return reverse("pipeline:lead_mql", args=[LeadFactory().pk]), person("mara")
    if name in {"lead_void", "lead_assign"}:
        lead, who = mql(at=now), person("rita")
    elif name == "feedback_answer":
        lead, who = (
            moved(assigned(rep, at=now), Stage.REJECTED, reason="no_need", at=now),
            person("mara"),
        )
    elif name == "lead_opportunity":
        lead = moved(accepted(rep, at=now), Stage.SQL, at=now, checklist=CONFIRMED)
        who = sam
    elif name in {"lead_sql", "lead_recycle", "lead_disqualify"}:
        lead, who = accepted(rep, at=now), sam
    else:
        lead, who = assigned(rep, at=now), sam
    return reverse(f"pipeline:{name}", args=[lead.pk]), who


def test_the_urlconf_has_decisions():
    assert len(DECISIONS) >= 15
    assert set(TERM_OF_FORM) <= set(DECISIONS)


@pytest.mark.parametrize("name", DECISIONS)
def test_every_decision_shows_its_term(client, sam, now, name):
    address, who = address_and_person(name, sam=sam, now=now)
    client.force_login(who)

    answer = client.get(address)

    page = answer.content.decode()
    shown = answer.context["word"]
    assert answer.status_code == 200
    assert shown.code == TERM_OF_FORM.get(name, shown.code)
    assert 'class="definition"' in page
    assert f'href="/definitions/{shown.slug}/"' in page
    assert shown.summary in page
    assert f"version {shown.version_number}" in page
    assert "Provisional: not agreed" in page
    if name in REASONED:
        assert "Example: " in page


@pytest.mark.parametrize("name", ["lead_accept", "lead_sql", "lead_contact"])
def test_conditions_stand_beside_the_decision(client, sam, now, name):
    address, who = address_and_person(name, sam=sam, now=now)
    client.force_login(who)

    answer = client.get(address)

    for condition in answer.context["word"].conditions:
        assert condition in answer.content.decode()


def test_every_term_of_a_stage_is_in_use(now):
    assert set(TERMS.values()) <= set(wordings(at=database_now()))
