"""What all tests share: a committed copy of this project, and the command line run in it as a user runs it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import coverage
import pytest
from hypothesis import settings

from benchmarks.project import copy_project
from tests.postgres import postgres  # noqa: F401 - a fixture for all
from tests.server import a_server

ROOT = Path(__file__).resolve().parent.parent
PASSPHRASES = {
    owner: f"correct {owner}" for owner in ("authority", "analyst", "reviewer", "operator", "quality")
}

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")


def measured() -> dict[str, str]:
    """Return the environment by which a process joins the measurement of coverage, when there is one."""
    if coverage.Coverage.current() is None:
        return {}
    return {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"), "COVERAGE_FILE": str(ROOT / ".coverage")}


def git(*arguments: str, folder: Path) -> str:
    """Run git in a folder and return what it prints."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@dataclass(frozen=True)
class Project:
    """A clean checkout of this project's files, with a state folder of its own.

    ``coverage`` says that its commands are measured with the tests, where these are.
    """

    root: Path
    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    coverage: bool = True

    def start(self, *arguments: str, **more: str) -> "subprocess.Popen[str]":
        """Start the command line and return the process."""
        environment = {
            **os.environ,
            **(measured() if self.coverage else {}),
            **self.environment,
            "MEDICORE_HOME": str(self.home),
            **more,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "medicore", *arguments],
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def medicore(self, *arguments: str, expected: int = 0, **more: str) -> "Answer":
        """Run the command line to its end; the exit code must be the expected one."""
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=600)
        assert process.returncode == expected, f"exit {process.returncode}\n{out}\n{err}"
        return Answer(out, err)

    def sign(
        self, run: str, meaning: str, person: str = "reviewer", expected: int = 0, **more: str
    ) -> "Answer":
        """Sign a decision with the person's own passphrase."""
        extra = [part for key in ("finding",) if key in more for part in (f"--{key}", more.pop(key))]
        passphrase = more.pop("passphrase", PASSPHRASES.get(person, "none"))
        reason = more.pop("reason", "Looked at it and found it so")
        return self.medicore(
            "sign", run, "--meaning", meaning, "--as", person, "--reason", reason, *extra, "--json",
            expected=expected, MEDICORE_PASSPHRASE=passphrase,
        )  # fmt: skip

    def events(self, run: str) -> list[dict[str, Any]]:
        """Return the ledger's events of a run."""
        found: list[dict[str, Any]] = self.medicore("history", run, "--json").json()
        return found


@dataclass(frozen=True)
class Answer:
    """What a command printed."""

    out: str
    err: str

    def json(self) -> Any:
        """Return the one JSON document on stdout."""
        return json.loads(self.out)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files that start whole commands first: last, they would leave one core idle at the end."""
    items.sort(key=lambda item: "line" not in item.path.parts)


@pytest.fixture(scope="session")
def prefect_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Prefect server for the whole session, in a process of its own."""
    with a_server(tmp_path_factory.mktemp("prefect")) as (url, _):
        yield url


def found_project(folder: Path, prefect_url: str, **more: str) -> Project:
    """Return a committed copy of the project with an initialised state folder; ``more`` joins its environment."""
    environment = {
        "PREFECT_API_URL": prefect_url,
        "PREFECT_HOME": str(folder / "prefect"),
        "DO_NOT_TRACK": "1",
    }
    environment |= {"PREFECT_LOGGING_LEVEL": "CRITICAL"}
    environment |= {f"MEDICORE_PASSPHRASE_{owner.upper()}": text for owner, text in PASSPHRASES.items()}
    environment |= more
    root = folder / "project"
    root.mkdir(parents=True)
    project = Project(copy_project(root), folder / "state", environment)
    project.medicore("init")
    return project


def copied_project(project: Project, folder: Path) -> Project:
    """Return a copy of a project, checkout and state, that knows nothing of the first."""
    root = shutil.copytree(project.root, folder / "project", symlinks=True)
    home = shutil.copytree(project.home, folder / "state", symlinks=True)
    return replace(project, root=Path(root), home=Path(home))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project for the tests of one file: what they leave in it, no other file meets."""
    return found_project(tmp_path_factory.mktemp("project"), prefect_url)
