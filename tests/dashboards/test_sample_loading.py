"""The sample company, loaded through the product's services."""

from datetime import UTC, datetime

import pytest
from django.db.models import F

from dashboards.sample import load
from definitions.selectors import roll_of, version_in_use
from pipeline.models import Lead, Opportunity, Round, Transition
from pipeline.services.reconcile import reconcile_rounds
from revops.outbox.models import Message
from revops.people.models import Organization, Rep, User
from sla.choices import ClockStatus
from sla.models import Breach, Clock, MonthAdjustment, MonthResult, ProcessRevision
from sla.services import reconcile_clocks

AT = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shares():
    """Load the company; return the shares of the work that were reported."""
    told = []
    load(at=AT, progress=lambda _label, share: told.append(share))
    return told


def test_the_sample_company_holds_together(shares):
    assert shares == sorted(shares)
    assert Organization.objects.get().is_sample
    assert Rep.objects.count() == 12
    assert User.objects.count() == 6
    assert Lead.objects.filter(external_id__startswith="WEB-").count() > 2_000
    assert Lead.objects.filter(external_id__startswith="OUT-").count() == 400
    assert {*Lead.objects.values_list("stage", flat=True).distinct()} >= {
        "nurture", "assigned", "accepted", "sql", "opportunity", "won", "lost", "rejected",
        "recycled",
    }  # fmt: skip
    assert set(Opportunity.objects.values_list("outcome", flat=True)) == {"", "won", "lost"}
    # Every MQL is one by the definition that was in use.
    qualified = Round.objects.exclude(designation="outbound")
    assert not qualified.exclude(explanation__is_mql=True).exists()
    # The past before the signature is measured and never breaches.
    assert Breach.objects.exists()
    assert not Breach.objects.filter(clock__enforced=False).exists()
    assert not Clock.objects.filter(
        enforced=True, status=ClockStatus.PENDING, breach_at__lt=AT
    ).exists()
    # History is told once: nothing was flagged and taken back.
    assert not Breach.objects.filter(revisions__isnull=False).exists()
    # "Not recorded" is the old process's defect, and ends with the signature.
    signed_at = Clock.objects.filter(enforced=True).earliest("started_at").started_at
    unexplained = Transition.objects.filter(reason__code="not_recorded", to_stage="rejected")
    assert unexplained.exists()
    assert not unexplained.filter(occurred_at__gte=signed_at).exists()
    # All but the executive have read what is in force.
    in_force = version_in_use(kind="definitions", at=AT).version
    unread = [one.reader for one in roll_of(version=in_force) if one.acknowledged_at is None]
    assert [reader.email for reader in unread] == ["exec@example.com"]
    # Sam has something to do now.
    sam = Clock.objects.filter(rep__user__email="rep@example.com", scope="lead")
    assert sam.filter(status=ClockStatus.PENDING, kind="first_contact").count() >= 3
    assert sam.filter(status=ClockStatus.BREACHED_OPEN, kind="first_contact").exists()
    assert not Message.objects.filter(done_at__isnull=True).exists()
    assert not Transition.objects.filter(recorded_at__lt=F("occurred_at")).exists()
    # Months are closed as their times came, and what that asked for is answered in part.
    assert MonthResult.objects.filter(is_enforced=True).exists()
    assert MonthResult.objects.filter(is_enforced=False).exists()
    assert not MonthAdjustment.objects.exists()
    assert ProcessRevision.objects.filter(answered_at__isnull=False).exists()
    assert ProcessRevision.objects.filter(answered_at__isnull=True).exists()
    assert reconcile_clocks(at=AT) == []
    assert reconcile_rounds(at=AT) == []
