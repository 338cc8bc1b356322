"""The page of the first run: five steps with their state and their one action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from revops.navigation import first_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboards.selectors.start import Beginnings

    Step = dict[str, Any]


def steps(held: Beginnings, *, may: Callable[[str], bool]) -> list[Step]:
    """Return the steps; the first open one is the current one.

    Args:
        held: What is there.
        may: Tells whether the reader holds a right.
    """
    found = [_teams(held), _drafts(held, may=may), _gap(held), _agree(held), _leads(held)]
    current = next((place for place, step in enumerate(found) if not step["is_done"]), None)
    for place, step in enumerate(found):
        step["number"] = place + 1
        step["is_current"] = place == current
        step["shows_action"] = bool(step["href"]) and may(step["right"]) and not step["is_done"]
        if step["is_done"] or may(step["right"]):
            step["waits_for"] = ""
    return found


def _teams(held: Beginnings) -> Step:
    missing = [
        words
        for is_there, words in (
            (held.has_organization, "the organisation's name and zone"),
            (held.has_calendar, "working hours"),
            (held.has_marketing, "a person of marketing"),
            (held.has_sales, "a person of sales"),
        )
        if not is_there
    ]
    return {
        "key": "teams",
        "title": "Teams and calendar",
        "sentence": "Both sides have people here, days are cut in your zone, and promises count "
        "in your working hours.",
        "is_done": held.has_teams,
        "state": f"Missing: {_listed(missing)}." if missing else "All there.",
        "waits_for": "RevOps",
        "right": "people.manage_people",
        "action": "",
        "href": "",
    }


def _drafts(held: Beginnings, *, may: Callable[[str], bool]) -> Step:
    said = held.marketing_answered, held.sales_answered
    waiting = [
        side for side, has_said in zip(("marketing", "sales"), said, strict=True) if not has_said
    ]
    if held.definitions_signed and waiting:
        state = "Both sides have signed the definitions already."
    elif not held.has_round:
        state = "RevOps has not put the question yet."
    elif waiting:
        state = f"Waiting for {_listed(waiting)}."
    else:
        state = "Both have answered."
    is_revops = may("definitions.run_audit")
    right = next(
        (
            right
            for right in (
                "definitions.run_audit", "definitions.answer_marketing", "definitions.answer_sales"
            )
            if may(right)
        ),
        "definitions.run_audit",
    )  # fmt: skip
    return {
        "key": "drafts",
        "title": "Two separate drafts of MQL",
        "sentence": "Marketing and sales each write down what an MQL is. Neither reads the "
        "other's words before both have answered.",
        "is_done": held.has_drafts,
        "state": state,
        "waits_for": _listed(waiting) if held.has_round else "RevOps",
        "right": right,
        "action": "Put the question" if is_revops and not held.has_round else "Go to the drafts",
        "href": first_url(("definitions:audit",)),
    }


def _gap(held: Beginnings) -> Step:
    if held.gaps_confirmed:
        state = "The list of differences is confirmed."
    elif held.definitions_signed:
        state = "A signed text has settled them."
    elif held.has_drafts:
        state = "The two answers stand side by side; the list of differences is not confirmed."
    else:
        state = "It opens when both sides have answered."
    return {
        "key": "gap",
        "title": "The gap",
        "sentence": "Both answers side by side become a list of differences, each with a "
        "decision. Then the first text may be drafted.",
        "is_done": held.has_gaps,
        "state": state,
        "waits_for": "RevOps with both teams",
        "right": "definitions.run_audit",
        "action": "See the differences",
        "href": first_url(("definitions:gaps", "definitions:audit")) if held.has_drafts else "",
    }


def _agree(held: Beginnings) -> Step:
    missing = [
        words
        for is_signed, words in (
            (held.definitions_signed, "the definitions"),
            (held.sla_signed, "the SLA"),
        )
        if not is_signed
    ]
    return {
        "key": "agree",
        "title": "Agree and sign",
        "sentence": "RevOps, marketing and sales sign the definitions and the SLA. Until then "
        "everything is measured and nothing is enforced.",
        "is_done": held.is_agreed,
        "state": f"Not in force: {_listed(missing)}." if missing else "Both are in force.",
        "waits_for": "RevOps and both leaders",
        "right": "definitions.view_agreement",
        "action": "Open the agreement",
        "href": first_url(("definitions:agreement",)),
    }


def _leads(held: Beginnings) -> Step:
    if held.has_leads:
        state = "Leads are there."
    elif held.has_key:
        state = "A key for an integration is there; nothing has come yet."
    else:
        state = "Nothing is there yet."
    return {
        "key": "leads",
        "title": "Bring leads",
        "sentence": "Bring the last 12 months from your CRM now, also before anything is signed: "
        "the signals of won deals propose a first MQL.",
        "is_done": held.has_pipeline,
        "state": state,
        "waits_for": "RevOps or marketing",
        "right": "pipeline.import_leads",
        "action": "Bring an export",
        "href": first_url(("pipeline:import",)),
    }


def _listed(words: list[str]) -> str:
    """Return `a, b and c`."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if words[1:] else "".join(words)
