"""Fixtures that stand: what they store is stored once per process, in a database of its own.

Most tests begin with the same few hundred rows. `@standing` makes a fixture of a function that
stores such a beginning. A test that asks for it runs in a database where the rows are already
committed, and its transaction takes back what the test adds. A transactional test, and one that
gets the fixture by name at run time, stores the rows itself as with any other fixture. Of several
chains a test asks for, the longest stands and the rest is stored anew, so a fixture of one row is
better left an ordinary one.
"""

from __future__ import annotations

import inspect
import pickle
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING

import pytest

from definitions.selectors import forget_schedule
from definitions.selectors.vocabulary import _vocabulary
from pipeline.selectors.backtests import cube_of
from sla.services import forget_terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.database import TestDatabase

Chain = tuple["Callable[..., object]", ...]


@dataclass
class Ground:
    """What stands in the database the running test uses: the fixtures' values, pickled."""

    values: dict[Callable[..., object], bytes] = field(default_factory=dict)


class Grounds:
    """The databases of one process in which something stands, by what stands there."""

    def __init__(self, database: TestDatabase):
        self.database = database
        self.known: dict[Chain, tuple[str, Ground]] = {(): ("", Ground())}

    def enter(self, chain: Chain) -> None:
        """Lead Django to the database in which `chain` stands; store its rows at first."""
        if chain not in self.known:
            name = f"standing_{len(self.known)}"
            with self.database.aside(name):
                values = built(chain)
            self.known[chain] = (name, Ground(values))
        name, ground = self.known[chain]
        self.database.enter(name)
        standing.ground = ground


def standing(build: Callable[..., object]):
    """Make a fixture of `build`, which may ask for `db` and for other standing fixtures only."""

    @wraps(build)
    def give(**given):
        held = standing.ground.values.get(build)
        # Every test gets objects of its own: it may change them.
        return build(**given) if held is None else pickle.loads(held)

    give.build = build
    return pytest.fixture(give)


standing.ground = Ground()


def built(chain: Chain) -> dict[Callable[..., object], bytes]:
    """Store what the fixtures of a chain store, in its order; return their values, pickled."""
    values = {"db": None}
    for build in chain:
        wanted = inspect.signature(build).parameters
        values[build.__name__] = build(**{name: values[name] for name in wanted})
    return {build: pickle.dumps(values[build.__name__]) for build in chain}


def chain_of(item: pytest.Item) -> Chain:
    """Return the longest chain of standing fixtures a test asks for, the first to store first."""
    definitions = item._fixtureinfo.name2fixturedefs

    def chain(name: str) -> Chain:
        build = getattr(definitions[name][-1].func, "build", None)
        if build is None:
            return ()
        before = [chain(asked) for asked in inspect.signature(build).parameters if asked != "db"]
        return (*dict.fromkeys(step for steps in before for step in steps), build)

    chains = [chain(name) for name in item.fixturenames if name in definitions]
    return max(chains, key=len, default=())


def is_transactional(item: pytest.Item) -> bool:
    """Return whether a test commits, so that its database is thrown away."""
    marker = item.get_closest_marker("django_db")
    asks = {"transactional_db", "live_server"} & set(item.fixturenames)
    return bool(asks or (marker and (marker.kwargs.get("transaction") or marker.args[:1])))


def forget() -> None:
    """Drop what a process remembers by keys that come again in another database."""
    forget_schedule()
    forget_terms()
    _vocabulary.cache_clear()
    cube_of.cache_clear()
