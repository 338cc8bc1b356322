"""How failed logins are counted: five per account and address, twenty per address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.db.models import Sum

if TYPE_CHECKING:
    from django.http import HttpRequest

ADDRESS_LIMIT = 20


class LoginHandler(AxesDatabaseHandler):  # type: ignore[misc]  # no types published
    """Axes' counting, with a second and wider limit for an address that tries many accounts."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Return whether the account at this address, or the whole address, has to wait."""
        is_account_locked: bool = super().is_locked(request, credentials)
        return is_account_locked or failures_of_address(request) >= ADDRESS_LIMIT


def failures_of_address(request: HttpRequest) -> int:
    """Return how often logins from the request's address failed of late."""
    attempts = AccessAttempt.objects.filter(
        ip_address=request.axes_ip_address,  # type: ignore[attr-defined]  # set by axes
        attempt_time__gte=get_cool_off_threshold(request),
    )
    total = attempts.aggregate(total=Sum("failures_since_start"))["total"]
    return int(total or 0)
