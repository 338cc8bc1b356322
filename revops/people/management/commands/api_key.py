"""Make an API key and print it; it is shown this once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from revops.database import database_now
from revops.people import keys
from revops.people.models import ApiKey

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Make an API key and print it once, or revoke the keys of a name."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the key is for, such as the integration's name")
        parser.add_argument(
            "--scopes", default="", help=f"separated by commas, of: {', '.join(keys.SCOPES)}"
        )
        parser.add_argument("--expires", help="the first day on which it does not work any more")
        parser.add_argument("--revoke", action="store_true", help="end the keys of this name")

    def handle(self, *_args: Any, **options: Any) -> None:
        at = database_now()
        name: str = options["name"]
        if options["revoke"]:
            self._revoke(name=name, at=at)
            return
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        longest = ApiKey._meta.get_field("name").max_length or 0
        if len(name) > longest:
            raise CommandError(f"A key's name has at most {longest} characters.")
        if not scopes:
            raise CommandError("Say what the key may do: --scopes leads:write,leads:read")
        try:
            _, token = keys.create_key(
                name=name,
                scopes=scopes,
                actor="system:api_key",
                at=at,
                expires_at=_expiry(options["expires"], at=at),
            )
        except keys.UnknownScopeError as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(token)

    def _revoke(self, *, name: str, at: datetime) -> None:
        found = list(ApiKey.objects.filter(name=name, revoked_at__isnull=True).order_by("id"))
        if not found:
            raise CommandError(f"No key called {name} is in use.")
        for key in found:
            keys.revoke_key(key=key, actor="system:api_key", at=at)
        self.stdout.write(f"Revoked {len(found)}.")


def _expiry(given: str | None, *, at: datetime) -> datetime | None:
    if given is None:
        return None
    try:
        day = datetime.fromisoformat(given)
    except ValueError:
        raise CommandError("--expires takes a date such as 2027-01-31") from None
    expires_at = day if day.tzinfo else day.replace(tzinfo=UTC)
    if expires_at <= at:
        raise CommandError("--expires is in the past")
    return expires_at
