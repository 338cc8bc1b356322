"""Leads and trees at random, with gaps and with texts that are awkward to compare."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from definitions.choices import DocumentKind
from definitions.criteria import Facts
from definitions.criteria_json import OPERATORS, parse
from definitions.fields import REGISTRY, SENIORITIES, FieldType
from definitions.selectors import schedule
from pipeline.choices import Outcome, SourceGroup, TouchKind
from pipeline.fields import LEAD_COLUMNS, company_of, facts_of
from pipeline.models import Lead, Opportunity, Touch
from tests.factories.pipeline import DAY, NOON, ChannelFactory, CompanyFactory, LeadFactory

if TYPE_CHECKING:
    import random

TEXTS = (
    "",
    " ",
    "\u00a0\u2003",
    "Germany",
    " germany\u00a0",
    "\u0130stanbul",
    "i\u0307stanbul",
    "istanbul",
    "STRASSE",
    "stra\u00dfe",
    "Stra\u1e9ee",
    "Cura\u00e7ao",
    "Curac\u0327ao",
    "\u039f\u0394\u039f\u03a3",
    "\u03bf\u03b4\u03bf\u03c2",
    "50% _off\\ 'quoted'",
    "\ufb01nance",
    "\U0001f600 ops",
)
LISTS = ([], ["HubSpot"], ["hubspot ", ""], ["\u0130stanbul", "SAP"], [" "])
FLAGS = (True, False, None, "yes", 0, 1, {}, [True])
PHONES = (None, "", "0", "+49 30 1", 0, 0.0, 7, False, True, [], ["x"], {}, {"a": 1})
SIZES = (None, 0, 49, 50, 51, 2_000_000_000)
KINDS = ("demo_request", "pricing_view", "webinar", "page_view")


def random_lead(dice: random.Random) -> Lead:
    """Store a lead nobody would make up, with its company, deals and acts."""
    company = None if dice.random() < 0.15 else _company(dice)
    lead = LeadFactory(
        company=company,
        channel=None if dice.random() < 0.3 else _channel(dice),
        title=dice.choice(TEXTS),
        seniority=dice.choice(("", *SENIORITIES)),
        campaign=dice.choice(TEXTS),
        email=dice.choice(("", "a@b.example", "@", "x@\u0130.example", "none", "a@b@C.Example")),
        source_group=dice.choice(("", SourceGroup.MARKETING, SourceGroup.PARTNER)),
        is_hand_raiser=dice.random() < 0.3,
        attributes=_attributes(dice),
        fit_score=dice.choice((None, 0, 40, 50, 100)),
        intent_score=dice.choice((None, 0, 40, 50, 100)),
        captured_at=NOON - dice.randrange(90) * DAY,
    )
    ages = (timedelta(0), DAY, 30 * DAY, 29 * DAY, 60 * DAY, -DAY)
    Touch.objects.bulk_create(
        Touch(
            lead=lead,
            occurred_at=NOON - dice.choice(ages),
            recorded_at=NOON,
            kind=TouchKind(dice.choice(KINDS)),
        )
        for _ in range(dice.randrange(6))
    )
    return lead


def _company(dice: random.Random) -> Any:
    company = CompanyFactory(
        name=dice.choice(TEXTS),
        domain=dice.choice(TEXTS),
        size=dice.choice(SIZES),
        industry=dice.choice(TEXTS),
        country=dice.choice(TEXTS),
        technology=dice.choice(LISTS),
        attributes=_attributes(dice),
    )
    if dice.random() < 0.4:
        version = schedule().in_use(kind=DocumentKind.DEFINITIONS, at=NOON).version_id
        is_won = dice.random() < 0.5
        Opportunity.objects.create(
            source_system="crm",
            external_id=f"deal-{company.pk}",
            company=company,
            recorded_at=NOON,
            accepted_at=dice.choice((None, NOON - DAY)),
            outcome=Outcome.WON if is_won else "",
            closed_at=dice.choice((None, NOON - DAY)) if is_won else None,
            definitions_version_id=version,
            origin="import",
            voided_at=dice.choice((None, None, NOON)),
        )
    return company


def _channel(dice: random.Random) -> Any:
    text = dice.choice(TEXTS)
    return ChannelFactory(key=f"channel {TEXTS.index(text)}", name=text)


def _attributes(dice: random.Random) -> dict[str, Any]:
    said = {key: dice.choice(FLAGS) for key in ("is_customer", "has_open_deal", "is_competitor")}
    said["phone"] = dice.choice(PHONES)
    return {key: value for key, value in said.items() if dice.random() < 0.6}


def known_of(*, at: Any) -> dict[int, Facts]:
    """Return what qualification knows of each stored lead, with the scores stored with it."""
    known = {}
    for lead in Lead.objects.values(*LEAD_COLUMNS, "fit_score", "intent_score"):
        deals = Opportunity.objects.filter(company=lead["company_id"], voided_at=None)
        company = company_of(
            lead=lead,
            has_open_deal=deals.filter(accepted_at__isnull=False, outcome="").exists(),
            is_customer=deals.filter(outcome=Outcome.WON).exists(),
        )
        acts = list(Touch.objects.filter(lead=lead["id"]).values_list("kind", "occurred_at"))
        facts = facts_of(lead=lead, company=company, acts=acts, at=at)
        scores = {key: lead[key] for key in ("fit_score", "intent_score")}
        known[lead["id"]] = Facts(values={**facts.values, **scores}, at=at, acts=acts)
    return known


_words = st.sampled_from([text for text in TEXTS if text.strip()] + ["a", "example", "ops"])


@st.composite
def comparisons(draw):
    """Draw a comparison of a field that the reader of criteria accepts."""
    about = draw(st.sampled_from(sorted(REGISTRY.fields.values(), key=lambda each: each.key)))
    operator = draw(st.sampled_from(sorted(OPERATORS[about.type])))
    stored = {"field": about.key, "operator": operator.value}
    if operator == "is_known":
        return stored
    if about.type is FieldType.NUMBER:
        numbers = ("49.5", "50.0", "1e-9999999", "-3")
        value = draw(st.one_of(st.sampled_from([0, 49, 50, 100]), st.sampled_from(numbers)))
    elif about.type is FieldType.FLAG:
        value = draw(st.booleans())
    elif about.choices:
        value = draw(st.sampled_from(about.choices))
    else:
        value = draw(_words if about.type is FieldType.TEXT else st.sampled_from(["hubspot"]))
    is_list = operator != "equals" and about.type in {FieldType.TEXT, FieldType.LIST}
    return {**stored, "value": [value] if is_list else value}


@st.composite
def counts(draw):
    """Draw a count of acts, in a window or at all."""
    stored = {
        "acts": draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True)),
        "at_least": draw(st.integers(1, 3)),
    }
    if draw(st.booleans()):
        stored["at_most"] = draw(st.integers(3, 4))
    if draw(st.booleans()):
        stored["within_days"] = draw(st.sampled_from([1, 30, 60]))
    return stored


def trees(*, leaves=None):
    """Return a strategy of parsed trees."""
    leaves = st.one_of(comparisons(), counts()) if leaves is None else leaves
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda each: {"not": each}, inner),
            st.builds(lambda each: {"all": each}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda each: {"any": each}, st.lists(inner, min_size=1, max_size=3)),
        ),
        max_leaves=6,
    ).map(parse)
