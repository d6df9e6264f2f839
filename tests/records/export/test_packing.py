"""The same contents are packed into the same bytes, and come out as they went in."""

import io
import tarfile
import zipfile

from medicore.records.export.packing import TreeFile, tar_of, zip_of

FILES = (
    TreeFile("100644", "README.md", b"# A\n"),
    TreeFile("100755", "bin/run", b"#!/bin/sh\n"),
    TreeFile("120000", "link", b"README.md"),
    TreeFile("100644", f"{'long/' * 30}name.txt", b""),
)


def test_tar_keeps_names_modes_links_and_bytes() -> None:
    """What git's name of a tree is made of can be read from the tar again."""
    with tarfile.open(fileobj=io.BytesIO(tar_of(FILES))) as tar:
        held = {member.name: member for member in tar}
        assert list(held) == sorted(file.name for file in FILES)
        assert {name for name, member in held.items() if member.mode & 0o100} == {"bin/run"}
        assert held["link"].issym()
        assert held["link"].linkname == "README.md"
        stream = tar.extractfile(held["README.md"])
        assert stream is not None
        assert stream.read() == b"# A\n"
        assert {(member.mtime, member.uid, member.uname) for member in held.values()} == {(0, 0, "")}


def test_order_of_the_files_changes_nothing() -> None:
    """Tar and zip are made in the order of the names."""
    assert tar_of(FILES) == tar_of(FILES[::-1])
    files = {file.name: file.data for file in FILES}
    assert zip_of(files, "a") == zip_of(dict(reversed(files.items())), "a")


def test_zip_is_dated_1980_and_not_compressed() -> None:
    """Neither the clock nor the compressing library is in the zip."""
    with zipfile.ZipFile(io.BytesIO(zip_of({"b": b"2", "a": b"1"}, "folder"))) as packed:
        assert packed.namelist() == ["folder/a", "folder/b"]
        assert packed.read("folder/b") == b"2"
        for info in packed.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.external_attr >> 16 == 0o100644
