"""Who is held to a text takes part in it: comments, approvals, and the gate before signature."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from definitions import canonical, selectors, services
from definitions.choices import DocumentKind
from definitions.models import Approval, Comment, SignatureRequest
from revops.audit.models import AuditEntry
from tests.factories.definitions import (
    DAY,
    MINUTE,
    NOON,
    approved,
    edited,
    heard,
    sign_all,
    signed_version,
)

LATER = NOON + MINUTE


def comment(draft, by, *, key="mql", text="Too high.", at=NOON):
    return services.post_comment(draft=draft, clause_key=key, text=text, by=by, at=at)


def hash_of(draft):
    return canonical.content_sha256(services.draft_content(draft=draft))


@pytest.mark.parametrize("key", ["rita", "carla", "mara", "vera", "sam"])
def test_both_teams_comment_on_a_clause(key, draft, cast):
    comment(draft, cast[key], text="  Too high.\r\nSee March. ")

    (stored,) = selectors.threads(draft=draft)["mql"].comments
    assert (stored.text, stored.posted_by) == ("Too high.\nSee March.", cast[key])


@pytest.mark.parametrize("key", ["ed", "olga"])
def test_viewers_take_no_part(key, draft, cast):
    with pytest.raises(services.NotAllowedError):
        comment(draft, cast[key])
    with pytest.raises(services.NotAllowedError):
        approved(draft, by=cast[key])

    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"text": " \n "}, "Write what you think", id="empty"),
        pytest.param({"text": "x" * 2001}, "under 2000 characters", id="too long"),
        pytest.param({"text": "a\x00b"}, "no text", id="NUL"),
        pytest.param({"key": "terms/whim"}, "no such clause", id="unknown clause"),
    ],
)
def test_comment_is_refused(values, words, draft, cast):
    with pytest.raises(services.CommentError, match=words):
        comment(draft, cast["mara"], **values)


def test_closed_draft_takes_no_comments_and_no_approvals(request_, draft, cast):
    held = comment(draft, cast["sam"])
    sign_all(request_, cast=cast)

    for act in (
        lambda: comment(draft, cast["sam"]),
        lambda: approved(draft, by=cast["sam"]),
        lambda: services.resolve_comment(comment=held, by=cast["sam"], at=LATER),
    ):
        with pytest.raises(services.DraftClosedError):
            act()


@pytest.mark.parametrize(("key", "may"), [("mara", True), ("rita", True), ("vera", False)])
def test_author_and_revops_resolve_a_comment(key, may, draft, cast):
    held = comment(draft, cast["mara"])

    if may:
        services.resolve_comment(comment=held, by=cast[key], at=LATER)
    else:
        with pytest.raises(services.NotAllowedError):
            services.resolve_comment(comment=held, by=cast[key], at=LATER)

    assert selectors.threads(draft=draft)["mql"].open_count == (0 if may else 1)


def test_second_resolution_changes_nothing(draft, cast):
    held = comment(draft, cast["mara"])
    services.resolve_comment(comment=held, by=cast["mara"], at=LATER)

    again = services.resolve_comment(comment=held, by=cast["rita"], at=LATER + DAY)

    assert (again.resolved_by, again.resolved_at) == (cast["mara"], LATER)


def test_database_refuses_an_empty_comment(draft, cast):
    with pytest.raises(IntegrityError, match="definitions_comment_has_a_text"):
        Comment.objects.create(
            draft=draft, clause_key="mql", text="", posted_at=NOON, posted_by=cast["mara"]
        )


def test_approval_is_of_the_text_as_it_stood(draft, cast):
    approved(draft, by=cast["vera"])
    before = selectors.approvals(draft=draft, sha256=hash_of(draft))

    edited(draft, key="mql", by=cast["rita"], at=LATER, fit_threshold=61)
    after = selectors.approvals(draft=draft, sha256=hash_of(draft))
    approved(draft, by=cast["vera"], at=LATER)
    again = selectors.approvals(draft=draft, sha256=hash_of(draft))

    assert [[word.is_current for word in words] for words in (before, after, again)] == [
        [True], [False], [True],
    ]  # fmt: skip


def test_second_approval_of_one_text_is_the_first(draft, cast):
    first = approved(draft, by=cast["vera"])

    assert approved(draft, by=cast["vera"], at=LATER) == first
    assert AuditEntry.objects.filter(act="draft_approved").count() == 1


def test_draft_edited_after_it_was_shown_is_not_approved(draft, cast):
    shown = hash_of(draft)
    edited(draft, key="mql", by=cast["rita"], at=LATER, fit_threshold=61)

    with pytest.raises(services.ChangedDraftError):
        services.approve_draft(draft=draft, shown_sha256=shown, by=cast["vera"], at=LATER)

    assert not Approval.objects.exists()


@pytest.mark.parametrize(
    ("spoke", "missing"),
    [
        pytest.param([], "the sales leader and a sales rep", id="nobody"),
        pytest.param(["rita", "carla", "mara"], "the sales leader and a sales rep", id="others"),
        pytest.param(["vera"], "a sales rep", id="leader"),
        pytest.param(["sam"], "the sales leader", id="rep"),
    ],
)
def test_signature_waits_for_sales_and_says_for_whom(spoke, missing, draft, cast):
    for key in spoke:
        comment(draft, cast[key])

    with pytest.raises(services.RequestRefusedError, match=f"Wait for {missing}:"):
        services.request_signatures(draft=draft, by=cast["rita"], at=NOON)

    assert not SignatureRequest.objects.exists()


def test_a_comment_and_an_approval_of_an_earlier_text_are_enough(draft, cast):
    approved(draft, by=cast["vera"])
    comment(draft, cast["sam"])
    edited(draft, key="mql", by=cast["rita"], at=LATER, fit_threshold=61)

    services.request_signatures(draft=draft, by=cast["rita"], at=LATER)


def test_role_nobody_holds_is_not_waited_for(draft, cast):
    cast["sam"].is_active = False
    cast["sam"].save(update_fields=["is_active"])
    comment(draft, cast["vera"])

    parts = {part.who: part for part in selectors.taking_part(draft=draft)}
    services.request_signatures(draft=draft, by=cast["rita"], at=NOON)

    assert not parts["a sales rep"].is_awaited


def test_word_of_somebody_who_left_still_counts(draft, cast):
    heard(draft)
    cast["sam"].is_active = False
    cast["sam"].save(update_fields=["is_active"])

    (part,) = [each for each in selectors.taking_part(draft=draft) if each.who == "a sales rep"]

    assert part.names == ("Sam Ortiz",)


@pytest.mark.parametrize("key", ["mara", "vera", "sam"])
def test_draft_is_found_read_and_commented_in_the_browser(key, as_, cast, sla_draft):
    client = as_(key)
    for address in ("/agreement/sla/", "/definitions/"):
        page = client.get(address).content.decode()
        assert "A draft is open" in page
        assert "Read and comment" in page
    address = "/drafts/sla/comments/commitments/first_contact/"

    answer = client.post(address, {"text": "Two hours <b>please</b>."})

    assert answer.headers["Location"].endswith("/drafts/sla/#comments-commitments-first-contact")
    page = client.get("/drafts/sla/").content.decode()
    assert "1 comment, 1 open" in page
    assert "Two hours &lt;b&gt;please&lt;/b&gt;." in page
    assert client.get(address).status_code == 200


def test_who_never_sees_drafts_is_told_of_none(as_, cast, sla_draft):
    client = as_("ed")

    pages = [
        client.get(address).content.decode()
        for address in ("/definitions/", "/agreement/", "/agreement/sla/")
    ]

    assert not any("raft is open" in page for page in pages)


@pytest.mark.parametrize("as_fragment", [True, False])
def test_empty_comment_is_answered_with_the_form(as_fragment, as_, cast, sla_draft):
    headers = {"HX-Request": "true"} if as_fragment else {}

    answer = as_("sam").post("/drafts/sla/comments/purpose/", {"text": " "}, headers=headers)

    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()
    assert ("<html" in answer.content.decode()) is not as_fragment


def test_fragment_shows_the_new_comment_and_its_resolution(as_, cast, sla_draft):
    client = as_("sam")
    headers = {"HX-Request": "true"}

    posted = client.post("/drafts/sla/comments/purpose/", {"text": "Yes."}, headers=headers)
    resolved = client.post(f"/comments/{Comment.objects.get().pk}/resolve/", headers=headers)

    assert "1 comment, 1 open" in posted.content.decode()
    assert "Resolved" in resolved.content.decode()


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/drafts/sla/"),
        ("get", "/drafts/sla/comments/purpose/"),
        ("post", "/drafts/sla/comments/purpose/"),
        ("post", "/drafts/sla/approve/"),
        ("get", "/agreement/sla/1/comments/"),
    ],
)
def test_viewer_sees_no_draft_and_no_talk(method, address, as_, cast, sla_draft):
    assert getattr(as_("ed"), method)(address).status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "/drafts/sla/comments/whim/",
        "/drafts/sla/comments/%00/",
        "/drafts/definitions/comments/mql/",
        "/agreement/sla/9/comments/",
    ],
)
def test_what_is_not_there_has_no_comments(address, as_, cast, sla_draft):
    assert as_("rita").get(address).status_code == 404


def test_approval_in_the_browser_asks_for_the_text_that_was_shown(as_, cast, sla_draft):
    client = as_("vera")
    shown = client.get("/drafts/sla/").context["content_sha256"]

    client.post("/drafts/sla/approve/", {"content_sha256": "0" * 64})
    assert not Approval.objects.exists()
    client.post("/drafts/sla/approve/", {"content_sha256": shown})

    page = client.get("/drafts/sla/").content.decode()
    assert "You approved this text" in page
    assert "I approve this draft" not in page
    assert Approval.objects.get().approved_by == cast["vera"]


def test_checklist_names_who_is_missing_before_one_sends(as_, cast, sla_draft):
    client = as_("rita")

    checks = client.get("/drafts/sla/").context["taking_part"]
    refused = client.post("/drafts/sla/send/", {"effective_on": ""})

    assert [(check["state"], check["label"]) for check in checks] == [
        ("missing", "Sales leader"),
        ("missing", "Sales rep"),
    ]
    assert refused.status_code == 422
    assert "Wait for the sales leader and a sales rep" in refused.content.decode()


def test_talk_stays_readable_from_the_version(as_, cast, now):
    draft = services.open_draft(kind=DocumentKind.SLA, by=cast["rita"], at=now - DAY)
    comment(draft, cast["sam"], key="purpose", text="Fine by me.", at=now - DAY)
    version = signed_version("sla", cast=cast, at=now - DAY)

    page = as_("mara").get(f"/agreement/sla/{version.number}/comments/").content.decode()

    assert "Fine by me." in page
    assert "Post comment" not in page


def test_page_of_a_draft_asks_as_much_with_many_comments(
    as_, cast, sla_draft, now, django_assert_max_num_queries
):
    client = as_("rita")
    heard(sla_draft, at=now)
    for clause in sla_draft.clauses.all():
        for key in ("mara", "sam"):
            comment(sla_draft, cast[key], key=clause.key, at=now)

    with django_assert_max_num_queries(25):
        client.get("/drafts/sla/")
