"""Leads live through anything, in any order of arrival; the fold and the rows keep up.

What should be is walked by hand in `walked`. The full length, 1,000 lives of 50 steps through the
fold and 50 through the database, runs with `--hypothesis-profile=deep`.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as live

from sla import fold, services
from sla.choices import ClockKind, Unit
from sla.clock import BusinessCalendar
from sla.models import Breach, Clock
from sla.services.projecting import START_TAKEN_BACK
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.factories.sla import (
    ActivationFactory,
    CalendarFactory,
    CalendarVersionFactory,
    CommitmentFactory,
    SlaVersionFactory,
)
from tests.sla import walked
from tests.sla.walked import Said, instant, verdicts

HOURS = {
    "timezone": "America/New_York",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": [walked.HOLIDAY],
    "exceptions": {},
}
UNITS = {
    walked.ELAPSED: (Unit.CALENDAR_MINUTES, 30),
    walked.HOURS: (Unit.BUSINESS_HOURS, 0.5),
    walked.DAYS: (Unit.BUSINESS_DAYS, 1),
    walked.DATES_OF_THE_YEAR: (Unit.CALENDAR_DAYS, 1),
}
PROMISES = {
    kind: (UNITS[unit][0], int(amount * UNITS[unit][1]))
    for kind, (unit, amount) in walked.PROMISES.items()
}
LAST = 48 * 120
LEADS = st.sampled_from("AB")
LATE = st.sampled_from([0, 0, 0, 1, 5, 40])


class Life(RuleBasedStateMachine):
    """What can happen to two leads; `keep` stores a fact and `stored` says what became of it."""

    def __init__(self):
        super().__init__()
        self.now = 18
        self.facts = {"A": {}, "B": {}}
        self.number = 0

    def keep(self, lead, fact):
        raise NotImplementedError

    def take_back(self, lead, fact):
        raise NotImplementedError

    def stored(self, lead):
        raise NotImplementedError

    def say(self, lead, kind, late=0, **fields):
        """Record a fact at an instant at which nothing else happened to the lead."""
        self.now += 1
        taken = {fact.slot for fact in self.facts[lead].values()}
        slot = max(self.now - late, 0)
        if slot in taken:
            return
        self.number += 1
        fact = Said(f"fact {self.number}", kind, slot, **fields)
        self.facts[lead][fact.name] = fact
        self.keep(lead, fact)

    @initialize(lead=LEADS)
    def qualifies(self, lead):
        self.say(lead, "mql")

    @precondition(lambda self: self.now < LAST)
    @rule(slots=st.sampled_from([1, 3, 16, 48, 48, 200, 400]))
    def time_goes_by(self, slots):
        self.now += slots

    @rule(lead=LEADS, late=LATE)
    def becomes_mql(self, lead, late):
        self.say(lead, "mql", late)

    @rule(lead=LEADS, rep=st.sampled_from(["ana", "bo"]), late=LATE)
    def is_assigned(self, lead, rep, late):
        self.say(lead, "assigned", late, value=rep)

    @rule(lead=LEADS, answered=st.sampled_from(["", "", "", "yes"]), late=LATE)
    def is_called(self, lead, answered, late):
        self.say(lead, "outreach", late, value=answered)

    @rule(
        lead=LEADS,
        value=st.sampled_from(["working", "accepted", "sql", "rejected", "recycled"]),
        late=LATE,
    )
    def gets_an_outcome(self, lead, value, late):
        self.say(lead, "disposition", late, value=value)

    @rule(
        lead=LEADS,
        reason=st.sampled_from(["waiting_on_marketing", "invalid_contact_data"]),
        cap=st.sampled_from([1, 5]),
        late=LATE,
    )
    def is_paused(self, lead, reason, cap, late):
        self.say(lead, "paused", late, value=reason, cap=cap)

    @rule(lead=LEADS, late=LATE)
    def goes_on(self, lead, late):
        self.say(lead, "resumed", late)

    @rule(
        lead=LEADS,
        kind=st.sampled_from(["feedback", "feedback_answered", "feedback_withdrawn"]),
        late=LATE,
    )
    def is_spoken_of(self, lead, kind, late):
        self.say(lead, kind, late)

    @rule(lead=LEADS, luck=st.integers(0, 5))
    def is_recalled(self, lead, luck):
        if not luck:
            self.say(lead, "recalled")

    @rule(lead=LEADS, which=st.integers(0, 99))
    def a_fact_is_taken_back(self, lead, which):
        facts = list(self.facts[lead].values())
        if facts:
            fact = facts[which % len(facts)]
            del self.facts[lead][fact.name]
            self.take_back(lead, fact)

    @rule()
    def both_are_looked_at(self):
        for lead, facts in self.facts.items():
            assert self.stored(lead) == verdicts(facts.values(), at=self.now)


PAYLOADS = {
    "outreach": lambda fact: {"channel": "call", "outcome": "connected" if fact.value else ""},
    "disposition": lambda fact: {"value": fact.value, "reason": "not_icp"},
    "paused": lambda fact: {"reason": fact.value, "cap_business_days": fact.cap},
}


def payload_of(fact):
    return PAYLOADS[fact.kind](fact) if fact.kind in PAYLOADS else {}


def named(fact):
    return {"source": "crm", "source_id": fact.name}


def slot_of(at):
    return None if at is None else int((at - walked.BEGIN) / walked.HALF_HOUR)


class FoldedLife(Life):
    """The same through the fold, with the ledger settled as the services do."""

    terms = fold.Terms(
        agreements=[
            fold.Agreement(
                version=1,
                effective_from=instant(-9000),
                enforced=True,
                promises=tuple(
                    fold.Promise(
                        key=(kind, scope),
                        kind=kind,
                        unit=unit,
                        version=1,
                        amount=amount,
                        scope=scope,
                        side=fold.side_of(kind),
                        count=3,
                        calendar="company",
                    )
                    for kind, (unit, amount) in PROMISES.items()
                    for scope in ("lead", "owner")
                    if scope == "lead" or kind == "first_contact"
                ),
            )
        ],
        calendars=[
            fold.CalendarVersion(
                key=1,
                calendar="company",
                effective_from=instant(-9000),
                hours=BusinessCalendar.from_dict(HOURS),
            )
        ],
    )

    def __init__(self):
        super().__init__()
        self.told = {"A": [], "B": []}
        self.ledger = {}

    def keep(self, lead, fact):
        self._tell(lead, fact, payload_of(fact))

    def take_back(self, lead, fact):
        self._tell(lead, Said(f"void {fact.name}", "voided", self.now), named(fact))

    def _tell(self, lead, said, payload):
        fact = fold.Fact(
            key=len(self.told[lead]),
            lead=lead,
            kind=said.kind,
            occurred_at=instant(said.slot),
            recorded_at=instant(self.now),
            rep=said.value if said.kind == "assigned" else None,
            source="crm",
            source_id=said.name,
            payload=payload,
        )
        self.told[lead].append(fact)

    def stored(self, lead):
        outcomes = fold.fold(facts=self.told[lead], terms=self.terms, at=instant(self.now))
        found = {}
        for outcome in outcomes:
            entry = self.ledger.get(outcome.identity)
            change = fold.settle(entry=entry, outcome=outcome)
            if change is not None:
                entry = self.ledger[outcome.identity] = change.entry
            if outcome.started_by is None:
                continue
            stands = entry is not None and entry.stands
            assert stands == (outcome.missed and outcome.scope == "lead")
            key = (outcome.cycle, outcome.kind, outcome.scope, slot_of(outcome.started_at))
            found[key] = verdict_of(outcome, missed=outcome.missed)
        return found


def verdict_of(row, *, missed):
    breach = None if row.stopped_at is not None else slot_of(row.breach_at)
    return walked.Verdict(str(row.status), slot_of(row.due_at), breach, missed)


MISSED = ("met_late", "breached_open", "breached_closed")


class StoredLife(Life):
    """The same through services, rows and sweeps; nothing of it stays in the database."""

    def __init__(self):
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        services.forget_terms()
        calendar = CalendarFactory()
        CalendarVersionFactory(calendar=calendar, spec=HOURS)
        version = SlaVersionFactory()
        for kind, (unit, amount) in PROMISES.items():
            for scope in ("lead", "owner"):
                if scope == "lead" or kind == "first_contact":
                    CommitmentFactory(
                        version=version,
                        kind=kind,
                        unit=unit,
                        allowance_amount=amount,
                        scope=scope,
                        count=3,
                        calendar=calendar,
                    )
        ActivationFactory(version=version)
        self.leads = {"A": LeadFactory().pk, "B": LeadFactory().pk}
        self.reps = {"ana": RepFactory().pk, "bo": RepFactory().pk}

    def keep(self, lead, fact):
        self._tell(lead, fact, payload_of(fact))

    def take_back(self, lead, fact):
        self._tell(lead, Said(f"void {fact.name}", "voided", self.now), named(fact))

    def _tell(self, lead, said, payload):
        services.record_evidence(
            lead_id=self.leads[lead],
            kind=said.kind,
            occurred_at=instant(said.slot),
            actor="system:test",
            at=instant(self.now),
            rep_id=self.reps[said.value] if said.kind == "assigned" else None,
            source="crm",
            source_id=said.name,
            payload=payload,
        )

    def stored(self, lead):
        services.sweep(at=instant(self.now))
        standing = set(Breach.objects.ledger().values_list("clock_id", flat=True))
        found = {}
        for clock in Clock.objects.filter(lead=self.leads[lead]):
            if clock.cancel_reason == START_TAKEN_BACK:
                # No evidence starts it any more; its row remains for the sake of its breach.
                assert clock.pk not in standing
                continue
            missed = clock.status in MISSED
            assert (clock.pk in standing) == (missed and clock.scope == "lead")
            key = (clock.cycle, clock.kind, clock.scope, slot_of(clock.started_at))
            found[key] = verdict_of(clock, missed=missed)
        return found

    def teardown(self):
        try:
            at = instant(self.now) + timedelta(days=60)
            services.sweep(at=at)
            assert services.reconcile_clocks(at=at) == []
        finally:
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)
            services.forget_terms()


def lives(*, quick, deep):
    """Return how many lives of 50 steps are lived, by the profile in use."""
    is_deep = settings.get_current_profile_name() == "deep"
    return settings(max_examples=deep if is_deep else quick, stateful_step_count=50, deadline=None)


def test_the_fold_says_what_walking_says():
    live(FoldedLife, settings=lives(quick=100, deep=1000))


@pytest.mark.django_db
def test_the_rows_say_what_walking_says():
    live(StoredLife, settings=lives(quick=5, deep=50))


def test_promises_are_walked_for_every_kind_of_a_lead():
    apart = {ClockKind.LEAD_AGE, ClockKind.MQL_VOLUME, ClockKind.MINIMUM_FIT, ClockKind.CONTEXT}

    assert set(walked.PROMISES) == set(ClockKind.values) - apart
