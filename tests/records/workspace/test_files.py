"""Lock file, pipeline and deployments of a workspace follow from the product's own."""

import pytest
import yaml

from medicore.errors import IntegrityError
from medicore.records.workspace.files import deployments_of, libraries_of, lock_of, locked_line, pipeline_of
from medicore.records.workspace.wheel import read_wheel
from tests.conftest import ROOT
from tests.whole_house.wheel import NAME, packed

WHEEL = read_wheel(NAME, packed({"medicore/a.py": b"a = 1\n"}))
LOCK = b"numpy==2.0 \\\n    --hash=sha256:00\n"


def test_lock_names_the_wheel_by_its_hash() -> None:
    """The lock file of a workspace is the product's and the wheel; without the wheel it is the product's again."""
    lock = lock_of(LOCK, WHEEL)
    assert lock == LOCK + f"./product/{NAME} \\\n    --hash=sha256:{WHEEL.sha256}\n".encode()
    assert locked_line(WHEEL).encode() in lock
    assert (libraries_of(lock), libraries_of(LOCK)) == (LOCK, LOCK)


def test_stages_depend_on_the_wheel() -> None:
    """Each stage has the steps' inputs and outputs, and the wheel in place of folders of code and templates."""
    before = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    after = yaml.safe_load(pipeline_of((ROOT / "dvc.yaml").read_text(), WHEEL))["stages"]
    assert list(after) == list(before)
    for name, stage in after.items():
        kept = [one for one in before[name]["deps"] if not one.startswith(("medicore/", "quarto_templates"))]
        assert sorted(stage["deps"]) == sorted([*kept, f"product/{NAME}"])
        assert (stage["cmd"], stage["outs"]) == (before[name]["cmd"], before[name]["outs"])


def test_a_pipeline_without_code_is_refused() -> None:
    """A pipeline that names none of the product's code is none that a workspace can use."""
    with pytest.raises(IntegrityError, match="does not name the product's code as expected"):
        pipeline_of("stages: {}\n", WHEEL)


def test_flows_are_modules() -> None:
    """Every deployment names a flow as a module and a function of the product; those by the code of a commit are among them."""
    declared = yaml.safe_load(deployments_of((ROOT / "prefect.yaml").read_text()))["deployments"]
    found = {entry["entrypoint"] for entry in declared}
    assert {"flows.analysis.analysis", "flows.review.review"} <= found
    assert not [one for one in found if ":" in one]
    before = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    assert [entry["name"] for entry in before] == [entry["name"] for entry in declared]
    assert {entry["name"] for entry in declared if "pull" in entry} == {"pinned", "commit"}
