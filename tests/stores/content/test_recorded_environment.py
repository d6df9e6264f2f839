"""A record is replayed with the packages that its lock file names, whatever runs today."""

import hashlib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.command import run
from medicore.stores.content.environment import LOCK_FILE
from medicore.stores.content.recorded_environment import RecordedEnvironments

NAME = "medicore_test_package"


def wheel(folder: Path, number: str) -> str:
    """Write a wheel with one module that knows its version, and return the wheel's SHA-256."""
    path = folder / f"{NAME}-{number}-py3-none-any.whl"
    info = f"{NAME}-{number}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{NAME}.py", f"VERSION = {number!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {number}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose lock file names a package that is not installed; pip finds it in a folder alone."""
    shelf, checkout = tmp_path / "shelf", tmp_path / "code"
    shelf.mkdir()
    checkout.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    digest = wheel(shelf, "1.2.3")
    (checkout / LOCK_FILE).write_text(f"{NAME}==1.2.3 --hash=sha256:{digest}\n", "utf-8")
    return checkout


def test_the_running_environment_is_used_where_it_is_the_recorded_one(tmp_path: Path) -> None:
    """Nothing is built when every locked package is installed in its version."""
    (tmp_path / LOCK_FILE).write_text(f"numpy=={version('numpy')}\n", "utf-8")
    RecordedEnvironments(tmp_path / "environments").python(tmp_path)
    assert not (tmp_path / "environments").exists()


def test_another_environment_is_built_once(
    tmp_path: Path, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The recorded version is what the interpreter imports; the second time nothing is built."""
    kept = RecordedEnvironments(tmp_path / "environments")
    python = kept.python(code)
    found = run([str(python), "-c", f"import {NAME}; print({NAME}.VERSION)"], folder=tmp_path)
    assert found.decode().strip() == "1.2.3"
    assert "building the recorded environment" in capsys.readouterr().err
    assert kept.python(code) == python
    assert capsys.readouterr().err == ""


def test_a_package_with_another_hash_is_refused_and_nothing_is_kept(tmp_path: Path, code: Path) -> None:
    """A package that is not the recorded one to the byte stops the building, in one line, and again the next time."""
    lock = code / LOCK_FILE
    lock.write_text(f"{NAME}==1.2.3 --hash=sha256:{'0' * 64}\n", "utf-8")
    kept = RecordedEnvironments(tmp_path / "environments")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"cannot be built \(.*give pip an index") as raised:
            kept.python(code)
        assert "\n" not in str(raised.value)
