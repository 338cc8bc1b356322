"""Webhooks: signed, to public addresses only, tried again, disabled in the end."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from standardwebhooks import Webhook

from revops.database import database_now
from revops.outbox import endpoints, services, webhooks
from revops.outbox.choices import Channel
from revops.outbox.errors import DeliveryError
from revops.outbox.models import Endpoint, Message
from revops.outbox.services import Notice
from tests.factories.people import person

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Receiver(BaseHTTPRequestHandler):
    status, location, got = 204, "", []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((dict(self.headers), body))
        self.send_response(self.status)
        if self.location:
            self.send_header("Location", self.location)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Receiver.status, Receiver.location, Receiver.got = 204, "", []
    Receiver.url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
    yield Receiver
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def endpoint(db, receiver, settings):
    settings.WEBHOOKS_MAY_BE_LOCAL = True
    return endpoints.add_endpoint(
        url=receiver.url, events=["sla.breached"], actor="system:test", by=None, at=NOON
    )


def announce(kind="sla.breached", at=None):
    at = at or database_now()
    notice = Notice(key=f"{kind}:1", kind=kind, payload={"clock": 7, "to": [1], "breach": 3})
    services.announce(notices=[notice], at=at)
    services.deliver(at=at)


def test_an_event_is_posted_signed_with_ids_only(endpoint, receiver):
    announce()

    [(headers, body)] = receiver.got
    told = Webhook(endpoint.secret).verify(body, headers)
    assert told["type"] == "sla.breached"
    assert told["data"] == {"clock": 7, "breach": 3}
    assert headers["webhook-id"] == f"msg_{Message.objects.get(endpoint=endpoint).pk}"


def test_an_endpoint_gets_only_the_events_it_asked_for(endpoint, receiver):
    announce(kind="lead.created")

    assert receiver.got == []


@pytest.mark.parametrize("status", [301, 400, 410, 429, 500])
def test_an_event_is_tried_again_under_its_id(endpoint, receiver, status):
    receiver.status, receiver.location = status, "http://127.0.0.1:1/"
    announce()
    row = Message.objects.get(endpoint=endpoint)
    receiver.status = 200
    Message.objects.update(next_try_at=database_now())

    services.deliver(at=database_now())

    ids = {headers["webhook-id"] for headers, _ in receiver.got}
    assert row.last_error == f"The endpoint answered {status}"
    assert (len(receiver.got), len(ids)) == (2, 1)


def test_an_endpoint_that_never_answers_is_disabled_with_a_notice(endpoint, receiver):
    rita = person("rita")
    receiver.status = 500
    announce()
    Message.objects.filter(endpoint=endpoint).update(
        attempts=len(services.PAUSES), next_try_at=database_now()
    )

    services.deliver(at=database_now())
    services.deliver(at=database_now())

    endpoint.refresh_from_db()
    assert endpoint.disabled_reason == "The endpoint answered 500"
    assert Message.objects.get(kind="webhook_disabled", recipient=rita, channel=Channel.APP)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
        "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
        "2002:7f00:1::", "2002:808:808::", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001:db8::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "localhost", "2130706433", "0x7f000001", "",
        "::127.0.0.1", "::ffff:0:127.0.0.1", "fec0::1", "192.88.99.1",
    ],
)  # fmt: skip
def test_no_address_but_a_public_one_is_connected_to(address):
    assert not webhooks.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_public_addresses_are(address):
    assert webhooks.is_public(address)


def resolves_to(monkeypatch, *addresses):
    rows = [(0, 0, 0, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *_, **__: rows)


def test_a_name_with_one_private_address_is_refused(monkeypatch):
    resolves_to(monkeypatch, "8.8.8.8", "127.0.0.1")

    with pytest.raises(DeliveryError, match="no public address"):
        webhooks.post(url="https://both.example/", body=b"", headers={})


def test_the_checked_address_is_the_one_connected_to(monkeypatch):
    resolves_to(monkeypatch, "8.8.8.8")
    asked = []

    def connect(address, **_):
        asked.append(address)
        raise OSError("no network here")

    monkeypatch.setattr(webhooks.socket, "create_connection", connect)

    with pytest.raises(DeliveryError, match="cannot be reached"):
        webhooks.post(url="https://rebinds.example/", body=b"", headers={})
    assert asked == [("8.8.8.8", 443)]


def test_plain_http_is_refused():
    with pytest.raises(DeliveryError, match="not https"):
        webhooks.post(url="http://hooks.example/", body=b"", headers={})


@pytest.fixture
def rita(db):
    client = Client()
    client.force_login(person("rita"))
    return client


def added(client, **body):
    return client.post(
        "/api/v1/webhooks/",
        json.dumps({"url": "https://hooks.example/accord", **body}),
        content_type="application/json",
    )


def test_the_secret_is_shown_once(rita):
    created = added(rita, events=["sla.breached"])

    shown = rita.get(f"/api/v1/webhooks/{created.json()['id']}/")
    assert created.status_code == 201
    assert created.json()["secret"].startswith("whsec_")
    assert "secret" not in shown.json()
    assert created.json()["secret"] not in rita.get("/api/v1/webhooks/").text


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"url": "http://hooks.example/"}, "/url", id="plain"),
        pytest.param({"url": "https://"}, "/url", id="no host"),
        pytest.param({"url": "https://[::1"}, "/url", id="half an address"),
        pytest.param({"url": "https://a:b@hooks.example/"}, "/url", id="password"),
        pytest.param({"url": "https://hooks.example:99999/"}, "/url", id="port"),
        pytest.param({"url": "https://hooks.example/\u00e9"}, "/url", id="not ascii"),
        pytest.param({"url": "https://hooks.example/a b\r\nX: y"}, "/url", id="line break"),
        pytest.param({"events": ["sla.everything"]}, "/events", id="unknown event"),
        pytest.param({"secret": "mine"}, "/secret", id="unknown field"),
    ],
)
def test_a_bad_endpoint_is_refused_by_field(rita, body, pointer):
    answer = added(rita, **body)

    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize("who", ["carla", "mara", "vera", "sam", "ed"])
def test_only_revops_keeps_webhooks(db, who):
    client = Client()
    client.force_login(person(who))

    assert added(client).status_code == 403
    assert client.get("/api/v1/webhooks/").status_code == 403


def test_a_removed_endpoint_gets_nothing_more(endpoint, receiver, rita):
    rita.delete(f"/api/v1/webhooks/{endpoint.pk}/")

    announce()

    assert receiver.got == []
    assert rita.post(f"/api/v1/webhooks/{endpoint.pk}/test/").status_code == 404


def test_a_test_event_is_delivered_listed_and_replayed(endpoint, receiver, rita):
    base = f"/api/v1/webhooks/{endpoint.pk}"
    queued = rita.post(f"{base}/test/")
    services.deliver(at=database_now())
    [shown] = rita.get(f"{base}/deliveries/").json()["data"]

    again = rita.post(f"{base}/deliveries/{shown['id'].removeprefix('msg_')}/replay/")
    services.deliver(at=database_now())

    assert (queued.status_code, again.status_code) == (202, 202)
    assert (shown["event"], shown["last_error"]) == ("endpoint.test", "")
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 2


def test_a_slow_receiver_is_cut_off(endpoint, monkeypatch):
    monkeypatch.setattr(webhooks, "TIMEOUT_SECONDS", 0.2)
    server = HTTPServer(("127.0.0.1", 0), Receiver, bind_and_activate=True)
    started = database_now()

    with pytest.raises(DeliveryError, match="cannot be reached"):
        webhooks.post(url=f"http://127.0.0.1:{server.server_port}/", body=b"{}", headers={})

    assert database_now() - started < timedelta(seconds=5)
    server.server_close()
