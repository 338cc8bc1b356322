"""Asking for and deciding about excuses on the pages and by the API."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from definitions.services.freezing import install_defaults
from sla import services
from sla.choices import ClockStatus
from sla.models import Breach, Clock, ExcuseRequest
from tests.factories.people import OrganizationFactory, person
from tests.factories.pipeline import NOON, RepFactory
from tests.factories.sla import TUESDAY, EvidenceFactory, commitment_in_force

pytestmark = pytest.mark.django_db
LATER = TUESDAY + timedelta(days=2)
NOTE = "The telephone line was dead all day."


@pytest.fixture
def sam():
    return person("sam")


@pytest.fixture
def breach(sam):
    OrganizationFactory()
    install_defaults(at=NOON)
    commitment_in_force()
    lead = EvidenceFactory(rep=RepFactory(user=sam, name=sam.name)).lead
    type(lead).objects.filter(pk=lead.pk).update(owner=sam.rep)
    services.refold(lead_ids=[lead.pk], at=LATER)
    return Breach.objects.get()


@pytest.fixture
def asked(breach, sam):
    return services.ask_excuse(breach=breach, cause="outage", note=NOTE, by=sam, at=LATER)


def ask_url(breach):
    return reverse("dashboards:excuse_ask", args=[breach.pk])


def decide_url(asked):
    return reverse("dashboards:excuse_decide", args=[asked.pk])


def post_json(client, path, body):
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def test_a_rep_asks_on_the_page_and_the_ledger_says_so(client, breach, sam):
    client.force_login(sam)
    assert "Ask&nbsp;to&nbsp;excuse" in client.get("/breaches/?state=missed").content.decode()

    sent = client.post(ask_url(breach), {"cause": "outage", "note": NOTE})

    page = client.get("/breaches/?state=missed").content.decode()
    assert sent.status_code == 302
    assert NOTE in page
    assert "Ask&nbsp;to&nbsp;excuse" not in page
    assert "Decide" not in page


def test_a_form_without_a_cause_keeps_the_note(client, breach, sam):
    client.force_login(sam)

    sent = client.post(ask_url(breach), {"note": NOTE})

    assert sent.status_code == 422
    assert NOTE in sent.content.decode()


def test_asking_twice_is_a_conflict(client, asked, sam):
    client.force_login(sam)

    assert client.post(ask_url(asked.breach), {"cause": "outage"}).status_code == 409


@pytest.mark.parametrize("who", ["mara", "ed"])
def test_the_other_side_may_not_ask(client, breach, who):
    client.force_login(person(who))

    assert client.get(ask_url(breach)).status_code == 403


def test_the_other_sides_leader_grants_on_the_page(client, asked):
    client.force_login(person("carla"))
    assert "Decide" in client.get("/breaches/").content.decode()

    sent = client.post(decide_url(asked), {"decision": "granted"})

    assert sent.status_code == 302
    assert Clock.objects.get().status == ClockStatus.EXCUSED
    assert "Excused" in client.get("/breaches/?state=missed").content.decode()


def test_declining_without_words_is_refused_and_with_them_stored(client, asked):
    client.force_login(person("rita"))

    refused = client.post(decide_url(asked), {"decision": "declined"})
    stored = client.post(decide_url(asked), {"decision": "declined", "note": "It was fine."})

    assert (refused.status_code, stored.status_code) == (422, 302)
    assert ExcuseRequest.objects.get().decision_note == "It was fine."


def test_the_own_leader_sees_why_others_decide(client, asked):
    client.force_login(person("vera"))

    page = client.get(decide_url(asked))

    assert "Your own side missed it" in page.content.decode()
    assert client.post(decide_url(asked), {"decision": "granted"}).status_code == 403


def test_a_decided_request_is_shown_and_not_decided_again(client, asked):
    services.grant_excuse(request=asked, by=person("rita"), at=LATER)
    client.force_login(person("carla"))

    assert "Granted" in client.get(decide_url(asked)).content.decode()
    assert client.post(decide_url(asked), {"decision": "granted"}).status_code == 409


def test_the_api_asks_and_decides(client, breach, sam):
    client.force_login(sam)
    asked = post_json(client, f"/breaches/{breach.pk}/excuses/", {"cause": "outage"})
    client.force_login(person("carla"))

    decided = post_json(
        client, f"/excuses/{asked.json()['id']}/decision/", {"decision": "granted"}
    )

    assert (asked.status_code, decided.status_code) == (201, 200)
    assert decided.json()["decision"] == "granted"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({}, 422, id="no cause"),
        pytest.param({"cause": "weather"}, 422, id="unknown cause"),
        pytest.param({"cause": "other"}, 422, id="no words"),
        pytest.param({"cause": "outage", "note": "x" * 501}, 422, id="too many words"),
        pytest.param({"cause": "outage", "by": "me"}, 422, id="unknown field"),
        pytest.param([], 422, id="no object"),
    ],
)
def test_the_api_refuses_what_is_no_request(client, breach, sam, body, status):
    client.force_login(sam)

    assert post_json(client, f"/breaches/{breach.pk}/excuses/", body).status_code == status


def test_the_api_tells_who_may_not_from_what_is_not_there(client, asked):
    client.force_login(person("mara"))
    assert post_json(client, f"/excuses/{asked.pk}/decision/", {}).status_code == 403

    client.force_login(person("carla"))
    assert post_json(client, "/excuses/999999/decision/", {}).status_code == 404
