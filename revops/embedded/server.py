"""Start the embedded server, or attach to the one that runs.

Whoever uses the server holds a shared lock on one file. The keeper, a small process of its
own, runs PostgreSQL as its child, starts it again when it dies, and stops it as soon as nobody
holds that lock: after a clean exit and after a kill -9 alike.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from revops.embedded import keeper
from revops.embedded.location import (
    ADMIN,
    OWN_FOLDER,
    Account,
    Place,
    may_enter,
    wheel_folder,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START_SECONDS = 60
STOP_SECONDS = 15
# Keepers this process started. Where others still use the server its keeper outlives us on
# purpose, and Python warns of a child whose handle is thrown away while it runs.
STARTED: list[subprocess.Popen[bytes]] = []


class EmbeddedServerError(Exception):
    """The embedded server cannot be used; the message is for the person at the terminal."""


@contextmanager
def running(
    place: Place, *, notice: Callable[[str], object], is_durable: bool = True
) -> Iterator[Place]:
    """Keep the server of `place` running for the length of the block.

    Args:
        place: From `place()`.
        notice: Called with one line when the data cannot be kept where the user expects.
        is_durable: False for tests: a crash of the machine may lose the data.

    Raises:
        EmbeddedServerError: The server does not start; the message ends with its log.
    """
    prepare_folders(place)
    if place.is_elsewhere:
        notice(
            f"{place.account.name if place.account else 'The server'} cannot enter"
            f" {place.data_dir}: the database is kept in {place.folder}\n"
        )
    with (place.folder / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        process = ensure_keeper(place, is_durable=is_durable)
        try:
            yield place
        finally:
            leave(users, place=place)
            if process is not None and not is_kept(place):
                with suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_SECONDS)  # its lock goes a moment before it does


def leave(users: IO[str], *, place: Place) -> None:
    """Give up the shared lock; the last one out waits until the server has stopped."""
    fcntl.flock(users, fcntl.LOCK_UN)
    deadline = time.monotonic() + STOP_SECONDS
    while is_kept(place) and time.monotonic() < deadline and not is_used(users):
        time.sleep(0.05)


def is_used(users: IO[str]) -> bool:
    """Return whether anybody holds the shared lock; the stopping keeper holds it alone."""
    try:
        fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False  # the keeper has it and is about to end
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        fcntl.flock(users, fcntl.LOCK_UN)


def claim_serving(place: Place, *, name: str) -> IO[str]:
    """Return the lock that says who serves the database `name`; keep it open while serving.

    Raises:
        EmbeddedServerError: Another process serves them.
    """
    prepare_folders(place)
    lock = (place.folder / f"serve-{name}.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise EmbeddedServerError(
            f"Another process already serves {place.data_dir}. Stop it first, or name another"
            " folder in DATA_DIR."
        ) from error
    return lock


def ensure_keeper(place: Place, *, is_durable: bool) -> subprocess.Popen[bytes] | None:
    """Start the keeper unless one runs, and wait until the server answers."""
    process = None
    with (place.folder / "start.lock").open("a") as start:
        fcntl.flock(start, fcntl.LOCK_EX)
        if not is_kept(place):
            binaries = reachable_binaries(place)
            if not place.data.exists():
                initialise(place, binaries=binaries)
            stop_leftover(place, binaries=binaries)
            process = start_keeper(place, binaries=binaries, is_durable=is_durable)
            STARTED.append(process)
        wait_until_ready(place, process=process)
    return process


def is_kept(place: Place) -> bool:
    """Return whether a keeper runs."""
    with (place.folder / "keeper.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def stop_leftover(place: Place, *, binaries: Path) -> None:
    """Stop a server whose keeper was killed; only one that has our data folder open."""
    account = keeper.as_account(**account_ids(place.account))
    control = [str(binaries / "pg_ctl"), "-D", str(place.data)]
    for words in (["status"], ["-m", "fast", "-w", "stop"]):
        done = subprocess.run(
            [*control, *words], cwd=place.folder, check=False, capture_output=True, **account
        )
        if done.returncode != 0:
            return


def start_keeper(place: Place, *, binaries: Path, is_durable: bool) -> subprocess.Popen[bytes]:
    """Start the keeper in a session of its own, so that Ctrl+C does not reach the server."""
    account = place.account
    arguments = [
        sys.executable, "-I", str(Path(keeper.__file__)),
        "--folder", str(place.folder),
        "--sockets", str(place.sockets),
        "--binaries", str(binaries),
        "--uid", str(account.uid if account else -1),
        "--gid", str(account.gid if account else -1),
    ]  # fmt: skip
    if is_durable:
        arguments.append("--durable")
    with place.log.open("ab") as log:
        return subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def wait_until_ready(place: Place, *, process: subprocess.Popen[bytes] | None) -> None:
    """Return when the server accepts connections.

    Raises:
        EmbeddedServerError: It does not within a minute, or the keeper gave up.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if keeper.is_ready(place.data):
            return
        has_given_up = process.poll() is not None if process else not is_kept(place)
        if has_given_up:
            break
        time.sleep(0.02)
    tail = ""
    with suppress(OSError):
        tail = "\n".join(place.log.read_text(errors="replace").splitlines()[-8:])
    raise EmbeddedServerError(
        f"The embedded PostgreSQL did not start. Its log {place.log}:\n{tail}"
    )


def prepare_folders(place: Place) -> None:
    """Make the server's own folders, open to its account alone.

    Raises:
        EmbeddedServerError: A folder of that name belongs to somebody else.
    """
    owner = place.account.uid if place.account else os.geteuid()
    group = place.account.gid if place.account else -1
    for folder in (place.folder, place.sockets):
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not folder.exists():
            # Made aside and moved in, so that nobody who starts meanwhile sees it half made.
            fresh = Path(tempfile.mkdtemp(dir=folder.parent))
            if place.account:
                os.chown(fresh, owner, group)
            try:
                fresh.rename(folder)
            except OSError:  # somebody else was first
                fresh.rmdir()
        status = folder.lstat()
        if status.st_uid != owner or status.st_mode & 0o077:
            raise EmbeddedServerError(
                f"{folder} must belong to the account that runs PostgreSQL and be closed to"
                " others. Move it away, or name another folder in DATA_DIR."
            )


def initialise(place: Place, *, binaries: Path) -> None:
    """Make the data folder; a half-made one from an interrupted start is thrown away."""
    fresh = place.folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    password = place.folder / "password.new"
    password.unlink(missing_ok=True)
    descriptor = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(place.password)
    if place.account:
        os.chown(password, place.account.uid, place.account.gid)
    arguments = [
        str(binaries / "initdb"), "-D", str(fresh), "-U", ADMIN, "--pwfile", str(password),
        "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin",
        "--locale=C", "--builtin-locale=C.UTF-8", "--no-instructions",
    ]  # fmt: skip
    done = subprocess.run(
        arguments, cwd=place.folder, check=False, capture_output=True, text=True,
        **keeper.as_account(**account_ids(place.account)),
    )  # fmt: skip
    password.unlink()
    if done.returncode != 0:
        raise EmbeddedServerError(f"initdb failed: {done.stderr.strip()}")
    fresh.rename(place.data)


def account_ids(account: Account | None) -> dict[str, int]:
    """Return the numbers the keeper takes; -1 means "as I am"."""
    return {"uid": account.uid if account else -1, "gid": account.gid if account else -1}


def reachable_binaries(place: Place) -> Path:
    """Return the folder of the server's programs, copied where its account cannot enter."""
    installed = wheel_folder()
    if place.account is None or may_enter(place.account, path=installed / "bin"):
        return installed / "bin"
    copy = OWN_FOLDER / f"server-{installed.stat().st_mtime_ns:x}"
    if not copy.exists():
        OWN_FOLDER.mkdir(parents=True, exist_ok=True)
        fresh = copy.with_suffix(f".{os.getpid()}")
        # Programs find their libraries relative to themselves, so the layout stays as it is.
        package = installed.parent
        unused = shutil.ignore_patterns("include", "*.a")
        for folder in (installed, package / ".dylibs", package.with_suffix(".libs")):
            if folder.is_dir():
                target = fresh / folder.relative_to(package.parent)
                shutil.copytree(folder, target, symlinks=True, ignore=unused)
        with suppress(OSError):
            fresh.rename(copy)
        shutil.rmtree(fresh, ignore_errors=True)
    return copy / installed.relative_to(installed.parent.parent) / "bin"
