"""What the product refuses to be served with."""

from __future__ import annotations

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.utils.module_loading import import_string

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})
SHORTEST_KEY = 32
OLDEST_SERVER = 150_000


def is_development() -> bool:
    """Return whether this is DEBUG on a developer's own machine, where anything goes."""
    return bool(settings.DEBUG) and LOOPBACK.issuperset(settings.ALLOWED_HOSTS)


def refuse_unsafe_start() -> None:
    """Stop the start of a web, worker or beat process with unsafe settings.

    Raises:
        ImproperlyConfigured: The message lists everything that is wrong.
    """
    problems = [] if is_development() else [*unsafe_settings(), *unsafe_role()]
    if problems:
        raise ImproperlyConfigured("Refusing to start. " + " ".join(problems))


def unsafe_settings() -> list[str]:
    """Return one sentence per setting that is unsafe in production."""
    public = [host for host in settings.ALLOWED_HOSTS if host not in LOOPBACK]
    is_weak = settings.SECRET_KEY == settings.DEVELOPMENT_KEY
    facts = {
        "DEBUG must be off.": settings.DEBUG,
        "SECRET_KEY must be set.": is_weak,
        f"SECRET_KEY must have at least {SHORTEST_KEY} characters.": (
            not is_weak and len(settings.SECRET_KEY) < SHORTEST_KEY
        ),
        "ALLOWED_HOSTS must name the hosts; a wildcard is refused.": any(
            host.startswith(("*", ".")) for host in settings.ALLOWED_HOSTS
        ),
        "The embedded database serves one host; set DATABASE_URL for several.": (
            settings.IS_EMBEDDED and len(public) > 1
        ),
        "The embedded database has no workers; set DATABASE_URL beside REDIS_URL.": (
            settings.IS_EMBEDDED and bool(settings.REDIS_URL)
        ),
    }
    return [sentence for sentence, is_true in facts.items() if is_true]


def unsafe_role() -> list[str]:
    """Return one sentence when the server is too old or the role could change what is signed.

    A database that cannot be reached is not judged here; the readiness check reports it.
    """
    if settings.IS_EMBEDDED:
        return []  # its roles are made by this program
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user, rolsuper, EXISTS (SELECT FROM pg_class"
                " WHERE relowner = pg_roles.oid AND relname = 'django_migrations')"
                " FROM pg_roles WHERE rolname = current_user"
            )
            user, is_superuser, is_owner = cursor.fetchone()
            version = connection.pg_version  # type: ignore[attr-defined]  # PostgreSQL's own
    except OperationalError:
        return []
    finally:
        connection.close()
    if version < OLDEST_SERVER:
        return ["PostgreSQL must be version 15 or later."]
    if is_superuser:
        return [f"DATABASE_URL must not use a superuser ({user})."]
    if is_owner:
        return [f"DATABASE_URL must not use the tables' owner ({user}); see DATABASE_OWNER_URL."]
    return []


@register(Tags.security, deploy=True)
def settings_are_safe(**_: object) -> list[Error]:
    """Report unsafe settings in `check --deploy` too."""
    problems = unsafe_settings()
    return [Error(text, id=f"revops.E{number:03}") for number, text in enumerate(problems, 1)]


@register(deploy=True)
def periodic_services_exist(**_: object) -> list[Error]:
    """Report a periodic service that cannot be imported."""
    errors = []
    for service, _seconds in settings.PERIODIC_SERVICES:
        try:
            import_string(service)
        except ImportError as error:
            errors.append(Error(f"periodic service {service}: {error}", id="revops.E100"))
    return errors
