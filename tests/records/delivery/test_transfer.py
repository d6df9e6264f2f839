"""Transfers and their manifests."""

import json
from dataclasses import replace
from typing import Any

import pytest

from medicore.errors import DataError
from medicore.records.canonical import sha256
from medicore.records.delivery.transfer import RawFile, Transfer, manifest_of, parse_manifest

DATA = b"id,x\n001,2\n"
TRANSFER = Transfer(
    system="Simulated EDC",
    source="TEST-TRIAL",
    exported_at="2025-04-01T06:00:00+02:00",
    version="TEST-TRIAL@2025-03",
    files=(RawFile("subjects.csv", "csv", DATA, 1),),
)


def altered(**changes: Any) -> bytes:
    """Return the manifest with some keys changed; a key with the value None is left out."""
    stored = json.loads(manifest_of(TRANSFER).as_document())
    stored["files"][0].update(changes.pop("file", {}))
    merged = {**stored, **changes}
    return json.dumps({key: value for key, value in merged.items() if value is not None}).encode()


def test_manifest_comes_back_from_its_document() -> None:
    """What transfer.json holds is the manifest, and writing it again gives the same bytes."""
    manifest = manifest_of(TRANSFER)
    assert parse_manifest(manifest.as_document(), "transfer.json") == manifest
    assert manifest.exported.isoformat() == "2025-04-01T06:00:00+02:00"


def test_manifest_names_size_digest_and_rows_of_each_file() -> None:
    """A file is announced so that a reader can prove it complete."""
    (file,) = manifest_of(TRANSFER).files
    assert (file.name, file.format, file.rows) == ("subjects.csv", "csv", 1)
    assert (file.size, file.sha256) == (len(DATA), sha256(DATA))


def test_difference_tells_a_cut_file_from_a_changed_one() -> None:
    """A file is the announced one, or too short, or of another digest (FAULTS 33)."""
    (file,) = manifest_of(TRANSFER).files
    assert file.difference(DATA) is None
    assert file.difference(DATA[:-3]) == "8 bytes found, 11 expected"
    assert str(file.difference(DATA.replace(b"2", b"3"))).startswith("SHA-256 ")


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        (b"", "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"[]", "transfer.json: whole file"),
        (altered(system=None), "system: Field required"),
        (altered(version=""), "version"),
        (altered(source="two\nlines"), "source"),
        (altered(exported_at="2025-04-01T06:00:00"), "zone"),
        (altered(exported_at="yesterday"), "exported_at"),
        (altered(files=[]), "files"),
        (altered(extra="x"), "extra"),
        (altered(file={"name": "../passwd"}), "name"),
        (altered(file={"name": "/etc/passwd"}), "name"),
        (altered(file={"name": "a\\b"}), "name"),
        (altered(file={"name": "end."}), "name"),
        (altered(file={"name": " blank"}), "name"),
        (altered(file={"name": "a\nb"}), "name"),
        (altered(file={"name": "a:b"}), "name"),
        (altered(file={"name": "u\u0308.csv"}), "NFC"),
        (altered(file={"members": {"A": 1, "B": 7}}), "do not add up"),
        (altered(file={"reading": {"encoding": "ebcdic"}}), "encoding"),
        (altered(file={"name": ".hidden"}), "name"),
        (altered(file={"format": "sas"}), "format"),
        (altered(file={"rows": "1"}), "rows"),
        (altered(file={"rows": -1}), "rows"),
        (altered(file={"rows": True}), "rows"),
        (altered(file={"size": -1}), "size"),
        (altered(file={"sha256": "abc"}), "sha256"),
        (altered(files=json.loads(altered())["files"] * 2), "listed twice"),
    ],
)
def test_malformed_manifest_is_refused(manifest: bytes, problem: str) -> None:
    """A manifest says all of what it must, and points nowhere but into its own folder."""
    with pytest.raises(DataError, match=problem) as caught:
        parse_manifest(manifest, "transfer.json")
    assert "\n" not in str(caught.value)


def test_manifest_of_a_wrong_transfer_is_refused() -> None:
    """A connector cannot hand over a file whose name leaves the data lock."""
    wrong = replace(TRANSFER, files=(RawFile("../x.csv", "csv", DATA, 1),))
    with pytest.raises(DataError, match="the transfer: files"):
        manifest_of(wrong)
