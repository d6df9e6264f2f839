"""archived_ledger: the copies of the ledger in the archive are believed as far as a signed head vouches for them."""

from pathlib import Path

import pytest

from medicore.cases.keeping.archived_ledger import copies, key_of
from medicore.cases.proof.verify_ledger import verify_ledger
from medicore.cases.run.attest import kept
from medicore.records.ledger.ledger import Checkpoint
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND_RUN, WAITING_RUN
from tests.whole_house.tampering import force, written_anew


@pytest.fixture
def twice(released: WholeHouse) -> WholeHouse:
    """The month in which a second run is archived after the first."""
    released.proceed(WAITING_RUN)
    released.release(WAITING_RUN, by="quinn")
    return released


def heads(whole: WholeHouse) -> dict[str, Checkpoint]:
    """Return the signed heads in the archive by their keys."""
    return {found.key: found.opened(whole.house) for found in kept(whole.house)}


def paths(whole: WholeHouse) -> list[Path]:
    """Return the files of the ledger's copies, in the order of their names."""
    found = (whole.home / "archive" / "archives").rglob("ledger-*.jsonl")
    return sorted(found, key=lambda path: path.name)


def rewrite(whole: WholeHouse, number: int) -> None:
    """Rewrite an event with every later digest, past the guards."""
    force(
        whole.home / "ledger.db", written_anew([*whole.house.ledger.events()], number, reason="all was well")
    )


def test_each_copy_is_given_with_the_head_that_vouches_for_it(twice: WholeHouse) -> None:
    """Both copies are there, each a part of the ledger that ends at its signed head; heads of sealings have none."""
    found = sorted(copies(twice.house, heads(twice)), key=lambda copy: copy.head.sequence)
    events = [*twice.house.ledger.events()]
    assert [copy.key for copy in found] == [
        key_of(f"archives/{run}", copy.events[0].sequence, copy.head.sequence)
        for run, copy in zip((SOUND_RUN, WAITING_RUN), found, strict=True)
    ]
    assert [event for copy in found for event in copy.events] == events[: found[-1].head.sequence]
    assert all(copy.events[-1].digest == copy.head.digest for copy in found)


@pytest.mark.parametrize("place", [3, -3], ids=["first copy", "second copy"])
def test_whichever_copy_holds_an_event_names_it(twice: WholeHouse, place: int) -> None:
    """An event that was rewritten is named, whether the first or a later copy holds it."""
    found = sorted(copies(twice.house, heads(twice)), key=lambda copy: copy.head.sequence)
    number = found[0 if place > 0 else -1].events[place].sequence
    rewrite(twice, number)
    assert verify_ledger(twice.house).wrong == (number, number)


def test_a_damaged_copy_names_nothing(twice: WholeHouse) -> None:
    """A copy that no signed head vouches for is left out: what is left tells between which events it lies."""
    last = paths(twice)[-1]
    number = [*copies(twice.house, heads(twice))][-1].events[-3].sequence
    whole = last.read_bytes()
    last.chmod(0o644)
    for damaged in (whole.replace(b'"run.released"', b'"run.rejected"', 1), whole[:-200], b"no events\n"):
        last.write_bytes(damaged)
        assert len([*copies(twice.house, heads(twice))]) == 1
    number = max(event.sequence for event in twice.events(WAITING_RUN) if event.action == "run.released")
    rewrite(twice, number)
    wrong = verify_ledger(twice.house).wrong
    assert wrong is not None
    assert wrong[0] <= number <= wrong[1]
    assert wrong[0] < wrong[1]


def test_a_copy_without_a_signed_head_is_not_believed(twice: WholeHouse) -> None:
    """Without the head that lies beside it nothing is given."""
    of_sealings = {key: head for key, head in heads(twice).items() if key.startswith("checkpoints/")}
    assert [*copies(twice.house, of_sealings)] == []
