"""A proposal is back-tested before anybody drafts it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from definitions.choices import DocumentKind
from definitions.models import Draft
from definitions.selectors import definitions_of, version_in_use
from pipeline.models import Backtest, BacktestResult
from pipeline.services import backtests as services
from tests.factories.people import person
from tests.factories.pipeline import DAY
from tests.pipeline.backtests.conftest import LATER

START = "/signals/backtest/?months=24"


def asked(mql, by, *, days=90):
    return services.request_proposal_backtest(
        mql=mql, from_at=LATER - days * DAY, to_at=LATER, by=by, at=LATER
    )


@pytest.fixture
def mql(rita):
    """The rule that the draft of the hand-made leads has, which nobody drafted here."""
    in_use = version_in_use(kind=DocumentKind.DEFINITIONS, at=LATER).version
    return definitions_of(in_use).mql.model_copy(
        update={"fit_threshold": 60, "bypass_acts": ("demo_request", "webinar")}
    )


@pytest.fixture
def proposal(leads, mql, rita):
    found = asked(mql, rita)
    services.run_waiting_backtests(at=LATER)
    return found


def test_a_proposal_finds_what_the_same_draft_would_find(proposal):
    numbers = BacktestResult.objects.get().numbers

    assert proposal.draft is None
    assert not Draft.objects.exists()
    assert (numbers["no_longer"]["leads"], numbers["newly"]["leads"]) == (6, 4)


def test_asking_twice_for_a_proposal_is_asking_once(mql, rita):
    assert asked(mql, rita) == asked(mql, rita)


def test_a_proposal_is_refused_like_a_draft(mql, rita):
    with pytest.raises(services.BacktestRefusedError, match="role"):
        asked(mql, person("sam"))
    with pytest.raises(services.BacktestRefusedError, match="three years"):
        asked(mql, rita, days=5000)


def test_the_result_says_that_it_is_a_proposal(client, rita, proposal):
    client.force_login(rita)
    address = proposal.get_absolute_url()

    page = client.get(address, {"fit": 30}).content.decode()
    untouched = client.get(address).content.decode()

    assert "Back-test of a proposal" in page
    assert "Nobody has drafted it" in page
    assert "Take these values into the draft" not in page
    assert "This proposal would have dropped 6 of 14 MQLs" in untouched
    assert client.post(f"{address}take/", {"fit": 44, "intent": 22}).status_code == 404


@pytest.mark.parametrize(
    ("key", "status"),
    [("rita", 302), ("carla", 302), ("vera", 302), ("mara", 403), ("sam", 403), ("ed", 403)],
)
def test_revops_and_leaders_start_one_from_the_signals(client, agreement, key, status):
    client.force_login(person(key))

    answers = [client.post(START) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {status}
    assert Backtest.objects.count() == (1 if status == 302 else 0)
    assert client.get(START).status_code == 405


@pytest.mark.parametrize("query", ["", "?months=x&against=nobody", "?months=9999"])
def test_nonsense_in_the_address_is_the_default_span(client, rita, query):
    client.force_login(rita)

    client.post(f"/signals/backtest/{query}")

    found = Backtest.objects.get()
    assert (found.to_at - found.from_at).days == 365


def test_signals_and_first_steps_lead_to_the_proposal_and_its_back_test(client, rita, proposal):
    client.force_login(rita)

    pages = [client.get(path).content.decode() for path in ("/signals/", "/start/")]

    assert all(proposal.get_absolute_url() in page for page in pages)
    assert f"{reverse('pipeline:signals')}#proposal" in pages[1]
    assert reverse("pipeline:proposal_backtest") in pages[1]


def test_who_may_not_open_back_tests_sees_no_link_to_one(client, proposal):
    client.force_login(person("ed"))

    assert proposal.get_absolute_url() not in client.get("/signals/").content.decode()
