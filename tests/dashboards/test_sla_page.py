"""The page of the SLA: promises, months, share links, and the post to Slack."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboards import services
from dashboards.expectations import Ripeness, judgement
from dashboards.models import ShareLink
from dashboards.selectors.frame import frame
from dashboards.selectors.promises import promises
from dashboards.selectors.scorecard import Share, scorecard
from definitions.selectors import forget_schedule
from revops.database import database_now
from revops.outbox import channels, rendering
from revops.outbox.models import Message
from revops.rest import limits
from sla.choices import ClockKind, ClockStatus
from sla.models import MonthAdjustment, MonthResult
from tests.dashboards.test_api import caller
from tests.dashboards.test_clock_metrics import clock
from tests.dashboards.test_home import statements
from tests.factories.dashboards import AT, instant, promise
from tests.factories.definitions import signed_version
from tests.factories.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agreement")]

MOST_STATEMENTS = 30
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)


def closed(month=OCTOBER, *, kind=ClockKind.FIRST_CONTACT, side="sales", **fields):
    """Freeze a month of a promise."""
    return MonthResult.objects.create(
        **{
            "month": month, "kind": kind, "side": side, "met": 80, "late": 15, "missed": 5,
            "excused": 0, "cancelled": 0, "still_open": 0, "target_rate": Decimal("0.9"),
            "is_enforced": True, "is_kept": False, "closed_at": AT, "actor": "system:test",
            **fields,
        }
    )  # fmt: skip


def line(kind=ClockKind.FIRST_CONTACT, *, at=AT):
    """Return one promise's row of the scorecard."""
    found = scorecard(frame=frame(at=at))
    return next(one for one in found.lines if one.promise.commitment.kind == kind)


def month_of(row, month):
    """Return the cell of a month."""
    return next(cell for cell in row.cells if cell.month == month)


@pytest.fixture
def signed(agreement):
    """An SLA signed on 1 September."""
    cast = {key: person(key) for key in ("rita", "carla", "vera")}
    signed_version("sla", cast=cast, at=instant("2026-09-01 08:00"))
    forget_schedule()
    return cast


def test_a_closed_month_is_shown_as_frozen_with_what_changed_beside_it(signed):
    row = closed()
    MonthAdjustment.objects.create(
        result=row, met=12, late=-10, missed=-2, excused=0, cancelled=0, still_open=0, at=AT,
        actor="system:test",
    )  # fmt: skip

    cell = month_of(line(), OCTOBER)

    assert (cell.share, cell.restated) == (Share(80, 100), Share(92, 100))
    assert (cell.is_kept, cell.is_closed) == (True, True)


def test_a_month_that_is_not_closed_is_counted_live(signed):
    held = promise()
    clock(held, ClockStatus.MET, seconds=60, started_at=instant("2026-10-05 09:00"))
    clock(held, ClockStatus.MET, seconds=60, started_at=instant("2026-11-05 09:00"))

    row = line()

    assert (month_of(row, OCTOBER).share, month_of(row, OCTOBER).is_closed) == (Share(1, 1), False)
    assert row.cells[-1].share == Share(1, 1)


def test_the_running_month_is_the_same_as_on_the_home_page(signed):
    held = promise()
    clock(held, ClockStatus.MET, seconds=60)
    clock(held, ClockStatus.BREACHED_OPEN)

    [home] = [
        one
        for one in promises(frame=frame(at=AT), narrowed={})
        if one.commitment.kind == ClockKind.FIRST_CONTACT
    ]

    assert (home.month.kept, home.month.due) == (1, 2)
    assert line().cells[-1].share == Share(1, 2)
    assert line().overdue_count == 1


def test_the_baseline_is_what_was_measured_in_the_three_months_before(signed):
    for month in (5, 6, 7, 8):
        closed(date(2026, month, 1), met=10, late=10, missed=10 * month, is_enforced=False)

    row = line()

    assert row.baseline == Share(30, 60 + 60 + 70 + 80)
    assert month_of(row, date(2026, 8, 1)).is_promised is False
    assert month_of(row, date(2026, 8, 1)).is_kept is None


@pytest.mark.parametrize(
    ("metric", "today", "ripeness"),
    [
        pytest.param("response_time", date(2026, 9, 20), Ripeness.TOO_EARLY, id="speed, week 3"),
        pytest.param("response_time", date(2026, 10, 1), Ripeness.DUE, id="speed, day 30"),
        pytest.param("acceptance_rate", date(2026, 9, 29), Ripeness.TOO_EARLY, id="week four"),
        pytest.param("acceptance_rate", date(2026, 11, 5), Ripeness.FIRST_SIGNS, id="day 65"),
        pytest.param("pipeline_created", date(2026, 12, 1), Ripeness.TOO_EARLY, id="a quarter"),
        pytest.param("pipeline_created", date(2027, 7, 1), Ripeness.DUE, id="three quarters"),
    ],
)
def test_no_verdict_comes_too_early(metric, today, ripeness):
    found = judgement(metric=metric, signed_on=SEPTEMBER, today=today)

    assert found.ripeness == ripeness


def test_nothing_is_expected_of_an_unsigned_agreement():
    assert judgement(metric="response_time", signed_on=None, today=OCTOBER) is None


def test_the_response_is_followed_from_before_the_signature(client, signed):
    held = promise()
    for month in (8, 10):
        clock(
            held, ClockStatus.MET, seconds=month * 1800, started_at=instant(f"2026-{month:02}-05")
        )
    client.force_login(signed["rita"])

    chart = client.get("/sla/").context["response"]

    assert [row[:2] for row in chart["rows"]] == [["Aug 2026", "4 h"], ["Oct 2026", "5 h"]]
    assert chart["figure"]["data"][0]["y"] == [4.0, 5.0]


@pytest.mark.parametrize("name", ["rita", "carla", "mara", "vera", "sam", "ed"])
def test_both_teams_and_viewers_see_the_page(client, signed, name):
    client.force_login(signed.get(name) or person(name))

    text = client.get("/sla/").content.decode()

    assert "Service level agreement" in text
    assert ("Make a link" in text) == (name in {"rita", "carla", "vera"})


def test_the_page_takes_a_fixed_number_of_statements(client, signed):
    client.force_login(signed["rita"])
    closed()
    few = statements(client, "/sla/")
    for month in (5, 6, 7, 8, 9):
        closed(date(2026, month, 1))
        closed(date(2026, month, 1), kind=ClockKind.ROUTING, side="marketing")
    for hour in range(6):
        clock(promise(), ClockStatus.MET, seconds=60, started_at=AT - timedelta(hours=9 + hour))

    many = statements(client, "/sla/")

    assert few == many <= MOST_STATEMENTS


@pytest.fixture
def api(client):
    """Ask with a key that may read metrics."""
    return caller(client, "metrics:read")


def test_the_api_lists_months_as_frozen_and_as_they_are_now(api, signed):
    row = closed()
    MonthAdjustment.objects.create(
        result=row, met=12, late=-10, missed=-2, excused=0, cancelled=0, still_open=0, at=AT,
        actor="system:test",
    )  # fmt: skip

    told = api("/api/v1/sla/months/?from=2026-10&to=2026-11").json()

    [month] = told["data"]
    assert (month["month"], month["kind"], month["restated"]) == ("2026-10", "first_contact", True)
    assert (month["frozen"]["met"], month["frozen"]["kept"]) == (80, False)
    assert (month["now"]["met"], month["now"]["kept"]) == (92, True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "/from"),
        ("from=2026-10&to=2026-10", "/to"),
        ("from=2020-01&to=2026-01", "/to"),
        ("kind=lunch", "/kind"),
        ("mood=good", "/mood"),
    ],
)
def test_the_api_refuses_what_it_does_not_understand(api, query, field):
    answer = api(f"/api/v1/sla/months/?{query}")

    assert answer.status_code == 422
    assert field in [error["pointer"] for error in answer.json()["errors"]]


def test_the_api_says_when_a_figure_may_be_judged(api, signed):
    told = api("/api/v1/metrics/pipeline_created/").json()["judgement"]

    assert (told["signed_on"], told["signs_on"]) == ("2026-09-01", "2027-03-02")
    assert api("/api/v1/metrics/win_rate/").json()["judgement"] is None


@pytest.fixture
def token(signed):
    """The token of an open link."""
    return services.create_share_link(days=30, by=signed["vera"], at=database_now())[1]


@pytest.fixture(autouse=True)
def fresh_limits():
    """No test pays for another's requests."""
    limits.reset()
    yield
    limits.reset()


def test_a_share_link_opens_the_page_without_a_login_and_without_names(client, signed, token):
    clock(promise(), ClockStatus.BREACHED_OPEN)

    answer = client.get(f"/shared/{token}/")

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "First contact" in text
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert [person.name for person in signed.values() if person.name in text] == []
    assert "/metrics/" not in text
    assert "/leads/" not in text


def test_only_the_hash_of_a_token_is_stored(token):
    row = ShareLink.objects.get()

    assert token not in str(vars(row))
    assert len(row.token_sha256) == 64


def test_a_link_is_shown_once(client, signed):
    client.force_login(signed["carla"])

    answer = client.post("/sla/share/", {"days": 7})
    later = client.get("/sla/")

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert "/shared/" in answer.content.decode()
    assert "/shared/" not in later.content.decode()


@pytest.mark.parametrize("days", ["", "8", "-1", "99999999999999999999", "abc"])
def test_a_link_is_open_for_one_of_the_offered_stretches(client, signed, days):
    client.force_login(signed["rita"])

    assert client.post("/sla/share/", {"days": days}).status_code == 422
    assert not ShareLink.objects.exists()


@pytest.mark.parametrize("name", ["mara", "sam", "ed"])
@pytest.mark.parametrize("address", ["/sla/share/", "/sla/slack/", "/sla/share/1/revoke/"])
def test_who_may_not_share_is_refused(client, signed, name, address):
    client.force_login(person(name))

    assert client.post(address, {"days": 7}).status_code == 403


def test_a_revoked_link_is_not_found(client, signed, token):
    client.force_login(signed["rita"])
    client.post(f"/sla/share/{ShareLink.objects.get().pk}/revoke/")
    client.logout()

    assert client.get(f"/shared/{token}/").status_code == 404


def test_an_expired_link_is_not_found(client, token):
    ShareLink.objects.update(expires_at=database_now() - timedelta(seconds=1))

    assert client.get(f"/shared/{token}/").status_code == 404


@pytest.mark.parametrize(
    "wrong", ["x", "a" * 5000, "%00", "%F0%9F%92%A9", "..%2f..", "' OR 1=1--"]
)
def test_a_wrong_token_is_not_found(client, token, wrong):
    assert client.get(f"/shared/{wrong}/").status_code == 404


def test_an_address_that_guesses_is_held_back(client, token):
    for _ in range(60):
        client.get("/shared/wrong/")

    answer = client.get(f"/shared/{token}/")

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_a_link_says_when_it_was_last_used_in_few_writes(client, token):
    client.get(f"/shared/{token}/")
    first = ShareLink.objects.get().last_used_at

    client.get(f"/shared/{token}/")

    assert first is not None
    assert ShareLink.objects.get().last_used_at == first


def test_slack_gets_the_page_once_a_day(client, signed, settings):
    settings.SLACK_WEBHOOK_URL = "https://hooks.example/x"
    client.force_login(signed["vera"])
    preview = client.get("/sla/slack/").content.decode()

    client.post("/sla/slack/")
    again = client.post("/sla/slack/", follow=True)

    message = Message.objects.get(kind="sla_page")
    assert message.channel == "slack"
    assert "on its way already" in again.content.decode()
    assert "Post it" in preview
    body = channels.slack_body(rendering.letter_of(message, at=message.created_at))
    assert body["text"] == "Service level agreement (SLA v2)"
    assert "Sales promised" in str(body["blocks"])
    assert "/sla/|Open the SLA" in str(body["blocks"])


def test_slack_that_is_not_connected_is_said(client, signed, settings):
    settings.SLACK_WEBHOOK_URL = ""
    client.force_login(signed["vera"])

    answer = client.post("/sla/slack/")

    assert answer.status_code == 422
    assert "SLACK_WEBHOOK_URL" in answer.content.decode()


def test_a_get_posts_nothing(client, signed, settings):
    settings.SLACK_WEBHOOK_URL = "https://hooks.example/x"
    client.force_login(signed["vera"])

    client.get("/sla/slack/")

    assert not Message.objects.filter(kind="sla_page").exists()


def test_a_shared_page_is_read_in_a_fixed_number_of_statements(client, token):
    client.get(f"/shared/{token}/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/shared/{token}/")
    for month in (6, 7, 8, 9):
        closed(date(2026, month, 1))

    with CaptureQueriesContext(connection) as many:
        client.get(f"/shared/{token}/")

    assert len(few) == len(many) <= MOST_STATEMENTS
