"""Pages as PDFs, drawn by WeasyPrint where the extra `pdf` is installed."""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib.staticfiles import finders

if TYPE_CHECKING:
    from types import ModuleType

STYLES = "css/paper.css"
# It complains about every rule of CSS it leaves out; what matters comes as an exception.
_NOISY = ("weasyprint", "weasyprint.progress", "fontTools")


class NoPrinterError(Exception):
    """WeasyPrint or what it needs is not installed; the message says how to install it."""


def draw(*, html: str) -> bytes:
    """Return the page as a PDF; the same page gives the same bytes.

    Nothing is fetched from anywhere: an address in the page is a link and no more.

    Raises:
        NoPrinterError: It cannot be drawn here.
    """
    weasyprint = _weasyprint()
    fetcher = _fetcher()
    styles = weasyprint.CSS(string=_styles(), url_fetcher=fetcher)
    page = weasyprint.HTML(string=html, url_fetcher=fetcher)
    drawn: bytes = page.write_pdf(stylesheets=[styles], presentational_hints=False)
    return drawn


def can_draw() -> bool:
    """Return whether PDFs can be drawn here."""
    try:
        _weasyprint()
    except NoPrinterError:
        return False
    return True


def _weasyprint() -> ModuleType:
    """Return the library; it is large and optional, so it is imported only when asked for."""
    try:
        library = import_module("weasyprint")
    except ModuleNotFoundError as error:
        raise NoPrinterError("The extra is not installed: pip install 'accord[pdf]'.") from error
    except OSError as error:  # the Python package is there and the system's Pango is not
        raise NoPrinterError(
            "Pango is not installed: "
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0."
        ) from error
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return library


def _fetcher() -> Any:
    """Return a fetcher that refuses every address, also those of files on this machine."""
    urls = import_module("weasyprint.urls")

    class Nothing(urls.URLFetcher):  # type: ignore[misc,name-defined]  # loaded when asked for
        """Fetch nothing; the library leaves out what it cannot have."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            """Refuse."""
            del headers
            raise ValueError(f"nothing is fetched for paper: {url}")

    return Nothing()


def _styles() -> str:
    found = finders.find(STYLES)
    if not found:
        raise FileNotFoundError(STYLES)
    return Path(str(found)).read_text(encoding="utf-8")
