"""What a lead carries when sales gets it: judged the same by every path, and pinned."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from definitions.content import ContextItem
from pipeline.choices import Designation, Origin, Stage
from pipeline.handoff import Carried, asked_for, missing_of
from pipeline.models import Company, Lead
from pipeline.services.assignments import assign_rounds
from pipeline.services.intake import qualify_leads, take_in
from pipeline.services.lifecycle import designate_mql
from pipeline.services.moves import move_rounds
from pipeline.services.rows import AssignmentRow, Move
from revops.outbox.models import Message
from sla.models import Breach, Clock, Evidence
from sla.selectors import explain_deadline
from sla.services import current_terms
from sla.services.reconciling import reconcile_clocks
from tests.factories.definitions import activated
from tests.factories.files import imported
from tests.factories.people import person
from tests.factories.pipeline import DAY, HOUR, NOON, RepFactory
from tests.pipeline.test_intake import lead_row

ITEMS = (
    ContextItem(code="criteria", label="Why it qualified"),
    ContextItem(code="timeline", label="Pages and downloads"),
    ContextItem(code="form_text", label="Form text", channels=("form", "demo_request")),
    ContextItem(code="company", label="Company data"),
    ContextItem(code="sales_touches", label="Earlier touches"),
    ContextItem(code="engagement_age", label="Age of the last engagement"),
)
WHOLE = {
    "ways": frozenset({"paid_search", "demo_request"}),
    "has_acts": True,
    "form_text": "Please call",
    "company_size": 400,
    "industry": "software",
    "country": "US",
    "is_dated": True,
}


@pytest.fixture
def roster(agreement):
    return [RepFactory(name="Sam Ortiz"), RepFactory(name="Sara Lind")]


@pytest.fixture
def signed(roster):
    """The default SLA, in force from the day before."""
    activated("sla", at=NOON - DAY, is_signed=True)


def take(row, *, at=NOON, origin=Origin.API):
    (result,) = take_in(
        rows=[row], actor="system:test", source_system="website", origin=origin, at=at
    )
    return Lead.objects.get(pk=result.lead_id)


def told(lead, kind):
    return Evidence.objects.filter(lead=lead, kind=kind).order_by("id").first().payload


def clock(lead, kind):
    return Clock.objects.get(lead=lead, kind=kind)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        pytest.param({}, [], id="everything is there"),
        pytest.param({"has_criteria": False}, ["criteria"], id="nobody knows why"),
        pytest.param({"has_acts": False}, ["timeline"], id="no act and no campaign"),
        pytest.param({"has_acts": False, "campaign": "spring"}, [], id="a campaign is a timeline"),
        pytest.param({"form_text": "  "}, ["form_text"], id="an empty form"),
        pytest.param(
            {"form_text": "", "ways": frozenset({"webinar"})}, [], id="a channel without a form"
        ),
        pytest.param({"company_size": None}, ["company"], id="size unknown"),
        pytest.param({"company_size": 0}, [], id="a size of nothing is known"),
        pytest.param({"industry": "", "country": ""}, ["company"], id="only the size known"),
        pytest.param({"is_dated": False}, ["engagement_age"], id="no instant at all"),
    ],
)
def test_what_is_missing_of_the_agreed_context(changes, missing):
    carried = Carried(**WHOLE | changes)

    assert missing_of(agreed=ITEMS, carried=carried) == missing


@pytest.mark.parametrize(
    ("attributes", "missing"),
    [
        pytest.param({"budget": "50k"}, [], id="known"),
        pytest.param({"budget": 0}, [], id="zero is an answer"),
        pytest.param({"budget": ""}, ["budget"], id="empty"),
        pytest.param({"budget": []}, ["budget"], id="an empty list"),
        pytest.param({"budget": ["a", "b"]}, [], id="a list"),
        pytest.param({}, ["budget"], id="absent"),
    ],
)
def test_an_item_of_the_organisation_is_looked_for_among_the_attributes(attributes, missing):
    items = (ContextItem(code="budget", label="Budget"),)

    assert missing_of(agreed=items, carried=Carried(attributes=attributes)) == missing


def test_what_is_asked_for_depends_on_the_way_in():
    ways = frozenset({"webinar"})

    codes = [item.code for item in asked_for(agreed=ITEMS, ways=ways)]

    assert "form_text" not in codes
    assert "company" in codes


def test_intake_pins_what_the_lead_lacks(roster):
    lead = take(lead_row(company_size=None))

    assert told(lead, "assigned") == {"missing": ["form_text", "company"]}
    gate = clock(lead, "context")
    assert (gate.status, gate.measure) == (
        "breached_closed",
        {"missing": ["form_text", "company"]},
    )


def test_a_whole_lead_keeps_both_promises(roster):
    lead = take(lead_row(form_text="Please call"))

    assert told(lead, "assigned") == {}
    assert told(lead, "mql") == {"hand_raiser": True}
    assert {clock(lead, kind).status for kind in ("context", "minimum_fit")} == {"met"}


def test_what_is_stored_of_the_company_counts_at_intake(roster):
    take(lead_row(1, form_text="Hello"))

    lead = take(
        lead_row(2, company="Halden 1", company_domain="halden1.example", company_size=None,
                 industry="", form_text="Hello"),
    )  # fmt: skip

    assert told(lead, "assigned") == {}


def test_data_that_become_known_later_change_nothing(roster):
    lead = take(lead_row(company_size=None, form_text="Hello"))
    Company.objects.filter(pk=lead.company_id).update(size=400)

    assign_rounds(
        rows=[AssignmentRow(lead_id=lead.pk, rep_id=RepFactory().pk)],
        actor="system:test",
        origin=Origin.JOB,
        at=NOON + HOUR,
    )

    assert clock(lead, "context").measure == {"missing": ["company"]}


def test_the_services_tell_what_intake_tells(roster):
    sent = take(lead_row(1, company_size=None, industry=""))
    kept = take(lead_row(2, company_size=None, industry="", fit_score=0))
    assert kept.stage == Stage.NURTURE
    Lead.objects.filter(pk=kept.pk).update(fit_score=90)

    move_rounds(
        moves=[Move(lead_id=kept.pk, to=Stage.MQL, designation=Designation.MANUAL)],
        actor="system:test",
        origin=Origin.JOB,
        at=NOON,
    )
    assign_rounds(
        rows=[AssignmentRow(lead_id=kept.pk)], actor="system:test", origin=Origin.JOB, at=NOON
    )

    assert (
        told(kept, "assigned") == told(sent, "assigned") == {"missing": ["form_text", "company"]}
    )
    columns = ("status", "measure", "due_at", "cycle", "side", "rep_id")
    rows = [
        Clock.objects.filter(lead=lead, kind="context").values(*columns).get()
        for lead in (sent, kept)
    ]
    assert rows[0] == rows[1]


def test_new_acts_hand_over_what_is_stored(roster):
    lead = take(lead_row(hand_raiser=False, fit_score=None, company_size=400))
    lead.touches.create(kind="demo_request", occurred_at=NOON + HOUR, recorded_at=NOON + HOUR)

    qualify_leads(lead_ids=[lead.pk], actor="system:test", origin=Origin.API, at=NOON + HOUR)

    assert told(lead, "assigned") == {"missing": ["form_text"]}
    assert clock(lead, "context").due_at == NOON + HOUR


def test_intake_writes_the_breach_with_the_lead(signed):
    lead = take(lead_row(company_size=None))

    breach = Breach.objects.get(clock=clock(lead, "context"))
    assert (breach.side, breach.cause, breach.status) == (
        "marketing",
        "incomplete",
        "breached_closed",
    )
    assert (breach.due_at, breach.breach_at, breach.detected_at) == (NOON, NOON, NOON)
    notice = Message.objects.filter(kind="sla.breached").first()
    assert notice.payload == {"clock": breach.clock_id, "breach": breach.pk, "rep": None}
    assert reconcile_clocks(at=NOON) == []


def test_an_incomplete_lead_costs_intake_no_more_statements(signed):
    counts = []
    for number, text in ((1, "Please call"), (2, "Please call"), (3, "")):
        with CaptureQueriesContext(connection) as queries:
            take(lead_row(number, form_text=text))
        counts.append(len(queries))

    assert counts[1] == counts[2]


def test_a_designation_below_the_threshold_is_charged_to_marketing(signed):
    carla = person("carla")
    lead = take(lead_row(fit_score=20, form_text="Hello", hand_raiser=False))

    designate_mql(lead=lead, reason="The board knows them", by=carla, at=NOON + HOUR)

    assert told(lead, "mql") == {"hand_raiser": False, "fit": 20, "fit_threshold": 50}
    gate = clock(lead, "minimum_fit")
    assert (gate.status, gate.measure) == ("breached_closed", {"fit": 20, "fit_threshold": 50})
    assert Breach.objects.get(clock=gate).cause == "too_weak"


def test_an_mql_of_another_system_carries_its_fit(roster):
    lead = take(lead_row(mql_at=NOON, fit_score=30))

    assert told(lead, "mql") == {"hand_raiser": True, "fit": 30, "fit_threshold": 50}
    assert clock(lead, "minimum_fit").status == "breached_closed"


@pytest.mark.parametrize(
    ("fit", "payload", "status"),
    [
        pytest.param("80", {"fit": 80, "fit_threshold": 50}, "met", id="enough"),
        pytest.param("35", {"fit": 35, "fit_threshold": 50}, "breached_closed", id="too weak"),
        pytest.param("0", {"fit": 0, "fit_threshold": 50}, "breached_closed", id="stated zero"),
        pytest.param("", {"fit": None, "fit_threshold": 50}, "not_started", id="not told"),
    ],
)
def test_an_imported_mql_is_held_to_the_fit_it_came_with(roster, tmp_path, fit, payload, status):
    row = {"external_id": "a", "created_at": "2026-01-05T10:00", "mql_at": "2026-01-06",
           "fit_score": fit}  # fmt: skip
    imported(tmp_path, "leads", [row])
    imported(
        tmp_path,
        "assignments",
        [{"lead_external_id": "a", "rep_external_id": "", "assigned_at": "2026-01-06T11:00"}],
    )

    lead = Lead.objects.get()
    assert told(lead, "mql") == {"hand_raiser": False, **payload}
    assert clock(lead, "minimum_fit").status == status
    assert not Breach.objects.exists()


def test_an_imported_assignment_tells_what_was_known_then(roster, tmp_path):
    row = {"external_id": "a", "created_at": "2026-01-05T10:00", "mql_at": "2026-01-06"}
    imported(tmp_path, "leads", [row])
    imported(
        tmp_path,
        "touches",
        [{"lead_external_id": "a", "occurred_at": "2026-01-07T09:00", "kind": "download"}],
    )

    imported(
        tmp_path,
        "assignments",
        [{"lead_external_id": "a", "rep_external_id": "", "assigned_at": "2026-01-06T11:00"}],
    )

    assert told(Lead.objects.get(), "assigned")["missing"] == ["timeline", "company"]


def test_the_page_of_a_lead_marks_what_lacked_also_where_it_is_known_since(roster, client):
    lead = take(lead_row(company_size=None))
    Company.objects.filter(pk=lead.company_id).update(size=400)
    client.force_login(person("rita"))

    page = client.get(f"/leads/{lead.pk}/")

    text = page.content.decode()
    assert "What was promised with this lead" in text
    items = {item["label"]: item for item in page.context["page"].promised.items}
    assert items["What the person wrote on the form"]["value"] == "missing"
    company = items["Company data: size, industry, country"]
    assert (company["state"], company["value"]) == ("fail", "missing at handoff, known now")
    assert sum(item["state"] == "fail" for item in items.values()) == 2


def test_nothing_is_shown_as_promised_before_the_handoff(roster, client):
    lead = take(lead_row(hand_raiser=False, fit_score=None))
    client.force_login(person("rita"))

    page = client.get(f"/leads/{lead.pk}/")

    assert page.context["page"].promised is None


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        pytest.param(
            {}, "context", "Missed: the lead came without 1 of the agreed items: What the person "
            "wrote on the form.", id="an item lacked",
        ),
        pytest.param(
            {"form_text": "Hello"}, "context",
            "Kept: everything agreed for the lead's channel was there.", id="nothing lacked",
        ),
        pytest.param({}, "minimum_fit", "Kept: the definition itself", id="by definition"),
        pytest.param(
            {"mql_at": NOON, "fit_score": 30}, "minimum_fit",
            "Missed: the lead had a fit of 30, the definition asks for 50.", id="too weak",
        ),
    ],
)  # fmt: skip
def test_a_gate_explains_itself(roster, row, kind, words):
    lead = take(lead_row(**row))
    terms = current_terms(at=NOON)

    told = explain_deadline(clock=clock(lead, kind), terms=terms, at=NOON + HOUR)

    assert told.verdict.startswith(words)
    assert "Judged at the handoff" in told.verdict
    assert not any("due" in sentence for sentence in told.sentences)
