"""What a guess of a person's passphrase costs: the rounds by which it is hashed, as openssl reads them from the key."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from medicore.records.people.people import Role
from medicore.stores.keys.authority import Authority, Subject
from tests.whole_house.people import SetClock

CA_WORDS, WORDS, YEAR = "words of the authority", "words of rita", timedelta(days=365)


@pytest.mark.parametrize(("given", "rounds"), [({}, 200_000), ({"kdf_rounds": 1000}, 1000)])
def test_a_guess_of_a_passphrase_is_dear(tmp_path: Path, given: dict[str, int], rounds: int) -> None:
    """A person's key is shut by 200,000 rounds unless its authority is built with others, which no setting does."""
    made = Authority.create(tmp_path / "own", CA_WORDS, SetClock(), validity=YEAR, **given)
    rita = Subject("rita", "Dr Rita Reviewer", Role.REVIEWER)
    made.issue(rita, passphrase=WORDS, authority_passphrase=CA_WORDS, validity=YEAR)
    command = ["openssl", "pkcs12", "-in", "rita.p12", "-info", "-noout", "-passin", f"pass:{WORDS}"]
    told = subprocess.run(command, cwd=tmp_path / "own", check=True, capture_output=True, text=True).stderr
    assert told.count(f"AES-256-CBC, Iteration {rounds}, PRF hmacWithSHA256") == 2, "certificates and key"
