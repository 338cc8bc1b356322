"""Who did it, as every fact records it: a name to show for `user:3`, `key:4`, `system:sweep`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.people.models import ApiKey, User

if TYPE_CHECKING:
    from collections.abc import Iterable


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Return a name to show for each actor; two statements at most."""
    wanted = set(actors)
    ids: dict[str, list[int]] = {"user": [], "key": []}
    names = {}
    for actor in wanted:
        kind, _, rest = actor.partition(":")
        if kind in ids and rest.isdigit():
            ids[kind].append(int(rest))
        names[actor] = rest.replace("_", " ").capitalize() or actor
    people = User.objects.filter(pk__in=ids["user"]).values_list("pk", "name")
    keys = ApiKey.objects.filter(pk__in=ids["key"]).values_list("pk", "name")
    if ids["user"]:
        names |= {f"user:{pk}": name for pk, name in people}
    if ids["key"]:
        names |= {f"key:{pk}": name for pk, name in keys}
    return names
