"""The demo's secrets are for the account that runs it."""

import os
from pathlib import Path

import pytest

from examples import demo


def test_passphrases_are_their_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the umask, nobody else can read a passphrase of the demo or enter its folder; a second run finds the same."""
    home = tmp_path / "state"
    monkeypatch.setenv("MEDICORE_HOME", str(home))
    before = os.umask(0)
    try:
        first = demo.passphrase("reviewer")
    finally:
        os.umask(before)
    kept = home / "demo" / "reviewer.passphrase"
    assert {path.stat().st_mode & 0o777 for path in (home, kept.parent)} == {0o700}
    assert kept.stat().st_mode & 0o777 == 0o600
    assert demo.passphrase("reviewer") == first == kept.read_text(encoding="utf-8")
    assert demo.passphrase("operator") != first
