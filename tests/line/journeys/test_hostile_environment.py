"""A month under an environment as badly as it can come: what was set up for other work neither enters nor is touched."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests import session
from tests.conftest import PASSPHRASES, copied_project, found_project, git
from tests.hostile import hostile_dvc, hostile_git, hostile_prefect, turkish
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, prepare

STUDY = faulty.sound()
RUN = f"{STUDY.study}/{MONTH}/1"
REASON = "Month of Zoë: ≥ 試験"
PROXY = "http://127.0.0.1:9"  # nobody answers there
NARROW = 'umask 000; ulimit -n 256; exec "$@"'


def foreign_work(place: Path, _: str) -> dict[str, str]:
    """Return the environment of a person who uses Prefect for other work, in the narrowest locale, east of the date line."""
    return {
        **hostile_prefect(place),
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
        "PYTHONOPTIMIZE": "1",
        "TZ": "Pacific/Kiritimati",
        "HOME": f"{os.devnull}/none",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy"), PROXY),
    }


def own_server(place: Path, server: str) -> dict[str, str]:
    """Return the environment of a person without a home, whose Prefect server is named, in Turkish, west of the date line."""
    place.mkdir()
    return {
        "PREFECT_API_URL": server,
        "PREFECT_API_AUTH_STRING": session.PASSWORD,
        **turkish(place / "locales"),
        "PYTHONIOENCODING": "latin-1",
        "TZ": "Etc/GMT+12",
        "ALL_PROXY": "socks5://127.0.0.1:9",
        **dict.fromkeys(("HTTP_PROXY", "https_proxy"), PROXY),
    }


@pytest.mark.parametrize("environment", [foreign_work, own_server])
def test_a_month_is_run_and_proved(
    tmp_path: Path, prefect_url: str, environment: Callable[[Path, str], dict[str, str]]
) -> None:
    """Init, run and verify do what they always do, in a folder with quotes and other letters, and write in the state alone."""
    folder = tmp_path / 'it\'s a "tëst" 試験'
    project = replace(
        copied_project(found_project(tmp_path / "founded", prefect_url), folder), home=folder / "new state"
    )
    prepare(project, STUDY)
    home, place = project.home, tmp_path / "theirs"
    session.lay_prefect_tables(home)
    tools = hostile_git(tmp_path / "git") | hostile_dvc(tmp_path / "dvc")
    given = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(project.root),
        "MEDICORE_HOME": str(home),
        "DO_NOT_TRACK": "1",
        **{f"MEDICORE_PASSPHRASE_{owner.upper()}": text for owner, text in PASSPHRASES.items()},
        **environment(place, prefect_url),
        **tools,
    }
    before = contents(tmp_path, folder)

    def medicore(*arguments: str) -> str:
        return command(arguments, place, given)

    medicore("init")
    outcome = json.loads(medicore("run", STUDY.study, MONTH, "--reason", REASON, "--json"))[0]
    assert (outcome["run"], outcome["state"]) == (RUN, "sealed, awaiting approval")
    # test_verbs_anywhere.py, in the deep tier, starts a process of every verb.
    assert project.medicore("verify", RUN, "--json", **tools).json()[0]["failed"] == {}
    encoding = given["PYTHONIOENCODING"]
    assert REASON.encode(encoding, "backslashreplace").decode(encoding) in medicore("history", RUN)
    assert contents(tmp_path, folder) == before
    open_to_others = {path for path in home.rglob("*") if path.stat().st_mode & 0o022}
    # DVC opens the folder of its own notes to all; nobody else reaches it.
    assert open_to_others <= {home / "dvc" / "site", home / "dvc" / "site" / "repo"}
    assert home.stat().st_mode & 0o777 == 0o700
    written = git(
        "log", "-1", "--format=%an %cd", "--date=format:%Y", f"run/{RUN}", folder=home / "records.git"
    )
    assert written.startswith("medicore ")
    assert "1999" not in written
    assert (home / "prefect" / "server.log").exists() == (environment is foreign_work)


def command(arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> str:
    """Return what the command line prints, with the umask and the limit of open files at their worst."""
    done = subprocess.run(
        ["/bin/sh", "-c", NARROW, "sh", sys.executable, "-m", "medicore", *arguments],
        cwd=folder, env=dict(environment), capture_output=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode(environment["PYTHONIOENCODING"])


def contents(folder: Path, *without: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes, but for those below some folders in it."""
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not any(path.is_relative_to(other) for other in without)
    }
