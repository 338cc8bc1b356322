"""The commands that hold clocks to their facts and measure them."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from bench import harness
from sla import services
from sla.models import Clock
from tests.factories.pipeline import LeadFactory
from tests.factories.sla import TUESDAY, commitment_in_force


@pytest.fixture
def clock():
    commitment_in_force()
    lead = LeadFactory()
    services.record_evidence(
        lead_id=lead.pk, kind="assigned", occurred_at=TUESDAY, actor="system:test", at=TUESDAY
    )
    services.sweep(at=TUESDAY + timedelta(days=1))
    return Clock.objects.get()


@pytest.mark.django_db
def test_reconcile_is_content_with_what_services_wrote(clock, capsys):
    call_command("reconcile")

    assert "agree" in capsys.readouterr().out


@pytest.mark.django_db
def test_reconcile_exits_with_one_and_names_the_row(clock, capsys):
    Clock.objects.filter(pk=clock.pk).update(status="met")

    with pytest.raises(SystemExit) as stop:
        call_command("reconcile")

    assert stop.value.code == 1
    assert f"clock {clock.pk}: stored status met" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sense", "values", "verdict"),
    [
        pytest.param(harness.AT_LEAST, [19, 21, 22], "met", id="faster than asked"),
        pytest.param(harness.AT_LEAST, [10, 19, 22], "missed", id="slower than asked"),
        pytest.param(harness.AT_MOST, [1, 2, 30], "met", id="one slow round does not count"),
        pytest.param(harness.AT_LEAST, [], "skipped", id="the peer is not installed"),
    ],
)
def test_a_goal_is_judged_by_the_median(sense, values, verdict):
    ratio = harness.Ratio("G0", "a ratio", sense, 20)
    for value in values:
        ratio.add(value, floor=1.0)

    assert ratio.line().verdict == verdict


def test_a_floor_that_varies_marks_its_line_noisy():
    ratio = harness.Ratio("G0", "a ratio", harness.AT_LEAST, 20)
    ratio.add(30, floor=1.0)
    ratio.add(30, floor=2.5)

    assert "met (noisy)" in harness.markdown([ratio.line()])
