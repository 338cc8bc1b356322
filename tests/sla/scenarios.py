"""Adapters of the whole-clock scenarios: `run` through the pure fold, `run_in_database` for real.

The vocabulary of a scenario is described beside the shared data. Both adapters read it into the
same `Script`, so they differ in nothing but the machinery under test.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sla import fold
from sla.choices import ClockKind, ClockStatus, Scope
from sla.clock import BusinessCalendar
from sla.fold.judge import seconds
from tests.sla.script import (
    KINDS,
    RECALLS,
    START,
    Record,
    Script,
    calendar_versions,
    instant,
    read,
    terms_of,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def run(scenario: dict[str, Any]) -> dict[str, Any]:
    """Judge a scenario through the pure fold."""
    script = read(scenario)
    answers: list[dict[str, Any]] = []
    record = Record()
    for policy in script.policies:
        record = Record()
        if policy["clock"] == "monthly_mql_volume":
            answers.append(volume(script, policy, record))
        else:
            answers.extend(clocks(script, policy, record))
    return arranged(scenario, script, answers, record)


def clocks(script: Script, policy: dict[str, Any], record: Record) -> list[dict[str, Any]]:
    """Play the steps of a scenario for one policy, keeping the ledger as the services do."""
    terms = terms_of(script, policy)
    ledger: dict[Any, fold.Entry] = {}
    outcomes: list[fold.Outcome] = []
    at = START
    for step in script.steps:
        at = max(at, step.at)
        if step.fact is not None:
            record.take(step.fact)
        outcomes = fold.fold(facts=record.facts, terms=terms, at=at)
        for outcome in outcomes:
            change = fold.settle(entry=ledger.get(outcome.identity), outcome=outcome)
            if change is not None:
                ledger[outcome.identity] = change.entry
    outcomes = [outcome for outcome in outcomes if asked_for(outcome, policy, record)]
    return [
        answer_of(outcome, ledger.get(outcome.identity), terms, script, at) for outcome in outcomes
    ]


def asked_for(outcome: fold.Outcome, policy: dict[str, Any], record: Record) -> bool:
    """Return whether an outcome is one the policy's `start` names."""
    if outcome.started_by is None:
        return True
    kind = next(fact.kind for fact in record.facts if fact.key == outcome.started_by)
    return starts(policy, outcome.kind, kind)


def starts(policy: dict[str, Any], clock: str, evidence: str) -> bool:
    """Return whether evidence of a kind starts the clock; only feedback has several sources."""
    if clock != ClockKind.MARKETING_FEEDBACK:
        return True
    told = policy.get("start", "sales_feedback")
    names = told if isinstance(told, list) else [told]
    return evidence in {KINDS.get(name, name) for name in names}


def answer_of(
    outcome: fold.Outcome,
    entry: fold.Entry | None,
    terms: fold.Terms,
    script: Script,
    at: datetime,
) -> dict[str, Any]:
    """Return one clock in the words of `expected`."""
    hours = terms.calendar_version(outcome.calendar_version).hours
    status = str(outcome.status)
    late = outcome.late_business_seconds
    if outcome.status == ClockStatus.BREACHED_OPEN:
        late = seconds(hours.between(outcome.due_at, at))
    if outcome.kind == ClockKind.LEAD_AGE and outcome.missed:
        status = "breached"
    if outcome.kind == ClockKind.LEAD_AGE and outcome.cancel_reason == "capture_unknown":
        status = "unknown"
    return {
        "due_at": outcome.due_at,
        "breach_at": outcome.breach_at,
        "warn_at": outcome.warn_at,
        "status": status,
        "business_seconds": outcome.business_seconds,
        "late_business_seconds": late,
        "held_business_seconds": outcome.held_business_seconds,
        "breach_rows": 0 if entry is None else 1,
        "breach_rescinded": entry is not None and not entry.stands,
        "attempts_counted": outcome.counted,
        "cancel_reason": outcome.cancel_reason or None,
        "age_seconds": outcome.measure.get("age_seconds"),
        "over_by_seconds": outcome.measure.get("over_by_seconds"),
        "policy_version": outcome.promise.version,
        "previous_due_at": outcome.measure.get("previous_due_at"),
        "_lead": outcome.lead,
        "_cycle": outcome.cycle,
        "_kind": outcome.kind,
        "_scope": outcome.scope,
        "_rep": outcome.rep,
    }


def volume(script: Script, policy: dict[str, Any], record: Record) -> dict[str, Any]:
    """Judge a month."""
    month = date.fromisoformat(f"{policy['month']}-01")
    hours = BusinessCalendar.from_dict(calendar_versions(script)[-1][1])
    stated, counted_in = None, None
    for step in script.steps:
        if step.fact is not None and record.take(step.fact) and step.fact.kind == "mql":
            counted_in = hours.local_date(step.fact.occurred_at).strftime("%Y-%m")
        stated = step.event.get("mql_count", stated)
    at = max((step.at for step in script.steps), default=START)
    counted = stated
    if counted is None:
        counted = fold.months_of(facts=[recall(fact) for fact in record.facts], calendar=hours)[
            month
        ]
    return month_answer(
        fold.pace(month=month, target=policy["target"], counted=counted, calendar=hours, at=at),
        counted_in,
    )


def recall(fact: fold.Fact) -> fold.Fact:
    """Return a rejection as test or duplicate as the recall it is."""
    return replace(fact, kind="recalled") if fact.reason in RECALLS else fact


def month_answer(pace: fold.Pace, counted_in: str | None) -> dict[str, Any]:
    """Return a month in the words of `expected`."""
    return {
        "due_at": pace.due_at,
        "breach_at": pace.closes_at,
        "status": str(pace.status),
        "business_days_in_month": pace.business_days,
        "business_days_elapsed": pace.elapsed_days,
        "expected_by_now": pace.expected_by_now,
        "mql_count": pace.counted,
        "counted_in": counted_in,
        "breach_rows": int(pace.status == ClockStatus.BREACHED_CLOSED),
        "breach_rescinded": False,
        "_lead": None,
        "_cycle": 0,
        "_kind": ClockKind.MQL_VOLUME,
        "_scope": Scope.LEAD,
        "_rep": None,
    }


def arranged(
    scenario: dict[str, Any], script: Script, answers: list[dict[str, Any]], record: Record
) -> dict[str, Any]:
    """Return the answers under the keys scenarios use, cut to those this one expects."""
    merged = {fact.lead for fact in record.facts if fact.kind == "merged"}
    found: dict[str, Any] = {}
    primary: dict[str, Any] | None = None
    for answer in answers:
        own = answer["_scope"] == Scope.OWNER
        found[f"owner_{answer['_rep']}" if own else "lead"] = answer
        found[str(answer["_kind"])] = answer
        if answer["_lead"] is not None and not own:
            found[str(answer["_lead"])] = answer
        if answer["_lead"] not in merged:
            found[f"cycle_{answer['_cycle']}"] = answer
            found.setdefault("lead", answer)
            if primary is None or (answer["_kind"], answer["_scope"]) == (
                primary["_kind"],
                primary["_scope"],
            ):
                primary = answer
    if len(script.leads) > 1 and primary is not None:
        found["lead"] = primary
    rows = [fact for fact in record.facts if fact.kind == "outreach"] or record.facts
    stored = record.clamped_at or (rows[-1].occurred_at if rows else None)
    top = dict(primary or {})
    if len(script.leads) > 1:
        top["breach_rows"] = sum(
            answer["breach_rows"] and not answer["breach_rescinded"] for answer in answers
        )
    top |= {"stored_occurred_at": stored, "events_stored": len(record.facts)}
    for refusal in record.refusals[-1:]:
        top |= {"second_event": refusal, "api": refusal}
    return cut(worded(found | top, script.zone), scenario.get("expected"))


def worded(value: Any, zone: ZoneInfo) -> Any:
    """Return instants as local ISO text; drop what is only for arranging."""
    if isinstance(value, dict):
        return {key: worded(item, zone) for key, item in value.items() if key[0] != "_"}
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, str) and value[:4].isdigit() and "T" in value:
        return instant(value).astimezone(zone).isoformat()
    return value


def cut(found: dict[str, Any], expected: Any) -> dict[str, Any]:
    """Return the entries `expected` has keys for; everything when it is not there."""
    if not isinstance(expected, dict):
        return found
    return {
        key: cut(found[key], expected[key]) if isinstance(found[key], dict) else found[key]
        for key in expected
        if key in found
    }


def run_in_database(scenario: dict[str, Any]) -> dict[str, Any]:
    """Judge a scenario through services, evidence rows and the sweep."""
    from tests.sla import scenario_database  # noqa: PLC0415  (`run` needs no database)

    return scenario_database.run(scenario)
