"""What can be wrong with a file, and with one row of it."""

from __future__ import annotations

from revops.rest.strict import FieldProblem


class ImportRefusedError(Exception):
    """The file or the map as a whole cannot be imported; the message says where and why."""


def fault(*, column: str, code: str, detail: str) -> FieldProblem:
    """Return a mistake of one cell, worded as the API words its own.

    Args:
        column: Our name of the column, or the file's where we have none; empty for the row.
        code: The stable code.
        detail: What is wrong, for the person who mends the file.
    """
    if not column:
        return FieldProblem("", code, detail)
    return FieldProblem(f"/{column}", code, f"{column}: {detail}")
