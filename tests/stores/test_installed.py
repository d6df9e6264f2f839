"""The wheel of the running product is found where pip noted it, or fetched again."""

import json
import sys
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.installed import own_wheel
from tests.whole_house.wheel import packed

NAME = "medicore-9.9-py3-none-any.whl"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of what pip notes of a product of version 9.9, which is found first; pip knows no index."""
    folder = tmp_path / "site" / "medicore-9.9.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: medicore\nVersion: 9.9\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return folder


def note(folder: Path, address: str) -> None:
    """Write where the product was installed from."""
    (folder / "direct_url.json").write_text(json.dumps({"url": address}))


def test_file_is_taken_as_pip_noted_it(installed: Path, tmp_path: Path) -> None:
    """The wheel that pip installed is read at its address; where a folder or nothing is there, the reader is told."""
    (tmp_path / "a shelf").mkdir()
    path = tmp_path / "a shelf" / NAME
    path.write_bytes(b"wheel")
    note(installed, path.as_uri())
    assert own_wheel() == (NAME, b"wheel")
    path.unlink()
    with pytest.raises(
        ConfigurationError, match=f"installed from {NAME}, which is a folder or gone; .*--wheel"
    ):
        own_wheel()


def test_version_is_fetched_again(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without such a note pip fetches the wheel of the same version; where it cannot, the reader is told."""
    assert not (installed / "direct_url.json").exists()
    with pytest.raises(ConfigurationError, match=r"pip cannot fetch the wheel .* name its file with --wheel"):
        own_wheel()
    (tmp_path / NAME).write_bytes(minimal())
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert own_wheel() == (NAME, minimal())


def test_without_pip_there_is_no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A product that pip does not know, as one on PYTHONPATH, has to be told its wheel."""
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ConfigurationError, match="is not installed by pip; expected a wheel"):
        own_wheel()


def minimal() -> bytes:
    """Return a wheel that pip takes for version 9.9 of the product."""
    info = "medicore-9.9.dist-info"
    files = {
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: medicore\nVersion: 9.9\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    return packed(files, info=info)
