"""Two leads become one: what the survivor gets, what is refused, and where the other one leads."""

from __future__ import annotations

import pytest
from django.urls import reverse

from pipeline.choices import ActivityKind, ActivityOutcome, Stage
from pipeline.models import Activity, Lead
from pipeline.services import lifecycle
from pipeline.services.merging import MergeRefusedError, merge_leads
from pipeline.services.reconcile import reconcile_rounds
from sla.choices import ClockStatus
from sla.models import Breach, Clock
from sla.services import flag_breaches, reconcile_clocks
from tests.factories.people import person
from tests.factories.pipeline import DAY, HOUR, NOON, LeadFactory, accepted, assigned, moved, mql
from tests.factories.sla import commitment_in_force

pytestmark = pytest.mark.usefixtures("agreement")


def merge(lead, into, *, at=NOON + 2 * HOUR):
    return merge_leads(lead=lead, into=into, actor="user:1", at=at)


def first_contact(lead):
    return Clock.objects.get(lead=lead, kind="first_contact", scope="lead")


def called(lead, sam, *, at):
    lifecycle.log_contact(
        lead=lead, kind=ActivityKind.CALL, outcome=ActivityOutcome.NO_ANSWER, by=sam, at=at
    )


def test_the_survivor_takes_the_earliest_start_and_stop_of_both(sam):
    gone, kept = assigned(sam.rep), assigned(sam.rep, at=NOON + HOUR)
    called(gone, sam, at=NOON + 2 * HOUR)

    merge(gone, kept, at=NOON + 3 * HOUR)

    clock = first_contact(kept)
    assert (clock.started_at, clock.stopped_at) == (NOON, NOON + 2 * HOUR)
    assert first_contact(gone).status == ClockStatus.MERGED
    assert Activity.objects.get().lead == kept
    assert reconcile_clocks(at=NOON + 3 * HOUR) == []
    assert reconcile_rounds(at=NOON + 3 * HOUR) == []


def test_a_breach_of_either_survives_once(sam):
    commitment_in_force()
    gone, kept = assigned(sam.rep), assigned(sam.rep, at=NOON + HOUR)
    flag_breaches(at=NOON + 2 * DAY)

    merge(gone, kept, at=NOON + 2 * DAY)

    assert [breach.clock.lead for breach in Breach.objects.ledger()] == [kept]


def test_what_the_survivor_does_not_know_it_learns(sam):
    gone = assigned(sam.rep, title="VP Operations", captured_at=NOON - 9 * DAY)
    kept = assigned(sam.rep, email="")

    merge(gone, kept)

    kept.refresh_from_db()
    assert (kept.title, kept.email) == ("VP Operations", gone.email)
    assert kept.captured_at == NOON - 9 * DAY


def test_merging_again_changes_nothing_and_chains_end_at_the_survivor(sam):
    first, second, third = (assigned(sam.rep) for _ in range(3))
    merge(first, second)
    assert merge(first, second).pk == second.pk

    merge(second, third)

    assert Lead.objects.get(pk=first.pk).merged_into == third


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        pytest.param(lambda rep: [assigned(rep)] * 2, "into itself", id="itself"),
        pytest.param(
            lambda rep: [accepted(rep), assigned(rep)], "other way round", id="further on"
        ),
        pytest.param(lambda rep: [assigned(rep), LeadFactory()], "other way round", id="nurture"),
        pytest.param(
            lambda rep: [moved(assigned(rep), Stage.REJECTED, reason="no_need"), assigned(rep)],
            "stays with it",
            id="decided",
        ),
        pytest.param(
            lambda rep: [assigned(rep), moved(assigned(rep), Stage.REJECTED, reason="no_need")],
            "still open",
            id="into a decided one",
        ),
        pytest.param(
            lambda rep: [assigned(rep, is_test=True), assigned(rep)], "tests only", id="a test"
        ),
    ],
)
def test_what_cannot_be_one_lead(sam, pair, message):
    lead, into = pair(sam.rep)

    with pytest.raises(MergeRefusedError, match=message):
        merge(lead, into)

    assert not Lead.objects.filter(merged_into__isnull=False).exists()


def test_a_ring_is_refused(sam):
    first, second = assigned(sam.rep), assigned(sam.rep)
    merge(first, second)

    with pytest.raises(MergeRefusedError, match="itself merged"):
        merge(second, first)


def test_a_lead_in_nurture_goes_into_any_open_one(sam):
    kept = mql()

    assert merge(LeadFactory(), kept) == kept


def test_the_page_compares_both_and_merges(client, sam):
    gone, kept = assigned(sam.rep), assigned(sam.rep)
    client.force_login(person("mara"))
    address = reverse("pipeline:lead_merge", args=[gone.pk])
    assert f"?into={kept.pk}" in client.get(address).content.decode()
    preview = client.get(f"{address}?into={kept.pk}").content.decode()
    assert "Goes into it" in preview

    sent = client.post(address, {"into": kept.pk})

    assert sent.status_code == 302
    shown = client.get(gone.get_absolute_url())
    assert (shown.status_code, shown["Location"]) == (302, kept.get_absolute_url())
    listed = client.get(reverse("pipeline:lead_list")).content.decode()
    assert gone.get_absolute_url() not in listed


@pytest.mark.parametrize("into", ["", "x", "999999", "-1", "9" * 30, "\u0663"])
def test_a_survivor_that_is_none_is_refused(client, sam, into):
    client.force_login(person("mara"))
    address = reverse("pipeline:lead_merge", args=[assigned(sam.rep).pk])

    assert client.get(address, {"into": into}).status_code == 200
    assert client.post(address, {"into": into}).status_code == 422


@pytest.mark.parametrize("who", ["sam", "vera", "ed"])
def test_who_may_not_merge(client, sam, who):
    client.force_login(sam if who == "sam" else person(who))

    address = reverse("pipeline:lead_merge", args=[assigned(sam.rep).pk])
    assert client.get(address).status_code == 403
