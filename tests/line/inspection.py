"""What an inspector has: git, DVC, and a clone of the record repository."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import session
from tests.conftest import git
from tests.line.conftest import REFERENCE, Month


@pytest.fixture(scope="session")
def kept_clone(kept_release: Month) -> Path:
    """The released record as an inspector's Git for Windows clones it, its data pulled with DVC: to be read and copied from."""

    def build(folder: Path) -> str:
        target = checked_out(kept_release, folder, "core.autocrlf=true", "core.eol=crlf")
        dvc("pull", folder=target)
        return str(target)

    return Path(session.once("clone", build))


def checked_out(month: Month, folder: Path, *settings: str) -> Path:
    """Clone the record repository of a month into a folder, check out its released record, and return the clone.

    ``settings`` are what the inspector's git is set to, such as ``core.autocrlf=true``.
    """
    target = folder / "clone"
    said = [part for setting in settings for part in ("--config", setting)]
    git("clone", "--quiet", *said, str(month.project.home / "records.git"), str(target), folder=folder)
    git("checkout", "--quiet", f"record/{month.run(REFERENCE)}", folder=target)
    return target


def dvc(*arguments: str, folder: Path) -> str:
    """Run dvc as an inspector does, with the environment's Python on the PATH."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DVC_SITE_CACHE_DIR": str(folder.parent / "site"),
        "DVC_NO_ANALYTICS": "1",
    }
    program = str(Path(sys.executable).parent / "dvc")
    done = subprocess.run(
        [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout + done.stderr
