"""What tests of calendar pages post and read."""

from __future__ import annotations

BACKEND = "revops.people.backends.RoleBackend"
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-17:00")


def form(**changes):
    return {
        "name": "Company hours",
        "timezone": "America/New_York",
        "version": "1",
        **WEEK,
    } | changes


def edit(client, calendar, **changes):
    return client.post(f"/calendars/{calendar.pk}/edit/", form(**changes))


def text_of(answer):
    return answer.content.decode()
