"""The life of a document: it takes effect, is reviewed, restored and given up; data behind it."""

from __future__ import annotations

import pytest

from definitions import selectors, services
from definitions.choices import Closure, DocumentKind
from definitions.models import Draft, RequestClosure, SignatureRequest
from definitions.months import add_months
from revops.audit.models import AuditEntry
from revops.outbox.models import Message
from revops.outbox.rendering import letter_of
from revops.people.models import RevocationEpoch
from tests.definitions.test_talks import comment
from tests.factories.definitions import (
    DAY,
    MINUTE,
    NOON,
    confirmed_gaps,
    edited,
    heard,
    sent,
    sign_all,
    signed_version,
)

STARTS = NOON + 30 * DAY


def told(kind):
    return list(Message.objects.filter(kind=kind, channel="app").order_by("id"))


@pytest.fixture
def scheduled(draft, cast):
    """The definitions, signed today and to hold in thirty days."""
    request = sent(draft, by=cast["rita"], effective_from=STARTS)
    sign_all(request, cast=cast)
    return request.version


def test_version_of_a_later_day_is_agreed_now_and_announced_on_its_day(scheduled, cast):
    (agreed,) = told("version_in_force")
    assert "holds from 2 April 2026" in letter_of(agreed, at=NOON).lines[0]
    assert services.announce_in_force(at=STARTS - MINUTE) == 0
    epoch = RevocationEpoch.objects.get().number

    count = services.announce_in_force(at=STARTS)

    (message,) = told("definition.in_force")
    assert count == 1
    assert letter_of(message, at=NOON).subject == "Definitions v2 is in force"
    assert "holds since 2 April 2026" in letter_of(message, at=NOON).lines[0]
    assert set(message.payload["to"]) == {user.pk for user in cast.values()}
    assert RevocationEpoch.objects.get().number == epoch + 1


def test_second_run_announces_nothing(scheduled):
    services.announce_in_force(at=STARTS)
    epoch = RevocationEpoch.objects.get().number
    Message.objects.all().delete()

    assert services.announce_in_force(at=STARTS + DAY) == 0
    assert told("definition.in_force") == []
    assert RevocationEpoch.objects.get().number == epoch


def test_version_that_holds_with_its_last_signature_is_announced_by_it_alone(request_, cast):
    sign_all(request_, cast=cast)

    assert services.announce_in_force(at=NOON + DAY) == 0
    assert "is in force now" in letter_of(told("version_in_force")[0], at=NOON).lines[0]


def test_withdrawn_before_its_day_it_never_comes_into_force(scheduled, cast):
    services.withdraw_version(version=scheduled, by=cast["rita"], reason="No.", at=STARTS - DAY)

    assert services.announce_in_force(at=STARTS) == 0


def test_after_downtime_only_the_version_that_holds_is_announced(scheduled, cast):
    draft = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=NOON + DAY)
    edited(draft, key="mql", by=cast["rita"], at=NOON + DAY, fit_threshold=60)
    request = sent(
        draft, by=cast["rita"], at=NOON + DAY, effective_from=STARTS + DAY,
        exceptional_reason="A new market.",
    )  # fmt: skip
    sign_all(request, cast=cast, at=NOON + DAY)

    assert services.announce_in_force(at=STARTS + 3 * DAY) == 2

    (message,) = told("definition.in_force")
    assert message.payload["version"] == request.version_id
    assert "as an exception: A new market." in letter_of(message, at=NOON).lines[1]
    acts = AuditEntry.objects.filter(act="came_into_force").order_by("id")
    assert [entry.details["number"] for entry in acts] == [2, 3]


def test_signers_of_an_exception_read_its_reason(cast):
    signed_version("definitions", cast=cast)
    draft = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=NOON + DAY)
    edited(draft, key="mql", by=cast["rita"], at=NOON + DAY, fit_threshold=60)
    sent(draft, by=cast["rita"], at=NOON + DAY, exceptional_reason="A new market.")

    lines = letter_of(told("signature_requested")[-1], at=NOON).lines

    assert "It comes sooner than agreed, as an exception: A new market." in lines


@pytest.fixture
def due_at(cast):
    """When the definitions, signed at noon, are due for review."""
    signed_version("definitions", cast=cast)
    return add_months(instant=NOON + MINUTE, months=6)


def close(cast, *, at, by="rita", decision="keep", report="https://bi.example.com/q3"):
    return services.close_review(decision=decision, report=report, by=cast[by], at=at)


def test_review_is_announced_when_due_and_once_each_month_after(due_at, cast):
    assert services.announce_reviews(at=due_at - MINUTE) == 0
    for days in (0, 1, 29, 31, 40, 62):
        services.announce_reviews(at=due_at + days * DAY)

    messages = told("definition.review_due")
    assert [message.key.rpartition(":")[2] for message in messages] == ["0", "1", "2"]
    assert messages[0].payload["to"] == [cast[key].pk for key in ("rita", "carla", "vera")]
    assert letter_of(messages[0], at=NOON).subject == "Definitions v2 is due for review"


@pytest.mark.parametrize("decision", ["keep", "change"])
def test_closed_review_is_journaled_with_its_data_and_due_again(decision, due_at, cast):
    after = close(cast, at=due_at + DAY, decision=decision)

    (held,) = selectors.reviews()
    assert (held.decision, held.report, held.actor) == (
        decision, "https://bi.example.com/q3", f"user:{cast['rita'].pk}",
    )  # fmt: skip
    assert after == add_months(instant=due_at + DAY, months=6)
    assert services.announce_reviews(at=due_at + 2 * DAY) == 0
    assert services.announce_reviews(at=after) == 1


def test_review_is_not_closed_twice_or_too_early_or_by_others(due_at, cast):
    with pytest.raises(services.ReviewRefusedError, match="not due yet"):
        close(cast, at=NOON + 60 * DAY)
    with pytest.raises(services.NotAllowedError):
        close(cast, at=due_at, by="carla")
    close(cast, at=due_at)

    with pytest.raises(services.ReviewRefusedError, match="not due yet"):
        close(cast, at=due_at + MINUTE)


def test_nothing_signed_means_no_review(cast):
    assert services.announce_reviews(at=NOON + 400 * DAY) == 0
    with pytest.raises(services.ReviewRefusedError, match="Nobody has signed"):
        close(cast, at=NOON)


@pytest.mark.parametrize(
    "report",
    ["", " ", "our numbers", "javascript:alert(1)", "//evil.example", "https://", "ftp://x",
     "/a b", "https://x\nSet-Cookie", "https://" + "x" * 500, "/<script>\x00"],
)  # fmt: skip
def test_review_names_its_data_by_an_address(report, due_at, cast):
    with pytest.raises(services.DocumentError):
        close(cast, at=due_at, report=report)

    assert selectors.reviews() == []


def test_data_a_change_follows_from_is_kept_and_shown(as_, cast, sla_draft, now):
    heard(sla_draft, at=now)
    client = as_("rita")
    refused = client.post("/drafts/sla/send/", {"effective_on": "", "report": "our numbers"})
    sent_ = client.post("/drafts/sla/send/", {"effective_on": "", "report": "/breaches/"})

    assert (refused.status_code, sent_.status_code) == (422, 302)
    version = SignatureRequest.objects.get().version
    assert selectors.reports_of(versions=[version]) == {version.pk: "/breaches/"}
    for address in (sent_.headers["Location"], "/agreement/sla/2/", "/agreement/sla/?tab=history"):
        assert 'href="/breaches/" rel="noreferrer"' in as_("ed").get(address).content.decode()


@pytest.mark.parametrize("kind", ["score_model", "sla"])
def test_a_signed_score_model_or_sla_changes_by_data_only(kind, cast):
    signed_version(kind, cast=cast, at=NOON)
    draft = services.open_draft(kind=DocumentKind(kind), by=cast["rita"], at=NOON + 200 * DAY)

    with pytest.raises(services.ReportError, match="changes by data only: name the report"):
        sent(draft, by=cast["rita"], at=NOON + 200 * DAY, report=" ")

    assert services.report_is_needed(kind=DocumentKind(kind), at=NOON + 200 * DAY)
    assert SignatureRequest.objects.count() == 1


def test_what_was_never_signed_and_the_definitions_need_no_data(cast):
    signed_version("definitions", cast=cast, at=NOON)

    needed = [kind for kind in DocumentKind if services.report_is_needed(kind=kind, at=NOON + DAY)]

    assert needed == []


def test_a_withdrawn_signature_asks_for_no_data(cast):
    version = signed_version("sla", cast=cast, at=NOON)
    services.withdraw_version(version=version, by=cast["rita"], reason="Wrong.", at=NOON + DAY)

    assert not services.report_is_needed(kind=DocumentKind.SLA, at=NOON + DAY)


def test_the_form_marks_where_data_is_needed(as_, cast, now):
    signed_version("sla", cast=cast, at=now - 30 * DAY)
    confirmed_gaps(by=cast["rita"])
    for kind in (DocumentKind.SLA, DocumentKind.DEFINITIONS):
        heard(services.open_draft(kind=kind, by=cast["rita"], at=now), at=now)
    client = as_("rita")

    bound = client.get("/drafts/sla/").content.decode()
    free = client.get("/drafts/definitions/").content.decode()
    refused = client.post("/drafts/sla/send/", {"effective_on": "", "report": ""})

    assert "Needed, because a signed version changes by data only." in bound
    assert "Needed, because" not in free
    assert 'The data it follows from <span class="field__optional">optional' in free
    assert refused.status_code == 422
    assert SignatureRequest.objects.count() == 1


def test_restored_version_is_a_new_draft_with_its_words(cast):
    first = signed_version("sla", cast=cast, commitments__first_contact={"allowance_amount": 2})
    signed_version("sla", cast=cast, at=NOON + DAY, commitments__first_contact={
        "allowance_amount": 3,
    })  # fmt: skip

    draft = services.restore_version(version=first, by=cast["rita"], at=NOON + 2 * DAY)

    assert services.draft_content(draft=draft) == first.content
    assert draft.based_on.number == 3
    assert draft.note == "Restored from version 2."
    assert selectors.version_in_use(kind="sla", at=NOON + 2 * DAY).version.number == 3


def test_restored_definitions_keep_reasons_agreed_since_as_retired(cast):
    draft = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=NOON)
    reject = draft.clauses.get(key="reasons/reject").body["entries"]
    new = {**reject[0], "code": "later", "label": "Later"}
    edited(draft, key="reasons/reject", by=cast["rita"], entries=[*reject, new])
    edited(draft, key="terms/sal", by=cast["rita"], summary="Something else.")
    sign_all(sent(draft, by=cast["rita"]), cast=cast)
    first = draft.based_on

    restored = services.restore_version(version=first, by=cast["rita"], at=NOON + DAY)

    content = services.draft_content(draft=restored)
    later = [each for each in content["reasons"]["reject"]["entries"] if each["code"] == "later"]
    assert [each["is_retired"] for each in later] == [True]
    assert content["terms"] == first.content["terms"]


def test_term_added_since_is_not_in_the_restored_draft(cast):
    draft = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=NOON)
    body = draft.clauses.get(key="terms/sal").body
    services.edit_clause(
        draft=draft, key="terms/pql", body={**body, "name": "PQL"}, revision=0,
        by=cast["rita"], at=NOON,
    )  # fmt: skip
    sign_all(sent(draft, by=cast["rita"]), cast=cast)

    restored = services.restore_version(version=draft.based_on, by=cast["rita"], at=NOON + DAY)

    assert "pql" not in services.draft_content(draft=restored)["terms"]


@pytest.mark.parametrize("act", ["edit", "comment"])
def test_draft_somebody_worked_on_is_given_up_first(act, draft, cast):
    if act == "edit":
        edited(draft, key="mql", by=cast["rita"], fit_threshold=61)
    else:
        comment(draft, cast["sam"])

    with pytest.raises(services.DraftInTheWayError):
        services.restore_version(version=draft.based_on, by=cast["rita"], at=NOON + DAY)

    services.give_up_draft(draft=draft, reason="Wrong way.", by=cast["rita"], at=NOON + DAY)
    services.restore_version(version=draft.based_on, by=cast["rita"], at=NOON + DAY)
    assert Draft.objects.filter(closed_at__isnull=True).count() == 1


def test_untouched_draft_makes_room(draft, cast):
    services.restore_version(version=draft.based_on, by=cast["rita"], at=NOON + DAY)

    draft.refresh_from_db()
    assert (draft.closed_at, draft.note) == (NOON + DAY, "Replaced by version 1.")


def test_draft_is_given_up_with_a_reason_once(request_, draft, cast):
    with pytest.raises(services.DocumentError, match="Say why"):
        services.give_up_draft(draft=draft, reason=" ", by=cast["rita"], at=NOON)
    with pytest.raises(services.NotAllowedError):
        services.give_up_draft(draft=draft, reason="No.", by=cast["carla"], at=NOON)

    services.give_up_draft(draft=draft, reason="Wrong way.", by=cast["rita"], at=NOON + MINUTE)

    assert RequestClosure.objects.get().cause == Closure.VOIDED
    assert AuditEntry.objects.get(act="draft_given_up").subject == f"draft:{draft.pk}"
    with pytest.raises(services.DraftClosedError):
        services.give_up_draft(draft=draft, reason="Again.", by=cast["rita"], at=NOON + DAY)


def test_drafts_given_up_are_listed_in_the_history(
    as_, draft, cast, django_assert_max_num_queries
):
    services.give_up_draft(draft=draft, reason="Wrong way.", by=cast["rita"], at=NOON + DAY)
    signed_version("definitions", cast=cast, at=NOON + 2 * DAY)

    with django_assert_max_num_queries(2):
        (listed,) = selectors.drafts_given_up(kind=DocumentKind.DEFINITIONS)

    assert (listed.draft, listed.by) == (draft, cast["rita"])
    address = "/agreement/definitions/?tab=history"
    assert "Wrong way." in as_("sam").get(address).content.decode()
    assert "Wrong way." not in as_("ed").get(address).content.decode()


def test_restore_and_give_up_in_the_browser(as_, cast, sla_draft, now):
    edited(sla_draft, key="commitments/first_contact", by=cast["rita"], at=now, allowance_amount=1)
    client = as_("rita")

    blocked = client.post("/agreement/sla/1/restore/")
    assert blocked.headers["Location"] == "/drafts/sla/give-up/"
    assert client.get("/drafts/sla/give-up/").status_code == 200
    assert client.post("/drafts/sla/give-up/", {"reason": ""}).status_code == 422
    assert client.post("/drafts/sla/give-up/", {"reason": "No."}).status_code == 302
    assert client.get("/drafts/sla/give-up/").status_code == 404
    assert client.post("/agreement/sla/1/restore/").headers["Location"] == "/drafts/sla/"


@pytest.mark.parametrize("key", ["carla", "mara", "vera", "sam", "ed"])
def test_only_revops_restores_gives_up_and_closes_reviews(key, as_, cast, sla_draft, now):
    client = as_(key)

    assert client.post("/agreement/sla/1/restore/").status_code == 403
    assert client.post("/drafts/sla/give-up/", {"reason": "No."}).status_code == 403
    answer = client.post("/agreement/review/", {"decision": "keep", "report": "/"})
    assert answer.status_code == 403
    for address in ("/agreement/review/", "/agreement/timeline/"):
        assert client.get(address).status_code == 200


def test_review_page_refuses_what_is_not_due_and_closes_what_is(as_, cast, now):
    client = as_("rita")
    data = {"decision": "keep", "report": "/breaches/"}
    assert client.post("/agreement/review/", data).status_code == 409
    signed_version("definitions", cast=cast, at=now - 200 * DAY)

    assert client.post("/agreement/review/", {"decision": "burn"}).status_code == 422
    assert client.post("/agreement/review/", {**data, "report": "x"}).status_code == 422
    assert client.post("/agreement/review/", data).status_code == 302
    assert "Keep it as it is" in client.get("/agreement/review/").content.decode()
    assert client.post("/agreement/review/", data).status_code == 409


def test_timeline_shows_bars_and_the_same_as_a_table(
    as_, cast, now, django_assert_max_num_queries
):
    signed_version("sla", cast=cast, at=now - 90 * DAY)
    version = signed_version("sla", cast=cast, at=now - 30 * DAY, commitments__first_contact={
        "allowance_amount": 2,
    })  # fmt: skip
    services.withdraw_version(version=version, by=cast["rita"], reason="No.", at=now - DAY)
    client = as_("ed")
    client.get("/agreement/timeline/")

    with django_assert_max_num_queries(16):
        page = client.get("/agreement/timeline/")

    (sla,) = [track for track in page.context["tracks"] if track.slug == "sla"]
    assert [period.tone for period in sla.periods] == ["none", "series-1", "bad"]
    assert "version 3 withdrawn" in sla.label
    assert page.content.decode().count('<svg class="band"') == 4
