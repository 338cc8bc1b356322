"""The content a new organisation starts with, as readable TOML beside this file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from definitions.choices import DocumentKind

FOLDER = Path(__file__).parent


def default_content(kind: DocumentKind) -> dict[str, Any]:
    """Return the default content of a document, not yet validated."""
    content = _read(kind.value)
    if kind is DocumentKind.DEFINITIONS:
        content["reasons"] = _read("reasons")
    return content


def audit_questions(*, term: str, name: str) -> dict[str, str]:
    """Return the default questions about a term by side; terms of one's own get general ones."""
    known = _read("audit")
    wording = known.get(term, known["other"])
    return {side: text.replace("{name}", name) for side, text in wording.items()}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
