"""What goes wrong when a message is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


class DeliveryError(Exception):
    """The message did not leave; it will be tried again, not before `wait` where that is given."""

    def __init__(self, words: str, *, wait: timedelta | None = None) -> None:
        self.wait = wait
        super().__init__(words)
