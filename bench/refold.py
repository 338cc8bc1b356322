"""Folding everything again: one clock after another, at once, and from the stored rows.

Rates count the processor's time of this process: who else runs on the machine does not matter, nor
does what the database does meanwhile.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench import histories
from bench.harness import AT_LEAST, AT_MOST, Line, Ratio
from bench.harness import seconds as elapsed
from bench.scratch import scratch_database
from sla import fold, services
from sla.models import Clock
from sla.selectors.facts import facts_of, family_of
from sla.services.reconciling import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable

    from sla.fold import Fact, Outcome, Terms

# Leads, each with about seven facts and seven clocks.
SIZES = {"s": 20_000, "m": 200_000, "l": 1_000_000}
APART = 10**12
"""So many clocks are never met, so none is told on arrays."""


def seconds(work: Callable[[], object]) -> float:
    """Return the processor's seconds of one run."""
    return elapsed(work, timer=time.process_time)


def run(*, scale: str, rounds: int) -> list[Line]:
    """Measure the fold both ways on the same histories, and the reconciliation of their rows."""
    leads = SIZES[scale]
    with scratch_database():
        histories.promise()
        ids = histories.store(leads)
        chunks = [ids[low : low + CHUNK] for low in range(0, len(ids), CHUNK)]
        written = seconds(
            lambda: [services.refold(lead_ids=part, at=histories.AT) for part in chunks]
        )
        clocks = Clock.objects.count()
        lines = folding(chunks, leads=leads, rounds=rounds)
        lines.append(
            Line(
                "refold",
                f"{clocks:,} clocks read, folded and written, in thousands a second",
                AT_LEAST,
                2,
                clocks / written / 1000,
            )
        )
        lines += reconciling(clocks, rounds=rounds)
    return lines


def folding(chunks: list[list[int]], *, leads: int, rounds: int) -> list[Line]:
    """Return clocks folded per second one by one and at once, and how often they disagree."""
    apart = Ratio(
        "refold", f"{leads:,} leads, one clock after another, in thousands a second", AT_LEAST, 15
    )
    together = Ratio("refold", "the same at once, in thousands of clocks a second", AT_LEAST, 50)
    ratio = Ratio("refold", "at once against one after another", AT_LEAST, 1.5)
    wrong = 0
    terms = services.current_terms(at=histories.AT)
    for _ in range(rounds):
        slow = fast = 0.0
        clocks = 0
        for chunk in chunks:
            facts = facts_of(family_of(chunk))
            expected: list[Outcome] = []
            found: list[Outcome] = []
            slow += seconds(lambda e=expected, f=facts: e.extend(folded(f, terms, APART)))  # type: ignore[misc]
            fast += seconds(lambda e=found, f=facts: e.extend(folded(f, terms, 0)))  # type: ignore[misc]
            clocks += len(found)
            wrong += sum(one != other for one, other in zip(expected, found, strict=True))
        apart.add(clocks / slow / 1000, floor=slow)
        together.add(clocks / fast / 1000, floor=fast)
        ratio.add(slow / fast, floor=slow)
    if wrong:
        raise AssertionError(f"{wrong} clocks differ between the two ways to fold")
    same = Line("refold", "clocks that differ between the two", AT_MOST, 0, float(wrong))
    return [apart.line(), together.line(), ratio.line(), same]


def folded(facts: list[Fact], terms: Terms, vector_from: int) -> list[Outcome]:
    """Return the outcomes of a chunk of leads."""
    return fold.fold(facts=facts, terms=terms, at=histories.AT, vector_from=vector_from)


def reconciling(clocks: int, *, rounds: int) -> list[Line]:
    """Return stored clocks reconciled per second, and how many differ from the fold."""
    rate = Ratio("refold", "clocks read and reconciled, in thousands a second", AT_LEAST, 10)
    differences = 0
    for _ in range(rounds):
        found: list[object] = []
        took = seconds(lambda f=found: f.extend(services.reconcile_clocks(at=histories.AT)))  # type: ignore[misc]
        differences += len(found)
        rate.add(clocks / took / 1000, floor=took)
    clean = Line(
        "refold", "stored clocks that differ from the fold", AT_MOST, 0, float(differences)
    )
    return [rate.line(), clean]
