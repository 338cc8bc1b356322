"""The shared page: the same for everybody, in a fixed number of statements."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboards.metrics import Question
from dashboards.registry import REGISTRY
from dashboards.selectors.frame import frame
from dashboards.selectors.home import before, home
from dashboards.selectors.promises import promises
from definitions.selectors import forget_schedule
from pipeline.choices import Stage
from revops.people.choices import Role
from sla.choices import ClockStatus
from sla.selectors import badge
from sla.selectors.terms import loaded_terms, terms_key
from tests.dashboards.test_clock_metrics import clock
from tests.factories.dashboards import (
    AT,
    asked,
    deal,
    instant,
    lead_from,
    promise,
    quota,
    round_of,
)
from tests.factories.definitions import signed_version
from tests.factories.people import UserFactory, person
from tests.factories.pipeline import CompanyFactory, RepFactory

pytestmark = pytest.mark.django_db

MOST_STATEMENTS = 30
QUARTER = "/?from=2026-10-01&to=2027-01-01"


def shared(**question):
    """Read the page's figures at the fixed instant."""
    return home(asked("mql_volume", **question), frame=frame(at=AT))


def fill(*, times):
    """Store rounds, deals and clocks of October and November."""
    held = promise()
    for number in range(times):
        at = instant("2026-10-02 10:00") + timedelta(hours=number)
        lead = lead_from(channel="social")
        round_of(lead, mql_at=at, decided_at=at, first_decision=Stage.ACCEPTED.value)
        deal("won" if number % 2 else "", closed="2026-11-02" if number % 2 else "", lead=lead)
        status = ClockStatus.BREACHED_OPEN if number % 2 else ClockStatus.MET
        clock(held, status, seconds=None if number % 2 else 60, started_at=at, lead=lead)


def statements(client, address):
    """Count the statements of a page whose session and documents are warm."""
    client.get(address)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


def test_the_page_takes_a_fixed_number_of_statements(logged_in):
    quota(external_id="one", amount=Decimal(1000))
    fill(times=2)
    few = statements(logged_in, QUARTER)
    fill(times=12)

    many = statements(logged_in, QUARTER)

    assert few == many <= MOST_STATEMENTS


def test_an_empty_database_says_what_to_do(logged_in):
    text = logged_in.get("/").content.decode()

    assert "No leads yet" in text
    assert "Provisional: not agreed" in text


def test_a_filter_without_matches_offers_to_clear_it(logged_in):
    fill(times=1)
    RepFactory(segment="Nowhere")

    text = logged_in.get(f"{QUARTER}&segment=Nowhere").content.decode()

    assert "Nothing matches these filters" in text
    assert "Clear filters (1)" in text


def test_everybody_sees_the_same_numbers(client, agreement):
    fill(times=4)
    seen = set()
    for role in Role.values:
        client.force_login(UserFactory(role=role))
        page = client.get(QUARTER)
        values = tuple(card["value"] for card in page.context["cards"])
        seen.add((page.context["hero"]["value"], values))

    assert len(seen) == 1


def test_somebody_who_is_not_logged_in_is_asked_to(client, agreement):
    assert client.get("/").status_code == 302


def test_a_viewer_sees_no_names_among_the_breaches(client, agreement):
    lead = lead_from(channel="social", company=CompanyFactory())
    clock(promise(), ClockStatus.BREACHED_OPEN, lead=lead)
    client.force_login(person("ed"))
    masked = client.get("/").content.decode()
    client.force_login(person("sam"))

    named = client.get("/").content.decode()

    assert "Priya Nair" not in masked
    assert "Priya Nair" in named


def test_open_breaches_are_counted_live_without_any_sweep(logged_in):
    clock(promise(), ClockStatus.PENDING)
    late = logged_in.get("/breaches/")

    assert late.context["tabs"][0]["count"] == 1
    assert "First contact" in late.content.decode()


def test_the_joint_number_is_compared_with_the_same_day_of_the_quarter_before(agreement):
    quota(external_id="one")
    deal(amount=Decimal(100), accepted="2026-11-20")
    deal(amount=Decimal(70), accepted="2026-08-22 23:00")
    # The 23rd of August is the 54th day; the 22nd of November is the 53rd.
    deal(amount=Decimal(900), accepted="2026-08-23 01:00")

    joint = shared().joint

    assert joint.figure.value == Decimal(100)
    assert joint.before == Decimal(70)
    assert joint.days[-1] == Decimal(100)
    assert len(joint.days) == 53
    assert joint.question == Question.NO_TARGET
    assert before(asked("mql_volume")).period.starts_on == date(2026, 7, 1)


def test_the_course_by_day_ends_at_the_sum_behind_the_number(agreement):
    quota(external_id="one")
    for day in ("2026-10-01 00:00", "2026-10-31 23:59", "2026-11-22 11:59"):
        deal(amount=Decimal("10.10"), accepted=day)

    joint = shared().joint

    assert joint.days[-1] == joint.figure.numerator == Decimal("30.30")


def test_the_card_judges_the_newest_mature_cohort(agreement):
    for month, confirmed in (("2026-06", 9), ("2026-07", 12)):
        for number in range(30):
            sql_at = instant(f"{month}-20") if number < confirmed else None
            round_of(mql_at=instant(f"{month}-05"), sql_at=sql_at)
    round_of(mql_at=instant("2026-11-01"))

    conversion = shared().conversion

    question, figure = conversion.judged
    assert (figure.key, figure.numerator, figure.n) == ("2026-07", 12, 30)
    assert question.period.starts_on == date(2026, 7, 1)
    assert (conversion.earlier.key, conversion.earlier.numerator) == ("2026-06", 9)
    assert conversion.figure.n == REGISTRY["mql_volume"].total(asked("mql_volume")).n == 1


def test_months_before_a_signature_are_neither_kept_nor_missed(agreement):
    clock(promise(), ClockStatus.BREACHED_CLOSED, enforced=False, started_at=instant("2026-09-01"))
    unsigned = promises(frame=frame(at=AT), narrowed={})
    cast = {key: person(key) for key in ("rita", "carla", "vera")}
    signed_version("sla", cast=cast, at=instant("2026-10-01"))
    forget_schedule()

    signed = promises(frame=frame(at=AT), narrowed={})

    def first_contact(found):
        return next(one for one in found if one.commitment.kind == "first_contact")

    assert first_contact(unsigned).streak == 1
    assert first_contact(signed).streak == 0


def test_three_missed_months_are_said_to_open_a_revision(logged_in):
    for month in ("08", "09", "10"):
        clock(promise(), ClockStatus.BREACHED_CLOSED, started_at=instant(f"2026-{month}-03"))

    text = logged_in.get("/").content.decode()

    assert "First contact was missed three months running: its process is due" in text


def test_a_narrowed_page_keeps_its_filter_in_every_link(logged_in):
    fill(times=2)
    RepFactory(segment="Enterprise")

    page = logged_in.get(f"{QUARTER}&source_group=marketing")

    assert "source_group=marketing" in page.context["hero"]["href"]
    assert all("source_group=marketing" in card["href"] for card in page.context["cards"])


def test_an_address_that_makes_no_sense_is_refused_kindly(logged_in):
    page = logged_in.get("/?from=yesterday&mood=good")

    assert page.status_code == 422
    assert b"mood" in page.content
    assert b"Show it without filters" in page.content


@pytest.mark.parametrize("address", ["/", "/breaches/", "/breaches/?state=observed"])
def test_overdue_is_said_in_the_words_of_the_clocks_badge(logged_in, address):
    held = clock(promise(), ClockStatus.BREACHED_OPEN, enforced="observed" not in address)
    terms = loaded_terms(terms_key()).terms

    page = logged_in.get(address)

    said = badge(clock=held, terms=terms, at=page.wsgi_request.at, zone="UTC")
    listed = page.context["breaches"]["shown"] if address == "/" else page.context["entries"]
    assert [entry["badge"] for entry in listed] == [said]
    words = " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())
    assert said.words in words
