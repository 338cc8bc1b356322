"""Public holidays as the `holidays` package knows them, proposed and never taken by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import holidays
from babel import Locale

from sla.hours import day_words

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

FIRST_YEAR, LAST_YEAR = 2000, 2100
SOURCE = f"the open list of the Python package holidays, version {version('holidays')}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A public holiday somebody may accept; `is_known` when the calendar has it."""

    on: date
    name: str
    is_known: bool

    @property
    def words(self) -> str:
        """The date and the name."""
        return f"{day_words(self.on)}, {self.name}"


@lru_cache(maxsize=1)
def countries() -> tuple[tuple[str, str], ...]:
    """Return the countries with known holidays: code and English name, by name."""
    names = Locale("en").territories
    found = [(code, names[code]) for code in holidays.list_supported_countries() if code in names]
    return tuple(sorted(set(found), key=lambda pair: pair[1]))


@lru_cache(maxsize=300)
def regions(country: str) -> tuple[tuple[str, str], ...]:
    """Return the regions of a country: code, and name where one is known; by name."""
    if country not in dict(countries()):
        return ()
    known: Any = holidays.country_holidays(country)
    aliases = known.get_subdivision_aliases()
    found = [(code, (aliases.get(code) or [code])[0]) for code in known.subdivisions]
    return tuple(sorted(found, key=lambda pair: pair[1]))


def proposals(*, country: str, region: str, year: int, known: Collection[date]) -> list[Proposal]:
    """Return the public holidays of a year, by date, days they are observed on included.

    Args:
        country: Two letters, of `countries`.
        region: Of `regions`; empty for the whole country.
        year: From 2000 to 2100.
        known: Dates that are holidays of the calendar already.

    Raises:
        ValueError: Country, region or year is not one of these.
    """
    if country not in dict(countries()) or (region and region not in dict(regions(country))):
        raise ValueError("no such country or region")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError("no such year")
    language = _language(country)
    found: Any = holidays.country_holidays(country, subdiv=region or None, language=language)
    # Asked for a year it does not know, the package warns instead of answering with none.
    if found.start_year <= year <= found.end_year:
        found = holidays.country_holidays(
            country, subdiv=region or None, years=[year], language=language
        )
    return [Proposal(day, name, day in known) for day, name in sorted(found.items())]


@lru_cache(maxsize=300)
def _language(country: str) -> str | None:
    """Return the English the package knows for a country; None takes the country's own."""
    offered: Any = holidays.country_holidays(country).supported_languages
    return next((name for name in ("en_US", "en_GB", "en") if name in offered), None)
