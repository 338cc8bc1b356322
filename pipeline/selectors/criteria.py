"""Why a lead qualified, read from the snapshot its round was judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from definitions.criteria import Explanation

if TYPE_CHECKING:
    from pipeline.models import Round

PARTS_SHOWN = 3


def checks_of(current: Round | None) -> list[dict[str, str]]:
    """Return the criteria with pass, fail or missing, as the component check_list reads them."""
    snapshot = current.explanation if current else {}
    if not snapshot or "rule" not in snapshot:
        return []
    rule = Explanation.from_json(snapshot["rule"])
    checks = [
        {"state": leaf.outcome.value, "label": leaf.criterion, "value": leaf.value}
        for leaf in rule.leaves()
    ]
    for one in snapshot.get("disqualifiers", ()):
        holds = Explanation.from_json(one["rule"]).qualifies
        checks.append(
            {
                "state": "fail" if holds else "pass",
                "label": f"Not: {one['label'][:1].lower()}{one['label'][1:]}",
                "value": "",
            }
        )
    return checks


def why_of(current: Round | None) -> str:
    """Return in one line what made the lead qualify: the acts and facts with most points."""
    if current is None:
        return ""
    if current.designation == "manual":
        return "Designated by a person"
    told: list[str] = []
    for score in ("intent", "fit"):
        parts = _parts(current, score)
        told += [_words(part) for part in parts[: PARTS_SHOWN - len(told)]]
    return ", ".join(told)


def parts_of(current: Round | None, score: str) -> list[dict[str, Any]]:
    """Return what a score was added up from, most points first."""
    return _parts(current, score) if current is not None else []


def _parts(current: Round, score: str) -> list[dict[str, Any]]:
    parts = current.explanation.get(score, {}).get("parts", ())
    told = [part for part in parts if part["points"] > 0]
    return sorted(told, key=lambda part: (-part["points"], part["label"]))


def _words(part: dict[str, Any]) -> str:
    why = part.get("why") or ""
    if why in {"", "once"}:
        return str(part["label"])
    return f"{part['label']} {why}" if why.endswith("times") else f"{part['label']}: {why}"
