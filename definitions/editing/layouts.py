"""How the form of a clause reads: questions under headings, sentences with blanks, choices.

The inputs and their names are those of the content's types; only their order, words and
surroundings are settled here, so that what is posted is the same with or without a layout.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from definitions.choices import Unit
from definitions.editing.nodes import Group, Input, Kind, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HALF_LIFE_HINT = (
    "After so many days an act counts half. Off: it counts in full for good. 30 days is what most "
    "teams try."
)
HALF_LIVES = (("off", "Off"), ("30", "30 days"), ("other", "Other"))


@dataclass(frozen=True, slots=True)
class Ask:
    """A question put in words, with an example of an answer."""

    key: str
    label: str = ""
    hint: str = ""


TERM: tuple[tuple[str, str, tuple[Ask, ...]], ...] = (
    (
        "What it means",
        "The part people quote. Write it so that a new rep decides alike on the first day.",
        (
            Ask("name", "Short name", "Such as MQL."),
            Ask("long_name", "In full", "Such as Marketing qualified lead."),
            Ask(
                "summary",
                "What does it mean, in one sentence?",
                "A person whose company fits and who showed that they look for something now.",
            ),
            Ask(
                "conditions",
                "What has to be true?",
                "One condition per line. Each should be something two people would tick alike.",
            ),
            Ask(
                "disqualifies",
                "What rules it out?",
                "One per line, such as: works for a competitor.",
            ),
        ),
    ),
    (
        "Who decides",
        "One team owns the decision; only its people make the move.",
        (
            Ask("decided_by", "Which team decides?"),
            Ask("designated_by", "Who may say so by hand?", "Marketing only, or sales too?"),
        ),
    ),
    (
        "What kind of step it is",
        "Leave open what does not apply to this term.",
        (
            Ask(
                "dimension",
                "Does it look at behaviour, at fit, or at both?",
                "An MQL that looks at one of them only cannot be signed.",
            ),
            Ask("passage", "Is it a gate, or a matter of degree?"),
            Ask("human_contact", "Has a person spoken to them, or is a score enough?"),
            Ask(
                "qualified_means",
                'What does "qualified" mean here?',
                "Budget, authority, need and timing, or your own checklist.",
            ),
            Ask(
                "boundary",
                "Where does it end?",
                "When a meeting becomes a deal; lost, or only stalled.",
            ),
        ),
    ),
    (
        "At the transition",
        "",
        (
            Ask(
                "required_fields",
                "What must be filled in?",
                "One per line, such as: amount and currency.",
            ),
        ),
    ),
    (
        "Examples and edge cases",
        "Every case people argue about needs a ruling before the text can be signed.",
        (
            Ask("examples", "Which cases qualify?", "One per line, short and real."),
            Ask("edge_cases", "Which cases do people argue about?"),
        ),
    ),
    ("On the page", "", (Ask("position", "Place among the terms", "From 0 to 99."),)),
)
EDGE = {
    "case": Ask("case", "The case", "A student asks for a demo with a company address."),
    "ruling": Ask("ruling", "The ruling", "No MQL: fit is not reached; marketing answers."),
}
MEASURED = (
    Ask("starts", "When does the clock start?"),
    Ask("stops", "When does it stop?"),
    Ask("target_rate", hint="0.9 is nine of ten."),
    Ask(
        "warning_share", "When is the owner warned?", "Share of the time: 0.75 is three quarters."
    ),
    Ask("includes_first"),
    Ask("collapse_minutes"),
    Ask("hand_raisers_only"),
    Ask("follows_territory"),
    Ask("is_active", "Promised: without this it is shown as not agreed"),
)
WORDING = (
    Ask("title", "Title"),
    Ask(
        "sentence",
        "The sentence",
        "{amount}, {unit} and {count} are the blanks; they are filled in above.",
    ),
    Ask("side"),
    Ask("kind", "What it is about"),
    Ask("position"),
)
BLANKS = {"amount": "allowance_amount", "unit": "unit", "count": "count"}
# What has to hold at handoff has no time and nothing to count.
TIMED = frozenset(
    {"allowance_amount", "count", "includes_first", "collapse_minutes", "hand_raisers_only",
     "follows_territory"}
)  # fmt: skip


def laid_out(node: Node, *, key: str, body: Any, others: Mapping[str, Any]) -> Node:
    """Return the form of a clause as it reads, with choices that come from the document.

    Args:
        node: The inputs in the order of the content's types.
        key: Which clause.
        body: What it says.
        others: The bodies of all clauses of the document.
    """
    name = key.partition("/")[0]
    layout = _LAYOUTS.get(name)
    return layout(node, body, others) if layout else node


def _term(node: Node, body: Any, others: Mapping[str, Any]) -> Node:
    del body, others
    if not isinstance(node, Group):
        return node
    return replace(node, children=tuple(_section(node, *each) for each in TERM))


def _section(node: Group, title: str, hint: str, asks: tuple[Ask, ...]) -> Group:
    held = {_key(child): child for child in node.children}
    children = tuple(_asked(held[ask.key], ask) for ask in asks if ask.key in held)
    return Group(f"{node.name}-_{title}", title, "section", children, hint=hint)


def _asked(node: Node, ask: Ask) -> Node:
    """Return an input under its question; the entries of a list ask theirs."""
    if isinstance(node, Group):
        entries = tuple(
            replace(entry, children=tuple(_asked(one, EDGE[_key(one)]) for one in entry.children))
            for entry in node.children
            if isinstance(entry, Group) and all(_key(one) in EDGE for one in entry.children)
        )
        return replace(node, label=ask.label or node.label, children=entries or node.children)
    hint = " ".join(filter(None, (ask.hint, node.hint if node.kind is not Kind.LINES else "")))
    return replace(node, label=ask.label or node.label, hint=hint or node.hint)


def _key(node: Node) -> str:
    return node.name.rpartition("-")[2]


def _commitment(node: Node, body: Any, others: Mapping[str, Any]) -> Node:
    """Return a promise as its own sentence, the blanks of which are the inputs."""
    del others
    if not isinstance(node, Group):
        return node
    held = {_key(child): child for child in node.children}
    text = str(body.get("sentence") or "") if isinstance(body, dict) else ""
    parts: list[Node] = []
    for part in re.split(r"(\{(?:amount|unit|count)\})", text):
        field = BLANKS.get(part.strip("{}")) if part.startswith("{") else None
        if field in held:
            parts.append(held.pop(field))
        elif part:
            parts.append(Input("", "", Kind.WORDS, text=part))
    sentence = Group(f"{node.name}-_sentence", "The promise", "sentence", tuple(parts))
    kept: tuple[Node, ...] = ()
    if isinstance(body, dict) and body.get("unit") == Unit.AT_HANDOFF:
        held = {field: child for field, child in held.items() if field not in TIMED}
        warning = held.pop("warning_share", None)
        if isinstance(warning, Input):  # always posted, because the content needs one
            kept = (replace(warning, kind=Kind.KEPT),)
    rest = tuple(Ask(field) for field in BLANKS.values() if field in held)
    inner = replace(node, children=tuple(held.values()))
    measured = _section(inner, "How it is measured", "", (*rest, *MEASURED))
    wording = _section(inner, "Wording", "", WORDING)
    shown = (measured, wording) if parts else (wording, measured)
    return replace(node, children=(*((sentence,) if parts else ()), *shown, *kept))


def _reasons(node: Node, body: Any, others: Mapping[str, Any]) -> Node:
    """Let a reason be merged into another one of its list, by name."""
    del others
    entries = body.get("entries", ()) if isinstance(body, dict) else ()
    named = [
        (str(each["code"]), str(each.get("label", each["code"])))
        for each in entries
        if isinstance(each, dict) and each.get("code")
    ]
    return _chosen(
        node,
        field="merged_into",
        options=(("", "not merged"), *named),
        hint="It is retired then. Leads keep the reason they have; reports may count both as one.",
    )


def _acts(node: Node, body: Any, others: Mapping[str, Any]) -> Node:
    """Let the group of an act be chosen by name."""
    del body
    groups = others.get("intent_groups") or ()
    options = tuple((str(each["code"]), str(each["label"])) for each in groups)
    return _chosen(node, field="group", options=options) if options else node


def _chosen(
    node: Node, *, field: str, options: tuple[tuple[str, str], ...], hint: str = ""
) -> Node:
    """Return the form with one input as a choice; what stands there stays offered."""
    if isinstance(node, Group):
        children = tuple(
            _chosen(child, field=field, options=options, hint=hint) for child in node.children
        )
        return replace(node, children=children)
    if _key(node) != field:
        return node
    known = {value for value, _ in options}
    if "" not in known:
        options = (("", "choose"), *options)
    more = ((node.text, node.text),) if node.text and node.text not in known else ()
    return replace(node, kind=Kind.CHOICE, options=(*options, *more), hint=hint or node.hint)


def _half_life(node: Node, body: Any, others: Mapping[str, Any]) -> Node:
    del body, others
    if not isinstance(node, Input):
        return node
    offered = {"": "off", **{value: value for value, _ in HALF_LIVES}}
    preset = "other" if node.errors else offered.get(node.text, "other")
    return replace(node, kind=Kind.PRESET, options=HALF_LIVES, preset=preset, hint=HALF_LIFE_HINT)


_LAYOUTS: dict[str, Callable[[Node, Any, Mapping[str, Any]], Node]] = {
    "terms": _term,
    "commitments": _commitment,
    "reasons": _reasons,
    "intent": _acts,
    "half_life_days": _half_life,
}
