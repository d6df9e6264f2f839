"""The offline verifier against damage: one bit in any file, a file too few or too many, and no openssl, are each named."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from medicore.offline import verify_bundle
from medicore.records.people.public_key import fingerprint
from tests.whole_house.exported import third_party

PLACES = 3
"""So many bytes are changed in each file, beside its first and its last."""
ONE_OF_EACH_CLASS = (
    "MANIFEST.json",
    "README.txt",
    "analysis-results.json",
    "authority.pem",
    "bundle_acts.py",
    "bundle_parts.py",
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
    "record/lock/raw/subjects.csv",
    "record/protocol.json",
    "record/provenance.json",
    "record/report.pdf",
    "record/report.signed.pdf",
    "record/results.json",
    "repository/dvc.lock",
    "ro-crate-metadata.json",
    "verify_bundle.py",
)


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may damage."""
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


class Verifier:
    """The program, run in this process on a folder: its exit code, and the files that it names."""

    def __init__(self, patch: pytest.MonkeyPatch, said: pytest.CaptureFixture[str]) -> None:
        self._patch = patch
        self._said = said

    def judge(self, folder: Path) -> tuple[int, set[str], str]:
        """Return exit code, the lines that fail up to their colon, and the whole answer."""
        self._patch.setattr("sys.argv", ["verify_bundle.py", str(folder)])
        code = verify_bundle.main()
        answer = self._said.readouterr().out
        return code, {line.split(":")[0] for line in answer.splitlines() if line.startswith("FAIL")}, answer


@pytest.fixture
def verifier(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verifier:
    """The program, run in this process: it answers as its own process does, by the test below."""
    return Verifier(monkeypatch, capsys)


def test_the_program_answers_here_as_on_a_third_partys_machine(
    bundle: Path, tmp_path: Path, verifier: Verifier
) -> None:
    """With Python's standard library and openssl alone, every check holds, in the same words as in this process."""
    code, answer = third_party(bundle, tmp_path)
    assert code == 0, answer
    assert answer.count("ok    ") == 9
    assert verifier.judge(bundle) == (0, set(), answer)


def test_the_bundle_has_a_file_of_each_class(bundle: Path) -> None:
    """What is damaged below are all kinds of files that a bundle may hold."""
    names = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert set(ONE_OF_EACH_CLASS) <= names
    assert any(name.startswith("record/decisions/") and name.endswith(".dsse.json") for name in names)


def test_one_changed_byte_in_any_file_fails_and_is_named(copy: Path, verifier: Verifier) -> None:
    """One bit changed in the first, the last or another byte of every file fails, and that file alone is named."""
    chance = np.random.default_rng(20250401)
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        data, name = path.read_bytes(), path.relative_to(copy).as_posix()
        for place in {0, len(data) - 1, *chance.integers(len(data), size=PLACES).tolist()}:
            spoilt = data[place] ^ 1 << int(chance.integers(8))
            path.write_bytes(data[:place] + bytes([spoilt]) + data[place + 1 :])
            code, named, answer = verifier.judge(copy)
            assert (code, named) == (1, {f"FAIL  {name}"}), f"byte {place} of {name}: {answer}"
            assert answer.endswith("NOT VERIFIED\n")
        path.write_bytes(data)
    assert verifier.judge(copy)[0] == 0


def test_any_missing_file_fails_and_is_named(copy: Path, verifier: Verifier) -> None:
    """Whichever file is taken away, the bundle fails and the file is named."""
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        data, name = path.read_bytes(), path.relative_to(copy).as_posix()
        path.unlink()
        code, _, answer = verifier.judge(copy)
        assert code == 1
        assert f"FAIL  {name}: is missing" in answer
        path.write_bytes(data)


def test_added_file_fails_and_is_named(copy: Path, tmp_path: Path, verifier: Verifier) -> None:
    """A file that was put in, and a link in a file's place, fail and are named."""
    (copy / "record" / "addendum.pdf").write_bytes(b"%PDF")
    (copy / "record" / "results.json").rename(tmp_path / "elsewhere.json")
    (copy / "record" / "results.json").symlink_to(tmp_path / "elsewhere.json")
    code, _, answer = verifier.judge(copy)
    assert code == 1
    assert "FAIL  record/addendum.pdf: is not in MANIFEST.json" in answer
    assert "FAIL  record/results.json: is a link or a device" in answer


def test_a_name_that_the_terminal_cannot_show_is_named(copy: Path) -> None:
    """Where the output is ASCII alone, a fault of a file with other letters is told by their numbers."""
    (copy / "record" / "試験.pdf").write_bytes(b"%PDF")
    program = [sys.executable, "-S", str(copy / "verify_bundle.py")]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(program, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert rb"FAIL  record/\u8a66\u9a13.pdf: is not in MANIFEST.json" in done.stdout


def test_authority_is_compared_when_it_is_named(bundle: Path, tmp_path: Path) -> None:
    """The fingerprint that came by another way must be the bundle's; another one fails, and none is wrong usage."""
    own = fingerprint((bundle / "authority.pem").read_text())
    spelled = ":".join(own[place : place + 2] for place in range(0, 64, 2)).upper()
    assert third_party(bundle, tmp_path, "--authority", spelled)[0] == 0
    code, answer = third_party(bundle, tmp_path, "--authority", "0" * 64)
    assert code == 1
    assert "FAIL  authority.pem" in answer
    program = [sys.executable, "-I", "-S", verify_bundle.__file__, str(bundle), "--authority", "no digits"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "argument --authority: invalid" in done.stderr


def test_without_openssl_nothing_is_verified(bundle: Path, tmp_path: Path) -> None:
    """Where openssl is missing the answer is no, and names it."""
    (tmp_path / "programs").mkdir()
    code, answer = third_party(bundle, tmp_path)
    assert code == 1
    assert "openssl" in answer
