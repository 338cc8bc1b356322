"""Pages of promises and of the hours they count in."""

from sla.views.calendars import (
    calendar_create,
    calendar_detail,
    calendar_edit,
    calendar_list,
    calendar_preview,
    territories,
)
from sla.views.hours_changes import calendar_holidays, calendar_replan
from sla.views.promises import promise_preview

__all__ = [
    "calendar_create",
    "calendar_detail",
    "calendar_edit",
    "calendar_holidays",
    "calendar_list",
    "calendar_preview",
    "calendar_replan",
    "promise_preview",
    "territories",
]
