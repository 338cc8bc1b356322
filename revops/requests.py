"""The type of a request as views of the product receive it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from datetime import datetime

    from django_htmx.middleware import HtmxDetails

    from revops.people.models import User


class MemberRequest(HttpRequest):
    """A request of somebody who is logged in; for annotations, never made by hand.

    Attributes:
        at: The database's instant, read once per request.
        htmx: Whether and how htmx sent it.
    """

    user: User
    at: datetime
    htmx: HtmxDetails
