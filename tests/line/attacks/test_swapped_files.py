"""Files that were replaced by other whole ones are told apart by their SHA-256, whatever MD5 and DVC say."""

import hashlib
from pathlib import Path

import pytest

from medicore.stores.content.content_remote import FolderRemote
from medicore.stores.content.dvc_content import DvcContent

# Two blocks with one MD5 (Wang & Yu, 2005, "How to break MD5 and other hash functions", table 2, as bytes).
COLLISION = tuple(
    bytes.fromhex(text)
    for text in (
        "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a"
        "085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
        "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70",
        "d131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f8955ad340609f4b30283e4888325f1415a"
        "085125e8f7cdc99fd91dbd7280373c5bd8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0"
        "e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70",
    )
)


@pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")
def test_two_files_with_one_md5_are_told_apart(tmp_path: Path) -> None:
    """DVC's store takes one of a collision's files for the other; what is read back has another SHA-256 (FAULTS 12)."""
    one, other = COLLISION
    assert one != other
    assert (
        hashlib.md5(one, usedforsecurity=False).digest() == hashlib.md5(other, usedforsecurity=False).digest()
    )
    content = DvcContent(tmp_path / "cache", FolderRemote(tmp_path / "remote"), tmp_path / "site")
    address, _ = content.put("data.bin", one)
    places = [*tmp_path.rglob(address[2:])]
    assert len(places) == 2
    for place in places:
        place.chmod(0o644)
        place.write_bytes(other)
    digests = {hashlib.sha256(data).hexdigest() for _, data in content.objects(address)}
    assert digests == {hashlib.sha256(other).hexdigest()}
    assert hashlib.sha256(one).hexdigest() not in digests
