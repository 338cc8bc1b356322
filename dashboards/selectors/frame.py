"""What every figure stands in: the organisation's settings and the agreement in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from dashboards.filters import Setting
from dashboards.metrics import Band, Tone
from definitions.choices import DocumentKind
from definitions.selectors import Entry, NoVersionError, Schedule, document_of, schedule
from revops.people.selectors import organization

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from definitions.content import Contribution, ConversionBand


@dataclass(frozen=True, slots=True)
class VersionLabel:
    """A version of a signed document as it is shown beside a figure."""

    document: DocumentKind
    number: int
    is_signed: bool

    @property
    def words(self) -> str:
        """The document and the number, such as `Definitions v3`."""
        return f"{_NAMES[self.document]} v{self.number}"


@dataclass(frozen=True, slots=True)
class Frame:
    """The settings and documents figures are read under.

    Attributes:
        contribution: The contribution agreement in use; None before the defaults are installed.
        quarter_is_agreed: Whether it was signed and is about the quarter of today.
    """

    setting: Setting
    schedule: Schedule
    at: datetime
    contribution: Contribution | None
    quarter_is_agreed: bool

    @property
    def today(self) -> date:
        """The organisation's local date."""
        return self.setting.today(at=self.at)

    def in_use(self, kind: DocumentKind) -> Entry | None:
        """Return the version of a document in use now, None before the defaults exist."""
        try:
            return self.schedule.in_use(kind=kind, at=self.at)
        except NoVersionError:
            return None

    def labels(self, version_ids: Iterable[int]) -> list[VersionLabel]:
        """Return the versions' labels, oldest first."""
        wanted = set(version_ids)
        found = [entry for entry in self.schedule.entries if entry.version_id in wanted]
        ordered = sorted(found, key=lambda entry: (entry.kind, entry.number))
        return [VersionLabel(entry.kind, entry.number, entry.is_signed) for entry in ordered]

    def is_signed(self, kind: DocumentKind) -> bool:
        """Return whether the document in use is signed; unsigned figures are provisional."""
        entry = self.in_use(kind)
        return entry is not None and entry.is_signed


_NAMES = {
    DocumentKind.DEFINITIONS: "Definitions",
    DocumentKind.SCORE_MODEL: "Score model",
    DocumentKind.SLA: "SLA",
    DocumentKind.CONTRIBUTION: "Contribution",
}


def frame(*, at: datetime) -> Frame:
    """Return the frame at `at`; two statements, three where a document is read first."""
    held = schedule()
    contribution, is_agreed = _contribution(held, at=at)
    owner = organization()
    currency = owner.currency if owner else "USD"
    setting = Setting(
        zone=ZoneInfo(owner.timezone if owner else "UTC"),
        currency=currency,
        fiscal_start_month=owner.fiscal_year_start_month if owner else 1,
        rates=dict(contribution.exchange_rates) if contribution else {},
        bands=_bands(contribution),
    )
    if contribution is not None and contribution.quarter is not None:
        today = setting.today(at=at)
        quarter = contribution.quarter
        is_agreed = is_agreed and quarter.starts_on <= today < quarter.ends_on
    return Frame(
        setting=setting,
        schedule=held,
        at=at,
        contribution=contribution,
        quarter_is_agreed=is_agreed,
    )


def _contribution(held: Schedule, *, at: datetime) -> tuple[Contribution | None, bool]:
    try:
        entry = held.in_use(kind=DocumentKind.CONTRIBUTION, at=at)
    except NoVersionError:
        return None, False
    return cast("Contribution", document_of(entry)), entry.is_signed


def _bands(contribution: Contribution | None) -> tuple[Band, ...]:
    """Return the conversion bands that hold for every segment, as the page judges by them."""
    if contribution is None:
        return ()
    general = [band for band in contribution.mql_to_sql_bands if band.segment is None]
    return conversion_bands(general[0]) if general else ()


def conversion_bands(agreed: ConversionBand) -> tuple[Band, ...]:
    """Return the four stretches of the agreed conversion with what to say in each."""
    red, amber, top = (
        float(agreed.red_below), float(agreed.amber_below), float(agreed.green_to)
    )  # fmt: skip
    return (
        Band(Tone.BAD, None, red, agreed.low_text),
        Band(Tone.WARN, red, amber, agreed.low_text),
        # The agreed upper bound itself still is good.
        Band(Tone.GOOD, amber, top + 1e-9, f"agreed {range_words(amber, top)}"),
        Band(Tone.WARN, top + 1e-9, None, agreed.high_text),
    )


def range_words(low: float, high: float) -> str:
    """Return a range of rates in words, such as `25 to 50%`."""
    return f"{low * 100:g} to {high * 100:g}%"
