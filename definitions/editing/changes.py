"""What the buttons of a criteria builder do to a tree: add, remove, move, wrap."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from definitions.editing.trees import GROUPS, root_of

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Change:
    """One press of a button: what to do, and to the node or list of which name."""

    act: str
    name: str

    @classmethod
    def of(cls, text: str) -> Change:
        """Return the change a button's value names, such as "remove body-also-n-0"."""
        act, _, name = text.partition(" ")
        return cls(act, name)


def changed(*, stored: Any, name: str, change: Change) -> tuple[Any, str]:
    """Return a tree after a press of a button, and the node the keyboard goes to.

    Args:
        stored: The JSON of the tree, finished or not; None for no criterion.
        name: The name of the input that holds it.
        change: What was pressed; a node that does not exist changes nothing.
    """
    root = root_of(name)
    inside = change.name.removeprefix(root)
    is_here = change.name == root or change.name.startswith(f"{root}-")
    if not is_here or change.act not in _ACTS:
        return stored, change.name
    try:
        steps = [int(step) for step in inside.split("-")[1:]]
        holder = {"all": [deepcopy(stored)] if stored is not None else []}
        if stored is None:
            steps, first = [], change.act in {"add", "group"}
            made: list[Any] = [{"all": [{}]} if change.act == "group" else {}] if first else []
            holder["all"] = made
        else:
            steps = _ACTS[change.act](holder, [0, *steps])[1:]
    except (ValueError, LookupError, TypeError, StopIteration, RecursionError):
        return stored, change.name
    tree = holder["all"][0] if holder["all"] else None
    return tree, "-".join((root, *map(str, steps)))


def _slot(holder: Any, steps: list[int]) -> tuple[Any, Any]:
    """Return the container of the node at `steps` and its key there."""
    container: Any = holder
    key: Any = None
    node = holder
    for step in steps:
        kind = next(each for each in (*GROUPS, "not") if each in node)
        container, key = (node, "not") if kind == "not" else (node[kind], step)
        node = container[key]
    return container, key


def _kind_of(node: Any) -> str:
    return next((each for each in (*GROUPS, "not") if each in node), "leaf")


def _add(holder: Any, steps: list[int], made: Any = None) -> list[int]:
    container, key = _slot(holder, steps)
    entries = container[key][_kind_of(container[key])]
    entries.append({} if made is None else made)
    return [*steps, len(entries) - 1]


def _group(holder: Any, steps: list[int]) -> list[int]:
    return [*_add(holder, steps, {"all": [{}]}), 0]


def _remove(holder: Any, steps: list[int]) -> list[int]:
    """Take the node out, with the groups and negations it leaves empty."""
    container, key = _slot(holder, steps)
    while len(steps) > 1 and (key == "not" or len(container) == 1):
        steps = steps[:-1]
        container, key = _slot(holder, steps)
    del container[key]
    return [*steps[:-1], max(0, min(steps[-1], len(container) - 1))] if container else steps[:1]


def _move(by: int) -> Callable[[Any, list[int]], list[int]]:
    def move(holder: Any, steps: list[int]) -> list[int]:
        container, key = _slot(holder, steps)
        to = key + by
        if not 0 <= to < len(container):
            return steps
        container[key], container[to] = container[to], container[key]
        return [*steps[:-1], to]

    return move


def _negate(holder: Any, steps: list[int]) -> list[int]:
    """Put "not" around the node, or take it away."""
    container, key = _slot(holder, steps)
    node = container[key]
    container[key] = node.get("not", {"not": node})
    return steps


def _join(kind: str) -> Callable[[Any, list[int]], list[int]]:
    """Put a new comparison beside the node, in a group of the kind."""

    def join(holder: Any, steps: list[int]) -> list[int]:
        container, key = _slot(holder, steps)
        if len(steps) > 1 and isinstance(container, list):
            owner, place = _slot(holder, steps[:-1])
            if kind in owner[place]:
                container.insert(key + 1, {})
                return [*steps[:-1], key + 1]
        container[key] = {kind: [container[key], {}]}
        return [*steps, 1]

    return join


def _unwrap(holder: Any, steps: list[int]) -> list[int]:
    """Put what a group holds in its place; a group of several only into a group of its kind."""
    container, key = _slot(holder, steps)
    node = container[key]
    kind = _kind_of(node)
    inner = [node["not"]] if kind == "not" else node[kind]
    if len(inner) == 1:
        container[key] = inner[0]
    elif len(steps) > 1 and isinstance(container, list):
        container[key : key + 1] = inner
    return steps


_ACTS: dict[str, Callable[[Any, list[int]], list[int]]] = {
    "add": _add,
    "group": _group,
    "remove": _remove,
    "up": _move(-1),
    "down": _move(1),
    "negate": _negate,
    "and": _join("all"),
    "or": _join("any"),
    "unwrap": _unwrap,
}
