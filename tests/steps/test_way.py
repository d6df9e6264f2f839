"""Steps are performed in order, each only when every earlier finding is decided."""

import json
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_info

from medicore.errors import HaltedError, IntegrityError, ProtocolError
from medicore.records.canonical import sha256
from medicore.steps.gate import read_findings
from medicore.steps.perform import perform
from medicore.steps.report import Rendering
from medicore.steps.way import STEP_NAMES, STEPS, digests, step_named
from medicore.stores.files import FolderFiles
from tests.steps.analysed_trial import extracted, protocol, section, subjects

NOBODY: dict[str, Any] = {"accepted": []}


def unused() -> Rendering:
    """Stand for a renderer where none may be asked for."""
    raise AssertionError("only the report is rendered")


def test_steps_are_found_by_their_name() -> None:
    """Every step has its name and its outputs; another name is refused with the known ones."""
    for step in STEPS:
        assert step_named(step.name) is step
        assert step.outputs == step.documents + step.stored
    with pytest.raises(
        ProtocolError, match=r"^step 'x{40}' is unknown; expected one of extract, check, cohort"
    ):
        step_named("x" * 100)
    with pytest.raises(ProtocolError, match=r"'os\.system' is unknown"):
        perform("os.system", FolderFiles(Path("nowhere")), protocol(), NOBODY, unused)


def test_each_step_writes_what_it_declares(tmp_path: Path) -> None:
    """From cohort to sensitivity every step makes exactly its declared files."""
    files = extracted(tmp_path, subjects())
    for name in ("cohort", "propensity", "effect", "sensitivity"):
        before = set(files.names())
        assert perform(name, files, protocol(), NOBODY, unused) == ()
        assert set(files.names()) - before == set(step_named(name).outputs)


def test_undecided_finding_stops_every_later_step(tmp_path: Path) -> None:
    """After a finding no later step begins without its decision, and with it they do (FAULTS 23)."""
    plan = protocol(gates={"smd_sample": "unweighted"})
    files = extracted(tmp_path, subjects())
    perform("cohort", files, plan, NOBODY, unused)
    (finding,) = perform("propensity", files, plan, NOBODY, unused)
    assert read_findings(files, "propensity") == (finding,)
    for name in STEP_NAMES[STEP_NAMES.index("propensity") + 1 :]:
        with pytest.raises(HaltedError, match=r"^propensity has 1 undecided finding\(s\)"):
            perform(name, files, plan, NOBODY, unused)
        assert not files.exists(f"{name}.json")
    decided = {"accepted": [{"finding": finding.digest}]}
    assert perform("effect", files, plan, decided, unused) == ()
    assert perform("propensity", files, plan, NOBODY, unused) == (finding,)


def test_missing_input_is_named(tmp_path: Path) -> None:
    """A step before its inputs are there says which file it lacks."""
    with pytest.raises(IntegrityError, match=r"^extract\.parquet is missing from the record folder"):
        perform("cohort", FolderFiles(tmp_path), protocol(), NOBODY, unused)


def test_linear_algebra_has_one_thread(tmp_path: Path) -> None:
    """While a step works, no library uses more than one thread, and afterwards it may again (FAULTS 32)."""
    files = extracted(tmp_path, subjects())
    for name in ("cohort", "propensity", "effect"):
        perform(name, files, protocol(), NOBODY, unused)
    before = [pool["num_threads"] for pool in threadpool_info()]
    during: list[int] = []

    class Watching(FolderFiles):
        """Notes the number of threads whenever the step writes."""

        def write(self, name: str, data: bytes) -> None:
            during.extend(pool["num_threads"] for pool in threadpool_info())
            super().write(name, data)

    perform("sensitivity", Watching(files.path("")), protocol(), NOBODY, unused)
    assert during
    assert set(during) == {1}
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_digests_are_of_files_and_the_lock_is_all_of_its(tmp_path: Path) -> None:
    """Each file has its SHA-256; the lock stands for every file in it, wherever it lies."""
    files = FolderFiles(tmp_path / "record", tmp_path / "frozen")
    for name in ("lock/transfer.json", "lock/raw/a.csv", "check.json"):
        files.write(name, name.encode())
    expected = {
        name: sha256(name.encode()) for name in ("lock/raw/a.csv", "lock/transfer.json", "check.json")
    }
    assert digests(files, ("lock", "check.json")) == expected
    with pytest.raises(IntegrityError):
        digests(files, ("absent.json",))


def test_step_again_gives_the_same_bytes(tmp_path: Path) -> None:
    """Performing a step twice leaves the files as they were (FAULTS 65)."""
    files = extracted(tmp_path, subjects())
    made = []
    for _ in range(2):
        for name in ("cohort", "propensity"):
            perform(name, files, protocol(), NOBODY, unused)
        made.append(digests(files, files.names()))
    assert made[0] == made[1]
    assert json.loads(files.read("cohort.json"))["analysed"] == section(files, "cohort")["analysed"] == 240
