"""An exported bundle in a test: written by the command line, and verified as a third party verifies it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Project


def export(project: Project, run: str, target: Path, *more: str) -> Path:
    """Export a run into a new folder and return it."""
    project.medicore("export", run, "--to", str(target), "--as", "reviewer", *more)
    return target


def third_party(folder: Path, scratch: Path, *arguments: str, program: Path | None = None) -> tuple[int, str]:
    """Run the verifier on a machine that has Python and openssl and nothing else; return exit code and answer."""
    programs = scratch / "programs"
    if not programs.exists():
        programs.mkdir(parents=True)
        (programs / "openssl").symlink_to(openssl())
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(program or folder / "verify_bundle.py"), str(folder), *arguments],
        env={"PATH": str(programs)}, cwd=scratch, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout


def openssl() -> str:
    """Return where openssl is; the test is skipped, and says so, where it is not installed."""
    for folder in os.environ["PATH"].split(os.pathsep):
        if (Path(folder) / "openssl").is_file():
            return str(Path(folder) / "openssl")
    pytest.skip("the program openssl is missing; install it to verify signatures offline")
