"""By what companies and channels are recognised, however they are spelt."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*://")
_SPACES: Final = re.compile(r"\s+")
_JOINTS: Final = re.compile(r"[\s_-]+")
MAX_COMPANY_KEY: Final = 200
MAX_CHANNEL_KEY: Final = 80


def folded(text: str) -> str:
    """Return the text composed, in lower case, with single spaces."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip().lower()


def domain_of(text: str) -> str:
    """Return the bare domain of an address such as `https://www.acme.com/about`."""
    bare = _SCHEME.sub("", folded(text)).split("/")[0].split("?")[0].rpartition("@")[2]
    return bare.removeprefix("www.").rstrip(".")


def company_key(*, name: str, domain: str) -> str | None:
    """Return what a company is matched by: its web domain, else its name; None without both."""
    if bare := domain_of(domain):
        return f"domain:{bare}"[:MAX_COMPANY_KEY]
    return f"name:{folded(name)}"[:MAX_COMPANY_KEY] if folded(name) else None


def channel_key(name: str | None) -> str | None:
    """Return what a channel is matched by, such as `paid_search`; None for a blank name."""
    return _JOINTS.sub("_", folded(name or ""))[:MAX_CHANNEL_KEY] or None
