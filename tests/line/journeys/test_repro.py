"""``dvc repro`` in a clone of a record computes again what the change of a file can reach, and nothing else."""

from pathlib import Path

import pytest

from medicore.steps.way import STEP_NAMES
from tests.conftest import copy_tree, git
from tests.line.conftest import REFERENCE
from tests.line.inspection import dvc, kept_clone  # noqa: F401 - a fixture

FOLDER = f"records/{REFERENCE}/2025-03"
UP_TO_DATE = "Data and pipelines are up to date"


@pytest.fixture
def clone(kept_clone: Path, tmp_path: Path) -> Path:  # noqa: F811
    """A clone of the record repository at the released record, its data pulled, to be changed."""
    copy_tree(kept_clone, tmp_path / "clone")
    return tmp_path / "clone"


def changed(clone: Path, *names: str) -> list[str]:
    """Add a line to files of the code, and return the names that git then calls modified."""
    for name in names:
        with (clone / name).open("a", encoding="utf-8") as file:
            file.write("\n# One line more.\n")
    return git("diff", "--name-only", folder=clone).splitlines()


def test_change_beside_the_way_of_the_data_computes_nothing(clone: Path) -> None:
    """After a change in the use cases, the stores, the flows or the command line, ``dvc repro`` has nothing to do."""
    names = [
        "flows/analysis.py",
        "medicore/cases/answers/notifying.py",
        "medicore/cases/run/analysis.py",
        "medicore/cli/work.py",
        "medicore/stores/webhook.py",
    ]
    assert changed(clone, *names) == names
    assert UP_TO_DATE in dvc("repro", folder=clone)
    assert git("diff", "--name-only", folder=clone).splitlines() == names


def test_change_of_a_step_computes_again(clone: Path) -> None:
    """After a change of one file in ``medicore/steps`` every step is due; what is computed comes out as recorded."""
    name = "medicore/steps/effect.py"
    assert changed(clone, name) == [name]
    due = dvc("repro", "--dry", folder=clone)
    assert [step for step in STEP_NAMES if f"Running stage '{step}'" in due] == list(STEP_NAMES)
    computed = dvc("repro", "check", folder=clone)
    assert "Running stage 'extract'" in computed
    assert "Running stage 'check'" in computed
    assert git("diff", "--name-only", folder=clone).splitlines() == ["dvc.lock", name]
