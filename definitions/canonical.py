"""The one text form of a document or record, and its hash.

Sorted keys, UTF-8 in NFC, LF, decimals as strings, no floats: two programs that agree on the
content agree on every byte, so a third party can recompute the hash without this product.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any

FORMAT = "accord-document-1"
RECORD_FORMAT = "accord-signature-1"


def normal(value: Any) -> Any:
    """Return `value` with every text in NFC and LF.

    Raises:
        TypeError: It holds something other than objects, lists, texts, whole numbers, yes, no
            and null; a float has no canonical form.
    """
    if isinstance(value, str):
        text = value.replace("\r\n", "\n").replace("\r", "\n")
        return unicodedata.normalize("NFC", text)
    if isinstance(value, dict):
        return {normal(key): normal(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [normal(held) for held in value]
    if value is None or isinstance(value, bool | int):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical(value: Any) -> str:
    """Return the canonical text, ending in a line feed."""
    text = json.dumps(
        normal(value), sort_keys=True, ensure_ascii=False, indent=1, separators=(",", ": ")
    )
    return f"{text}\n"


def document_text(
    *, kind: str, number: int, content: dict[str, Any], exceptional_reason: str
) -> str:
    """Return the canonical text of a version; this is what is signed."""
    return canonical(
        {
            "format": FORMAT,
            "document": kind,
            "number": number,
            "exceptional_reason": exceptional_reason,
            "content": content,
        }
    )


def sha256(text: str) -> str:
    """Return the SHA-256 of the UTF-8 bytes of `text`, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_sha256(content: dict[str, Any]) -> str:
    """Return the hash of what a draft says; it has neither number nor reason yet."""
    return sha256(canonical(content))
