"""What ``doctor`` finds in a state folder that somebody wrote into, and what it shows to an inspector."""

import pytest

from medicore.diagnosis import Diagnosis, diagnose
from medicore.founding import found
from medicore.records.people.public_key import fingerprint
from medicore.settings import Settings
from medicore.stores.keys.authority import Authority
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a new state folder; its keys are shut with few rounds, which nothing here opens."""
    settings = Settings(root=ROOT, home=tmp_path_factory.mktemp("diagnosed"))
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
