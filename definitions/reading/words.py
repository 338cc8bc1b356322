"""The definitions and the score model as readable sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from definitions import criteria_json
from definitions.choices import Purpose
from definitions.content.words import Dimension, Passage
from definitions.criteria import sentence
from definitions.fields import REGISTRY
from definitions.reading.blocks import (
    Block,
    Section,
    grid,
    paragraph,
    points,
    rate,
    roles,
    side,
    yes,
)

if TYPE_CHECKING:
    from definitions.content import (
        Definitions,
        MqlRule,
        ReasonEntry,
        ReasonList,
        ScoreModel,
        Term,
        TransitionRule,
    )


DIMENSIONS = {
    Dimension.BEHAVIOUR: "Behaviour only",
    Dimension.FIT: "Fit only",
    Dimension.BOTH: "Behaviour and fit",
}


def term_blocks(term: Term) -> list[Block]:
    """Return the answers of a term to the fixed questions."""
    passage = {
        Passage.GATE: "A gate: it is passed or not",
        Passage.GRADIENT: "A gradient: more or less of it",
    }
    answers = (
        ("Decided by", side(term.decided_by)),
        ("By hand", roles(term.designated_by) or "nobody"),
        ("Looks at", "" if term.dimension is None else DIMENSIONS[term.dimension]),
        ("Gate or gradient", passage[term.passage] if term.passage else ""),
        ("A person has spoken to them", yes(term.human_contact)),
    )
    return [
        *paragraph(term.summary, lead=True),
        *points(term.conditions, title="What has to be true"),
        *grid(columns=("", ""), rows=(pair for pair in answers if pair[1])),
        *points(term.disqualifies, title="What rules it out"),
        *paragraph(term.qualified_means, title="What qualified means"),
        *paragraph(term.boundary, title="Where it ends"),
        *points(term.required_fields, title="Required"),
        *points(term.examples, title="Examples"),
        *grid(
            columns=("Edge case", "Ruling"),
            rows=((edge.case, edge.ruling or "no ruling yet") for edge in term.edge_cases),
            title="Edge cases",
        ),
    ]


def _acts(keys: tuple[str, ...]) -> str:
    return ", ".join(REGISTRY.acts[key].label for key in keys)


def mql_blocks(rule: MqlRule) -> list[Block]:
    """Return the MQL rule in plain words."""
    intent = f"Intent score of at least {rule.intent_threshold} of 100"
    if rule.bypass_acts:
        intent += f", or one of: {_acts(rule.bypass_acts)}"
    criteria = [f"Fit score of at least {rule.fit_threshold} of 100", intent]
    if rule.also is not None:
        criteria.append(sentence(criteria_json.parse(rule.also)))
    return [
        *points(criteria, title="All of these"),
        *grid(
            columns=("Disqualifier", "Known to be true"),
            rows=((each.label, sentence(each.tree)) for each in rule.disqualifiers),
            title="None of these",
        ),
        *paragraph(
            "A missing value makes a criterion unknown, and unknown does not qualify. Unknown "
            "does not disqualify either.",
            title="What is not known",
        ),
        *paragraph(_acts(rule.hand_raise_acts), title="Asked to be contacted"),
        *grid(
            columns=("Band", "Fit from", "Intent from", "Team", "Action"),
            rows=(
                (
                    band.label,
                    str(band.minimum_fit),
                    str(band.minimum_intent),
                    side(band.owner),
                    band.action,
                )
                for band in rule.bands
            ),
            title="Bands",
        ),
    ]


def _reason_notes(entry: ReasonEntry, reasons: ReasonList) -> str:
    notes = []
    if entry.needs_note:
        notes.append("asks a note")
    if entry.needs_date:
        notes.append("asks a date")
    if entry.needs_competitor:
        notes.append("names the competitor")
    if entry.minimum_attempts:
        notes.append(f"after {entry.minimum_attempts} attempts")
    if entry.history_only:
        notes.append("imports only")
    if entry.merged_into is not None:
        labels = {each.code: each.label for each in reasons.entries}
        notes.append(f"merged into {labels.get(entry.merged_into, entry.merged_into)}")
    elif entry.is_retired:
        notes.append("retired")
    return ", ".join(notes)


def _recycled(entry: ReasonEntry) -> str:
    rule = entry.recycle
    if rule is None:
        return ""
    wait = f"after {rule.wait_days} days" if rule.wait_days else "at once"
    rep = "" if rule.same_rep else ", not to the same rep"
    return (
        f"{side(rule.owner)}, {wait}. {rule.re_entry} Cool-down {rule.cool_down_days} days, at "
        f"most {rule.maximum_rounds} rounds in 12 months{rep}."
    )


def reason_blocks(reasons: ReasonList) -> list[Block]:
    """Return a reason list as a table."""
    return [
        *paragraph(reasons.intro),
        *grid(
            columns=("Reason", "Meaning", "Example", "Asks", "Back to marketing"),
            rows=(
                (
                    entry.label,
                    entry.meaning,
                    entry.example,
                    _reason_notes(entry, reasons),
                    _recycled(entry),
                )
                for entry in reasons.entries
            ),
        ),
        *paragraph(
            f'A share of "other" above {rate(reasons.other_warning_rate)} is flagged.',
        ),
    ]


def _transition(rule: TransitionRule) -> tuple[str, ...]:
    required = [name.replace("_", " ") for name in rule.required_fields]
    required += [item.label for item in rule.checklist]
    reasons = "" if rule.purpose is None else str(Purpose(rule.purpose).label)
    to = rule.to.replace("_", " ")
    return to, side(rule.decided_by), roles(rule.roles), "; ".join(required), reasons, rule.note


def definitions_sections(document: Definitions) -> list[Section]:
    """Return the definitions, clause by clause, in reading order."""
    sections = [
        Section("purpose", "Purpose", tuple(paragraph(document.purpose))),
        Section(
            "ideal_customer", "Ideal customer profile", tuple(paragraph(document.ideal_customer))
        ),
    ]
    for code, term in document.ordered_terms():
        sections.append(Section(f"terms/{code}", term.long_name, tuple(term_blocks(term))))
    sections.append(Section("mql", "MQL rule and bands", tuple(mql_blocks(document.mql))))
    for purpose in Purpose:
        blocks = tuple(reason_blocks(document.reasons[purpose]))
        sections.append(Section(f"reasons/{purpose.value}", f"{purpose.label} reasons", blocks))
    moves = grid(
        columns=("Move to", "Decided by", "By hand", "Required", "Reasons", "Note"),
        rows=(_transition(rule) for rule in document.transitions),
    )
    sections.append(Section("transitions", "Who may move what", tuple(moves)))
    sections.append(Section("review", "Review", tuple(paragraph(document.review))))
    return sections


def score_sections(document: ScoreModel) -> list[Section]:
    """Return the score model, clause by clause, in reading order."""
    fit = [
        block
        for attribute in document.fit
        for block in grid(
            title=attribute.label,
            columns=("First that holds", "Points", "Criterion"),
            rows=(
                (level.label, str(level.points), sentence(level.tree))
                for level in attribute.levels
            ),
        )
    ]
    names = {group.code: group.label for group in document.intent_groups}
    acts = grid(
        columns=("Act", "Points each time", "At most", "Group"),
        rows=(
            (act.label, str(act.points), str(act.cap_points), names[act.group])
            for act in document.intent
        ),
    )
    groups = grid(
        columns=("Group", "At most"),
        rows=((group.label, str(group.cap_points)) for group in document.intent_groups),
    )
    half_life = (
        "None: an act counts in full for good, so that anybody can recount a score."
        if document.half_life_days is None
        else f"The points of an act halve every {document.half_life_days} days."
    )
    return [
        Section("purpose", "Purpose", tuple(paragraph(document.purpose))),
        Section("fit", "Fit points", tuple(fit)),
        Section("intent_groups", "Groups of acts", tuple(groups)),
        Section("intent", "Intent points", tuple(acts)),
        Section("half_life_days", "Half-life", tuple(paragraph(half_life))),
        Section("review", "Review", tuple(paragraph(document.review))),
    ]
