"""How many requests a key may make: a window of a minute, counted in this process.

It needs no database, so it cannot fail and adds no statement; with several processes the limit
holds for each.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from django.conf import settings

WINDOW_SECONDS: Final = 60
DEFAULT_PER_MINUTE: Final = 60_000
_MOST_CALLERS: Final = 10_000


@dataclass(slots=True)
class _Window:
    began: float
    count: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a caller's window."""

    limit: int
    remaining: int
    reset_seconds: int
    is_exceeded: bool

    def headers(self) -> dict[str, str]:
        """Return the RateLimit headers of the answer."""
        found = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
            "RateLimit-Policy": f"{self.limit};w={WINDOW_SECONDS}",
        }
        if self.is_exceeded:
            found["Retry-After"] = str(self.reset_seconds)
        return found


_windows: dict[str, _Window] = {}


def spend(*, caller: str, limit: int | None = None) -> Allowance:
    """Count one request of `caller` and return what is left.

    Args:
        caller: Who asks; callers of different kinds begin differently.
        limit: Requests a minute; without it what the settings grant a key.
    """
    if limit is None:
        limit = int(getattr(settings, "API_REQUESTS_PER_MINUTE", DEFAULT_PER_MINUTE))
    now = time.monotonic()
    window = _windows.get(caller)
    if window is None or now - window.began >= WINDOW_SECONDS:
        if len(_windows) > _MOST_CALLERS:
            _windows.clear()
        window = _windows[caller] = _Window(began=now, count=0)
    window.count += 1
    return Allowance(
        limit=limit,
        remaining=max(0, limit - window.count),
        reset_seconds=max(1, round(WINDOW_SECONDS - (now - window.began))),
        is_exceeded=window.count > limit,
    )


def reset() -> None:
    """Forget every caller; for tests."""
    _windows.clear()
