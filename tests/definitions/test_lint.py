"""What a document should not be signed with is refused, each remark at its clause."""

from __future__ import annotations

import pytest

from definitions import lint
from definitions.choices import DocumentKind
from definitions.defaults import default_content
from definitions.documents import parse_document, plain
from definitions.lint import Level


def content_of(kind):
    return plain(parse_document(kind=kind, content=default_content(kind)))


def remarks(kind, content, **beside):
    found = lint.findings(document=parse_document(kind=kind, content=content), **beside)
    return [(one.level, one.clause, one.message) for one in found]


def with_reason(**values):
    """Return the default definitions with the first reject reason changed."""
    content = content_of(DocumentKind.DEFINITIONS)
    content["reasons"]["reject"]["entries"][0].update(values)
    return content


@pytest.mark.parametrize(
    ("into", "said"),
    [
        pytest.param("whim", "is not on the list", id="unknown"),
        pytest.param("not_recorded", "is not offered itself", id="only for imports"),
    ],
)
def test_a_reason_is_merged_only_into_one_that_is_offered(into, said):
    content = with_reason(merged_into=into, is_retired=True)
    label = content["reasons"]["reject"]["entries"][0]["label"]

    found = remarks(DocumentKind.DEFINITIONS, content)

    expected = f"{label} is merged into a reason that {said}."
    assert (Level.REFUSED, "reasons/reject", expected) in found


def test_a_reason_merged_into_an_offered_one_is_no_remark():
    content = with_reason(merged_into="no_need", is_retired=True)

    assert "merged" not in str(remarks(DocumentKind.DEFINITIONS, content))


def test_a_list_without_a_reason_to_choose_is_refused():
    content = content_of(DocumentKind.DEFINITIONS)
    for entry in content["reasons"]["void"]["entries"]:
        entry["is_retired"] = True

    found = remarks(DocumentKind.DEFINITIONS, content)

    assert (Level.REFUSED, "reasons/void", "No reason is left to choose.") in found


def test_a_list_too_long_to_choose_from_is_noted():
    content = content_of(DocumentKind.DEFINITIONS)
    entries = content["reasons"]["reject"]["entries"]
    entries += [{**entries[0], "code": f"more_{n}", "label": f"More {n}"} for n in range(3)]

    found = remarks(DocumentKind.DEFINITIONS, content)

    noted = [message for level, _, message in found if level is Level.WARNING]
    assert "13 reasons to choose from; about 10 at most." in noted


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param(
            {"required_fields": ["shoe_size"]}, "Nobody can fill in shoe_size", id="field"
        ),
        pytest.param({"to": "limbo"}, "There is no move to limbo.", id="move"),
    ],
)
def test_moves_nobody_can_make_are_refused(values, words):
    content = content_of(DocumentKind.DEFINITIONS)
    content["transitions"][0].update(values)

    found = remarks(DocumentKind.DEFINITIONS, content)

    assert any(
        (level, clause) == (Level.REFUSED, "transitions") and words in message
        for level, clause, message in found
    )


def test_an_edge_case_without_a_ruling_is_refused_at_its_term():
    content = content_of(DocumentKind.DEFINITIONS)
    content["terms"]["mql"]["edge_cases"][0].update(case="A student.", ruling="")

    found = remarks(DocumentKind.DEFINITIONS, content)

    assert (Level.REFUSED, "terms/mql", "An edge case has no ruling: A student.") in found


def test_attempts_that_do_not_fit_their_time_are_refused():
    content = content_of(DocumentKind.SLA)
    content["commitments"]["attempts"].update(
        count=20, collapse_minutes=60, allowance_amount=2, unit="calendar_hours"
    )

    found = remarks(DocumentKind.SLA, content)

    (refused,) = [one for one in found if one[0] is Level.REFUSED]
    assert refused[1] == "commitments/attempts"
    assert "20 attempts cannot be kept" in refused[2]


def test_a_promise_kept_never_is_noted():
    content = content_of(DocumentKind.SLA)
    content["commitments"]["routing"]["target_rate"] = "0"

    found = remarks(DocumentKind.SLA, content)

    expected = "Kept in none of the cases: nothing is promised."
    assert (Level.WARNING, "commitments/routing", expected) in found


def test_a_score_model_is_warned_of_each_threshold_it_puts_out_of_reach():
    content = content_of(DocumentKind.SCORE_MODEL)
    content["fit"] = content["fit"][:1]
    rule = parse_document(
        kind=DocumentKind.DEFINITIONS, content=content_of(DocumentKind.DEFINITIONS)
    ).mql
    rules = {
        "The MQL in use": rule,
        "The drafted MQL": rule.model_copy(update={"fit_threshold": 9}),
    }

    found = remarks(DocumentKind.SCORE_MODEL, content, rules=rules)

    expected = "The MQL in use asks for 50 points of fit, which nobody could reach: "
    assert found == [(Level.WARNING, "fit", f"{expected}this model ends at 30.")]


def test_a_promised_context_of_nothing_is_noted():
    content = content_of(DocumentKind.SLA) | {"handoff_context": []}

    found = remarks(DocumentKind.SLA, content)

    expected = "Nothing is listed that a rep has to see at handoff, so nothing can be missing."
    assert (Level.WARNING, "commitments/context", expected) in found
