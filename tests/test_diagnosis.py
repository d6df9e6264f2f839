"""What ``doctor`` finds in a state folder that somebody wrote into, and what it shows to an inspector."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from medicore.diagnosis import Diagnosis, diagnose
from medicore.founding import found
from medicore.records.people.public_key import fingerprint
from medicore.settings import Settings
from medicore.stores.clock import SystemClock
from medicore.stores.keys.authority import Authority
from tests.conftest import ROOT
from tests.postgres import Server

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value will soon raise:DeprecationWarning")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a new state folder; its keys are shut with few rounds, which nothing here opens."""
    return found_quickly(Settings(root=ROOT, home=tmp_path_factory.mktemp("diagnosed")))


def found_quickly(settings: Settings) -> Settings:
    """Found a house with keys that are shut with few rounds, and return its settings."""
    names = {"analyst": "Ada Analyst", "reviewer": "Rosa Reviewer", "operator": "Otto Operator"}
    with pytest.MonkeyPatch.context() as patch:
        for made in (Authority.__init__, Authority.create.__func__):  # type: ignore[attr-defined]
            patch.setitem(made.__kwdefaults__, "kdf_rounds", 1)
        found(settings, names, lambda owner: f"words of {owner}")
    return settings


def part(settings: Settings, subject: str) -> Diagnosis:
    """Return what is said of one part."""
    (one,) = [one for one in diagnose(settings, {}) if one.subject == subject]
    return one


def test_the_fingerprint_of_the_authority_is_shown(founded: Settings) -> None:
    """An inspector reads the fingerprint that the sponsor gave by another way."""
    own = fingerprint((founded.home / "people" / "authority.pem").read_text())
    assert part(founded, "authority") == Diagnosis("authority", True, f"SHA-256 {own}")


def test_the_content_store_is_tried(founded: Settings) -> None:
    """An object goes there and comes back; what stands in its way is told, and which part it is."""
    told = part(founded, "content store")
    assert told == Diagnosis(
        "content store", True, "folder on this machine, an object written and fetched by DVC"
    )
    store, away = founded.home / "dvc" / "remote", founded.home / "dvc" / "away"
    store.rename(away)
    store.write_bytes(b"no folder")
    told = part(founded, "content store")
    store.unlink()
    away.rename(store)
    assert (told.healthy, "mend /" in told.found) == (False, True)


def test_a_wrong_clock_is_a_fault(tmp_path: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where hosts share a ledger, doctor says how far this host's clock is from the database's, and is red for an hour."""
    url = SecretStr(postgres.url(postgres.database()))
    settings = found_quickly(Settings(root=ROOT, home=tmp_path / "state", ledger=url))
    told = part(settings, "ledger")
    assert told.healthy
    assert re.search(r"\(PostgreSQL, this host's clock [+-]0\.\d s from its own\)$", told.found)

    class Fast(SystemClock):
        """A clock that is an hour ahead."""

        def now(self) -> datetime:
            """Return the next hour."""
            return super().now() + timedelta(hours=1)

    monkeypatch.setattr("medicore.wiring.SystemClock", Fast)
    told = part(settings, "ledger")
    assert not told.healthy
    assert told.found.startswith("this host's clock is 3600 s ahead of that of the ledger's database")


def test_what_lies_in_the_record_repository_is_named(founded: Settings) -> None:
    """A hook in the record repository is a fault of that part, which is healthy without it (FAULTS 76)."""
    assert part(founded, "record repository").found == "objects, tags and code alone"
    hook = founded.home / "records.git" / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\n")
    found_now = part(founded, "record repository")
    hook.unlink()
    assert not found_now.healthy
    assert "hooks/update" in found_now.found


def test_an_authority_that_the_ledger_does_not_name_is_a_fault(founded: Settings) -> None:
    """A file of the authority that holds more than the certificate in the ledger is a fault of that part."""
    place = founded.home / "people" / "authority.pem"
    own = place.read_bytes()
    place.write_bytes(own + own)
    told = part(founded, "authority")
    place.write_bytes(own)
    assert not told.healthy
    assert "is not the authority of this ledger" in told.found
