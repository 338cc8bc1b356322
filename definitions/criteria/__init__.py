"""Criteria as trees: all, any and not over comparisons, judged with three values.

A missing value makes a comparison neither true nor false, and what is not known does not
qualify; the explanation says "missing", never "failed". The tree is data (`to_json`), so the
same tree is judged here, compiled to SQL by `pipeline`, and read aloud by `sentence`.
"""

from definitions.criteria.judging import (
    Explanation,
    Facts,
    Outcome,
    compare,
    conjunction,
    disjunction,
    evaluate,
    fold_text,
    known,
    opposite,
)
from definitions.criteria.nodes import (
    Acts,
    All,
    AnyOf,
    Compare,
    FactValue,
    Node,
    Not,
    Operator,
    Scalar,
)
from definitions.criteria.words import (
    leaf_text,
    sentence,
    value_text,
)

__all__ = [
    "Acts",
    "All",
    "AnyOf",
    "Compare",
    "Explanation",
    "FactValue",
    "Facts",
    "Node",
    "Not",
    "Operator",
    "Outcome",
    "Scalar",
    "compare",
    "conjunction",
    "disjunction",
    "evaluate",
    "fold_text",
    "known",
    "leaf_text",
    "opposite",
    "sentence",
    "value_text",
]
