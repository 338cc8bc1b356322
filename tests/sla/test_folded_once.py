"""History that comes in as several calls is folded once."""

from datetime import timedelta

import pytest

from sla.choices import ClockStatus, EvidenceKind
from sla.models import Breach, Clock
from sla.services import folded_once, refold
from tests.factories.sla import TUESDAY, EvidenceFactory, commitment_in_force

LATER = TUESDAY + timedelta(days=3)

pytestmark = pytest.mark.django_db


def test_a_half_told_history_is_not_judged():
    commitment_in_force()

    with folded_once(at=LATER):
        lead = EvidenceFactory().lead
        refold(lead_ids=[lead.pk], at=LATER)
        EvidenceFactory(
            lead=lead, kind=EvidenceKind.OUTREACH, occurred_at=TUESDAY + timedelta(hours=1)
        )
        refold(lead_ids=[lead.pk], at=LATER)

    assert Clock.objects.get(lead=lead, scope="lead").status == ClockStatus.MET
    assert not Breach.objects.exists()


def test_a_failure_inside_leaves_later_folds_alone():
    commitment_in_force()
    with pytest.raises(RuntimeError), folded_once(at=LATER):
        raise RuntimeError

    lead = EvidenceFactory().lead
    refold(lead_ids=[lead.pk], at=LATER)

    assert Breach.objects.get().clock.lead == lead
