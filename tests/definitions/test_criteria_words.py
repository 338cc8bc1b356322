"""Every comparison says in words what it asks, what its opposite asks, and what was found."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from definitions.criteria import (
    Compare,
    Facts,
    Not,
    Operator,
    Outcome,
    evaluate,
    leaf_text,
    sentence,
)
from definitions.criteria_json import OPERATORS, parse
from definitions.fields import REGISTRY, FieldType

AT = datetime(2026, 3, 3, 15, tzinfo=UTC)
PASS, FAIL, MISSING = Outcome.PASS, Outcome.FAIL, Outcome.MISSING
SIZE, INDUSTRY, CUSTOMER, TECHNOLOGY = "company_size", "industry", "is_customer", "technology"

# Field, operator, wanted, a value that holds, one that does not, the words and their opposite.
TABLE = [
    (SIZE, "at_least", 50, 50, 9, "is at least 50 employees", "is less than 50 employees"),
    (SIZE, "at_most", 50, 50, 99, "is at most 50 employees", "is more than 50 employees"),
    (SIZE, "equals", 1, 1, 2, "is 1 employee", "is not 1 employee"),
    (SIZE, "is_known", None, 7, None, "is known", "is not known"),
    (INDUSTRY, "equals", "Software", "software", "Retail", "is Software", "is not Software"),
    (INDUSTRY, "one_of", ["Software", "Retail"], "Retail", "Steel",
     "is one of Software, Retail", "is none of Software, Retail"),
    (INDUSTRY, "contains", ["soft", "ware"], "Software", "Steel",
     "contains soft or ware", "does not contain soft or ware"),
    (INDUSTRY, "is_known", None, "Steel", None, "is known", "is not known"),
    (CUSTOMER, "equals", True, True, False, "is yes", "is no"),
    (CUSTOMER, "equals", False, False, True, "is no", "is yes"),
    (CUSTOMER, "is_known", None, False, None, "is known", "is not known"),
    (TECHNOLOGY, "contains", ["HubSpot"], ["HubSpot", "SAP"], ["SAP"],
     "contains HubSpot", "does not contain HubSpot"),
    (TECHNOLOGY, "is_known", None, ["SAP"], [], "is known", "is not known"),
]  # fmt: skip
table = pytest.mark.parametrize("row", TABLE, ids=[f"{row[0]} {row[1]} {row[2]}" for row in TABLE])


def tree_of(field, operator, wanted):
    return {
        "field": field,
        "operator": operator,
        **({} if wanted is None else {"value": wanted}),
    }


def found(tree, field, value):
    return evaluate(parse(tree), Facts(values={field: value}, at=AT))


def test_the_table_holds_every_operator_of_every_type_of_field():
    asked = {(REGISTRY.fields[row[0]].type, Operator(row[1])) for row in TABLE}

    assert asked == {(kind, each) for kind in FieldType for each in OPERATORS[kind]}


@table
def test_a_comparison_and_its_opposite_read_as_english(row):
    field, operator, wanted, _, _, words, denied = row
    label = REGISTRY.fields[field].label
    tree = parse(tree_of(field, operator, wanted))

    assert sentence(tree) == f"{label} {words}"
    assert sentence(Not(tree)) == f"{label} {denied}"
    assert sentence(Not(Not(tree))) == sentence(tree)


@table
def test_a_verdict_and_its_opposite_say_what_was_found(row):
    field, operator, wanted, holding, failing, words, denied = row
    label = REGISTRY.fields[field].label[:1].upper() + REGISTRY.fields[field].label[1:]
    tree = tree_of(field, operator, wanted)
    is_never_missing = operator == "is_known"
    shown = {PASS: "holds", FAIL: "does not hold", MISSING: "missing"}

    for value, outcome in (
        (holding, PASS),
        (failing, FAIL),
        (None, FAIL if is_never_missing else MISSING),
    ):
        plain = found(tree, field, value)
        turned = found({"not": tree}, field, value)
        opposite = {PASS: FAIL, FAIL: PASS, MISSING: MISSING}[outcome]
        said = "missing" if outcome is MISSING else plain.value
        assert (plain.outcome, turned.outcome) == (outcome, opposite)
        assert plain.sentence == f"{label} {words}: {said}"
        assert turned.sentence == f"{label} {denied}: {shown[opposite]}"


@pytest.mark.parametrize(
    ("counted", "denied"),
    [
        pytest.param({"at_least": 1}, "no demo request", id="none at all"),
        pytest.param({"at_least": 2}, "fewer than 2 demo requests", id="too few"),
        pytest.param(
            {"at_least": 1, "within_days": 1}, "no demo request in 1 day", id="none in a window"
        ),
        pytest.param(
            {"at_least": 0, "at_most": 1}, "more than 1 demo request", id="the upper limit"
        ),
        pytest.param(
            {"at_least": 2, "at_most": 3},
            "fewer than 2 or more than 3 demo requests",
            id="outside both limits",
        ),
    ],
)
def test_the_opposite_of_a_count_reads_as_english(counted, denied):
    tree = parse({"acts": ["demo_request"], **counted})

    assert sentence(Not(tree)) == denied
    assert leaf_text(tree, is_denied=True) == denied[:1].upper() + denied[1:]


def test_the_opposite_of_a_group_stands_before_its_brackets():
    size, steel = tree_of(SIZE, "at_least", 50), tree_of(INDUSTRY, "equals", "Steel")

    several = parse({"not": {"any": [size, {"not": steel}]}})
    one = parse({"not": {"all": [steel]}})

    assert sentence(several) == (
        "not (company size is at least 50 employees or industry is not Steel)"
    )
    assert sentence(one) == "industry is not Steel"


@pytest.mark.parametrize(
    ("key", "operator"),
    [
        pytest.param(about.key, operator, id=f"{about.key} {operator}")
        for about, operator in product(REGISTRY.fields.values(), Operator)
        if operator in OPERATORS[about.type]
    ],
)
def test_every_field_has_words_for_every_operator(key, operator):
    about = REGISTRY.fields[key]
    wanted = {FieldType.NUMBER: 3, FieldType.FLAG: True}.get(
        about.type, about.choices[0] if about.choices else "A"
    )
    tree = parse(tree_of(key, operator.value, None if operator is Operator.IS_KNOWN else wanted))

    for text in (sentence(tree), sentence(Not(tree))):
        assert text.startswith(f"{about.label} ")
        assert not {"None", "True", "False", "{", "  "} & set(text.split(" "))
        assert "_" not in text.removeprefix(about.label)


def test_codes_of_a_closed_vocabulary_are_written_as_people_write_them():
    tree = Compare(field="seniority", operator=Operator.ONE_OF, value=("owner", "c_level", "vp"))

    judged = evaluate(tree, Facts(values={"seniority": "c_level"}, at=AT))

    assert judged.sentence == "Seniority is one of owner, C-level, VP: C-level"
