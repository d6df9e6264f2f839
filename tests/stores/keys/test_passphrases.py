"""A passphrase is one passphrase, whether the keyboard wrote its accents as one character or as two."""

import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from medicore.errors import ReviewError, WrongPassphraseError
from medicore.records.people.people import Role
from medicore.stores.keys.authority import Authority, Subject
from medicore.stores.keys.passphrases import opened, spelled
from medicore.stores.keys.signer import open_key
from tests.whole_house.people import SetClock

WORDS = "Zoë trägt Ångström"
COMPOSED, DECOMPOSED = unicodedata.normalize("NFC", WORDS), unicodedata.normalize("NFD", WORDS)
DAY = timedelta(days=1)


def authority(folder: Path, passphrase: str) -> Authority:
    """Return a new authority under a passphrase."""
    return Authority.create(folder, passphrase, SetClock(), validity=900 * DAY, kdf_rounds=1000)


def issued(made: Authority, own: str, of_authority: str) -> bytes:
    """Return the PKCS#12 bytes of a new key of zoe."""
    subject = Subject("zoe", "Zoë", Role.REVIEWER)
    made.issue(subject, passphrase=own, authority_passphrase=of_authority, validity=DAY)
    return made.key("zoe")


@pytest.mark.parametrize("chosen", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
def test_either_form_opens_a_key(tmp_path: Path, chosen: str, typed: str) -> None:
    """A key of the authority or of a person that was made with one form opens with the other."""
    assert COMPOSED != DECOMPOSED
    key = issued(authority(tmp_path / "people", chosen), chosen, typed)
    open_key(key, typed, "zoe", None)
    with pytest.raises(WrongPassphraseError):
        open_key(key, "Zoe tragt Angstrom", "zoe", None)


@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
def test_a_key_of_an_earlier_version_still_opens(tmp_path: Path, typed: str) -> None:
    """Earlier versions encrypted under the passphrase as it was typed, decomposed too: such a key opens with both forms."""
    made = authority(tmp_path / "people", "words of the authority")
    key, certificate, _ = open_key(
        issued(made, "first words", "words of the authority"), "first words", "zoe", None
    )
    shut = serialization.BestAvailableEncryption(DECOMPOSED.encode())
    old = pkcs12.serialize_key_and_certificates(b"zoe", key, certificate, None, shut)
    open_key(old, typed, "zoe", None)
    own = made.open("words of the authority")
    pem = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, shut)
    (tmp_path / "people" / "authority.key").write_bytes(pem)
    assert made.open(typed).public_key() == own.public_key()


def test_a_plain_passphrase_is_tried_once() -> None:
    """The forms of plain letters are the same, so that a guess costs and a right one takes one derivation of the key."""
    tried: list[bytes] = []

    def never(spelling: bytes) -> None:
        tried.append(spelling)
        raise ValueError

    for passphrase, times in (("plain words", 1), (COMPOSED, 2), (DECOMPOSED, 2)):
        tried.clear()
        with pytest.raises(WrongPassphraseError, match="try again"):
            opened(never, passphrase, "wrong; try again")
        assert len(tried) == times
        assert tried[0] == spelled(passphrase).encode()


def test_length_is_counted_in_one_form(tmp_path: Path) -> None:
    """Accents that are characters of their own do not make a short passphrase long."""
    made = authority(tmp_path / "people", "words of the authority")
    with pytest.raises(ReviewError, match="too short"):
        issued(made, unicodedata.normalize("NFD", "äöüäöü"), "words of the authority")
