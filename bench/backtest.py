"""Back-test: the first pass against row by row and against a scan, and re-scoring against it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection

from bench.harness import AT_LEAST, AT_MOST, Line, Ratio, seconds
from bench.scratch import scratch_database
from definitions.choices import DocumentKind
from definitions.selectors import definitions_of, schedule, score_model_of
from definitions.services import install_defaults
from pipeline.backtesting import compared
from pipeline.cube import Cube, Rule, Signature, leaves_of
from pipeline.decision import decide
from pipeline.fields import LEAD_COLUMNS, company_of, facts_of
from pipeline.models import Lead, Touch
from pipeline.selectors.signatures import Span, read_step, size_of
from revops.people.models import Organization

if TYPE_CHECKING:
    from pipeline.cube import Answers
    from pipeline.selectors.signatures import Group

# Leads, and how many of them the slow peer judges; its time is scaled up.
SIZES = {"s": (20_000, 2_000), "m": (250_000, 5_000), "l": (1_000_000, 5_000)}
AT = datetime(2026, 3, 3, 15, tzinfo=UTC)
SPAN = Span(from_at=AT - timedelta(days=90), to_at=AT)
STEPS = 10

COMPANIES = """
INSERT INTO pipeline_company (match_key, name, domain, size, industry, country, technology,
    attributes)
SELECT 'c' || n, 'Company ' || n, 'c' || n || '.example',
    (ARRAY[NULL, 8, 30, 120, 400, 3000])[1 + n %% 6],
    (ARRAY['Software', 'Retail', 'Mining', '', 'Finance'])[1 + n %% 5],
    (ARRAY['Germany', 'United States', 'Brazil', ''])[1 + (n / 7) %% 4],
    CASE n %% 3 WHEN 0 THEN ARRAY['HubSpot'] WHEN 1 THEN ARRAY['Wiki'] ELSE '{}' END::text[],
    CASE WHEN n %% 50 = 0 THEN '{"is_competitor": true}' ELSE '{}' END::jsonb
FROM generate_series(1, %s) n
"""
LEADS = """
INSERT INTO pipeline_lead (source_system, external_id, source_group, campaign, email, first_name,
    last_name, title, seniority, form_text, attributes, captured_at, recorded_at, is_hand_raiser,
    is_test, stage, quality_flags, changed_at, company_id)
SELECT 'bench', 'b' || n, 'marketing', '', 'p' || n || '@c.example', 'Priya', 'Nair',
    (ARRAY['VP Operations', 'Head of Sales', 'Manager', 'Analyst', '', 'Chef de projet'])
        [1 + (n / 3) %% 6],
    (ARRAY['vp', 'director', 'manager', '', '', ''])[1 + (n / 3) %% 6], '', '{}',
    %s::timestamptz - (n %% 89) * interval '1 day' - interval '2 hours', %s, false, false,
    'nurture', '{}', %s, c.id
FROM generate_series(1, %s) n JOIN pipeline_company c ON c.match_key = 'c' || (1 + n %% %s)
"""
# Two touches a lead: few kinds of act for most, several for some.
TOUCHES = """
INSERT INTO pipeline_touch (lead_id, occurred_at, recorded_at, kind, campaign, asset, source,
    external_id)
SELECT l.id, l.captured_at + k * interval '1 hour', l.captured_at + interval '9 hours',
    (ARRAY['page_view', 'pricing_view', 'webinar', 'download', 'email_click', 'page_view',
        'demo_request', 'page_view', 'case_study', 'page_view'])[1 + (l.id * k / 5) %% 10],
    '', '', '', ''
FROM pipeline_lead l CROSS JOIN generate_series(1, 3) k WHERE (l.id + k) %% 3 > 0
"""
ROUNDS = """
INSERT INTO pipeline_round (lead_id, number, designation, definitions_version_id, explanation,
    stage, mql_at, decided_at, first_decision, accepted_at, rejected_at, sql_at, opportunity_at,
    won_at)
SELECT l.id, 1, 'scored', %s, '{}', 'nurture', l.captured_at + interval '1 hour',
    CASE WHEN l.id %% 5 < 3 THEN l.captured_at + interval '5 hours' END,
    (ARRAY['accepted', 'rejected', 'accepted', '', ''])[1 + l.id %% 5],
    CASE WHEN l.id %% 5 IN (0, 2) THEN l.captured_at + interval '5 hours' END,
    CASE WHEN l.id %% 5 = 1 THEN l.captured_at + interval '5 hours' END,
    CASE WHEN l.id %% 10 = 0 THEN l.captured_at + interval '2 days' END,
    CASE WHEN l.id %% 20 = 0 THEN l.captured_at + interval '4 days' END,
    CASE WHEN l.id %% 40 = 0 THEN l.captured_at + interval '20 days' END
FROM pipeline_lead l WHERE l.id %% 4 = 0
"""
# The same rows the pass reads, with nothing asked of them.
SCAN = """
SELECT count(l.title), count(c.size), count(r.id), count(t.id)
FROM pipeline_lead l
    LEFT JOIN pipeline_company c ON c.id = l.company_id
    LEFT JOIN pipeline_round r ON r.lead_id = l.id
    LEFT JOIN pipeline_touch t ON t.lead_id = l.id
WHERE l.captured_at >= %s AND l.captured_at < %s
"""


def run(*, scale: str, rounds: int) -> list[Line]:
    """Measure G5.1 and G5.2 in a database of their own; G5.3 is a test."""
    leads, slow_rows = SIZES[scale]
    slow = Ratio("G5.1", f"first pass of {leads:,} leads against row by row", AT_LEAST, 6)
    scan = Ratio("G5.1", "first pass against a plain scan of the same rows", AT_MOST, 25)
    again = Ratio("G5.2", "other points, both curves, against the first pass", AT_LEAST, 30)
    moved = Ratio("G5.2", "other thresholds, both curves, against the first pass", AT_LEAST, 30)
    with scratch_database():
        base, draft = prepare(leads)
        first_pass(base, draft)
        for _ in range(rounds):
            floor = seconds(plain_scan)
            interpreted = seconds(lambda: row_by_row(base, draft, slow_rows)) * leads / slow_rows
            groups: dict[Answers, Group] = {}
            first = seconds(lambda groups=groups: groups.update(first_pass(base, draft)))
            cube = Cube(
                leaves_of(base, draft),
                tuple(
                    Signature(answers, len(group.lead_ids), group.tally)
                    for answers, group in groups.items()
                ),
            )
            compared(cube=cube, base=base, draft=draft)
            rescore = seconds(
                lambda cube=cube: compared(cube=cube, base=base, draft=other_points(draft))
            )
            slide = seconds(
                lambda cube=cube: compared(cube=cube, base=base, draft=raised(base, by=15))
            )
            slow.add(interpreted / first, floor=floor)
            scan.add(first / floor, floor=floor)
            again.add(first / rescore, floor=first)
            slow.note = f"{len(groups):,} signatures"
            again.note = f"{rescore * 1000:.0f} ms"
            moved.add(first / slide, floor=first)
            moved.note = f"{slide * 1000:.0f} ms"
    return [slow.line(), scan.line(), again.line(), moved.line()]


def raised(rule: Rule, *, by: int) -> Rule:
    """Return the rule with a higher fit threshold."""
    mql = rule.mql.model_dump() | {"fit_threshold": rule.mql.fit_threshold + by}
    return Rule(mql=type(rule.mql).model_validate(mql), model=rule.model)


def other_points(rule: Rule) -> Rule:
    """Return the rule with fewer points for every level and act."""
    model = rule.model.model_dump()
    for part in (*(level for one in model["fit"] for level in one["levels"]), *model["intent"]):
        part["points"] = max(0, part["points"] - 1)
    return Rule(mql=rule.mql, model=type(rule.model).model_validate(model))


def prepare(leads: int) -> tuple[Rule, Rule]:
    """Store leads, acts and rounds; return the rule in use and a draft that raises fit."""
    Organization.objects.create(pk=1, name="Bench", timezone="America/New_York")
    install_defaults(at=AT - timedelta(days=400))
    known = schedule()
    words = known.in_use(kind=DocumentKind.DEFINITIONS, at=AT)
    model = score_model_of(known.in_use(kind=DocumentKind.SCORE_MODEL, at=AT))
    companies = leads // 4
    with connection.cursor() as cursor:
        cursor.execute(COMPANIES, [companies])
        cursor.execute(LEADS, [AT, AT, AT, leads, companies])
        cursor.execute(TOUCHES, [])
        cursor.execute(ROUNDS, [words.version_id])
        cursor.execute("ANALYZE")
    base = Rule(mql=definitions_of(words).mql, model=model)
    return base, raised(base, by=10)


def first_pass(base: Rule, draft: Rule) -> dict[Answers, Group]:
    """Read all leads into their groups, in steps as the job does."""
    leaves = leaves_of(base, draft)
    groups: dict[Answers, Group] = {}
    _, low, high = size_of(span=SPAN)
    width = (high - low) // STEPS + 1
    for first in range(low, high + 1, width):
        read_step(leaves=leaves, span=SPAN, ids=(first, first + width - 1), into=groups)
    return groups


def row_by_row(base: Rule, draft: Rule, count: int) -> None:
    """Judge leads one by one by both rules, as intake does, with their acts read at once."""
    words = definitions_of(schedule().in_use(kind=DocumentKind.DEFINITIONS, at=AT))
    both = [words.model_copy(update={"mql": rule.mql}) for rule in (base, draft)]
    rows = list(Lead.objects.order_by("pk").values(*LEAD_COLUMNS)[:count])
    acts: dict[int, list[tuple[str, datetime]]] = {}
    ids = [row["id"] for row in rows]
    for pk, kind, when in Touch.objects.filter(lead__in=ids).values_list(
        "lead_id", "kind", "occurred_at"
    ):
        acts.setdefault(pk, []).append((kind, when))
    for row in rows:
        facts = facts_of(
            lead=row, company=company_of(lead=row), acts=acts.get(row["id"], []), at=AT
        )
        for definitions, rule in zip(both, (base, draft), strict=True):
            decide(definitions=definitions, model=rule.model, facts=facts)


def plain_scan() -> None:
    """Read the rows and count them."""
    with connection.cursor() as cursor:
        cursor.execute(SCAN, [SPAN.from_at, SPAN.to_at])
        cursor.fetchone()
