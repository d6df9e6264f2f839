"""reproduce: every file of a run built again from its frozen lock, and compared bit by bit."""

import json
import math
from pathlib import Path

import pytest

from medicore.cases.keeping.restoring import restore
from medicore.cases.proof.reproduce import (
    BUNDLE,
    Comparison,
    Reproduction,
    reproduce,
    reproduce_restored,
)
from medicore.cases.run.data_lock import have_lock
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import seal
from medicore.cases.run.stored import file_entry, read_provenance
from medicore.errors import ArchiveError, IntegrityError, ProtocolError
from medicore.ports.files import RecordFiles
from medicore.records.canonical import document as document_bytes
from medicore.records.canonical import sha256
from medicore.records.finding import Finding
from medicore.records.identifiers import RunId
from medicore.records.protocol.protocol import Protocol
from medicore.steps import perform as performing
from medicore.steps.effect import effect
from medicore.steps.way import STEPS
from medicore.stores.files import FolderFiles
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import words
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING_RUN
from tests.whole_house.tampering import recorded_otherwise

RUN = RunId.parse(SOUND_RUN)
LOCK = {"lock/looks.json", "lock/transfer.json", "lock/raw/subjects.csv"}


@pytest.mark.parametrize("threads", [None, 2])
def test_every_file_comes_out_bit_for_bit(month: WholeHouse, tmp_path: Path, threads: int | None) -> None:
    """All documents, tables and the report are the recorded ones, whatever the number of threads (FAULTS 32)."""
    found = reproduce(month.house, RUN, tmp_path / "scratch", threads).files
    outputs = {name for step in STEPS for name in step.outputs}
    assert {comparison.name for comparison in found} == outputs | LOCK
    assert all(comparison.identical for comparison in found)


def test_a_halted_run_is_built_as_far_as_it_came(month: WholeHouse, tmp_path: Path) -> None:
    """Of a run that waits at findings the steps up to there are built again, and no later one."""
    found = {
        one.name: one for one in reproduce(month.house, RunId.parse(WAITING_RUN), tmp_path / "scratch").files
    }
    assert all(one.identical for one in found.values())
    assert "effect.json" in found
    assert not {"sensitivity.json", "report.pdf"} & set(found)


def test_a_continued_run_is_built_with_its_decisions(month: WholeHouse, tmp_path: Path) -> None:
    """The answers to its findings are part of the record, so that the steps after them are built again too."""
    month.proceed(WAITING_RUN)
    found = {
        one.name: one for one in reproduce(month.house, RunId.parse(WAITING_RUN), tmp_path / "scratch").files
    }
    assert all(one.identical for one in found.values())
    assert "report.pdf" in found


def test_a_file_that_comes_out_otherwise_is_named(month: WholeHouse, tmp_path: Path) -> None:
    """A record whose provenance names another digest than what the code makes is found out by that file alone."""
    commit = sealed_commit(month.house, RUN)
    entry = file_entry(read_provenance(month.house, RUN, commit), "effect.json")
    recorded_otherwise(month, RUN, "effect.json", sha256="0" * 64)
    found = reproduce(month.house, RUN, tmp_path / "scratch").files
    assert [one for one in found if not one.identical] == [
        Comparison("effect.json", "0" * 64, entry["sha256"])
    ]


def test_a_run_that_did_nothing_cannot_be_built_again(founded: WholeHouse, tmp_path: Path) -> None:
    """What was sealed with its lock and before a step was done is refused, and what was never sealed has no record."""
    active = founded.begin(SOUND)
    with pytest.raises(ProtocolError, match="has no sealed record"):
        reproduce(founded.house, RUN, tmp_path / "none")
    have_lock(founded.house, active, None)
    seal(founded.house, active, "failed", "It broke off")
    found = reproduce(founded.house, RUN, tmp_path / "lock alone").files
    assert {one.name for one in found} == LOCK


def restored(whole: WholeHouse, folder: Path) -> FolderFiles:
    """Return the folder of what the archive gave back."""
    files = FolderFiles(folder)
    for name, data in restore(whole.house, RUN, "rita", words).files.items():
        files.write(name, data)
    return files


def test_the_archive_alone_builds_everything_again(released: WholeHouse, tmp_path: Path) -> None:
    """With ledger, records and content store left aside, bundle and lock from the archive give the same files."""
    files = restored(released, tmp_path / "restored")
    released.content.remote.clear()
    released.content.cache.clear()
    released.records.objects.clear()
    found = reproduce_restored(released.house, RUN, files, tmp_path / "scratch").files
    assert all(one.identical for one in found)
    assert {"report.pdf", *LOCK} <= {one.name for one in found}


def test_a_restored_folder_must_be_the_runs_and_whole(released: WholeHouse, tmp_path: Path) -> None:
    """A folder without a bundle, one of another run, and a changed file of the lock are refused."""
    with pytest.raises(ArchiveError, match=f"the folder has no {BUNDLE}"):
        reproduce_restored(released.house, RUN, FolderFiles(tmp_path / "empty"), tmp_path / "first")
    files = restored(released, tmp_path / "restored")
    with pytest.raises(IntegrityError, match="the bundle is damaged or has no tag"):
        reproduce_restored(released.house, RunId.parse(WAITING_RUN), files, tmp_path / "second")
    name = "record/lock/raw/subjects.csv"
    whole = files.read(name)
    files.write(name, whole + b"\n")
    with pytest.raises(
        IntegrityError, match=rf"{name} is not the file .* expected SHA-256 {sha256(whole)[:12]}"
    ):
        reproduce_restored(released.house, RUN, files, tmp_path / "third")


def test_a_record_names_its_kernels(month: WholeHouse) -> None:
    """The provenance of a sealed run names machine, kernels of linear algebra and C library."""
    provenance = read_provenance(month.house, RUN, sealed_commit(month.house, RUN))
    assert provenance["kernels"] == month.house.environment.kernels()
    assert set(provenance["kernels"]) == {"machine", "openblas", "numpy", "libc"}


@pytest.mark.parametrize(
    ("apart", "kernels", "said"),
    [
        (3e-16, None, "agree to within 3e-16 of their size; the record is older than the choice of kernels"),
        (
            3e-16,
            {"openblas": "SkylakeX"},
            "it was computed with openblas SkylakeX, here with openblas Haswell",
        ),
        (3e-16, {"openblas": "Haswell"}, "with the recorded kernels; compare the files"),
        (1e-3, {"openblas": "SkylakeX"}, "more than last digits differ"),
        (None, None, "more than last digits differ"),
    ],
)
def test_a_difference_is_explained(apart: float | None, kernels: dict[str, str] | None, said: str) -> None:
    """Whoever sees that a file differs is told how far its numbers are apart, and whether other kernels explain it."""
    files = (Comparison("extract.json", "a", "a"), Comparison("effect.json", "a", "b", apart))
    found = Reproduction(files, kernels)
    assert found.different == ("effect.json",)
    assert said in found.why_different({"openblas": "Haswell"})


def test_numbers_of_other_kernels_are_told_by_their_distance(
    founded: WholeHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run whose estimate was computed with another last digit is found, and its numbers are said to be that close."""

    def on_another_processor(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
        found = effect(files, protocol)
        document = json.loads(files.read("effect.json"))
        document["primary"]["estimate"] = math.nextafter(document["primary"]["estimate"], math.inf)
        files.write("effect.json", document_bytes(document))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(performing, "_STEPS", {**performing._STEPS, "effect": on_another_processor})
        founded.run(SOUND)
    found = reproduce(founded.house, RUN, tmp_path / "scratch")
    apart = {one.name: one.apart for one in found.files}
    assert {"effect.json", "results.json"} <= set(found.different)
    assert apart["cohort.json"] is None
    assert 0 < (apart["effect.json"] or 0) < 1e-15
    assert "agree to within" in found.why_different(founded.house.environment.kernels())
