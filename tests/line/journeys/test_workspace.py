"""A company's own workspace, from the wheel to a report that anybody can check."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Project, git
from tests.line.inspection import dvc
from tests.whole_house.exported import export, third_party
from tests.whole_house.wheel import NAME, product, product_wheel

STUDY, OTHER, MONTH = "ACME-RHC-01", "EXAMPLE-01", "2025-03"
RUN = f"{STUDY}/{MONTH}/1"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, project: Project) -> Project:
    """A new workspace with people, and a study drafted from a file, completed, committed and delivered."""
    folder = tmp_path_factory.mktemp("workspace")
    project.medicore("new", str(folder / "studies"), "--wheel", str(product_wheel(folder)))
    acme = replace(project, root=folder / "studies", home=folder / "studies" / ".medicore")
    for key, value in (("name", "Ada"), ("email", "ada@acme.invalid")):
        git("config", f"user.{key}", value, folder=acme.root)
    acme.medicore("init")
    data = folder / "rhc.csv"
    data.write_bytes(patients())
    acme.medicore(
        "study", "new", STUDY, "--from", str(data), "--treatment", "catheter", "--outcome", "pressure",
        "--subject", "patient", "--treated", "RHC", "--levels", "all", "--late", "pressure",
    )  # fmt: skip
    completed(acme.root / "studies" / f"{STUDY}.yaml")
    acme.medicore("study", "check", STUDY, "--data", str(data))
    acme.medicore("deploy")
    git("add", "--all", folder=acme.root)
    git("commit", "--quiet", "--message", f"Protocol of {STUDY}", folder=acme.root)
    delivery = acme.home / "inbox" / STUDY / MONTH
    (delivery / "raw").mkdir(parents=True)
    shutil.copy(data, delivery / "raw" / "rhc.csv")
    told = ("--system", "Files", "--source", STUDY, "--exported-at", "2025-03-31T18:00:00+00:00")
    acme.medicore("edc", "manifest", str(delivery), *told, "--version", "1")
    acme.medicore("run", STUDY, MONTH)
    assert acme.sign(RUN, "approve").json()["state"] == "archived"
    return acme


def patients() -> bytes:
    """Return 120 invented patients as CSV: a catheter lowers pressure by 4, and the old are given it more often."""
    chance = np.random.default_rng(7)
    age, female = chance.integers(40, 80, 120), chance.random(120) < 0.5
    treated = chance.random(120) < 1 / (1 + np.exp(-0.02 * (age - 60)))
    pressure = np.round(100 + 0.2 * (age - 60) - 4 * treated + chance.normal(0, 5, 120), 1)
    rows = [
        f"P{place:03d},{age[place]},{'FM'[int(female[place])]},{'RHC' if treated[place] else 'No RHC'},{pressure[place]}"
        for place in range(120)
    ]
    return "\n".join(["patient,age,sex,catheter,pressure", *rows, ""]).encode()


def completed(path: Path) -> None:
    """Write into a draft what only a person can decide."""
    text = re.sub(r"TODO: ", "Declared ", path.read_text())
    text = re.sub(r'first_month: "[0-9-]+"', f'first_month: "{MONTH}"', text)
    path.write_text(text + "inference: {level: 0.95, replicates: 200}\n")


def test_record_is_whole(workspace: Project) -> None:
    """Its checks hold, a number is explained by file, line and wheel, and every file comes out again by the wheel's code."""
    assert workspace.medicore("verify", RUN, "--json").json()[0]["failed"] == {}
    answer = workspace.medicore("explain", RUN, "primary.estimate", "--json").json()
    assert answer["identical"] is True
    assert product()[answer["file"]].decode().splitlines()[answer["line"] - 1].startswith("def ")
    assert answer["wheel"]["name"] == NAME
    assert answer["commit"] != git("rev-parse", "HEAD", folder=workspace.root)


def test_export_has_nothing_of_another_study(workspace: Project, tmp_path: Path) -> None:
    """A third party verifies the export, and no file of it holds a line of another study's protocol, packed or not."""
    bundle = export(workspace, RUN, tmp_path / "bundle")
    code, answer = third_party(bundle, tmp_path)
    assert (code, answer.splitlines()[-1].partition(";")[0]) == (0, f"VERIFIED {RUN}"), answer
    lines = (workspace.root / "studies" / f"{OTHER}.yaml").read_bytes().splitlines()
    own = (workspace.root / "studies" / f"{STUDY}.yaml").read_bytes().splitlines()
    strange = [line.strip() for line in lines if len(line.strip()) > 30 and line not in own]
    assert len(strange) > 20
    held = {path.name: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    assert not [name for name, data in held.items() for line in strange if line in data]


def test_clone_of_the_record_has_one_study(workspace: Project, tmp_path: Path) -> None:
    """A clone by plain git has the study's protocol and the wheel, and no other study in any commit; by DVC it is whole."""
    records = workspace.home / "records.git"
    git("clone", "--quiet", "--branch", f"record/{RUN}", str(records), "clone", folder=tmp_path)
    clone = tmp_path / "clone"
    named = git("log", "--format=", "--name-only", folder=clone).splitlines()
    assert f"product/{NAME}" in named
    assert {name for name in named if name.startswith("studies/")} == {f"studies/{STUDY}.yaml"}
    head = git("rev-parse", "HEAD", folder=workspace.root)
    assert f"Study {STUDY} of workspace commit {head}" in git("log", "--format=%s", folder=clone)
    dvc("pull", folder=clone)
    assert "up to date" in dvc("status", folder=clone)


def test_request_for_a_commit_signs_that_of_the_study(workspace: Project) -> None:
    """The worker is told the workspace's commit, which it can clone, and the request has the commit that the run will have."""
    head = git("rev-parse", "HEAD", folder=workspace.root)
    asked = ("request", STUDY, "2025-04", "--as", "analyst", "--commit", head, "--print")
    body = workspace.medicore(*asked).json()
    assert body["job_variables"] == {"commit": head}
    made = git("show", "-s", "--format=%s", body["parameters"]["request"]["commit"], folder=workspace.root)
    assert made == f"Study {STUDY} of workspace commit {head}"


def test_record_is_reproduced_under_another_product(workspace: Project, tmp_path: Path) -> None:
    """Where another version of the product runs, whose steps would fail, a record is built again by its own wheel."""
    spoilt = "medicore/steps/perform.py"
    for path, data in {**product(), spoilt: b"raise SystemExit('another version')\n"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    answer = workspace.command("reproduce", RUN, "--json", PYTHONPATH=str(tmp_path)).json()
    assert answer["identical"] is True
    assert {"report.pdf", "results.json", "effect.json"} <= answer["files"].keys()
    refused = workspace.command("run", STUDY, "2025-04", expected=9, PYTHONPATH=str(tmp_path))
    assert f"unlike {NAME}: {spoilt}" in refused.err
