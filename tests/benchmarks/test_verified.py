"""The bench of a verification: what it must at least do is measured beside it, and the page tells how many times that it takes."""

import os
from pathlib import Path

from benchmarks.verified import KEPT, Verified, hashed, page


def test_page_says_how_many_times_as_dear_a_verification_is() -> None:
    """Milliseconds of the processor, and the ratio to reading and hashing in the same run."""
    text = page(Verified(rounds=5, checks=115, megabytes=12.64, reading=0.02, verifying=0.27))
    assert "12.6 MB stored, 115 checks." in text
    assert "| every stored byte read and hashed | 20 | 1.00 |" in text
    assert "| `verify RUN` | 270 | 13.5 |" in text
    assert "the least of 5 rounds counts" in text


def test_every_stored_byte_is_read(tmp_path: Path) -> None:
    """Files of all depths count, of everything that holds records; what serves the work does not."""
    for number, name in enumerate(KEPT, start=1):
        place = tmp_path / name / "deep" / "file" if not name.endswith(".db") else tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(os.urandom(number))
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "scratch").write_bytes(b"not kept")
    assert hashed(tmp_path) == sum(range(1, len(KEPT) + 1))
