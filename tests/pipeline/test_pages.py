"""The pages: status, fragment, who may not, and how many statements they take."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pipeline.choices import Stage
from pipeline.models import Activity, Lead, Opportunity, Round
from revops.database import database_now
from revops.people.models import Team
from tests.factories.people import person
from tests.factories.pipeline import LeadFactory, RepFactory, accepted, assigned, moved, mql

pytestmark = pytest.mark.usefixtures("agreement")
STATEMENTS = 30
CONFIRMED = {f"check_{code}": "on" for code in ("budget", "authority", "need", "timeline")}


@pytest.fixture
def now(agreement):
    """Half an hour ago: pages read the database's clock."""
    return database_now() - timedelta(minutes=30)


@pytest.fixture
def lead(sam, now):
    """A lead assigned to Sam."""
    return assigned(sam.rep, at=now)


@pytest.fixture
def as_sam(client, sam):
    """Sam's browser."""
    client.force_login(sam)
    return client


def url(name, *args):
    return reverse(f"pipeline:{name}", args=args)


def seen(lead):
    return Round.objects.get(lead=lead).current_transition_id


def stage_of(lead):
    return Lead.objects.get(pk=lead.pk).stage


def statements(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_queue_shows_my_leads_and_the_panel(as_sam, lead):
    mql(first_name="Olaf", last_name="Free")

    page = as_sam.get(url("queue")).content.decode()

    assert "Priya Nair" in page
    assert "Olaf" not in page
    assert "Due in" in page or "Resumes" in page or "Overdue" in page
    assert url("lead_reject", lead.pk) in page


@pytest.mark.parametrize(
    ("tab", "name"), [("unassigned", "Olaf"), ("team", "Priya"), ("done", "Nothing decided")]
)
def test_each_tab_shows_its_leads(as_sam, lead, now, tab, name):
    mql(first_name="Olaf", last_name="Free", at=now)

    page = as_sam.get(url("queue"), {"tab": tab}).content.decode()

    assert name in page


def test_what_was_decided_today_is_under_done(as_sam, sam, lead):
    moved(lead, Stage.REJECTED, reason="no_need", at=database_now())

    page = as_sam.get(url("queue"), {"tab": "done"}).content.decode()

    assert "Priya Nair" in page
    assert "Rejected" in page


def test_a_poll_is_answered_204_until_something_changes(as_sam, lead):
    page = as_sam.get(url("queue"))
    stamp = page.context["queue"].stamp
    polled = {"tab": "mine", "stamp": stamp}

    unchanged = as_sam.get(url("queue"), polled, headers={"HX-Request": "true"})
    moved(lead, Stage.ACCEPTED, at=database_now())
    changed = as_sam.get(url("queue"), polled, headers={"HX-Request": "true"})

    assert unchanged.status_code == 204
    assert changed.status_code == 200
    assert b"<html" not in changed.content


@pytest.mark.parametrize("query", ["?page=x", "?page=-1", "?tab=<script>", "?lead=99999999999"])
def test_a_strange_address_of_the_queue_is_answered(as_sam, lead, query):
    assert as_sam.get(url("queue") + query).status_code == 200


def test_the_queue_takes_few_statements_whatever_its_length(as_sam, sam, lead, now):
    few = statements(as_sam, url("queue"))
    for _ in range(6):
        accepted(sam.rep, at=now)

    many = statements(as_sam, url("queue"))

    assert few == many
    assert many <= STATEMENTS


def test_the_lead_page_takes_few_statements_whatever_happened(as_sam, sam, lead, now):
    few = statements(as_sam, url("lead_detail", lead.pk))
    for minute in range(5):
        Activity.objects.create(
            lead=lead, rep=sam.rep, kind="call", outcome="connected", actor=f"user:{sam.pk}",
            occurred_at=now + timedelta(minutes=minute), recorded_at=now,
        )  # fmt: skip
    moved(lead, Stage.ACCEPTED, at=now + timedelta(minutes=10))

    many = statements(as_sam, url("lead_detail", lead.pk))

    assert many <= STATEMENTS
    assert many - few <= 1  # the account's last contact names its rep


@pytest.mark.parametrize("name", ["lead_list", "opportunity_list"])
def test_lists_take_few_statements(as_sam, lead, name):
    assert statements(as_sam, url(name)) <= STATEMENTS


def test_a_lead_is_found_by_name_and_not_by_another(as_sam, lead):
    found = as_sam.get(url("lead_list"), {"q": "priya n"}).content.decode()
    missed = as_sam.get(url("lead_list"), {"q": "nobody"}).content.decode()

    assert "Halden Robotics" in found
    assert "No lead fits" in missed


def test_accepting_goes_on_and_offers_undo(as_sam, lead):
    answer = as_sam.post(
        url("lead_accept", lead.pk), {"seen": seen(lead), "next": url("queue")}, follow=True
    )

    assert answer.redirect_chain == [(url("queue"), 302)]
    assert stage_of(lead) == Stage.ACCEPTED
    assert "Accepted Priya Nair." in answer.content.decode()
    assert "/undo/transition/" in answer.content.decode()


def test_undo_from_the_toast_takes_it_back(as_sam, lead):
    as_sam.post(url("lead_accept", lead.pk), {"seen": seen(lead)})

    answer = as_sam.post(url("undo_transition", seen(lead)))

    assert answer.status_code == 302
    assert stage_of(lead) == Stage.ASSIGNED


def test_the_reject_form_shows_reasons_with_the_signed_definition(as_sam, lead):
    page = as_sam.get(url("lead_reject", lead.pk)).content.decode()

    assert "Not ICP: company" in page
    assert "An MQL that sales has looked at and taken on" in page
    assert "Not recorded" not in page


def test_rejecting_with_a_reason(as_sam, lead):
    answer = as_sam.post(
        url("lead_reject", lead.pk), {"reason": "no_need", "note": "", "seen": seen(lead)}
    )

    assert answer.status_code == 302
    assert stage_of(lead) == Stage.REJECTED


@pytest.mark.parametrize(
    "reason", ["", "   ", "made_up", "price", "not_recorded"], ids=lambda value: value or "empty"
)
def test_a_reject_without_a_listed_reason_is_refused_with_422(as_sam, lead, reason):
    answer = as_sam.post(url("lead_reject", lead.pk), {"reason": reason, "note": "kept"})

    assert answer.status_code == 422
    assert "kept" in answer.content.decode()
    assert stage_of(lead) == Stage.ASSIGNED


def test_unreachable_is_refused_in_the_form_and_says_why(as_sam, lead):
    answer = as_sam.post(url("lead_reject", lead.pk), {"reason": "unreachable"})

    assert answer.status_code == 422
    assert "needs 3 attempts; 0 logged" in answer.content.decode()


def test_htmx_gets_the_form_alone_and_a_redirect_when_it_worked(as_sam, lead):
    headers = {"HX-Request": "true"}

    form = as_sam.get(url("lead_reject", lead.pk), headers=headers)
    wrong = as_sam.post(url("lead_reject", lead.pk), {}, headers=headers)
    right = as_sam.post(
        url("lead_reject", lead.pk), {"reason": "no_need", "next": url("queue")}, headers=headers
    )

    assert b"<html" not in form.content
    assert form.content.strip().startswith(b"<form")
    assert wrong.status_code == 422
    assert right.headers["HX-Redirect"] == url("queue")


def test_a_stale_form_is_answered_409_and_can_overwrite(as_sam, lead):
    before = seen(lead)
    moved(lead, Stage.ACCEPTED, at=database_now())
    told = {"reason": "no_need", "seen": before}

    stale = as_sam.post(url("lead_reject", lead.pk), told)
    again = as_sam.post(url("lead_reject", lead.pk), told | {"seen": seen(lead)})

    assert stale.status_code == 409
    assert "Accepted (SAL) by Test" in stale.content.decode()
    assert again.status_code == 302
    assert stage_of(lead) == Stage.REJECTED


def test_a_contact_is_logged_with_the_time_of_the_persons_zone(as_sam, lead):
    answer = as_sam.post(
        url("lead_contact", lead.pk),
        {"kind": "call", "outcome": "connected", "note": "", "occurred_at": ""},
    )

    assert answer.status_code == 302
    assert Activity.objects.get(lead=lead).outcome == "connected"


def test_a_lead_becomes_a_deal_and_is_lost_for_a_reason(as_sam, lead):
    as_sam.post(url("lead_sql", lead.pk), CONFIRMED)
    as_sam.post(
        url("lead_opportunity", lead.pk),
        {"name": "Halden", "amount": "1200.50", "currency": "usd", "next_step": "Demo"},
    )
    deal = Opportunity.objects.get()

    bare = as_sam.post(url("opportunity_lose", deal.pk), {})
    lost = as_sam.post(url("opportunity_lose", deal.pk), {"reason": "price"})

    assert bare.status_code == 422
    assert lost.status_code == 302
    assert stage_of(lead) == Stage.LOST
    assert as_sam.get(url("opportunity_detail", deal.pk)).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "lead_accept", "lead_contact", "lead_disqualify", "lead_recycle", "lead_reject",
        "lead_sql", "lead_working", "lead_opportunity", "lead_detail",
    ],
)  # fmt: skip
def test_every_form_opens(as_sam, lead, name):
    assert as_sam.get(url(name, lead.pk)).status_code == 200


ACTS = {
    "lead_accept": {"sam", "vera"},
    "lead_reject": {"sam", "vera"},
    "lead_disqualify": {"sam", "vera"},
    # RevOps enters what sales may not type in any more.
    "lead_contact": {"rita", "sam", "vera"},
    "lead_pause": {"rita", "sam", "vera"},
    "feedback_give": {"sam", "vera"},
    "lead_merge": {"rita", "carla", "mara"},
    "lead_working": {"sam", "vera"},
    "lead_sql": {"sam", "vera"},
    "lead_opportunity": {"sam", "vera"},
    "lead_assign": {"rita", "vera"},
    "lead_void": {"rita", "carla", "mara"},
    "lead_mql": {"rita", "carla", "mara", "sam", "vera"},
    "lead_detail": {"rita", "carla", "mara", "sam", "vera", "ed"},
}


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("who", ["rita", "carla", "mara", "vera", "ed"])
def test_who_may_open_what(client, lead, name, who):
    client.force_login(person(who))

    status = client.get(url(name, lead.pk)).status_code

    # A lead that is with sales cannot become an MQL: a refusal that only who may would see.
    allowed = 409 if name == "lead_mql" else 200
    assert status == (allowed if who in ACTS[name] else 403)


@pytest.mark.parametrize("name", sorted(ACTS))
def test_nobody_is_sent_to_log_in(client, lead, name):
    answer = client.get(url(name, lead.pk))

    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]


@pytest.mark.parametrize("name", ["lead_accept", "lead_reject", "lead_contact", "lead_detail"])
def test_a_colleague_of_another_team_finds_no_such_lead(as_sam, name, now):
    foreign = assigned(RepFactory(team=Team.objects.create(name="North", side="sales")), at=now)

    assert as_sam.get(url(name, foreign.pk)).status_code == 404


def test_a_rep_cannot_decide_for_a_colleague(as_sam, sam, now):
    team = Team.objects.create(name="North", side="sales")
    sam.team = team
    sam.save(update_fields=["team"])
    colleague = assigned(RepFactory(team=team), at=now)

    assert as_sam.get(url("lead_detail", colleague.pk)).status_code == 200
    assert as_sam.post(url("lead_accept", colleague.pk), {}).status_code == 404
    assert stage_of(colleague) == Stage.ASSIGNED


def test_marketing_recycles_only_what_was_rejected(client, lead):
    client.force_login(person("mara"))
    told = {"reason": "not_ready", "recycle_on": "2027-01-01"}

    early = client.post(url("lead_recycle", lead.pk), told)
    moved(lead, Stage.REJECTED, reason="no_need", at=database_now())
    late = client.post(url("lead_recycle", lead.pk), told)

    assert early.status_code == 404
    assert late.status_code == 302
    assert stage_of(lead) == Stage.RECYCLED


def test_a_viewer_sees_no_names(client, lead):
    client.force_login(person("ed"))

    page = client.get(url("lead_detail", lead.pk)).content.decode()
    listed = client.get(url("lead_list"), {"q": "Priya"}).content.decode()

    assert "Priya" not in page
    assert "priya@" not in page
    assert "P. N." in page
    assert "No lead fits" in listed


def test_the_next_page_is_one_of_ours(as_sam, lead):
    answer = as_sam.post(url("lead_accept", lead.pk), {"next": "https://evil.example/"})

    assert answer.headers["Location"] == lead.get_absolute_url()


def test_an_empty_queue_says_so_and_offers_the_team(as_sam, sam):
    page = as_sam.get(url("queue")).content.decode()

    assert "Your queue is empty" in page


def test_a_lead_in_nurture_is_designated_by_hand(client):
    lead, mara = LeadFactory(), person("mara")
    client.force_login(mara)

    answer = client.post(url("lead_mql", lead.pk), {"reason": "Met at the fair"})

    assert answer.status_code == 302
    assert stage_of(lead) in {Stage.MQL, Stage.ASSIGNED}
