"""The metadata of a signed report: the first signature withdraws the claim to be PDF/UA-1, and nothing else changes."""

from io import BytesIO

import pikepdf
import pytest

from medicore.errors import IntegrityError
from tests.stores.signing_room import Room, open_room, small_report


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """An authority with two people under it."""
    return open_room(tmp_path_factory.mktemp("room") / "authority")


@pytest.fixture(scope="module")
def signed(room: Room) -> bytes:
    """The small report signed by Rita."""
    return room.signed(small_report(), room.approval(room.rita))


def test_a_second_signature_leaves_the_metadata_alone(room: Room, signed: bytes) -> None:
    """The first revision alone writes the metadata, so that nothing that was signed is changed later."""
    twice = room.signed(signed, room.approval(room.quentin))
    assert signed[len(small_report()) :].count(b"<x:xmpmeta") == 1
    assert b"<x:xmpmeta" not in twice[len(signed) :]


def test_a_signed_report_that_keeps_the_claim_is_still_verified(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports that were signed before the claim was withdrawn hold the report's own metadata, and verify."""
    from medicore.stores.report import signed_report

    monkeypatch.setattr(signed_report, "withdraw", lambda _: None)
    statement = room.approval(room.rita)
    made = room.signed(small_report(), statement)
    with pikepdf.open(BytesIO(made)) as document:
        assert b"<pdfuaid:part>1" in document.Root.Metadata.read_bytes()
    room.reports().verify(made, small_report(), [statement])


@pytest.mark.parametrize("words", [(b"<pdfaid:part>2<", b"<pdfaid:part>1<"), (b"A report", b"B report")])
def test_other_words_in_the_metadata_are_refused(
    room: Room, monkeypatch: pytest.MonkeyPatch, words: tuple[bytes, bytes]
) -> None:
    """Metadata of the same length that state another thing are found, though their dictionary is as it was."""
    from medicore.stores.report import accessibility_claim

    monkeypatch.setattr(accessibility_claim, "without_claim", lambda stated: stated.replace(*words))
    statement = room.approval(room.rita)
    with pytest.raises(IntegrityError, match="changes the data of object"):
        room.reports().verify(room.signed(small_report(), statement), small_report(), [statement])
