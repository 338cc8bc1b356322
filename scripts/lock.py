"""Write the hashed requirement files, or check that they are current.

The files name no index and no machine: pip's extra indexes and link folders are left out, and
a mirror that is configured as the one index is used but not recorded. All files of a release
are hashed, so every common platform can install from the same lock.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"requirements.txt": [], "requirements-dev.txt": ["--extra", "dev"]}
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
HASH = re.compile(r"sha256:[0-9a-f]{64}")
OPTIONS = (
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
    "--no-emit-options",
    "--no-header",
    "--no-strip-extras",
    "--allow-unsafe",
    "--quiet",
    "--no-reuse-hashes",
)


class LockError(Exception):
    """The lock is not current, or cannot be made."""


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--upgrade", action="store_true", help="take the newest releases")
    options = parser.parse_args()
    try:
        for name, extra in LOCKS.items():
            if options.check:
                check(name=name, extra=extra)
            else:
                words = [*extra, *(["--upgrade"] if options.upgrade else [])]
                compile_lock(target=ROOT / name, words=words)
    except LockError as error:
        sys.stderr.write(f"lock: {error}\n")
        return 1
    return 0


def check(*, name: str, extra: list[str]) -> None:
    """Compare the lock with pyproject.toml, then with what the index would give.

    Raises:
        LockError: They differ; the message says where.
    """
    locked = read(ROOT / name)
    refuse_addresses(ROOT / name)
    missing = unmet(locked=locked, with_dev=bool(extra))
    if missing:
        raise LockError(f"{name} does not satisfy pyproject.toml: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / name
        shutil.copy(ROOT / name, fresh)
        try:
            compile_lock(target=fresh, words=extra)
        except OfflineError:
            sys.stderr.write(f"lock: no package index in reach; {name} fits pyproject.toml\n")
            return
        compiled = read(fresh)
    if set(compiled) != set(locked):
        different = sorted(set(compiled) ^ set(locked))
        raise LockError(f"{name} is not current, run scripts/lock.py: {different}")
    for pin, hashes in compiled.items():
        if not hashes & locked[pin]:
            raise LockError(f"{name}: no locked file of {pin[0]} {pin[1]} is in the index")


class OfflineError(LockError):
    """The package index cannot be reached."""


def compile_lock(*, target: Path, words: list[str]) -> None:
    """Run pip-compile on pyproject.toml; pins already in `target` are kept where they fit."""
    environment = clean_environment()
    command = [sys.executable, "-m", "piptools", "compile", *OPTIONS, *words]
    done = subprocess.run(
        [*command, "--output-file", str(target), "pyproject.toml"],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        is_offline = re.search(
            r"NewConnectionError|ConnectTimeout|NameResolution|Max retries", done.stderr
        )
        raise (OfflineError if is_offline else LockError)(done.stderr[-1500:])
    text = target.read_text()
    text = re.sub(r"#\s+via\s.*?(?=\n\S|\Z)", without_paths, text, flags=re.DOTALL)
    target.write_text(text.strip() + "\n")


def without_paths(match: re.Match[str]) -> str:
    """Return the "via" comment, which must not name a folder of this machine."""
    return match.group().replace(str(ROOT) + os.sep, "")


def clean_environment() -> dict[str, str]:
    """Return an environment in which pip knows one index and no local folders."""
    index = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
        check=False,
        capture_output=True,
        text=True,
    ).stdout.strip()
    dropped = {"PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CONSTRAINT"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    if index:
        environment.setdefault("PIP_INDEX_URL", index)
    return environment | {"PIP_CONFIG_FILE": os.devnull, "CUSTOM_COMPILE_COMMAND": "make lock"}


def read(path: Path) -> dict[tuple[str, str], frozenset[str]]:
    """Return the hashes of every pin of a lock."""
    text = path.read_text()
    starts = [*PIN.finditer(text)]
    ends = [match.start() for match in starts[1:]] + [len(text)]
    return {
        (normal(match[1]), match[2]): frozenset(HASH.findall(text[match.start() : end]))
        for match, end in zip(starts, ends, strict=True)
    }


def refuse_addresses(path: Path) -> None:
    """Raise LockError when a lock names an index or a folder."""
    if re.search(r"https?://|file://|--(extra-)?index-url|--find-links", path.read_text()):
        raise LockError(f"{path.name} names an index or a folder")


def unmet(*, locked: dict[tuple[str, str], frozenset[str]], with_dev: bool) -> list[str]:
    """Return the requirements of pyproject.toml that the lock does not satisfy."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + (project["optional-dependencies"]["dev"] if with_dev else [])
    pinned = dict(locked.keys())
    wanted = [Requirement(line) for line in lines]
    return [
        str(requirement)
        for requirement in wanted
        if not requirement.specifier.contains(pinned.get(normal(requirement.name), "0"))
    ]


def normal(name: str) -> str:
    """Return a package name in its one spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
