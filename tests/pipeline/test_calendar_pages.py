"""Absences from calendar files, and the feed of a person's deadlines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from pipeline.choices import Stage
from revops.database import database_now
from revops.people.feeds import renew_feed
from revops.people.models import Absence, FeedToken, Rep
from revops.people.selectors import local_day
from tests.factories.people import person
from tests.factories.pipeline import assigned, moved

pytestmark = pytest.mark.usefixtures("agreement")
DAY = timedelta(days=1)


@pytest.fixture
def now(agreement):
    """Half an hour ago: pages read the database's clock."""
    return database_now() - timedelta(minutes=30)


def url(name, *args):
    return reverse(f"pipeline:{name}", args=args)


def ics(now, *, uid="a@x", first=3, mail="ana@example.com", more=""):
    begins = local_day(at=now) + first * DAY
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nSUMMARY:Surgery\r\nDTSTART;VALUE=DATE:{begins:%Y%m%d}\r\n"
        f"DTEND;VALUE=DATE:{begins + 2 * DAY:%Y%m%d}\r\nATTENDEE:mailto:{mail}\r\n{more}"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def bring(client, text):
    """Try a file and import it as it was tried; return the page of the trial."""
    raw = text if isinstance(text, bytes) else text.encode()
    tried = client.post(url("absence_import"), {"file": SimpleUploadedFile("a.ics", raw)})
    held = tried.context["held"]
    if held:
        client.post(url("absence_import_confirm"), {"held": held})
    return tried


def test_a_calendar_file_is_tried_imported_and_again_without_effect(as_vera, now, ana):
    first = bring(as_vera, ics(now))
    again = bring(as_vera, ics(now))
    moved = bring(as_vera, ics(now, first=10))

    absence = Absence.objects.get()
    assert (absence.rep, absence.source_id, absence.reason) == (ana, "a@x", "")
    assert absence.starts_on == local_day(at=now) + 10 * DAY
    effects = [page.context["outcome"].lines[0].effect for page in (first, again, moved)]
    assert effects == ["new", "unchanged", "changed"]


def test_trying_a_file_stores_nothing(as_vera, now, ana):
    as_vera.post(url("absence_import"), {"file": SimpleUploadedFile("a.ics", ics(now).encode())})

    assert not Absence.objects.exists()


def test_a_cancelled_event_takes_a_coming_absence_back(as_vera, now, ana):
    bring(as_vera, ics(now))

    page = bring(as_vera, ics(now, more="STATUS:CANCELLED\r\n"))

    assert page.context["outcome"].lines[0].effect == "removed"
    assert not Absence.objects.exists()


def test_an_event_of_a_foreign_person_is_refused(as_vera, now, foreigner):
    Rep.objects.filter(pk=foreigner.pk).update(email="cy@example.com")

    page = bring(as_vera, ics(now, mail="cy@example.com"))

    (line,) = page.context["outcome"].lines
    assert (line.effect, line.who) == ("refused", "cy@example.com")
    assert not Absence.objects.exists()


def test_a_chosen_person_gets_every_event(client, sam, now):
    client.force_login(sam)

    bring(client, ics(now, mail="somebody@example.com"))

    assert Absence.objects.get().rep == sam.rep


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"name,from\n", id="csv"),
        pytest.param(b"BEGIN:VCALENDAR\r\n\0", id="nul"),
        pytest.param(b"\xff\xfe\x00", id="binary"),
        pytest.param(b"BEGIN:VCALENDAR\r\n" + b"A" * (10 * 1024 * 1024), id="10 MB"),
        pytest.param(b"", id="empty"),
    ],
)
def test_a_file_that_is_no_calendar_is_answered_422(as_vera, raw):
    response = as_vera.post(url("absence_import"), {"file": SimpleUploadedFile("a.ics", raw)})

    assert response.status_code == 422
    assert not Absence.objects.exists()


@pytest.mark.parametrize("held", ["", "made:up:text", "x" * 5000])
def test_what_was_not_tried_is_not_imported(as_vera, held):
    response = as_vera.post(url("absence_import_confirm"), {"held": held})

    assert response.status_code == 422


def feed(client, secret, **headers):
    return client.get(url("deadlines_feed", secret), headers=headers)


def test_the_feed_holds_the_running_deadlines_and_no_person(client, sam, now):
    lead = assigned(sam.rep, at=now)
    secret = renew_feed(user=sam, at=now)

    response = feed(client, secret)

    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    text = response.content.decode()
    assert "Priya" not in text
    assert "halden.example" not in text
    events = {
        str(event["SUMMARY"]): event
        for event in Calendar.from_ical(response.content).walk("VEVENT")
    }
    contact = events["First contact: Halden Robotics"]
    clock = lead.clocks.get(kind="first_contact", scope="lead")
    assert contact["DTSTART"].dt == clock.due_at.replace(microsecond=0)
    assert str(contact["UID"]).startswith(f"clock-{clock.pk}@")
    assert contact.subcomponents[0]["TRIGGER"].dt == clock.warn_at.replace(microsecond=0)


def test_an_unchanged_feed_is_answered_304(client, sam, now):
    assigned(sam.rep, at=now)
    secret = renew_feed(user=sam, at=now)
    etag = feed(client, secret).headers["ETag"]

    assert feed(client, secret, if_none_match=etag).status_code == 304


def test_a_renewed_or_revoked_address_opens_nothing(client, sam, now):
    old = renew_feed(user=sam, at=now)
    new = renew_feed(user=sam, at=now)
    opened = feed(client, new).status_code
    client.force_login(sam)
    client.post(reverse("people:feed_revoke"))

    assert opened == 200
    assert feed(client, old).status_code == 404
    assert feed(client, new).status_code == 404
    assert feed(client, "x" * 43).status_code == 404
    assert feed(client, "short").status_code == 404


def test_who_may_not_log_in_has_no_feed(client, sam, now):
    secret = renew_feed(user=sam, at=now)
    sam.is_active = False
    sam.save()

    assert feed(client, secret).status_code == 404


def test_the_feed_takes_two_statements_however_many_deadlines(client, sam, now):
    secret = renew_feed(user=sam, at=now)

    for _ in range(4):
        assigned(sam.rep, at=now)
    with CaptureQueriesContext(connection) as captured:
        feed(client, secret)

    assert len(captured) == 2


def test_the_secret_is_shown_once_and_stored_as_a_hash(client, sam, now):
    client.force_login(sam)

    page = client.post(reverse("people:feed_renew")).content.decode()
    later = client.get(reverse("people:profile")).content.decode()

    assert "/feeds/" in page
    assert "/feeds/" not in later
    assert len(FeedToken.objects.get().token_sha256) == 64


def test_only_people_on_the_roster_have_a_feed(client, now):
    client.force_login(person("ed"))

    assert client.post(reverse("people:feed_renew")).status_code == 403


def test_a_lead_that_is_decided_leaves_the_feed(client, sam, now):
    lead = assigned(sam.rep, at=now)
    secret = renew_feed(user=sam, at=now)
    moved(lead, Stage.REJECTED, reason="no_need", at=now)

    assert b"VEVENT" not in feed(client, secret).content
