"""The web server of `serve` and `demo`: one gunicorn process with threads and the scheduler."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections
from gunicorn.app.base import BaseApplication

from revops.scheduler import Scheduler

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

TRIED_PORTS = 50
# The browsable API is not served, and htmx is used in version 2 without extensions.
UNUSED_STATIC = ["rest_framework/*", "django_htmx/ext/*", "django_htmx/*-4*"]


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn publishes no types
    """Gunicorn configured in code; there is no configuration file to get wrong."""

    def __init__(self, *, host: str, port: int, threads: int, workers: int) -> None:
        self.options: dict[str, Any] = {
            "bind": f"{host}:{port}",
            "workers": workers,
            "worker_class": "gthread",
            "threads": threads,
            "timeout": 60,
            "graceful_timeout": 20,
            "keepalive": 5,
            "loglevel": "warning",
            "errorlog": "-",
            "control_socket_disable": True,
            "proc_name": "accord",
            "post_worker_init": start_scheduler,
            "worker_exit": stop_scheduler,
        }
        memory = Path("/dev/shm")  # noqa: S108 (a heartbeat file that must not wait for a disk)
        if memory.is_dir():
            self.options["worker_tmp_dir"] = str(memory)
        super().__init__()

    def load_config(self) -> None:
        """Hand the options to gunicorn."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application, loaded in the worker."""
        from revops.wsgi import application  # noqa: PLC0415 (its guards belong to the worker)

        return application


def start_scheduler(worker: Worker) -> None:
    """Start the scheduler thread in the worker that gunicorn has just made."""
    worker.scheduler = Scheduler()
    worker.scheduler.start()


def stop_scheduler(_arbiter: Arbiter, worker: Worker) -> None:
    """Let the scheduler finish its current service."""
    scheduler: Scheduler | None = getattr(worker, "scheduler", None)
    if scheduler is not None:
        scheduler.stop()
        scheduler.join(timeout=10)


def serve(*, host: str, port: int, threads: int = 8, workers: int = 1) -> None:
    """Serve until a signal ends the process."""
    connections.close_all()  # a connection must not be shared with the forked worker
    Server(host=host, port=port, threads=threads, workers=workers).run()


def free_port(*, host: str, port: int) -> int:
    """Return `port`, or the next one nobody listens on.

    Raises:
        OSError: All of the ports tried are taken.
    """
    for candidate in range(port, port + TRIED_PORTS):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            return candidate
    raise OSError(f"the ports {port} to {port + TRIED_PORTS - 1} are all taken")


def collect_static() -> None:
    """Collect and compress the static files, unless nothing changed since the last time."""
    if settings.DEBUG:
        return
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    current = fingerprint_of_static()
    if stamp.exists() and stamp.read_text() == current:
        return
    call_command(
        "collectstatic", interactive=False, verbosity=0, clear=True, ignore_patterns=UNUSED_STATIC
    )
    stamp.write_text(current)


def fingerprint_of_static() -> str:
    """Return a hash over the names, sizes and ages of all static files."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            age = storage.get_modified_time(path).timestamp()
            digest.update(f"{path} {storage.size(path)} {age}\n".encode())
    return digest.hexdigest()
