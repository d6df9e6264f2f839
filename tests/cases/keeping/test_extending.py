"""extending: a record is kept longer by a signed act, and never shorter."""

from datetime import date
from pathlib import Path

import pytest

from medicore.cases.keeping.archived_run import objects_of
from medicore.cases.keeping.extending import extend
from medicore.cases.people.acting import Actor
from medicore.cases.proof.verify import verify
from medicore.errors import ArchiveError, ReviewError, WrongPassphraseError
from medicore.records.identifiers import RunId
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import words
from tests.whole_house.study import BROKEN_RUN, SOUND_RUN

RUN = RunId.parse(SOUND_RUN)
DAY = date(2080, 2, 29)
OTTO = Actor("otto", "A longer duty to keep", words("otto"))
REPORT = f"reports/{SOUND_RUN}/report.pdf"


def failed(whole: WholeHouse) -> dict[str, str]:
    """Return the checks that fail on the run."""
    return {check.subject: check.found for check in verify(whole.house, RUN) if not check.passed}


def labels(whole: WholeHouse) -> list[Path]:
    """Return the labels of the extension."""
    return [*(whole.home / "archive").rglob(f"*~{DAY}.retention.json")]


def test_every_object_is_kept_until_the_later_day(released: WholeHouse) -> None:
    """The act is signed and recorded, and every object and the manifest are kept until then; the same again is no harm."""
    first = released.history(RUN).kept_until
    event = extend(released.house, OTTO, RUN, DAY)
    assert (event.action, event.actor, event.reason, event.details["retain_until"]) == (
        "archive.extended", "otto", OTTO.reason, "2080-02-29",
    )  # fmt: skip
    extend(released.house, OTTO, RUN, DAY)
    assert len(labels(released)) == len(objects_of(released.house, released.history(RUN)))
    assert {
        released.house.archive.retention(key) for key in objects_of(released.house, released.history(RUN))
    } == {str(DAY)}
    assert (released.history(RUN).kept_until, first) == (str(DAY), "2040-04-02")
    assert failed(released) == {}


def test_nothing_is_kept_shorter(released: WholeHouse) -> None:
    """An earlier day than the one that stands is refused, and the refusal recorded (FAULTS 15)."""
    extend(released.house, OTTO, RUN, DAY)
    for earlier in (date(2080, 2, 28), date(2041, 1, 1)):
        with pytest.raises(ArchiveError, match="is kept until 2080-02-29"):
            extend(released.house, OTTO, RUN, earlier)
        last = released.events(SOUND_RUN)[-1]
        assert (last.action, last.actor) == ("archive.refused", "otto")
        assert last.details == {"cause": "retention", "retain_until": str(earlier)}
    assert released.history(RUN).kept_until == str(DAY)


@pytest.mark.parametrize("damage", ["removed", "changed"])
def test_the_label_of_an_extension_is_held_against_the_ledger(released: WholeHouse, damage: str) -> None:
    """Without its label an object is kept too short, and with a changed one nobody knows: verification says so."""
    extend(released.house, OTTO, RUN, DAY)
    path = released.home / "archive" / f"{REPORT}~{DAY}.retention.json"
    whole = path.read_bytes()
    path.chmod(0o644)
    path.unlink()
    if damage == "changed":
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    found = failed(released)
    assert set(found) == {f"{REPORT} (retention)"}
    expected = "is damaged" if damage == "changed" else f"kept until 2040-04-02, where {DAY} is recorded"
    assert expected in found[f"{REPORT} (retention)"]
    assert released.actions(SOUND_RUN)[-1] == "verification.failed"


def test_an_archive_that_fails_in_the_middle_is_found_and_finished(released: WholeHouse) -> None:
    """The signed event comes first: what is not kept so long is found, and the same again does the rest."""
    blocked = released.home / "archive" / f"{REPORT}~{DAY}.retention.json"
    blocked.mkdir()
    with pytest.raises(ArchiveError):
        extend(released.house, OTTO, RUN, DAY)
    extended, refused = released.events(SOUND_RUN)[-2:]
    assert (extended.action, refused.action, refused.details["cause"]) == (
        "archive.extended", "archive.refused", "archive",
    )  # fmt: skip
    blocked.rmdir()
    assert f"{REPORT} (retention)" in failed(released)
    extend(released.house, OTTO, RUN, DAY)
    assert failed(released) == {}


def test_wrong_passphrases_lock_whoever_extends(released: WholeHouse) -> None:
    """Five in a row, and the operator can sign nothing more, as with decisions."""
    for _ in range(5):
        with pytest.raises(WrongPassphraseError):
            extend(released.house, Actor("otto", OTTO.reason, "wrong words"), RUN, DAY)
    with pytest.raises(ReviewError, match="otto is locked"):
        extend(released.house, OTTO, RUN, DAY)
    causes = [e.details["cause"] for e in released.events(SOUND_RUN) if e.action == "archive.refused"]
    assert causes == ["passphrase"] * 5 + ["refused"]
    assert labels(released) == []


def test_who_may_not_or_says_not_why_extends_nothing(released: WholeHouse) -> None:
    """A reviewer, and an operator without a reason, are refused, and the ledger has the day that was asked for."""
    for who, told in (
        (Actor("rita", "Because", words("rita")), "rita has the role reviewer, which may not extend"),
        (Actor("otto", "", words("otto")), "the reason is empty"),
    ):
        with pytest.raises(ReviewError, match=told):
            extend(released.house, who, RUN, DAY)
        last = released.events(SOUND_RUN)[-1]
        assert last.details == {
            "cause": "refused",
            "retain_until": str(DAY),
            "claimed": who.identifier,
        }


def test_what_is_not_archived_is_not_extended(released: WholeHouse) -> None:
    """A run that was never released has nothing in the archive, and nothing is recorded."""
    before = released.events(BROKEN_RUN)
    with pytest.raises(ArchiveError, match=f"run {BROKEN_RUN} is not archived; expected one that is"):
        extend(released.house, OTTO, RunId.parse(BROKEN_RUN), DAY)
    assert released.events(BROKEN_RUN) == before
