"""Every verb under a hostile environment: the exit codes and answers are those that it has anywhere else."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests import session
from tests.conftest import PASSPHRASES, Project, copied_project
from tests.hostile import hostile_dvc, hostile_git
from tests.line.conftest import Month
from tests.line.journeys.test_hostile_environment import contents, foreign_work, own_server
from tests.line.journeys.test_verbs import answer_each

pytestmark = pytest.mark.deep


@pytest.mark.parametrize("environment", [foreign_work, own_server])
def test_every_verb_answers_in_any_environment(
    kept_release: Month,
    prefect_url: str,
    tmp_path: Path,
    environment: Callable[[Path, str], dict[str, str]],
) -> None:
    """Locale, encoding, time zone, home, proxies, and settings of git, DVC and Prefect change nothing and stay unchanged."""
    folder = tmp_path / 'it\'s a "tëst" 試験'
    given = {
        "PATH": os.environ["PATH"],
        "DO_NOT_TRACK": "1",
        **environment(tmp_path / "theirs", prefect_url),
        **hostile_git(tmp_path / "git"),
        **hostile_dvc(tmp_path / "dvc"),
        **{f"MEDICORE_PASSPHRASE_{owner.upper()}": text for owner, text in PASSPHRASES.items()},
    }
    project: Project = replace(copied_project(kept_release.project, folder), only=given)
    session.lay_prefect_tables(project.home)
    before = contents(tmp_path, folder)
    answer_each(project, folder / "new")
    assert contents(tmp_path, folder) == before
