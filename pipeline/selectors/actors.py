"""Who did it, as every fact records it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.people.actors import names_of

if TYPE_CHECKING:
    from revops.people.models import User

__all__ = ["actor_of", "names_of"]


def actor_of(user: User) -> str:
    """Return how facts name `user`."""
    return f"user:{user.pk}"
