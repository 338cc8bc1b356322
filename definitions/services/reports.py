"""The data an act on a document relied on, kept with the act as an address."""

from __future__ import annotations

import re

from definitions.services.base import DocumentError

LONGEST = 500
# A page of this product, or one elsewhere; nothing a browser would run.
ADDRESS = re.compile(r"/(?!/)[\x21-\x7e]*|https?://[\x21-\x2e\x30-\x7e][\x21-\x7e]*")


class ReportError(DocumentError):
    """The address of the data is missing, or it is no address."""


def checked_report(report: str, *, is_needed: bool) -> str:
    """Return the address of the data without the spaces around it.

    Raises:
        ReportError: It is needed and missing, too long, or neither https nor a page of here.
    """
    report = report.strip()
    if not report and not is_needed:
        return ""
    if not report:
        raise ReportError("Name the data this relies on: the address of a report or a page here.")
    if len(report) > LONGEST or not ADDRESS.fullmatch(report):
        raise ReportError("The data is named by an address that begins with https:// or with /.")
    return report
