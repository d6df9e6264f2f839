"""A state folder is founded once, from whatever point an earlier attempt was interrupted at."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from medicore.errors import BusyError, ConfigurationError, ReviewError, WrongPassphraseError
from medicore.founding import found
from medicore.records.ledger.ledger import verify_chain
from medicore.records.people.people import people_of
from medicore.settings import Settings
from medicore.stores.clock import SystemClock
from medicore.stores.files import FolderLocks
from medicore.stores.git.records import GitRecords
from medicore.stores.keys.authority import Authority
from medicore.stores.keys.certificates import as_pem
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.conftest import ROOT

NAMES = {"analyst": "Ada Analyst", "reviewer": "Rosa Reviewer", "operator": "Otto Operator"}
EVERYBODY = [*NAMES, "medicore"]
WRITERS = (
    "medicore/founding.py",
    "keys/authority.py",
    "stores/files.py",
    "git/records.py",
    "ledger/sqlite.py",
)


def words(owner: str) -> str:
    """Return the passphrase of an owner."""
    return f"words of {owner}"


def given(home: Path) -> Settings:
    """Return the settings of a state folder."""
    return Settings(root=ROOT, home=home)


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shut keys with few rounds: what is tested here is the order of things."""
    for made in (Authority.__init__, Authority.create.__func__):  # type: ignore[attr-defined]
        monkeypatch.setitem(made.__kwdefaults__, "kdf_rounds", 1)


class Snapshots:
    """Copies of a state folder, one for each state that the disk is in between two lines of what founds it."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.copies: list[Path] = []
        self._home = home
        self._folder = folder
        self._last: list[tuple[str, int, int]] = []

    def line(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG002
        """Copy the folder when it has changed since the line before."""
        found = sorted(
            (str(path), status.st_size, status.st_mtime_ns)
            for path in self._home.rglob("*")
            for status in [path.stat()]
        )
        if found != self._last:
            self._last = found
            self.copies.append(self._folder / str(len(self.copies)))
            shutil.copytree(self._home, self.copies[-1])
        return self.line

    def enter(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG002
        """Look at the lines of those modules that write, and at no other."""
        return self.line if frame.f_code.co_filename.endswith(WRITERS) else None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take the copies while the block runs."""
        before = sys.gettrace()
        sys.settrace(self.enter)
        try:
            yield
        finally:
            sys.settrace(before)


def require_founded(home: Path) -> None:
    """Require one authority and each first person once, with keys that their passphrases open."""
    events = [*SqliteLedger(home / "ledger.db", SystemClock(), read_only=True).events()]
    verify_chain(events)
    assert sorted(e.action for e in events) == ["authority.created", *["person.added"] * 4]
    people = people_of(events)
    assert [*people] == EVERYBODY
    authority = Authority(home / "people", SystemClock())
    assert events[0].details == {"certificate": authority.certificate.decode()}
    for person in people.values():
        secret = authority.service_passphrase("medicore") if person.identifier == "medicore" else None
        key, certificate, _ = pkcs12.load_key_and_certificates(
            authority.key(person.identifier), (secret or words(person.identifier)).encode()
        )
        assert key is not None
        assert certificate is not None
        assert as_pem(certificate) == person.certificate
    assert (home / "medicore.toml").is_file()
    assert GitRecords(home / "records.git").tags("") == ()


def test_founding_can_be_interrupted_anywhere(tmp_path: Path) -> None:
    """Whatever an attempt left on the disk, the next one ends well: one authority, and each first person once."""
    home = tmp_path / "whole"
    snapshots = Snapshots(home, tmp_path)
    with snapshots.taken():
        found(given(home), NAMES, words)
    require_founded(home)
    states = [{path.name for path in copy.rglob("*")} for copy in snapshots.copies]
    for name in ("ledger.db", "authority.key", "authority.pem", *(f"{person}.p12" for person in EVERYBODY)):
        assert any(name in state for state in states), "a state before it and one after it are proved"
        assert any(name not in state for state in states)
    for copy in snapshots.copies:
        found(given(copy), NAMES, words)
        require_founded(copy)


def test_an_interrupted_attempt_keeps_its_authority(tmp_path: Path) -> None:
    """Whoever the ledger names stays, key and name; another passphrase of the authority than the first is refused."""

    def weak(owner: str) -> str:
        return "short" if owner == "reviewer" else words(owner)

    with pytest.raises(ReviewError, match="too short"):
        found(given(tmp_path), NAMES, weak)
    kept = (tmp_path / "people" / "analyst.p12").read_bytes()
    with pytest.raises(WrongPassphraseError, match="does not open the key of the authority"):
        found(given(tmp_path), NAMES, lambda owner: f"other {words(owner)}")
    asked = []

    def noted(owner: str) -> str:
        asked.append(owner)
        return words(owner)

    made = found(given(tmp_path), {**NAMES, "analyst": "Another Analyst"}, noted)
    assert asked == ["authority", "reviewer", "operator"]
    assert (made["new"], made["people"][0]["name"]) == (True, "Ada Analyst")
    assert (tmp_path / "people" / "analyst.p12").read_bytes() == kept
    require_founded(tmp_path)


def test_a_founded_folder_stays_as_it_is(tmp_path: Path) -> None:
    """Founding again asks for nothing and makes nothing; only the mark that was lost is made again."""
    found(given(tmp_path), NAMES, words)
    before = {path: path.read_bytes() for path in (tmp_path / "people").iterdir()}

    def never(owner: str) -> str:
        pytest.fail(f"the passphrase of {owner} was asked for")

    assert found(given(tmp_path), NAMES, never)["new"] is False
    (tmp_path / "medicore.toml").unlink()
    assert found(given(tmp_path), NAMES, never)["new"] is True
    require_founded(tmp_path)
    assert {path: path.read_bytes() for path in (tmp_path / "people").iterdir()} == before


def test_keys_without_their_ledger_are_never_replaced(tmp_path: Path) -> None:
    """Keys of people whom the ledger does not know are no leftover of an interruption: nothing is made."""
    found(given(tmp_path), NAMES, words)
    for name in ("medicore.toml", "ledger.db"):
        (tmp_path / name).unlink()
    before = {path: path.read_bytes() for path in (tmp_path / "people").iterdir()}
    with pytest.raises(ConfigurationError, match="keys of people, and the ledger knows no authority"):
        found(given(tmp_path), NAMES, words)
    assert {path: path.read_bytes() for path in (tmp_path / "people").iterdir()} == before


def test_a_ledger_of_another_founding_is_refused(tmp_path: Path) -> None:
    """A ledger that names an authority which is not in the folder, or another one, is not joined to new keys."""
    for name in ("one", "two"):
        found(given(tmp_path / name), NAMES, words)
        (tmp_path / name / "medicore.toml").unlink()
    shutil.copy(tmp_path / "one" / "ledger.db", tmp_path / "two" / "ledger.db")
    with pytest.raises(ConfigurationError, match="knows another authority than that in folder people"):
        found(given(tmp_path / "two"), NAMES, words)
    shutil.rmtree(tmp_path / "two" / "people")
    with pytest.raises(ConfigurationError, match="knows an authority, and folder people has none"):
        found(given(tmp_path / "two"), NAMES, words)


def test_one_process_founds_at_a_time(tmp_path: Path) -> None:
    """While another process is at it, nothing is made beside it."""
    with (
        FolderLocks(tmp_path / "locks").hold("people", "all", "another init"),
        pytest.raises(BusyError, match="another init"),
    ):
        found(given(tmp_path), NAMES, words)
    assert not (tmp_path / "people").exists()
