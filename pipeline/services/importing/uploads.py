"""A file brought to the browser: kept until its run ends, tried first, then imported.

The file lies under the media folder by a name nobody can guess. What a person uploaded before is
thrown away by the next upload, and files nobody came back for after a day.
"""

from __future__ import annotations

import csv
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from definitions.services.base import actor_of
from pipeline.services.importing.columns import ADDED, LINE_COLUMN, REASON_COLUMN
from pipeline.services.importing.faults import ImportRefusedError
from pipeline.services.importing.guessing import as_history, guess
from pipeline.services.importing.reader import CsvFile, opened
from pipeline.services.importing.runs import ImportOrder, run_import
from revops.database import database_now
from revops.people.selectors import organization

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from django.core.files.uploadedfile import UploadedFile

    from pipeline.services.importing.guessing import Shape
    from pipeline.services.importing.outcomes import RowOutcome, Summary
    from revops.people.models import User

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_ROWS: Final = 5_000
"""Rows that are imported while somebody waits; more are left to the command line."""
SHOWN: Final = 10
KEPT_FOR: Final = timedelta(days=1)
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32,64}")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass
class Trial:
    """What a run did, or would do.

    Attributes:
        summary: The counts.
        refused: The first refused rows, with why.
    """

    summary: Summary
    refused: list[RowOutcome] = field(default_factory=list)


def keep_upload(upload: UploadedFile[Any], *, at: datetime) -> str:
    """Store an uploaded file and return its token.

    Raises:
        ImportRefusedError: It is too large.
    """
    if (upload.size or 0) > MOST_BYTES:
        raise ImportRefusedError(
            f"The file is larger than {MOST_BYTES // 1024 // 1024} MB. Import it on the command "
            "line: python manage.py import."
        )
    _forget_old(at=at)
    token = secrets.token_urlsafe(32)
    path = _folder() / f"{token}.csv"
    with path.open("xb") as stream:
        for chunk in upload.chunks():
            stream.write(chunk)
    return token


def kept_path(token: str) -> Path:
    """Return where the file of a token lies.

    Raises:
        ImportRefusedError: It is gone, or the token is none.
    """
    path = _folder() / f"{token}.csv"
    if not TOKEN.fullmatch(token) or not path.is_file():
        raise ImportRefusedError("The file is not here any more. Choose it again.")
    return path


def errors_path(token: str) -> Path:
    """Return where the refused rows of a trial lie.

    Raises:
        ImportRefusedError: The token is none.
    """
    return kept_path(token).with_suffix(".errors.csv")


def forget_upload(token: str) -> None:
    """Remove the file and its refused rows; nothing happens where they are gone."""
    if TOKEN.fullmatch(token):
        for suffix in (".csv", ".errors.csv"):
            (_folder() / f"{token}{suffix}").unlink(missing_ok=True)


def recognise(token: str, *, delimiter: str = ",") -> Shape | None:
    """Return what the file seems to be, None where no map fits.

    Raises:
        ImportRefusedError: It is no CSV file, or has more rows than a page imports.
    """
    with opened(kept_path(token)) as stream:
        source = CsvFile(stream=stream, delimiter=delimiter)
        for count, _ in enumerate(source, 1):
            if count > MOST_ROWS:
                raise ImportRefusedError(
                    f"The file has more than {MOST_ROWS:,} rows. Nobody should wait for that in "
                    "a browser: import it on the command line, with python manage.py import."
                )
        return guess(source.header)


def try_upload(*, token: str, name: str, shape: Shape, by: User, at: datetime) -> Trial:
    """Do everything and roll it back; write the refused rows to a file.

    Raises:
        ImportRefusedError: The file as a whole cannot be used as this shape.
    """
    with _RefusedRows(errors_path(token)) as refused:
        return _run(token=token, name=name, shape=shape, by=by, at=at, refused=refused)


def import_upload(*, token: str, name: str, shape: Shape, by: User, at: datetime) -> Trial:
    """Import the file as history; it is removed when the run ends.

    Raises:
        ImportRefusedError: The file as a whole cannot be used; it is kept.
    """
    trial = _run(token=token, name=name, shape=shape, by=by, at=at, refused=None)
    forget_upload(token)
    return trial


def _run(
    *, token: str, name: str, shape: Shape, by: User, at: datetime, refused: _RefusedRows | None
) -> Trial:
    first: list[RowOutcome] = []

    def on_outcome(outcome: RowOutcome) -> None:
        if outcome.status != "error":
            return
        if len(first) < SHOWN:
            first.append(outcome)
        if refused is not None:
            refused.write(outcome)

    owner = organization()
    file_map = as_history(shape)
    order = ImportOrder(
        path=kept_path(token),
        file_name=name,
        kind=shape.kind,
        file_map=file_map,
        source_system=file_map.source_system or "csv",
        zone_name=file_map.timezone or (owner.timezone if owner else "UTC"),
        actor=actor_of(by),
        at=at,
        clock=database_now,
        is_dry_run=refused is not None,
        on_header=refused.begin if refused is not None else _nothing,
        on_outcome=on_outcome,
    )
    return Trial(summary=run_import(order), refused=first)


def _nothing(*_: object) -> None:
    """Report to nobody."""


def _folder() -> Path:
    folder = Path(settings.MEDIA_ROOT) / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _forget_old(*, at: datetime) -> None:
    """Remove files nobody came back for."""
    for path in _folder().glob("*.csv"):
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if changed < at - KEPT_FOR:
            path.unlink(missing_ok=True)


class _RefusedRows:
    """The file of refused rows; text that a spreadsheet would run is quoted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._header: Sequence[str] = ()

    def __enter__(self) -> _RefusedRows:
        self._stream: TextIO = self._path.open("w", encoding="utf-8", newline="")
        return self

    def __exit__(self, *exception: object) -> None:
        self._stream.close()

    def begin(self, header: Sequence[str]) -> None:
        """Write the header."""
        self._header = [name for name in header if name not in ADDED]
        self._row([*self._header, LINE_COLUMN, REASON_COLUMN])

    def write(self, outcome: RowOutcome) -> None:
        """Add a row with its line and the reason."""
        reason = "; ".join(problem.detail for problem in outcome.problems)
        cells = [outcome.cells.get(name, "") for name in self._header]
        self._row([*cells, str(outcome.line), reason])

    def _row(self, cells: Sequence[str]) -> None:
        safe = (f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
        csv.writer(self._stream).writerow(safe)
