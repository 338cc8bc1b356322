"""Log lines: JSON with a request id for machines, plain text while developing."""

from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.ExtraAdder(),
]

# Local variables may hold personal data and secrets; they stay out of the log.
TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configuration(*, level: str, as_json: bool) -> dict[str, Any]:
    """Return the LOGGING setting: everything goes to the standard error stream."""
    last: list[Any] = (
        [TRACEBACKS, structlog.processors.JSONRenderer()]
        if as_json
        else [
            # The pretty traceback would print local variables, keys and mail addresses among them.
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "structlog.stdlib.ProcessorFormatter",
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *last,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": level, "propagate": False},
            "django.db.backends": {"level": "WARNING"},
            # Says at every start which version of itself runs.
            "axes": {"level": "WARNING"},
        },
    }
