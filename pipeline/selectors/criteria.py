"""Why a lead qualified, read from the snapshot its round was judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from definitions.criteria import Explanation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.models import Round

PARTS_SHOWN = 3


def checks_of(current: Round | None) -> list[dict[str, str]]:
    """Return the criteria with pass, fail or missing, as the component check_list reads them."""
    return checks_in(current.explanation if current else {})


def checks_in(snapshot: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the criteria of a decision's snapshot, as `checks_of` does."""
    if "rule" not in snapshot:
        return []
    checks = list(_lines(Explanation.from_json(snapshot["rule"])))
    disqualifiers = snapshot.get("disqualifiers", ())
    holding = [
        one["label"] for one in disqualifiers if Explanation.from_json(one["rule"]).qualifies
    ]
    checks += [{"state": "fail", "label": label, "value": ""} for label in holding]
    if disqualifiers and not holding:
        checks.append({"state": "pass", "label": "No disqualifier is known", "value": ""})
    return checks


def _lines(node: Explanation) -> Iterator[dict[str, str]]:
    """Yield the comparisons that decided; what another one stood in for is left out."""
    if not node.children:
        yield {"state": node.outcome.value, "label": node.criterion, "value": node.value}
        return
    if len(node.children) == 1 and node.children[0].outcome is not node.outcome:
        child = node.children[0]
        # Decisions of earlier releases hold no words for the opposite.
        label = f"Not: {child.criterion}" if node.criterion == "Not this" else node.criterion
        yield {"state": node.outcome.value, "label": label, "value": child.value}
        return
    for child in node.children:
        if not node.qualifies or child.qualifies:
            yield from _lines(child)


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
