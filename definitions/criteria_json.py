"""Read criteria from JSON and write them back; every refusal names the node.

{"all": [...]}   {"any": [...]}   {"not": {...}}
{"field": "company_size", "operator": "at_least", "value": 50, "unit": "employees"}
{"acts": ["pricing_view"], "at_least": 2, "within_days": 30}
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from definitions.criteria import Acts, All, AnyOf, Compare, Node, Not, Operator
from definitions.fields import REGISTRY, FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from definitions.criteria import Scalar
    from definitions.fields import Field, Registry

MAX_DEPTH = 10
MAX_NODES = 200
MAX_LIST = 100
MAX_TEXT = 200
MAX_NUMBER = 10**12
MAX_DAYS = 3650
SHOWN = 60

OPERATORS: Mapping[FieldType, frozenset[Operator]] = {
    FieldType.NUMBER: frozenset(
        {Operator.AT_LEAST, Operator.AT_MOST, Operator.EQUALS, Operator.IS_KNOWN}
    ),
    FieldType.TEXT: frozenset(
        {Operator.EQUALS, Operator.ONE_OF, Operator.CONTAINS, Operator.IS_KNOWN}
    ),
    FieldType.FLAG: frozenset({Operator.EQUALS, Operator.IS_KNOWN}),
    FieldType.LIST: frozenset({Operator.CONTAINS, Operator.IS_KNOWN}),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one node; `path` is its JSON pointer."""

    path: str
    message: str


class CriteriaError(ValueError):
    """A tree that cannot be judged; `problems` names each bad node."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in problems))


class _NodeError(Exception):
    """A node is wrong in itself; the reader records it and goes on."""


def parse(stored: object, *, registry: Registry = REGISTRY) -> Node:
    """Return the tree that `stored` describes.

    Args:
        stored: Decoded JSON from anywhere, however hostile.
        registry: The fields and acts that exist.

    Raises:
        CriteriaError: Some nodes are wrong; all of them are named, not only the first.
    """
    reader = _Reader(registry)
    tree = reader.read(stored, "", 1)
    if reader.problems or tree is None:
        raise CriteriaError(reader.problems)
    return tree


def to_json(tree: Node) -> dict[str, object]:
    """Return the JSON form; `parse` of it gives an equal tree."""
    stored: dict[str, object]
    match tree:
        case All(children=children):
            return {"all": [to_json(child) for child in children]}
        case AnyOf(children=children):
            return {"any": [to_json(child) for child in children]}
        case Not(child=child):
            return {"not": to_json(child)}
        case Acts():
            stored = {
                "acts": list(tree.acts),
                "at_least": tree.at_least,
                "at_most": tree.at_most,
                "within_days": tree.within_days,
            }
        case Compare():
            stored = {"field": tree.field, "operator": tree.operator.value}
            stored["value"] = _plain(tree.value)
    return {key: value for key, value in stored.items() if value is not None}


def _plain(value: Scalar | tuple[str, ...] | None) -> object:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Decimal) else value


class _Reader:
    """One pass over a tree that collects every problem."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.problems: list[Problem] = []
        self.nodes = 0

    def read(self, stored: object, path: str, depth: int) -> Node | None:
        """Return the node, or None after recording why there is none."""
        self.nodes += 1
        try:
            return self._node(self._object(stored, depth), path, depth)
        except _NodeError as error:
            self.problems.append(Problem(path or "/", str(error)))
            return None

    def _object(self, stored: object, depth: int) -> dict[Any, Any]:
        if depth > MAX_DEPTH:
            raise _NodeError(f"nested deeper than {MAX_DEPTH} levels")
        if self.nodes > MAX_NODES:
            raise _NodeError(f"more than {MAX_NODES} nodes")
        if not isinstance(stored, dict):
            raise _NodeError("must be an object")
        return stored

    def _node(self, stored: dict[Any, Any], path: str, depth: int) -> Node | None:
        for key, shape in (("all", All), ("any", AnyOf)):
            if key in stored:
                _only(stored, {key})
                children = self._children(stored[key], f"{path}/{key}", depth)
                return None if children is None else shape(children)
        if "not" in stored:
            _only(stored, {"not"})
            child = self.read(stored["not"], f"{path}/not", depth + 1)
            return None if child is None else Not(child)
        if "acts" in stored:
            _only(stored, {"acts", "at_least", "at_most", "within_days"})
            return self._acts(stored)
        if "field" in stored:
            _only(stored, {"field", "operator", "value", "unit"})
            return self._compare(stored)
        raise _NodeError("must hold one of all, any, not, field, acts")

    def _children(self, stored: object, path: str, depth: int) -> tuple[Node, ...] | None:
        if not isinstance(stored, list) or not stored:
            raise _NodeError("needs a list with at least one entry")
        if len(stored) > MAX_LIST:
            raise _NodeError(f"has {len(stored)} entries, at most {MAX_LIST} are allowed")
        read = [self.read(each, f"{path}/{index}", depth + 1) for index, each in enumerate(stored)]
        children = tuple(child for child in read if child is not None)
        return children if len(children) == len(read) else None

    def _acts(self, stored: dict[Any, Any]) -> Acts:
        keys = _texts(stored["acts"], what="acts")
        for key in keys:
            if key not in self.registry.acts:
                raise _NodeError(f"no act is called {_shown(key)}")
        at_least = _whole(stored.get("at_least", 1), what="at_least", least=0)
        at_most = stored.get("at_most")
        if at_most is not None:
            at_most = _whole(at_most, what="at_most", least=0)
            if at_most < at_least:
                raise _NodeError("at_most is less than at_least")
        days = stored.get("within_days")
        if days is not None and _whole(days, what="within_days", least=1) > MAX_DAYS:
            raise _NodeError(f"within_days is more than {MAX_DAYS}")
        if at_least == 0 and at_most is None:
            raise _NodeError("at_least 0 without at_most is always true")
        return Acts(acts=keys, at_least=at_least, at_most=at_most, within_days=days)

    def _compare(self, stored: dict[Any, Any]) -> Compare:
        key = stored["field"]
        if not isinstance(key, str) or key not in self.registry.fields:
            raise _NodeError(f"no field is called {_shown(key)}")
        about = self.registry.fields[key]
        try:
            operator = Operator(_shown(stored.get("operator")))
        except ValueError:
            raise _NodeError(f"no operator is called {_shown(stored.get('operator'))}") from None
        if operator not in OPERATORS[about.type]:
            raise _NodeError(f"{about.label} holds a {about.type.value} and cannot use {operator}")
        unit = stored.get("unit")
        if unit is not None and unit != about.unit:
            wanted = about.unit or "no unit"
            raise _NodeError(f"{about.label} is counted in {wanted}, not {_shown(unit)}")
        value = stored.get("value")
        if operator is Operator.IS_KNOWN:
            if value is not None:
                raise _NodeError("is_known takes no value")
            return Compare(field=key, operator=operator)
        return Compare(field=key, operator=operator, value=_value(value, about, operator))


def _value(value: object, about: Field, operator: Operator) -> Scalar | tuple[str, ...]:
    if value is None:
        raise _NodeError(f"{about.label} needs a value to compare with")
    if about.type is FieldType.NUMBER:
        return _number(value, about)
    if about.type is FieldType.FLAG:
        if not isinstance(value, bool):
            raise _NodeError(f"{about.label} is yes or no: true or false, not {_shown(value)}")
        return value
    if operator is Operator.EQUALS:
        texts = _texts([value], what=about.label)
    else:
        texts = _texts(value if isinstance(value, list) else [value], what=about.label)
    for text in texts:
        if about.choices and text not in about.choices:
            raise _NodeError(
                f"{about.label} is one of {', '.join(about.choices)}, not {_shown(text)}"
            )
    return texts[0] if operator is Operator.EQUALS else texts


def _number(value: object, about: Field) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise _NodeError(f"{about.label} needs a number, not {_shown(value)}")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise _NodeError(f"{about.label} needs a number")
    try:
        number = value if isinstance(value, int) else Decimal(value)
    except InvalidOperation:
        raise _NodeError(f"{about.label} needs a number, not {_shown(value)}") from None
    if isinstance(number, Decimal) and not number.is_finite():
        raise _NodeError(f"{about.label} needs a finite number")
    if not -MAX_NUMBER <= number <= MAX_NUMBER:
        raise _NodeError(f"{about.label} cannot be larger than {MAX_NUMBER}")
    return number


def _texts(value: object, *, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise _NodeError(f"{what} needs a list with at least one entry")
    if len(value) > MAX_LIST:
        raise _NodeError(f"{what} has {len(value)} entries, at most {MAX_LIST} are allowed")
    for text in value:
        if not isinstance(text, str) or not text.strip():
            raise _NodeError(f"{what} needs text, not {_shown(text)}")
        if len(text) > MAX_TEXT or "\x00" in text:
            raise _NodeError(f"{what} has a text that is longer than {MAX_TEXT} or has NUL")
        if text != text.encode(errors="ignore").decode():
            raise _NodeError(f"{what} has a text with half a character")
    return tuple(value)


def _whole(value: object, *, what: str, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _NodeError(f"{what} needs a whole number, {least} or more, not {_shown(value)}")
    if value > MAX_NUMBER:
        raise _NodeError(f"{what} cannot be larger than {MAX_NUMBER}")
    return value


def _only(stored: dict[Any, Any], allowed: set[str]) -> None:
    extra = [_shown(key) for key in stored if key not in allowed]
    if extra:
        raise _NodeError(f"cannot also hold {', '.join(sorted(extra)[:5])}")


def _shown(value: object) -> str:
    """Return a value for a message; hostile ones are too long, or too deep, to print."""
    if isinstance(value, str):
        return value[:SHOWN]
    if isinstance(value, int) and value.bit_length() > SHOWN:
        return "a very large number"
    scalar = value is None or isinstance(value, bool | int | float | Decimal)
    return str(value)[:SHOWN] if scalar else type(value).__name__
