"""A record is replayed with the packages that its lock file names, whatever runs today."""

import hashlib
import shutil
import sys
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.command import run
from medicore.stores.content import recorded_environment
from medicore.stores.content.environment import LOCK_FILE
from medicore.stores.content.recorded_environment import QUARTO_LOCK, RecordedEnvironments

NAME = "medicore_test_package"


def wheel(folder: Path, number: str, name: str = NAME, needs: str = "") -> str:
    """Write a wheel with one module that knows its version, and return the wheel's SHA-256."""
    path = folder / f"{name}-{number}-py3-none-any.whl"
    info = f"{name}-{number}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", f"VERSION = {number!r}\n")
        needed = f"Requires-Dist: {needs}\n" if needs else ""
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n{needed}"
        )
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


@pytest.fixture(scope="module")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first environment that Python makes is kept: to make one takes seconds, most of them for its pip."""
    return tmp_path_factory.mktemp("empty") / "environment"


@pytest.fixture(autouse=True)
def copied_environments(empty_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Python make the first empty environment, and all others be copies of it; other programs are run as ever."""

    def running(arguments: Sequence[str], **options: Any) -> bytes:
        *command, place = arguments
        if command != [sys.executable, "-m", "venv", "--clear"]:
            return run(arguments, **options)
        if empty_environment.exists():
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(empty_environment, place, symlinks=True)
            return b""
        printed = run(arguments, **options)
        shutil.copytree(place, empty_environment, symlinks=True)
        return printed

    monkeypatch.setattr(recorded_environment, "run", running)


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


def test_a_library_may_ask_for_an_extra_of_another(tmp_path: Path, code: Path) -> None:
    """What is locked is installed and nothing else is asked for, by pips too that would take the newest of what has an extra."""
    shelf, other = tmp_path / "shelf", "medicore_test_other"
    held = wheel(shelf, "1.0", other)
    wheel(shelf, "2.0", other)
    asking = wheel(shelf, "1.2.3", needs=f"{other}[more]>=1")
    (code / LOCK_FILE).write_text(
        f"{NAME}==1.2.3 --hash=sha256:{asking}\n{other}==1.0 --hash=sha256:{held}\n", "utf-8"
    )
    python = str(RecordedEnvironments(tmp_path / "environments").python(code))
    found = run([python, "-c", f"import {other}; print({other}.VERSION)"], folder=tmp_path)
    assert found.decode().strip() == "1.0"


def test_a_package_with_another_hash_is_refused_and_nothing_is_kept(tmp_path: Path, code: Path) -> None:
    """A package that is not the recorded one to the byte stops the building, in one line, and again the next time."""
    lock = code / LOCK_FILE
    lock.write_text(f"{NAME}==1.2.3 --hash=sha256:{'0' * 64}\n", "utf-8")
    kept = RecordedEnvironments(tmp_path / "environments")
    for _ in range(2):
        with pytest.raises(
            ConfigurationError, match=r"cannot be built \(.*configure pip with an index"
        ) as raised:
            kept.python(code)
        assert "\n" not in str(raised.value)


def test_an_environment_has_what_quarto_needs(tmp_path: Path, code: Path) -> None:
    """Where the record has a lock file for Quarto its packages come too, and never another version of a locked one."""
    shelf, again = tmp_path / "shelf", (code / LOCK_FILE).read_text("utf-8")
    kernel = f"medicore_test_kernel==7.0 --hash=sha256:{wheel(shelf, '7.0', 'medicore_test_kernel')}\n"
    (code / QUARTO_LOCK).write_text(again + kernel, "utf-8")
    kept = RecordedEnvironments(tmp_path / "environments")
    python = str(kept.python(code))
    asked = f"import {NAME}, medicore_test_kernel; print({NAME}.VERSION, medicore_test_kernel.VERSION)"
    assert run([python, "-c", asked], folder=tmp_path).decode().strip() == "1.2.3 7.0"
    other = f"{NAME}==2.0.0 --hash=sha256:{wheel(shelf, '2.0.0')}\n"
    (code / QUARTO_LOCK).write_text(other + kernel, "utf-8")
    with pytest.raises(ConfigurationError, match="cannot be built"):
        kept.python(code)
