"""The PostgreSQL server this product brings along, for when DATABASE_URL is unset.

Settings import this package, so it and what it imports use the standard library alone.
"""

from revops.embedded.location import ADMIN, APP, OWNER, Place, place
from revops.embedded.server import EmbeddedServerError, claim_serving, running

__all__ = [
    "ADMIN",
    "APP",
    "OWNER",
    "EmbeddedServerError",
    "Place",
    "claim_serving",
    "place",
    "running",
]
