"""export: a third party verifies the bundle with Python and openssl alone, and one changed byte fails it."""

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medicore.records.canonical import sha256
from medicore.records.people.people import fingerprint
from tests.conftest import copied_project, git
from tests.line.conftest import BROKEN, CLEAN, IMBALANCED, REFERENCE, Month
from tests.line.exported import export, third_party, verdict

PLACES = 3
"""So many bytes are changed in each file, beside its first and its last."""

ONE_OF_EACH_CLASS = (
    "MANIFEST.json",
    "README.txt",
    "analysis-results.json",
    "authority.pem",
    "code/code.commit",
    "code/record.commit",
    "code/sealed.commit",
    "code/source.tar",
    "environment/requirements.lock",
    "environment/sbom.cdx.json",
    "ledger/checkpoint.dsse.json",
    "ledger/excerpt.jsonl",
    "ledger/exported.jsonl",
    "record/extract.parquet",
    "record/lock.dvc",
    "record/lock/raw/nhefs.csv",
    "record/protocol.json",
    "record/provenance.json",
    "record/report.pdf",
    "record/results.json",
    "repository/dvc.lock",
    "ro-crate-metadata.json",
    "verify_bundle.py",
)


@pytest.fixture(scope="module")
def bundle(released: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released reference run, exported."""
    return export(released, released.run(REFERENCE), tmp_path_factory.mktemp("exported") / "bundle")


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may spoil."""
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


def test_third_party_verifies_a_released_run(bundle: Path, tmp_path: Path) -> None:
    """With Python's standard library and openssl alone, every check of a released run holds."""
    code, answer = third_party(bundle, tmp_path)
    assert code == 0, answer
    assert answer.count("ok    ") == 6
    assert "1 of them approving this record" in answer
    assert "VERIFIED REF-NHEFS/2025-03/1" in answer


def test_bundle_holds_the_record_and_the_exact_code(released: Month, bundle: Path) -> None:
    """The bundle has the report, the frozen data, the signed decision and the commit that is checked out."""
    names = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert set(ONE_OF_EACH_CLASS) <= names
    assert any(name.startswith("record/decisions/") and name.endswith(".dsse.json") for name in names)
    manifest = json.loads((bundle / "MANIFEST.json").read_bytes())
    assert manifest["code_commit"] == git("rev-parse", "HEAD", folder=released.project.root)
    crate = json.loads((bundle / "ro-crate-metadata.json").read_bytes())
    described = {entity["@id"] for entity in crate["@graph"] if "File" in entity["@type"]}
    assert described == names - {"ro-crate-metadata.json"}


def test_one_changed_byte_in_any_file_fails_and_is_named(copy: Path, bundle: Path, tmp_path: Path) -> None:
    """One bit changed in the first, the last or another byte of every file fails, and that file alone is named."""
    chance = np.random.default_rng(20250401)
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        data, name = path.read_bytes(), path.relative_to(copy).as_posix()
        for place in {0, len(data) - 1, *chance.integers(len(data), size=PLACES).tolist()}:
            spoilt = data[place] ^ 1 << int(chance.integers(8))
            path.write_bytes(data[:place] + bytes([spoilt]) + data[place + 1 :])
            code, answer = verdict(bundle / "verify_bundle.py", copy)
            named = {line.split(":")[0] for line in answer.splitlines() if line.startswith("FAIL")}
            assert (code, named) == (1, {f"FAIL  {name}"}), f"byte {place} of {name}: {answer}"
            assert answer.endswith("NOT VERIFIED\n")
        path.write_bytes(data)
    assert third_party(copy, tmp_path)[0] == 0


def test_any_missing_file_fails_and_is_named(copy: Path, bundle: Path) -> None:
    """Whichever file is taken away, the bundle fails and the file is named."""
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        data, name = path.read_bytes(), path.relative_to(copy).as_posix()
        path.unlink()
        code, answer = verdict(bundle / "verify_bundle.py", copy)
        assert code == 1
        assert f"FAIL  {name}: is missing" in answer
        path.write_bytes(data)


def test_added_file_fails_and_is_named(copy: Path, tmp_path: Path) -> None:
    """A file that was put in, and a link in a file's place, fail and are named."""
    (copy / "record" / "addendum.pdf").write_bytes(b"%PDF")
    (copy / "record" / "results.json").rename(tmp_path / "elsewhere.json")
    (copy / "record" / "results.json").symlink_to(tmp_path / "elsewhere.json")
    code, answer = third_party(copy, tmp_path)
    assert code == 1
    assert "FAIL  record/addendum.pdf: is not in MANIFEST.json" in answer
    assert "FAIL  record/results.json: is a link or a device" in answer


def test_authority_is_compared_when_it_is_named(bundle: Path, tmp_path: Path) -> None:
    """The fingerprint had by another way must be the bundle's; another one fails."""
    own = fingerprint((bundle / "authority.pem").read_text())
    spelled = ":".join(own[place : place + 2] for place in range(0, 64, 2)).upper()
    assert third_party(bundle, tmp_path, "--authority", spelled)[0] == 0
    code, answer = third_party(bundle, tmp_path, "--authority", "0" * 64)
    assert code == 1
    assert "FAIL  authority.pem" in answer


def test_without_openssl_nothing_is_verified(bundle: Path, tmp_path: Path) -> None:
    """Where openssl is missing the answer is no, and names it."""
    (tmp_path / "programs").mkdir()
    code, answer = third_party(bundle, tmp_path)
    assert code == 1
    assert "openssl" in answer


def test_same_record_exports_to_the_same_bytes(released: Month, tmp_path: Path) -> None:
    """Two zips of one record are equal, are the folder, and each copy is an event of the ledger."""
    run = released.run(REFERENCE)
    folder = export(released, run, tmp_path / "folder")
    before = len(released.project.events(run))
    for name in ("a.zip", "b.zip"):
        export(released, run, tmp_path / name, "--zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        packed.extractall(tmp_path / "unpacked")
    unpacked = tmp_path / "unpacked" / run.replace("/", "_")
    assert third_party(unpacked, tmp_path)[0] == 0
    files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert files == {p.relative_to(unpacked): p.read_bytes() for p in unpacked.rglob("*") if p.is_file()}
    copies = [event for event in released.project.events(run)[before:] if event["action"] == "run.exported"]
    assert [event["actor"] for event in copies] == ["reviewer", "reviewer"]
    assert {event["details"]["manifest"] for event in copies} == {sha256(files[Path("MANIFEST.json")])}


@pytest.fixture(scope="module")
def troubled(kept_month: Month, tmp_path_factory: pytest.TempPathFactory) -> Month:
    """The month after its run, whose halted runs may be decided on here alone."""
    return replace(
        kept_month, project=copied_project(kept_month.project, tmp_path_factory.mktemp("troubled"))
    )


def test_halted_and_rejected_runs_can_be_exported(troubled: Month, tmp_path: Path) -> None:
    """A run that halted at its contract has a bundle that verifies, without results; and so when it is rejected."""
    run = troubled.run(BROKEN)
    halted = export(troubled, run, tmp_path / "halted")
    troubled.project.sign(run, "reject", reason="The source must be corrected first")
    rejected = export(troubled, run, tmp_path / "rejected")
    for folder, signed in (
        (halted, "1 requests, 0 decisions signed"),
        (rejected, "1 requests, 1 decisions signed"),
    ):
        code, answer = third_party(folder, tmp_path)
        assert code == 0, answer
        assert signed in answer
        assert not (folder / "analysis-results.json").exists()


def test_continued_run_can_be_exported(troubled: Month, tmp_path: Path) -> None:
    """A run that halted, was continued and is released verifies: both decisions, and the second sealing."""
    run = troubled.run(IMBALANCED)
    for finding in troubled.project.medicore("review", run, "--json").json()["findings"]:
        troubled.project.sign(run, "proceed", finding=finding["digest"])
    troubled.project.sign(run, "approve")
    folder = export(troubled, run, tmp_path / "bundle")
    code, answer = third_party(folder, tmp_path)
    assert code == 0, answer
    assert "1 of them approving this record" in answer
    assert len(list((folder / "record" / "decisions").glob("*.dsse.json"))) > 1


def test_export_needs_a_role_and_a_refusal_is_recorded(released: Month, tmp_path: Path) -> None:
    """Records hold patients' data: an analyst may not hand them out, and the attempt is in the ledger."""
    run = released.run(REFERENCE)
    target = tmp_path / "bundle"
    err = released.project.medicore("export", run, "--to", str(target), "--as", "analyst", expected=7).err
    assert "analyst has the role analyst, which may not export; expected one of quality, reviewer" in err
    assert not target.exists()
    last = released.project.events(run)[-1]
    assert (last["action"], last["actor"]) == ("export.refused", "analyst")
    assert last["reason"] in err


def test_other_studies_are_shown_by_digest_alone(released: Month, bundle: Path, tmp_path: Path) -> None:
    """The ledger's events on other studies are not readable in a bundle, unless the whole ledger is asked for."""
    excerpt = (bundle / "ledger" / "excerpt.jsonl").read_text()
    assert REFERENCE in excerpt
    assert CLEAN not in excerpt
    whole = export(released, released.run(REFERENCE), tmp_path / "whole", "--whole-ledger")
    assert CLEAN in (whole / "ledger" / "excerpt.jsonl").read_text()
    code, answer = third_party(whole, tmp_path)
    assert code == 0, answer
    assert "; 0 on other matters" in answer


def test_nothing_is_written_over(released: Month, tmp_path: Path) -> None:
    """A target that is there is left alone, the refusal is one line, and no copy is recorded."""
    run = released.run(REFERENCE)
    before = len(released.project.events(run))
    err = released.project.medicore("export", run, "--to", str(tmp_path), expected=9).err
    assert "is there already" in err
    assert len(released.project.events(run)) == before


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("export", f"{REFERENCE}/2025-03/99", "--to", "never", "--as", "reviewer"), 3, "no sealed record"),
        (("export", f"{REFERENCE}/2025-03/1", "--to", "never", "--as", "nobody"), 7, "'nobody' is unknown"),
        (("sbom", f"{REFERENCE}/2025-03/99"), 3, "no sealed record"),
    ],
)
def test_nonsense_is_answered_in_one_line(
    month: Month, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """An unknown run or person is refused in one line, and nothing is written."""
    err = month.project.medicore(*arguments, expected=code).err
    assert words in err
    assert err.count("\n") == 1
    assert not (month.project.root / "never").exists()


def test_sbom_names_every_locked_package(released: Month) -> None:
    """``sbom`` names each package of the recorded environment with version, hash and, where known, licence."""
    run = released.run(REFERENCE)
    document = released.project.medicore("sbom", run).json()
    assert (document["bomFormat"], document["specVersion"], document["version"]) == ("CycloneDX", "1.6", 1)
    components = {component["name"]: component for component in document["components"]}
    lock = (released.project.root / "requirements.lock").read_text()
    assert f"\nnumpy=={components['numpy']['version']} " in lock
    for component in components.values():
        assert component["type"] == "library"
        assert component["hashes"]
        assert all(item["content"] in lock for item in component["hashes"])
    assert any("licenses" in component for component in components.values())
    assert released.project.medicore("sbom", run).json() == document
