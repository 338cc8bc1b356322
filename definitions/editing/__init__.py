"""Forms for clauses, drawn from the types of the content: a body becomes inputs and back.

Inputs are named after their place, "body-edge_cases-0-ruling", so that a refusal of the content
finds the input it is about.
"""

from definitions.editing.forms import (
    criteria_input,
    criterion,
    faults_in_words,
    form_of,
    with_faults,
)
from definitions.editing.nodes import Group, Input, Kind, Node, walk
from definitions.editing.posts import body_of, criteria_of, criteria_reshaped, reshaped

__all__ = [
    "Group",
    "Input",
    "Kind",
    "Node",
    "body_of",
    "criteria_input",
    "criteria_of",
    "criteria_reshaped",
    "criterion",
    "faults_in_words",
    "form_of",
    "reshaped",
    "walk",
    "with_faults",
]
