"""Write docs/settings.md: every environment variable in one table."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "settings.md"
READER = re.compile(r"env\.(flag|whole|text|names|choice|database|mail)\(\s*\"([A-Z_]+)\"")

# name -> (default, what it does)
VARIABLES: dict[str, tuple[str, str]] = {
    "DATABASE_URL": (
        "embedded PostgreSQL",
        (
            "`postgresql://user:password@host:5432/name` as the application's role. PostgreSQL 15 or"
            " later, connected directly and not through a pooler. A superuser or the tables' owner is"
            " refused."
        ),
    ),
    "DATABASE_OWNER_URL": (
        "none",
        (
            "The same database as the role that owns the tables. Needed by `manage.py provision` and"
            " `migrate` only; web and workers need not know it."
        ),
    ),
    "REDIS_URL": (
        "none",
        (
            "`redis://host:6379/0`, the broker of Celery workers. Without it the scheduler thread of"
            " the web process runs the periodic services."
        ),
    ),
    "SECRET_KEY": (
        "made up with the embedded database, else none",
        "At least 32 characters; signs sessions. Required beside `DATABASE_URL`.",
    ),
    "ALLOWED_HOSTS": (
        "`localhost,127.0.0.1,[::1]`",
        "Host names the site answers to, separated by commas. Wildcards are refused.",
    ),
    "BASE_URL": (
        "`http://127.0.0.1:8000`",
        (
            "The address people use; links in messages start with it. With `https://` cookies are"
            " `__Host-` cookies, plain requests are redirected and HSTS is sent; the proxy must set"
            " `X-Forwarded-Proto`."
        ),
    ),
    "DATA_DIR": ("`var/`", "Embedded database, collected static files, made-up secrets."),
    "EMAIL_URL": (
        "none: no mails",
        (
            "`smtp://user:password@host:587` (TLS by STARTTLS, `?tls=false` without) or `smtps://`;"
            " `?from=accord@example.com` sets the sender."
        ),
    ),
    "SLACK_WEBHOOK_URL": ("none", "An incoming webhook of Slack for notices."),
    "WEBHOOKS_MAY_BE_LOCAL": (
        "false",
        "Whether webhooks may be plain and at private addresses; for development only.",
    ),
    "LOG_LEVEL": ("`INFO`", "`DEBUG`, `INFO`, `WARNING` or `ERROR`. Lines are JSON."),
    "STATEMENT_TIMEOUT_SECONDS": (
        "15 for pages, 60 for workers, 600 for commands",
        "How long one SQL statement may take.",
    ),
    "DEBUG": (
        "`false`",
        "Development only: together with a host that is not this machine the start is refused.",
    ),
}

HEAD = """# Settings

Everything is set by environment variables. A value that cannot be parsed stops the start, and so
does a combination that is unsafe in production (`revops/guards.py`). This page is written by
`scripts/settings_table.py`; a test keeps it current.

| variable | default | what it does |
|---|---|---|
"""

TAIL = """
The smallest production set-up is `DATABASE_URL`, `SECRET_KEY`, `ALLOWED_HOSTS` and `BASE_URL`,
with `DATABASE_OWNER_URL` for the one run of `manage.py provision` after each update;
`docker-compose.yml` shows it whole.
"""


def page() -> str:
    """Return the page."""
    rows = [f"| `{name}` | {default} | {text} |" for name, (default, text) in VARIABLES.items()]
    return HEAD + "\n".join(rows) + "\n" + TAIL


def variables_read() -> set[str]:
    """Return the variables the code reads."""
    sources = [*(ROOT / "revops").rglob("*.py"), *(ROOT / "dashboards").rglob("*.py")]
    return {name for path in sources for _reader, name in READER.findall(path.read_text())}


if __name__ == "__main__":
    TARGET.write_text(page())
    sys.stdout.write(f"{TARGET.relative_to(ROOT)} is current\n")
