"""Scenarios through services, evidence rows and the sweep."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db import transaction

from sla import fold, services
from sla.choices import ClockKind, ClockStatus
from sla.fold.judge import seconds
from sla.models import Breach, Calendar, Clock, Evidence
from sla.selectors.volume import month_pace
from sla.services.projecting import START_TAKEN_BACK
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.factories.sla import (
    ActivationFactory,
    CalendarFactory,
    CalendarVersionFactory,
    CommitmentFactory,
)
from tests.sla import script as scripts
from tests.sla.scenarios import arranged, month_answer, recall, starts
from tests.sla.script import CONFLICT, REFUSED, START, Record, Script, Step

ACTOR = "system:scenario"


@dataclass
class Stage:
    """The rows of one run, by the names the scenario uses."""

    calendar: Calendar
    leads: dict[str, Any]
    reps: dict[str, Any] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    is_month: bool = False

    def rep(self, name):
        if name is not None and name not in self.reps:
            self.reps[name] = RepFactory(external_id=f"rep {name}", name=name)
        return self.reps[name].pk if name is not None else None


def run(scenario: dict[str, Any], *, order: list[int] | None = None) -> dict[str, Any]:
    """Judge a scenario in the database; nothing of it stays.

    Args:
        scenario: Its calendar is a specification.
        order: The arrival order of the steps that are facts, to be recorded all at the end.
    """
    script = scripts.read(scenario)
    if order is not None:
        script = shuffled(script, order)
    answers: list[dict[str, Any]] = []
    record = Record()
    for policy in script.policies:
        with transaction.atomic():
            record = Record()
            answers += play(script, policy, record)
            transaction.set_rollback(True)
    return arranged(scenario, script, answers, record)


def shuffled(script: Script, order: list[int]) -> Script:
    """Return the script with its facts arriving in another order, all after the last instant."""
    last = max(step.at for step in script.steps)
    facts = [step for step in script.steps if step.fact is not None]
    others = [step for step in script.steps if step.fact is None]
    late = [replace(facts[index], at=last) for index in order]
    return replace(script, steps=[step for step in others if is_setting(step)] + late)


def is_setting(step: Step) -> bool:
    return step.event["type"] != "tick"


def play(script: Script, policy: dict[str, Any], record: Record) -> list[dict[str, Any]]:
    """Set the promise up, play the steps, and read the clocks."""
    stage = set_up(script, policy)
    at = START
    for step in script.steps:
        at = max(at, step.at)
        if step.fact is not None:
            tell(stage, step, record)
        elif step.event["type"] == "tick":
            add_mqls(stage, policy, step)
            services.sweep(at=step.at)
        elif step.event["type"] == "policy_version":
            pass  # written by `set_up`: what takes effect when is known by then
        else:
            spec = stage.calendar.versions.order_by("number").last().spec
            spec = spec | {"holidays": [*spec.get("holidays", ()), step.event["date"]]}
            services.add_calendar_version(
                calendar=stage.calendar, spec=spec, actor=ACTOR, at=step.at
            )
    record.facts = stored_facts(stage)
    if policy["clock"] == "monthly_mql_volume":
        return [month(stage, policy, script, at)]
    return clocks(stage, policy, at)


def set_up(script: Script, policy: dict[str, Any]) -> Stage:
    calendar = CalendarFactory()
    CalendarVersionFactory(calendar=calendar, spec=script.calendar)
    stage = Stage(
        calendar, {name: LeadFactory(external_id=f"lead {name}") for name in script.leads}
    )
    for number, (since, stated) in enumerate(scripts.policy_versions(script, policy), 1):
        promise = scripts.promise_of(stated, version=number)
        commitment = CommitmentFactory(
            kind=promise.kind,
            scope=promise.scope,
            allowance_amount=promise.amount,
            unit=promise.unit,
            count=promise.count,
            collapse_minutes=promise.collapse_minutes,
            includes_first=promise.includes_first,
            calendar=calendar,
        )
        stage.versions[commitment.version_id] = number
        later = {} if number == 1 else {"effective_from": since}
        ActivationFactory(version=commitment.version, **later)
    if policy["clock"] == "monthly_mql_volume":
        stage.is_month = True
        month_at = min((step.at for step in script.steps), default=START)
        services.open_months(at=month_at)
    return stage


def tell(stage: Stage, step: Step, record: Record) -> None:
    """Record one fact as an integration would."""
    fact = step.fact
    payload = dict(fact.payload)
    if fact.kind == "merged":
        loser, winner = stage.leads[fact.lead], stage.leads[payload["into"]]
        payload["into"] = winner.pk
        type(loser).objects.filter(pk=loser.pk).update(merged_into=winner)
    if stage.is_month:
        fact = recall(fact)
    try:
        with transaction.atomic():
            services.record_evidence(
                lead_id=stage.leads[fact.lead].pk,
                kind=fact.kind,
                occurred_at=fact.occurred_at,
                actor=fact.actor,
                at=step.at,
                stated_cycle=fact.stated_cycle,
                rep_id=stage.rep(fact.rep),
                source=fact.source,
                source_id=fact.source_id,
                payload=payload,
            )
    except services.EvidenceRefusedError:
        record.refusals.append(REFUSED)
    except services.EvidenceConflictError:
        record.refusals.append(CONFLICT)
    else:
        if fact.occurred_at > step.at:
            record.clamped_at = step.at


def add_mqls(stage: Stage, policy: dict[str, Any], step: Step) -> None:
    """Store as many MQLs as the tick says there are."""
    wanted = step.event.get("mql_count")
    if wanted is None:
        return
    known = Evidence.objects.filter(kind="mql").count()
    opens = fold.pace(
        month=date.fromisoformat(f"{policy['month']}-01"),
        target=1,
        counted=0,
        calendar=services.current_terms(at=step.at).calendar_at(stage.calendar.pk, step.at).hours,
        at=step.at,
    ).starts_at
    rows = [
        services.EvidenceRow(lead_id=LeadFactory().pk, kind="mql", occurred_at=opens)
        for _ in range(wanted - known)
    ]
    services.record_evidence_batch(rows=rows, actor=ACTOR, at=step.at)


def stored_facts(stage: Stage) -> list[fold.Fact]:
    """Return the evidence rows with the scenario's names for leads and people."""
    leads = {lead.pk: name for name, lead in stage.leads.items()}
    reps = {rep.pk: name for name, rep in stage.reps.items()}
    return [
        fold.Fact(
            key=row.pk,
            lead=leads[row.lead_id],
            kind=row.kind,
            occurred_at=row.occurred_at,
            recorded_at=row.recorded_at,
            rep=reps.get(row.rep_id),
            payload=row.payload,
        )
        for row in Evidence.objects.filter(lead__in=leads).order_by("recorded_at", "id")
    ]


def clocks(stage: Stage, policy: dict[str, Any], at) -> list[dict[str, Any]]:
    """Read the clocks in the words of `expected`; a promise without a clock has not started."""
    leads = {lead.pk: name for name, lead in stage.leads.items()}
    reps = {rep.pk: name for name, rep in stage.reps.items()}
    terms = services.current_terms(at=at)
    rows = (
        Clock.objects.filter(lead__in=leads)
        .exclude(cancel_reason=START_TAKEN_BACK)  # what is left of a start that later facts moved
        .select_related("commitment", "started_by")
        .order_by("lead_id", "cycle", "started_at", "id")
    )
    answers = []
    for clock in rows:
        if not starts(policy, clock.kind, clock.started_by.kind):
            continue
        hours = terms.calendar_version(clock.calendar_version_id).hours
        status, late = clock.status, clock.late_business_seconds
        if status == ClockStatus.BREACHED_OPEN:
            late = seconds(hours.between(clock.due_at, at))
        if clock.kind == ClockKind.LEAD_AGE and status == ClockStatus.BREACHED_CLOSED:
            status = "breached"
        if clock.cancel_reason == "capture_unknown":
            status = "unknown"
        breach = Breach.objects.with_standing().filter(clock=clock).first()
        answers.append(
            {
                "due_at": clock.due_at,
                "breach_at": clock.breach_at,
                "warn_at": clock.warn_at,
                "status": str(status),
                "business_seconds": clock.business_seconds,
                "late_business_seconds": late,
                "held_business_seconds": clock.held_business_seconds,
                "breach_rows": int(breach is not None),
                "breach_rescinded": bool(breach) and breach.last_revision == "rescinded",
                "attempts_counted": clock.counted,
                "cancel_reason": clock.cancel_reason or None,
                "age_seconds": clock.measure.get("age_seconds"),
                "over_by_seconds": clock.measure.get("over_by_seconds"),
                "policy_version": stage.versions[clock.commitment.version_id],
                "previous_due_at": clock.measure.get("previous_due_at"),
                "_lead": leads[clock.lead_id],
                "_cycle": clock.cycle,
                "_kind": clock.kind,
                "_scope": clock.scope,
                "_rep": reps.get(clock.rep_id),
            }
        )
    return answers or [not_started(stage)]


def not_started(stage: Stage) -> dict[str, Any]:
    """Return the answer for a promise nothing has started."""
    return {
        "due_at": None,
        "breach_at": None,
        "warn_at": None,
        "status": "not_started",
        "breach_rows": 0,
        "breach_rescinded": False,
        "_lead": next(iter(stage.leads)),
        "_cycle": 1,
        "_kind": "not_started",
        "_scope": "lead",
        "_rep": None,
    }


def month(stage: Stage, policy: dict[str, Any], script: Script, at) -> dict[str, Any]:
    """Read the month's clock; while it is open, how it stands."""
    first = date.fromisoformat(f"{policy['month']}-01")
    terms = services.current_terms(at=at)
    clock = Clock.objects.get(kind=ClockKind.MQL_VOLUME, month=first)
    pace = month_pace(month=first, terms=terms, at=at)
    mqls = [step.fact for step in script.steps if step.fact and step.fact.kind == "mql"]
    hours = terms.calendar_at(stage.calendar.pk, at).hours
    counted_in = hours.local_date(mqls[-1].occurred_at).strftime("%Y-%m") if mqls else None
    answer = month_answer(pace, counted_in)
    if clock.status != ClockStatus.PENDING:
        answer["status"] = clock.status
    return answer | {"breach_rows": Breach.objects.filter(clock=clock).count()}
