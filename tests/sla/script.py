"""A scenario of the shared data, read: policies, calendar versions and steps as recorded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sla import fold
from sla.choices import ClockKind, PauseReason, Scope
from sla.clock import BusinessCalendar

START = datetime(1970, 1, 1, tzinfo=UTC)
CLOCKS = {"lead_age_at_handoff": ClockKind.LEAD_AGE, "monthly_mql_volume": ClockKind.MQL_VOLUME}
VALUES = {"qualified": "sql", "converted": "sql", "opportunity": "sql"}
RECALLS = {"void", "test", "duplicate", "recalled"}
KINDS = {
    "sales_feedback": "feedback",
    "feedback": "feedback",
    "marketing_reply": "feedback_answered",
    "sal_accepted": "disposition",
    "sal_rejected": "disposition",
    "recycled": "disposition",
    "disqualified": "disposition",
    "merge": "merged",
    "void": "voided",
    "replan": "replanned",
    "excuse": "excused",
    "recall": "recalled",
}
IMPLIED = {
    "sal_accepted": "accepted",
    "sal_rejected": "rejected",
    "recycled": "recycled",
    "disqualified": "disqualified",
}
SETTINGS = {"policy_version", "calendar_holiday_added", "tick"}
REFUSED, CONFLICT = "refused (422)", "refused (409)"


@dataclass
class Step:
    """One event, at the instant the product learns of it."""

    at: datetime
    event: dict[str, Any]
    fact: fold.Fact | None = None


@dataclass
class Script:
    """A scenario read: its policies, calendar and steps in the order they are recorded."""

    policies: list[dict[str, Any]]
    calendar: dict[str, Any]
    steps: list[Step]
    leads: list[str]

    @property
    def zone(self):
        return ZoneInfo(self.calendar["timezone"])


@dataclass
class Record:
    """What was stored, and how the door answered."""

    facts: list[fold.Fact] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    clamped_at: datetime | None = None

    def take(self, fact: fold.Fact) -> bool:
        """Store a fact as the services do: clamp, refuse, recognise a replay."""
        twin = next((known for known in self.facts if same_source(known, fact)), None)
        if twin is not None:
            if body(twin) != body(fact):
                self.refusals.append(CONFLICT)
            return False
        if fact.kind == "disposition" and fact.value == "rejected" and not fact.reason:
            self.refusals.append(REFUSED)
            return False
        if fact.kind == "paused" and fact.reason not in PauseReason.values:
            self.refusals.append(REFUSED)
            return False
        try:
            stored = fold.clamped(occurred_at=fact.occurred_at, recorded_at=fact.recorded_at)
        except ValueError:
            self.refusals.append(REFUSED)
            return False
        if stored != fact.occurred_at:
            self.clamped_at = stored
        self.facts.append(replace(fact, occurred_at=stored))
        return True


def same_source(known: fold.Fact, fact: fold.Fact) -> bool:
    if fact.source_id:
        return (known.source, known.source_id) == (fact.source, fact.source_id)
    minutes = [row.occurred_at.replace(second=0, microsecond=0) for row in (known, fact)]
    return (
        fact.kind == known.kind == "outreach"
        and not known.source_id
        and minutes[0] == minutes[1]
        and (known.lead, known.channel, known.rep) == (fact.lead, fact.channel, fact.rep)
    )


def body(fact: fold.Fact) -> tuple[Any, ...]:
    minute = fact.occurred_at if fact.source_id else None
    return minute, fact.lead, fact.kind, fact.rep, dict(fact.payload)


def read(scenario: dict[str, Any]) -> Script:
    """Read a scenario whose calendar is already a specification."""
    policy = scenario["policy"]
    policies = policy if isinstance(policy, list) else [policy]
    steps = []
    for number, event in enumerate(scenario["events"]):
        occurred = event.get("occurred_at") or event.get("at") or event.get("recorded_at")
        recorded = event.get("recorded_at") or event.get("at") or occurred
        occurred_at, at = instant(occurred), instant(recorded)
        # A naive instant is refused at the door; until then it needs a place in the order.
        zone = ZoneInfo(scenario["calendar"]["timezone"])
        step = Step(at if at.tzinfo else at.replace(tzinfo=zone), event)
        if event["type"] not in SETTINGS:
            step.fact = fact_of(event, number, occurred_at, at)
        steps.append(step)
    leads = sorted({step.fact.lead for step in steps if step.fact} or {"A"})
    return Script(policies, scenario["calendar"], sorted(steps, key=lambda step: step.at), leads)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def fact_of(event: dict[str, Any], number: int, occurred_at: datetime, at: datetime) -> fold.Fact:
    """Return the evidence an event stands for."""
    name = event["type"]
    kind = KINDS.get(name, name)
    payload = {
        key: event[key]
        for key in ("reason", "channel", "outcome", "automatic", "two_way", "until", "clock")
        if event.get(key) is not None
    }
    lead = event.get("lead", "A")
    source, source_id = event.get("source", ""), event.get("source_id", "")
    if kind == "disposition":
        value = IMPLIED.get(name) or str(event.get("value", "working")).split(" ")[0]
        payload["value"] = VALUES.get(value, value)
        if value in RECALLS:
            kind = "recalled"
    elif kind == "merged":
        lead, payload["into"] = event["from"], event["into"]
    elif kind == "voided":
        payload |= {"source": source, "source_id": source_id}
        source = source_id = ""
    elif kind == "replanned":
        payload["automatic"] = str(event.get("by", "")).startswith(("auto", "system"))
    elif kind == "feedback_answered" and event.get("answers"):
        payload["answers"] = event["answers"]
    return fold.Fact(
        key=number,
        lead=lead,
        kind=kind,
        occurred_at=occurred_at,
        recorded_at=at,
        actor=event.get("actor") or "system:scenario",
        rep=event.get("owner"),
        stated_cycle=event.get("cycle"),
        source=source or ("scenario" if source_id else ""),
        source_id=source_id,
        payload=payload,
    )


def promise_of(policy: dict[str, Any], *, version: int) -> fold.Promise:
    """Return the commitment a policy describes."""
    kind = CLOCKS.get(policy["clock"], policy["clock"])
    return fold.Promise(
        key=version,
        kind=kind,
        unit=policy.get("unit", "per_month"),
        version=version,
        amount=policy.get("amount", policy.get("max")),
        scope=policy.get("scope", Scope.LEAD),
        side=fold.side_of(kind),
        count=policy.get("count", policy.get("target")),
        collapse_minutes=policy.get("collapse_minutes", 15),
        includes_first=policy.get("includes_first", True),
        calendar="calendar",
    )


def policy_versions(script: Script, policy: dict[str, Any]) -> list[tuple[datetime, Any]]:
    """Return each version of a policy with the instant from which starts follow it."""
    found = [(START, policy)]
    for step in script.steps:
        event = step.event
        if event["type"] == "policy_version" and event.get("clock") in {None, policy["clock"]}:
            changed = {key: event[key] for key in ("amount", "unit", "count") if key in event}
            found.append((effective(event), found[-1][1] | changed))
    return found


def calendar_versions(script: Script) -> list[tuple[datetime, dict[str, Any]]]:
    """Return each version of the calendar with the instant from which it is known."""
    found = [(START, script.calendar)]
    for step in script.steps:
        event = step.event
        if event["type"] == "calendar_holiday_added":
            spec = found[-1][1]
            found.append(
                (step.at, spec | {"holidays": [*spec.get("holidays", ()), event["date"]]})
            )
    return found


def effective(event: dict[str, Any]) -> datetime:
    return instant(event.get("effective_from") or event.get("occurred_at") or event["at"])


def terms_of(script: Script, policy: dict[str, Any]) -> fold.Terms:
    """Return the agreements and calendars of one policy."""
    return fold.Terms(
        agreements=[
            fold.Agreement(
                version=number,
                effective_from=since,
                enforced=True,
                promises=(promise_of(stated, version=number),),
            )
            for number, (since, stated) in enumerate(policy_versions(script, policy), 1)
        ],
        calendars=[
            fold.CalendarVersion(
                key=number,
                calendar="calendar",
                effective_from=since,
                hours=BusinessCalendar.from_dict(spec),
            )
            for number, (since, spec) in enumerate(calendar_versions(script), 1)
        ],
    )
