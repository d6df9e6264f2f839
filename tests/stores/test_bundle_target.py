"""A bundle is written whole to a new place, or not at all."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.bundle_target import is_within, require_outside, write_folder, write_zip

FILES = {"README.txt": b"text", "record/lock/raw.csv": b"1,2\n"}
WRITERS: tuple[Callable[[Path, Mapping[str, bytes]], None], ...] = (
    write_folder,
    lambda target, files: write_zip(target, files, "folder"),
)


def test_folder_holds_the_files_and_nothing_else(tmp_path: Path) -> None:
    """The folder, made with the folders above it, holds each file; no scratch is left beside it."""
    target = tmp_path / "new" / "bundle"
    write_folder(target, FILES)
    held = {p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*") if p.is_file()}
    assert held == FILES
    assert list(target.parent.iterdir()) == [target]


def test_zip_holds_the_files_below_its_folder(tmp_path: Path) -> None:
    """The zip holds each file below the folder that was named."""
    write_zip(tmp_path / "bundle.zip", FILES, "folder")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == {
            f"folder/{name}": data for name, data in FILES.items()
        }


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_nothing_is_written_over(
    tmp_path: Path, write: Callable[[Path, Mapping[str, bytes]], None], kind: str
) -> None:
    """Whatever is in the place already is left alone."""
    target = tmp_path / "bundle"
    if kind == "file":
        target.write_text("mine")
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="bundle exists already"):
        write(target, FILES)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "place", ["page.html", "docs/new/page.html", "../elsewhere/../checkout/page.html", "link/page.html"]
)
def test_nothing_is_written_into_the_checkout(tmp_path: Path, place: str) -> None:
    """A place in the checkout is refused by whatever name it goes, through a link too, and the message names another."""
    checkout, home = tmp_path / "checkout", tmp_path / "checkout" / ".medicore"
    home.mkdir(parents=True)
    (tmp_path / "way in").symlink_to(checkout)
    target = tmp_path / "way in" / "page.html" if place.startswith("link") else checkout / place
    with pytest.raises(
        ConfigurationError, match=r"page\.html would lie in the checkout.*reports/page\.html$"
    ):
        require_outside(target, checkout, home)


def test_the_state_folder_and_all_else_are_written_to(tmp_path: Path) -> None:
    """The state folder within the checkout is allowed; a state folder around the checkout does not open that."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for target in (checkout / ".medicore" / "reports" / "page.html", tmp_path / "checkout-2" / "page.html"):
        require_outside(target, checkout, checkout / ".medicore")
    assert not is_within(tmp_path / "checkout-2", checkout)
    with pytest.raises(ConfigurationError, match="would lie in the checkout"):
        require_outside(checkout / "page.html", checkout, tmp_path)


def test_what_the_disk_refuses_leaves_nothing(tmp_path: Path) -> None:
    """A file that cannot be written ends in one line, and the half bundle is removed."""
    with pytest.raises(ConfigurationError, match="could not be written"):
        write_folder(tmp_path / "bundle", {**FILES, "x" * 300: b""})
    assert list(tmp_path.iterdir()) == []
