"""Scenarios told through the API: the endpoints where they exist, services for the rest."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from pipeline.choices import Origin, Stage
from pipeline.services.assignments import assign_rounds
from pipeline.services.moves import move_rounds
from pipeline.services.rows import AssignmentRow, Move
from sla.services import sweep
from tests.sla import scenario_database, script
from tests.sla.scenario_database import ACTOR
from tests.sla.script import CONFLICT, REFUSED, Record, Step

SYSTEM = "hubspot"
REASONS = {"rejected": "no_need", "recycled": "not_now", "disqualified": "cannot_sell"}
OPENING = "SELECT timestamptz '{at}', 0"


class Teller:
    """Takes the place of the service that tells one fact; every request happens at its step."""

    def __init__(self, caller, monkeypatch, *, sweeps: bool = False) -> None:
        self.caller = caller
        self.monkeypatch = monkeypatch
        self.sweeps = sweeps
        self.by_service = scenario_database.tell
        monkeypatch.setattr(scenario_database, "tell", self.tell)

    def tell(self, stage: scenario_database.Stage, step: Step, record: Record) -> None:
        """Tell a fact, and note how the door answered."""
        self.monkeypatch.setattr(
            "revops.rest.views.OPENING", OPENING.format(at=step.at.isoformat())
        )
        lead = stage.leads[step.fact.lead]
        # What a lead looked like before it was captured is no matter of these promises.
        type(lead).objects.filter(pk=lead.pk).update(captured_at=None)
        how = getattr(self, step.fact.kind, None)
        if how is None or stage.is_month:
            self.by_service(stage, step, record)
        else:
            answer = how(stage, step, lead)
            if answer in {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
                record.refusals.append(CONFLICT if answer == HTTPStatus.CONFLICT else REFUSED)
            elif step.fact.occurred_at > step.at:
                record.clamped_at = step.at
        if self.sweeps:
            sweep(at=step.at)

    def post(self, path: str, body: dict[str, Any], step: Step) -> int:
        """Post a fact with its instant."""
        told = body | {"occurred_at": step.event.get("occurred_at") or step.event.get("at")}
        return self.caller.post(path, told).status_code

    def assigned(self, stage, step, lead) -> int:
        """Hand the lead over: later ones by the endpoint, the first as history tells it."""
        rep = stage.rep(step.fact.rep)
        if rep is not None and lead.rounds.exists() and step.fact.occurred_at == step.at:
            name = stage.reps[step.fact.rep].external_id
            path = f"/leads/{lead.pk}/assignments/"
            return self.caller.post(path, {"rep_external_id": name}).status_code
        row = AssignmentRow(
            lead_id=lead.pk, rep_id=rep, assigned_at=step.fact.occurred_at, is_recorded=True
        )
        assign_rounds(rows=[row], actor=ACTOR, origin=Origin.IMPORT, at=step.at)
        return HTTPStatus.CREATED

    def mql(self, stage, step, lead) -> int:
        """Open a round; by the API a lead qualifies when it is posted."""
        del stage
        move = Move(lead_id=lead.pk, to=Stage.MQL, occurred_at=step.fact.occurred_at)
        move_rounds(moves=[move], actor=ACTOR, origin=Origin.FORM, at=step.at)
        return HTTPStatus.CREATED

    def outreach(self, stage, step, lead) -> int:
        """Post an attempt; a row of a batch has its own answer."""
        stage.rep(step.fact.rep)
        row = {
            "lead_external_id": lead.external_id,
            "kind": step.fact.channel or "call",
            "occurred_at": step.event["occurred_at"],
            "outcome": step.fact.payload.get("outcome"),
            "rep_external_id": stage.reps[step.fact.rep].external_id if step.fact.rep else None,
            "external_id": named(step.fact),
        }
        body = {"source_system": SYSTEM, "activities": [row]}
        answer = self.caller.post("/activities/batch/", body)
        (told,) = answer.json()["data"]
        return HTTPStatus.UNPROCESSABLE_ENTITY if told["status"] == "error" else answer.status_code

    def voided(self, stage, step, lead) -> int:
        """Take an attempt back by the id its source gave it."""
        del stage, lead
        told = step.fact.payload
        name = f"{told['source']}:{told['source_id']}"
        body = {"source_system": SYSTEM, "external_id": name}
        return self.caller.post("/activities/void/", body).status_code

    def disposition(self, stage, step, lead) -> int:
        """Post a decision, for a reason of the list where it needs one."""
        del stage
        value = step.fact.value
        body: dict[str, Any] = {"to": value}
        if value != "rejected" or step.fact.reason:
            body["reason"] = REASONS.get(value, "")
        if value == "recycled":
            body["recycle_on"] = (step.at + timedelta(days=60)).date().isoformat()
        return self.post(f"/leads/{lead.pk}/transitions/", body, step)

    def paused(self, stage, step, lead) -> int:
        """Post a pause."""
        del stage
        body = {"reason": step.fact.reason, "note": "The form is empty."}
        return self.post(f"/leads/{lead.pk}/pauses/", body, step)

    def resumed(self, stage, step, lead) -> int:
        """Post that it goes on."""
        del stage
        return self.post(f"/leads/{lead.pk}/resume/", {}, step)

    def feedback(self, stage, step, lead) -> int:
        """Post a note to marketing."""
        del stage
        return self.post(f"/leads/{lead.pk}/feedback/", {"note": "They sell to us."}, step)

    def merged(self, stage, step, lead) -> int:
        """Post a merge."""
        into = stage.leads[step.fact.payload["into"]].pk
        return self.post(f"/leads/{lead.pk}/merge/", {"into": into}, step)


def named(fact) -> str | None:
    """Return the id an attempt has in its source, None where it has none."""
    return f"{fact.source}:{fact.source_id}" if fact.source_id else None


def run(scenario: dict[str, Any], *, order: list[int] | None = None) -> dict[str, Any]:
    """Judge a scenario; see `tests.sla.scenario_database.run`."""
    return scenario_database.run(scenario, order=order)


def facts_of(scenario: dict[str, Any]) -> int:
    """Return how many of the events are facts."""
    return sum(1 for event in scenario["events"] if event["type"] not in script.SETTINGS)
