"""A committed copy of this project in a scratch folder, and its command line run there, as a user runs it."""

import os
import resource
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


def copy_project(
    target: Path, protocols: Mapping[str, str] | None = None, *, without: Collection[str] = ()
) -> Path:
    """Copy the project's files as they are now, with these protocols by study, commit them, and return where.

    ``without`` names folders of the project that are left out.
    """
    listed = _git("ls-files", "-co", "--exclude-standard", "-z", folder=_ROOT).split("\0")
    for name in listed:
        if name.partition("/")[0] not in without and (_ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(_ROOT / name, target / name)
    for study, text in (protocols or {}).items():
        (target / "studies" / f"{study}.yaml").write_text(text, encoding="utf-8")
    _git("init", "--quiet", "--initial-branch=main", folder=target)
    _git("config", "user.name", "Copyist", folder=target)
    _git("config", "user.email", "copyist@medicore.invalid", folder=target)
    _git("add", "--all", folder=target)
    _git("commit", "--quiet", "--message", "A copy of the project", folder=target)
    return target


def founded(root: Path, home: Path, protocols: Mapping[str, str] | None = None) -> None:
    """Copy the project into ``root``, and found its state in ``home`` with passphrases made for this process alone."""
    copy_project(root, protocols)
    for owner in ("authority", "analyst", "reviewer", "operator"):
        os.environ[f"MEDICORE_PASSPHRASE_{owner.upper()}"] = secrets.token_urlsafe(16)
    medicore(root, home, "init")


@dataclass(frozen=True, order=True, slots=True)
class Taken:
    """Seconds that a command takes with its start: of the wall, and of the processor, which no other work slows."""

    wall: float
    processor: float


def timed(root: Path, home: Path, *arguments: str) -> Taken:
    """Return the seconds that a command takes."""
    started, used = time.monotonic(), _processor()
    medicore(root, home, *arguments)
    return Taken(time.monotonic() - started, _processor() - used)


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def medicore(root: Path, home: Path, *arguments: str) -> str:
    """Return what a command prints."""
    return python(root, home, "medicore", *arguments)


def python(root: Path, home: Path, *arguments: str) -> str:
    """Return what a module of the copied project prints."""
    done = subprocess.run(  # noqa: S603 - our own modules
        [sys.executable, "-m", *arguments],
        cwd=root,
        env={**os.environ, "MEDICORE_HOME": str(home)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def _git(*arguments: str, folder: Path) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603, S607
    return done.stdout
