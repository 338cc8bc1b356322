"""Typed readers of environment variables; a value that cannot be parsed stops the start."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


def text(name: str, *, default: str = "") -> str:
    """Return the variable without surrounding blanks, or `default` when it is unset."""
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool) -> bool:
    """Return a yes or no.

    Raises:
        ImproperlyConfigured: The value is none of the accepted words.
    """
    value = os.environ.get(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be one of true, false, not {value!r}")


def whole(name: str, *, default: int) -> int:
    """Return a whole number.

    Raises:
        ImproperlyConfigured: The value is not a whole number.
    """
    value = text(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from error


def names(name: str, *, default: tuple[str, ...] = ()) -> list[str]:
    """Return the comma-separated parts that are not empty."""
    value = os.environ.get(name)
    if value is None:
        return list(default)
    return [part.strip() for part in value.split(",") if part.strip()]


def choice(name: str, *, options: tuple[str, ...], default: str) -> str:
    """Return one of `options`.

    Raises:
        ImproperlyConfigured: The value is none of them.
    """
    value = text(name, default=default)
    if value not in options:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(options)}, not {value!r}")
    return value


def database(name: str) -> dict[str, Any] | None:
    """Return Django's connection settings of a `postgresql://` address, or None when unset.

    Raises:
        ImproperlyConfigured: The address is not PostgreSQL's or names no database.
    """
    value = text(name)
    if not value:
        return None
    parts = urlsplit(value)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured(f"{name} must start with postgresql://")
    database_name = unquote(parts.path.lstrip("/"))
    if not database_name:
        raise ImproperlyConfigured(f"{name} names no database")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database_name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": query,
    }


def connection_options(*, statement_seconds: int, given: dict[str, Any]) -> dict[str, Any]:
    """Return the limits every connection starts with; what the address says itself wins.

    A statement, a wait for a lock and an idle transaction all end by themselves, and the server
    notices within seconds that a client is gone. Session settings need a direct connection: a
    pooler that shares connections between transactions is not supported.
    """
    limits = {
        "statement_timeout": f"{statement_seconds}s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": f"{max(statement_seconds, 30)}s",
        "client_connection_check_interval": "5s",
        "synchronous_commit": "on",
    }
    words = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return {
        "connect_timeout": 5,
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "application_name": "accord",
        **given,
        "options": f"{words} {given.get('options', '')}".strip(),
    }


def mail(name: str) -> dict[str, Any] | None:
    """Return Django's mail settings of an `smtp://` or `smtps://` address, or None when unset.

    `smtp://` upgrades to TLS unless the address says `?tls=false`; `smtps://` starts with it.

    Raises:
        ImproperlyConfigured: The address has another scheme or names no host.
    """
    value = text(name)
    if not value:
        return None
    parts = urlsplit(value)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must look like smtp://user:password@host:587")
    query = dict(parse_qsl(parts.query))
    is_wrapped = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if is_wrapped else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": is_wrapped,
        "EMAIL_USE_TLS": not is_wrapped and query.get("tls", "true").lower() in TRUE,
        "EMAIL_TIMEOUT": 10,
        "DEFAULT_FROM_EMAIL": query.get("from", f"accord@{parts.hostname}"),
    }


def secret_file(path: Path) -> str:
    """Return the secret kept in `path`; the first reader makes it up, others then read the same.

    The file belongs to the current account alone. Two processes that start together agree: the
    one whose link is made first wins.
    """
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    with suppress(FileExistsError):
        os.link(temporary, path)
    Path(temporary).unlink()
    return path.read_text(encoding="ascii").strip()
