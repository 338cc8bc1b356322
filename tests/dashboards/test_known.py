"""What an address narrows to exists, or the address is refused."""

from __future__ import annotations

import pytest
from django.urls import reverse

from revops.people import keys
from revops.people.choices import Side
from revops.people.models import Team
from tests.factories.dashboards import AT, deal, instant, lead_from, round_of
from tests.factories.pipeline import RepFactory

pytestmark = pytest.mark.django_db
QUARTER = "from=2026-10-01&to=2027-01-01"
PAGES = ["/", "/metrics/win_rate/", "/metrics/win_rate/rows/", "/rejects/"]
PARAMETERS = ["segment", "source_group", "channel", "team", "rep"]


@pytest.fixture
def company(agreement):
    """One lead, its round and its deal, with a rep in a team."""
    team = Team.objects.create(name="Field", side=Side.SALES)
    sam = RepFactory(external_id="sam", segment="Enterprise", team=team)
    lead = lead_from(channel="social", attributes={"segment": "Start-up"})
    round_of(lead, mql_at=instant("2026-10-05"), rep=sam)
    deal("won", closed="2026-10-20", lead=lead, rep=sam)


@pytest.fixture
def api(client, agreement):
    """A client with a key that may read metrics."""
    keys.forget_keys()
    _, token = keys.create_key(name="BI", scopes=["metrics:read"], actor="system:test", at=AT)
    return lambda url: client.get(url, HTTP_AUTHORIZATION=f"Bearer {token}")


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_name_nobody_has_is_refused_by_the_api(name, api, company):
    for address in ("api_metric_detail", "api_metric_rows"):
        url = reverse(f"dashboards:{address}", args=["mql_volume"])

        answer = api(f"{url}?{QUARTER}&{name}=nothing")

        assert answer.status_code == 422
        assert answer["Content-Type"] == "application/problem+json"
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{name}"]


@pytest.mark.parametrize(
    "path", ["/", "/metrics/win_rate/", "/metrics/win_rate/rows/", "/rejects/"]
)
@pytest.mark.parametrize("name", PARAMETERS)
def test_a_name_nobody_has_is_refused_by_the_page(name, path, logged_in, company):
    page = logged_in.get(f"{path}?{QUARTER}&{name}=nothing")

    assert page.status_code == 422
    assert list(page.context["errors"]) == [name]


@pytest.mark.parametrize(
    "filters",
    ["segment=start-up", "source_group=Marketing", "channel=SOCIAL", "team=field", "rep=Sam"],
)
def test_capitals_do_not_matter(filters, api, company):
    url = reverse("dashboards:api_metric_detail", args=["mql_volume"])

    assert api(f"{url}?{QUARTER}&{filters}").json()["n"] == 1


@pytest.mark.parametrize("name", PARAMETERS)
def test_what_is_missing_can_be_asked_for(name, api, company):
    url = reverse("dashboards:api_metric_detail", args=["mql_volume"])

    assert api(f"{url}?{QUARTER}&{name}=(missing)").json()["n"] == 0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param("group_by=channel&bucket=social", 200, id="a group"),
        pytest.param("group_by=source_group&bucket=outbound", 200, id="a group without rows"),
        pytest.param("group_by=month&bucket=2026-11", 200, id="a month without rows"),
        pytest.param("group_by=team&bucket=(missing)", 200, id="those that say nothing"),
        pytest.param("group_by=attributes.segment&bucket=Start-up", 200, id="an attribute"),
        pytest.param("group_by=channel&bucket=nothing", 422, id="no such channel"),
        pytest.param("group_by=month&bucket=2026-13", 422, id="no such month"),
        pytest.param("group_by=month&bucket=2025-01", 422, id="a month of another period"),
        pytest.param("group_by=attributes.segment&bucket=Nothing", 422, id="no such value"),
        pytest.param("group_by=none&bucket=social", 422, id="no groups"),
    ],
)
def test_a_group_that_does_not_exist_is_refused(query, status, api, logged_in, company):
    listed = api(f"{reverse('dashboards:api_metric_rows', args=['mql_volume'])}?{QUARTER}&{query}")
    shown = logged_in.get(f"/metrics/mql_volume/rows/?{QUARTER}&{query}")

    assert (listed.status_code, shown.status_code) == (status, status)
    if status == 422:
        assert [error["pointer"] for error in listed.json()["errors"]] == ["/bucket"]
        assert list(shown.context["errors"]) == ["bucket"]
