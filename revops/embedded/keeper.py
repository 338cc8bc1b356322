"""Run PostgreSQL as a child for as long as anybody uses it; started as a script of its own.

It needs nothing but the standard library, so that it starts at once and stays small.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.2
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
STEADY_SECONDS = 10.0
MOST_FAILED_STARTS = 6
# Orphans of a server that was killed finish their statement first, and hold its memory meanwhile.
MOST_FAILED_RESTARTS = 60
LOG_BYTES = 10_000_000


def main() -> int:
    """Keep the server running while the shared lock is held; return the exit code."""
    options = arguments()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    folder = Path(options.folder)
    with (folder / "keeper.lock").open("a") as kept, (folder / "users.lock").open("a") as users:
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.truncate(0)
        kept.write(f"{os.getpid()}\n")
        kept.flush()
        return supervise(options, users=users.fileno())


def arguments() -> argparse.Namespace:
    """Read the command line, which only `server.start_keeper` writes."""
    parser = argparse.ArgumentParser()
    for name in ("--folder", "--sockets", "--binaries"):
        parser.add_argument(name, required=True)
    parser.add_argument("--uid", type=int, default=-1)
    parser.add_argument("--gid", type=int, default=-1)
    parser.add_argument("--durable", action="store_true")
    return parser.parse_args()


def supervise(options: argparse.Namespace, *, users: int) -> int:
    """Start the server, start it again when it dies, stop it when nobody is left."""
    failures = 0
    pause = FIRST_PAUSE_SECONDS
    most = MOST_FAILED_STARTS
    while True:
        started = time.monotonic()
        server = start(options)
        has_served = False
        while server.poll() is None:
            if is_unused(users):
                stop(server)
                return 0
            # Killed again and again it is no broken server: only a start that fails counts.
            has_served = has_served or is_ready(Path(options.folder) / "data")
            time.sleep(POLL_SECONDS)
        is_steady = has_served or time.monotonic() - started > STEADY_SECONDS
        failures = 0 if is_steady else failures + 1
        pause = FIRST_PAUSE_SECONDS if is_steady else min(pause * 2, LONGEST_PAUSE_SECONDS)
        most = MOST_FAILED_RESTARTS if has_served else most
        if failures >= most or is_unused(users):
            return 1
        time.sleep(pause)


def start(options: argparse.Namespace) -> subprocess.Popen[bytes]:
    """Start PostgreSQL on its private socket, without a network port."""
    folder = Path(options.folder)
    log = folder / "postgresql.log"
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(folder / "postgresql.log.1")
    configuration = {
        "listen_addresses": "",
        "unix_socket_directories": options.sockets,
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_messages": "fatal",
        "log_checkpoints": "off",
        # An import changes most of a small database at once; its plans wait for statistics.
        "autovacuum_naptime": "10s",
    }
    if not options.durable:
        configuration |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    words = [f"-c{name}={value}" for name, value in configuration.items()]
    with log.open("ab") as file:
        return subprocess.Popen(
            [str(Path(options.binaries) / "postgres"), "-D", str(folder / "data"), *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            **as_account(uid=options.uid, gid=options.gid),
        )


def stop(server: subprocess.Popen[bytes]) -> None:
    """Ask for a fast shutdown, then insist."""
    for number, seconds in ((signal.SIGINT, 10), (signal.SIGQUIT, 3), (signal.SIGKILL, 3)):
        server.send_signal(number)
        try:
            server.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return


def is_unused(users: int) -> bool:
    """Return whether nobody holds the shared lock; then the lock stays ours until we exit."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def is_ready(data: Path) -> bool:
    """Return whether the server of `data` runs and accepts connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), 0)
    except PermissionError:  # it runs under another account
        return True
    except (OSError, ValueError, IndexError):
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004 (a fixed file format)


def as_account(*, uid: int, gid: int) -> dict[str, Any]:
    """Return what makes a child process run as the account; nothing for -1."""
    return {"user": uid, "group": gid, "extra_groups": []} if uid >= 0 else {}


if __name__ == "__main__":
    sys.exit(main())
