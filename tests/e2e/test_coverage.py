"""Coverage in the browser: axe, the phone, and giving leads on by keyboard and click."""

from datetime import timedelta

import pytest

from pipeline.models import Lead
from revops.database import database_now
from revops.people.models import Absence
from revops.people.selectors import local_day
from tests.e2e.conftest import DESKTOP, PHONE, breaches_of_rules, overflow, until

pytestmark = pytest.mark.usefixtures("sample")
PAGES = ["/coverage/", "/absences/", "/absences/add/", "/absences/import/", "/absences/backups/"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_keep_the_rules_and_fit(open_as, size, theme):
    page = open_as("sales_leader", size=size, theme=theme)
    absence = Absence.objects.first()

    for path in [*PAGES, f"/absences/{absence.pk}/", f"/coverage/{absence.cover_id}/"]:
        page.goto(path)

        assert breaches_of_rules(page) == [], path
        assert overflow(page) <= 0, path


def test_a_leader_gives_a_lead_on_from_coverage(open_as):
    page = open_as("sales_leader")
    page.goto("/coverage/")
    page.get_by_role("link", name="Reassign").first.click()
    ticked = page.locator("input[name=leads]:checked").first
    lead = int(ticked.get_attribute("value"))
    before = Lead.objects.get(pk=lead).owner_id
    chooser = page.get_by_label("Give them to")
    chooser.select_option(index=2)
    wanted = int(chooser.input_value())

    page.get_by_role("button", name="Reassign").click()

    page.wait_for_url("**/coverage/")
    assert wanted != before
    until(page, lambda: Lead.objects.get(pk=lead).owner_id == wanted)


def test_an_absence_is_entered_without_script(open_as):
    page = open_as("sales_rep", java_script_enabled=False)
    first = local_day(at=database_now()) + timedelta(days=30)
    page.goto("/absences/add/")
    page.get_by_label("First day out").fill(first.isoformat())
    page.get_by_label("Last day out").fill((first + timedelta(days=2)).isoformat())
    page.get_by_label("Who covers").select_option(index=1)

    page.get_by_role("button", name="Save").click()

    assert page.get_by_role("heading", name="Who stands in").is_visible()
    assert Absence.objects.filter(rep__user__email="rep@example.com", starts_on=first).exists()
