"""A new version of the definitions, from the draft to the leads it judges."""

from __future__ import annotations

from datetime import timedelta

import pytest

from definitions import services
from definitions.models import SignatureRequest, Version
from pipeline.models import Round
from revops.database import database_now
from revops.outbox.models import Message
from revops.people import keys
from revops.rest import limits
from tests.api.conftest import Caller, body, forget
from tests.definitions.test_content import posted
from tests.definitions.test_pages import signing
from tests.factories.definitions import DAY, confirmed_gaps, edited, sent, sign_all
from tests.factories.people import CAST, OrganizationFactory, person
from tests.factories.pipeline import RepFactory

CLAUSE = "/drafts/definitions/clauses/mql/"


@pytest.fixture
def cast(db):
    """Everybody and a rep; the seeded definitions are in use since yesterday."""
    forget()
    OrganizationFactory()
    services.install_defaults(at=database_now() - DAY)
    RepFactory(name="Sam Ortiz")
    people = {key: person(key) for key in CAST}
    confirmed_gaps(by=people["rita"])
    yield people
    forget()


@pytest.fixture
def caller(cast):
    """The website, with a key; what this process remembers is left alone from here on."""
    _, token = keys.create_key(
        name="Website", scopes=keys.SCOPES, actor="system:test", at=database_now() - DAY
    )
    limits.reset()
    return Caller(token)


@pytest.fixture
def as_(client, cast):
    def log_in(key):
        client.force_login(cast[key], backend="revops.people.backends.RoleBackend")
        return client

    return log_in


def post_lead(caller, number, *, fit):
    """Post a lead that asked for a demo; return the answer and the version numbers of it."""
    response = caller.post("/leads/", body(number, fit_score=fit))
    assert response.status_code == 201, response.content
    return response.json()


def sign_new_threshold(as_, cast, *, fit):
    """Write the threshold into a draft, send it, and let the three sign, all in the browser."""
    client = as_("rita")
    client.post("/drafts/definitions/open/")
    form = posted(client.get(CLAUSE).context["node"])
    form["body-fit_threshold"] = str(fit)
    form["revision"] = "1"
    assert client.post(CLAUSE, form).status_code == 302
    for key in ("vera", "sam"):
        shown = as_(key).get("/drafts/definitions/").context["content_sha256"]
        client.post("/drafts/definitions/approve/", {"content_sha256": shown})
    client = as_("rita")
    assert client.post("/drafts/definitions/send/", {"effective_on": ""}).status_code == 302
    asked = SignatureRequest.objects.get()
    for key in ("carla", "vera", "rita"):
        yield asked
        answer = as_(key).post(f"/sign/{asked.pk}/", signing(asked, cast[key].name))
        assert answer.status_code == 302
    yield asked


def versions_of(caller, answer):
    """The version each round of a lead was judged by, as the API tells it."""
    detail = caller.get(f"/leads/{answer['id']}/").json()
    ids = [each["definitions_version_id"] for each in detail["rounds"]]
    return list(Version.objects.filter(pk__in=ids).values_list("kind", "number"))


def test_first_lead_after_the_last_signature_is_judged_by_the_new_version(caller, as_, cast):
    before = post_lead(caller, 1, fit=60)
    assert (before["is_mql"], versions_of(caller, before)) == (True, [("definitions", 1)])
    steps = sign_new_threshold(as_, cast, fit=80)
    meanwhile = []
    for number, _ in enumerate(steps, start=2):
        meanwhile.append(post_lead(caller, number, fit=60))
    *unsigned, after = meanwhile
    fitting = post_lead(caller, 9, fit=85)

    # While a signature is missing nothing changes; the first lead behind the last one differs.
    assert [each["is_mql"] for each in unsigned] == [True, True, True]
    assert (after["is_mql"], versions_of(caller, after)) == (False, [])
    assert (fitting["is_mql"], versions_of(caller, fitting)) == (True, [("definitions", 2)])
    for earlier in (before, *unsigned):
        assert versions_of(caller, earlier) == [("definitions", 1)]


@pytest.mark.django_db(transaction=True)
def test_version_of_a_later_instant_judges_from_that_instant_by_itself(run_ahead, caller, cast):
    post_lead(caller, 9, fit=60)
    draft = services.open_draft(kind="definitions", by=cast["rita"], at=database_now())
    starts = database_now() + timedelta(hours=1)
    edited(draft, key="mql", by=cast["rita"], at=database_now(), fit_threshold=80)
    asked = sent(draft, by=cast["rita"], at=database_now(), effective_from=starts)
    sign_all(asked, cast=cast, at=database_now())

    before = post_lead(caller, 1, fit=60)
    is_early = database_now() < starts
    run_ahead(timedelta(hours=1))
    after = post_lead(caller, 2, fit=60)
    fitting = post_lead(caller, 3, fit=85)
    announced = [services.announce_in_force(at=database_now()) for _ in range(2)]

    assert is_early
    assert (before["is_mql"], versions_of(caller, before)) == (True, [("definitions", 1)])
    assert (after["is_mql"], versions_of(caller, after)) == (False, [])
    assert versions_of(caller, fitting) == [("definitions", 2)]
    assert announced == [1, 0]
    assert Message.objects.filter(kind="definition.in_force", channel="app").count() == 1


def test_earlier_rounds_keep_their_decision_and_its_words(caller, as_, cast):
    before = post_lead(caller, 1, fit=60)
    told = Round.objects.get().explanation

    for _ in sign_new_threshold(as_, cast, fit=80):
        pass
    again = caller.post("/leads/", body(1, fit_score=60))

    assert again.json()["id"] == before["id"]
    kept = Round.objects.get()
    assert (kept.definitions_version.number, kept.explanation) == (1, told)
    assert kept.mql_at is not None
    fitting = post_lead(caller, 2, fit=85)
    (newer,) = caller.get(f"/leads/{fitting['id']}/").json()["rounds"]
    assert newer["explanation"] != told
