"""What all tests share: a committed copy of this project, and the command line run in it as a user runs it."""

import compileall
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from benchmarks.project import copy_project
from medicore.settings import read_settings
from medicore.stores.clock import SystemClock
from medicore.wiring import open_ledger
from tests import session
from tests.command_line import call
from tests.folder_times import FolderTimes
from tests.longest import longest_first
from tests.memory import folder_in_memory
from tests.postgres import postgres  # noqa: F401 - a fixture for all

ROOT = Path(__file__).resolve().parent.parent
_COLLECT_AFTER = 50_000
"""Objects made between two looks for garbage, as the command line has it."""
PASSPHRASES = {
    owner: f"correct {owner}" for owner in ("authority", "analyst", "reviewer", "operator", "quality")
}

os.environ["PREFECT_API_AUTH_STRING"] = session.PASSWORD  # Prefect reads it when it is imported

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")


def git(*arguments: str, folder: Path) -> str:
    """Run git in a folder and return what it prints."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@dataclass(frozen=True)
class Project:
    """A clean checkout of this project's files, with a state folder of its own.

    ``apart`` says that its commands run as processes: its code may be other than that of the tests. ``only`` is the whole
    environment of its processes, in place of that of the tests.
    """

    root: Path
    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    apart: bool = False
    only: dict[str, str] | None = None

    def surroundings(self, **more: str) -> dict[str, str]:
        """Return the environment of a command."""
        given = {**os.environ, **self.environment} if self.only is None else self.only
        return {**given, "MEDICORE_HOME": str(self.home), **more}

    def start(self, *arguments: str, **more: str) -> "subprocess.Popen[str]":
        """Start the command line and return the process."""
        return subprocess.Popen(
            [sys.executable, "-m", "medicore", *arguments],
            cwd=self.root,
            env=self.surroundings(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",  # a hostile environment may have another encoding
        )

    def command(self, *arguments: str, expected: int = 0, **more: str) -> "Answer":
        """Run the command line as a process to its end; the exit code must be the expected one."""
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=600)
        assert process.returncode == expected, f"exit {process.returncode}\n{out}\n{err}"
        return Answer(out, err)

    def medicore(self, *arguments: str, expected: int = 0, **more: str) -> "Answer":
        """Call the command line, in this process unless the project is apart; the exit code must be the expected one."""
        if self.apart:
            return self.command(*arguments, expected=expected, **more)
        code, out, err = call(self.root, self.surroundings(**more), arguments)
        assert code == expected, f"exit {code}\n{out}\n{err}"
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
        """Return the ledger's events of a run, as ``medicore history`` does."""
        ledger = open_ledger(read_settings(self.surroundings()), SystemClock(), read_only=True)
        return [event.as_json() for event in ledger.events(subject=run)]


@dataclass(frozen=True)
class Answer:
    """What a command printed."""

    out: str
    err: str

    def json(self) -> Any:
        """Return the one JSON document on stdout."""
        return json.loads(self.out)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Print at the end what each folder of tests took; look for garbage as seldom as a command does.

    All files of the session lie in memory, unless ``--basetemp`` says where: there they stay for whoever wants to look.
    """
    place = None if config.option.basetemp else folder_in_memory()
    if place is not None:
        config.option.basetemp = str(place / "session")
    config.pluginmanager.register(FolderTimes())
    gc.set_threshold(_COLLECT_AFTER)


def pytest_collection_finish() -> None:
    """Let the garbage collection pass over what the tests' modules have made: it is there to stay."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest files first: last, they would leave processors idle."""
    items[:] = longest_first(items)


@pytest.fixture(scope="session", autouse=True)
def _session(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Say where the processes of this session share what is made once."""
    session.begin(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def prefect_url() -> str:
    """One Prefect server for the whole session, in a process of its own."""
    return session.prefect_url()


def found_project(folder: Path, prefect_url: str, **more: str) -> Project:
    """Return a committed copy of the project with an initialised state folder; ``more`` joins its environment.

    All are copies of one, which is made once a session; a state folder is made again where ``more`` may change it.
    """
    environment = {
        "PREFECT_API_URL": prefect_url,
        "PREFECT_API_AUTH_STRING": session.PASSWORD,
        "PREFECT_HOME": str(folder / "prefect"),
        "DO_NOT_TRACK": "1",
    }
    environment |= {"PREFECT_LOGGING_LEVEL": "CRITICAL"}
    environment |= {f"MEDICORE_PASSPHRASE_{owner.upper()}": text for owner, text in PASSPHRASES.items()}
    made = Path(session.once("founded", lambda place: str(_found(place, environment))))
    founded = Project(made / "project", made / "state", environment | more)
    if not more:
        return copied_project(founded, folder)
    folder.mkdir(parents=True, exist_ok=True)
    copy_tree(founded.root, folder / "project")
    project = replace(founded, root=folder / "project", home=folder / "state")
    project.medicore("init")
    return project


def _found(place: Path, environment: dict[str, str]) -> Path:
    """Make the project that all are copies of, its commit packed into one file, its code compiled; return its folder.

    It has neither tests nor benchmarks: no command reads them, and every run lays out all files of its commit.
    """
    (place / "project").mkdir()
    made = copy_project(place / "project", without=("tests", "benchmarks"))
    project = Project(made, place / "state", environment)
    git("gc", "--quiet", folder=project.root)
    for package in ("medicore", "flows"):
        compileall.compile_dir(project.root / package, quiet=1)
    project.medicore("init")
    return place


def copied_project(project: Project, folder: Path) -> Project:
    """Return a copy of a project, checkout and state, that knows nothing of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    copy_tree(project.root, folder / "project")
    copy_tree(project.home, folder / "state")
    return replace(project, root=folder / "project", home=folder / "state")


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder as it is, its times too, sharing the disk's blocks where the file system can."""
    subprocess.run(["cp", "--archive", "--reflink=auto", "--no-target-directory", source, target], check=True)


@pytest.fixture(scope="session")
def session_memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what the tests of this process share: in the machine's memory where there is room."""
    return tmp_path_factory.mktemp("memory")


@pytest.fixture
def memory(session_memory: Path) -> Iterator[Path]:
    """A folder of one test, in the machine's memory where there is room, and gone when the test has ended."""
    with tempfile.TemporaryDirectory(dir=session_memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project for the tests of one file: what they leave in it, no other file meets."""
    return found_project(tmp_path_factory.mktemp("project"), prefect_url)
