"""``make quick`` runs what a change concerns, and says what it leaves out."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import git
from tests.tiers.budget import END
from tests.tiers.choosing import ALWAYS, SLOW, changed_files, choose, mirror_of, module_of, sources_of
from tests.tiers.quick import FILES, ROOT, left_out, main, summary

SOURCES = {
    "tests/conftest.py": "import medicore.errors",
    "tests/line/conftest.py": "",
    "tests/line/journeys/test_month.py": "from medicore.steps import check",
    "tests/steps/sealed_pair.py": "from medicore.steps.effect import effect",
    "tests/steps/test_check.py": "",
    "tests/steps/test_check_dates.py": "",
    "tests/steps/test_checking.py": "",
    "tests/steps/test_effect.py": "def test() -> None:\n    from tests.steps.sealed_pair import FIRST",
    "tests/stats/test_algebra.py": "import medicore.stats.models.linear\nFILE = 'reference/numbers.csv'",
    "tests/quarto_templates/test_report.py": "from presentation.sections import check",
    "tests/test_docs.py": "",
}


@pytest.mark.parametrize(
    ("changed", "chosen"),
    [
        ("medicore/steps/check.py", ["tests/steps/test_check.py", "tests/steps/test_check_dates.py"]),
        ("medicore/steps/effect.py", ["tests/steps/test_effect.py"]),
        ("medicore/stats/models/linear.py", ["tests/stats/test_algebra.py"]),
        ("tests/steps/sealed_pair.py", ["tests/steps/test_effect.py"]),
        ("tests/steps/test_checking.py", ["tests/steps/test_checking.py"]),
        ("tests/reference/numbers.csv", ["tests/stats/test_algebra.py"]),
        ("tests/steps/numbers.csv", []),
        ("quarto_templates/style.typ", ["tests/quarto_templates/test_report.py"]),
        ("quarto_templates/presentation/sections/check.py", ["tests/quarto_templates/test_report.py"]),
        ("medicore/cases/unknown.py", []),
    ],
)
def test_change_chooses_its_tests(changed: str, chosen: list[str]) -> None:
    """Mirrored tests, tests that import or name the changed file, and those that read every file are chosen; no other."""
    assert set(choose([changed], SOURCES).chosen) == {*chosen, *ALWAYS}


def test_changed_tests_go_first() -> None:
    """What is changed itself is run before what mirrors a change, and that before what only uses it."""
    choice = choose(
        ["medicore/stats/models/linear.py", "medicore/steps/check.py", "tests/steps/test_effect.py"], SOURCES
    )
    assert list(choice.chosen) == [
        "tests/steps/test_effect.py",
        "tests/steps/test_check.py",
        "tests/steps/test_check_dates.py",
        "tests/stats/test_algebra.py",
        "tests/test_docs.py",
    ]


def test_whole_commands_are_left_out_by_name() -> None:
    """A test that starts whole commands is not run though it concerns the change; it is named with its reason."""
    choice = choose(["medicore/steps/check.py"], SOURCES)
    assert choice.slow == {"tests/line/journeys/test_month.py": "it uses medicore/steps/check.py"}
    assert "tests/line/journeys/test_month.py: it uses medicore/steps/check.py" in left_out(choice)
    assert "tests/line" not in summary(1, choice)


def test_more_than_a_minute_holds_is_left_out() -> None:
    """Of a change that concerns more test files than a minute holds, the furthest are named and not run."""
    changed = [f"tests/steps/test_{number:03}.py" for number in range(FILES + 2)]
    choice = choose(changed, dict.fromkeys(changed, ""))
    assert summary(len(changed), choice).endswith(f"{changed[FILES - 1]}: it is changed")
    assert left_out(choice).endswith(
        f"{changed[FILES]}: it is changed\n  {changed[FILES + 1]}: it is changed"
    )


def test_shared_fixtures_concern_every_test_below() -> None:
    """A changed conftest concerns the tests of its folder and of those below it."""
    assert set(choose(["tests/line/conftest.py"], SOURCES).slow) == {"tests/line/journeys/test_month.py"}
    assert len(choose(["tests/conftest.py"], SOURCES).chosen) == 7


def test_nothing_changed_runs_nothing() -> None:
    """Without a change there is nothing to run."""
    assert choose([], SOURCES).chosen == choose([], SOURCES).slow == {}


def test_names_follow_the_layout() -> None:
    """The tests of a module stand at its path below ``tests``; templates are imported without their folder's name."""
    assert mirror_of("medicore/cases/run/seal.py") == "tests/cases/run/test_seal"
    assert mirror_of("flows/serving/server.py") == "tests/flows/serving/test_server"
    assert (
        mirror_of("medicore/steps/__init__.py") == mirror_of("docs/use.md") == mirror_of("tests/s3.py") == ""
    )
    assert module_of("medicore/cli/__init__.py") == "medicore.cli"
    assert module_of("quarto_templates/presentation/sections/check.py") == "presentation.sections.check"
    assert all((ROOT / folder).is_dir() for folder in SLOW)


def test_every_test_file_of_this_project_can_be_chosen() -> None:
    """The rules read the project's own tests: the trace table is proved where it is mirrored and where it is used."""
    chosen = choose(["medicore/records/results/trace.py"], sources_of(ROOT)).chosen
    assert chosen["tests/records/results/test_trace.py"] == "it mirrors medicore/records/results/trace.py"
    assert (
        chosen["tests/records/results/test_recorded_trace.py"] == "it uses medicore/records/results/trace.py"
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a main line and a branch on which one file is committed, one changed and one is new."""
    for name in ("kept.py", "changed.py", "tests/test_kept.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    git("init", "--quiet", "--initial-branch=main", folder=tmp_path)
    git("config", "user.name", "Nobody", folder=tmp_path)
    git("config", "user.email", "nobody@medicore.invalid", folder=tmp_path)
    _commit(tmp_path)
    return tmp_path


def _commit(folder: Path) -> None:
    git("add", "--all", folder=folder)
    git("commit", "--quiet", "--message", "A change", folder=folder)


def test_changes_are_since_the_main_line(repository: Path) -> None:
    """Committed, uncommitted and untracked files of a branch count; what the main line changed meanwhile does not."""
    assert changed_files(repository) == ()
    git("switch", "--quiet", "--create", "branch", folder=repository)
    (repository / "committed.py").write_text("1", encoding="utf-8")
    _commit(repository)
    git("switch", "--quiet", "main", folder=repository)
    (repository / "meanwhile.py").write_text("1", encoding="utf-8")
    _commit(repository)
    git("switch", "--quiet", "branch", folder=repository)
    (repository / "changed.py").write_text("2", encoding="utf-8")
    (repository / "new.py").write_text("3", encoding="utf-8")
    assert changed_files(repository) == ("changed.py", "committed.py", "new.py")


def test_without_a_main_line_the_working_tree_counts(repository: Path) -> None:
    """In a clone without a branch of that name what is not committed is the change."""
    git("branch", "--move", "trunk", folder=repository)
    (repository / "changed.py").write_text("2", encoding="utf-8")
    assert changed_files(repository) == ("changed.py",)


@pytest.mark.usefixtures("few_plugins")
def test_a_failing_test_fails_the_run(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The chosen tests are run with their own exit status, and no other is."""
    assert main(repository) == 0
    (repository / "tests" / "test_new.py").write_text("def test():\n    assert 1 == 2\n", encoding="utf-8")
    (repository / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nmarkers = ["deep"]\n', encoding="utf-8"
    )
    (repository / "tests" / "tiers").symlink_to(ROOT / "tests" / "tiers")
    assert main(repository, seconds=600) == 1
    out = capfd.readouterr().out
    assert "tests/test_new.py: it is changed" in out
    assert "1 failed" in out
    assert "test_kept" not in out


@pytest.mark.usefixtures("few_plugins")
@pytest.mark.parametrize(
    ("seconds", "words"), [(-1, "left out, the time is over: 2 of test_two.py"), (600, "2 passed")]
)
def test_no_test_begins_after_the_end(tmp_path: Path, seconds: int, words: str) -> None:
    """Once the moment has passed no test begins, which is listed by file and fails a run without any; before it all run."""
    (tmp_path / "test_two.py").write_text("def test_a(): ...\ndef test_b(): ...\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.tiers.budget", "-n", "2", "--rootdir", str(tmp_path),
         "-c", os.devnull, str(tmp_path)],
        cwd=ROOT, env={**os.environ, END: str(time.monotonic() + seconds)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert words in done.stdout
    assert done.returncode == int(seconds < 0), done.stdout + done.stderr
