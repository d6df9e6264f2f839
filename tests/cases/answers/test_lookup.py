"""Questions about all runs: the index makes them fast, and never makes them another answer."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medicore.cases.answers.lookup import current, lines, sightings, standing_lines
from medicore.errors import ProtocolError
from medicore.records.ledger.ledger import NewEvent
from medicore.stores.clock import SystemClock
from medicore.stores.ledger.index import SqliteIndex
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.whole_house.indexed import IndexedHouse, indexed_house

FIRST, SECOND = "MED-2024-0147/2025-03/1", "MED-2024-0147/2025-03/2"
OTHER, OPEN = "MED-2024-0211/2025-03/1", "MED-2024-0211/2025-04/1"
SEED = 1440


@pytest.fixture
def house(tmp_path: Path) -> IndexedHouse:
    """Four runs of two studies: sealed and rejected, sealed again, sealed, and one at work."""
    made = indexed_house(tmp_path)
    made.ledger.append(NewEvent("nobody", "person", "run.refused", "requests", "unknown", {}))
    for run, estimate in ((FIRST, 3.3661), (OTHER, -2.5), (SECOND, 3.3733)):
        made.request(run)
        made.seal(run, estimate)
    made.say("run.rejected", FIRST)
    made.request(OPEN)
    return made


def answers(house: IndexedHouse) -> tuple[object, ...]:
    """Return all that is asked of all runs."""
    found = [(one.run, one.path, one.value) for one in sightings(house, "3.37")]  # type: ignore[arg-type]
    return [*lines(house)], found  # type: ignore[arg-type]


def truth(house: IndexedHouse) -> tuple[object, ...]:
    """Return the same, from ledger and records alone."""
    return house.plain_lines(), house.plain_places("3.37")


def test_lines_are_those_of_ledger_and_records(house: IndexedHouse) -> None:
    """Made or kept, the index answers with every run's line in order of request, of one study where asked."""
    assert [row["run"] for row in house.plain_lines()] == [FIRST, OTHER, SECOND, OPEN]
    for _ in range(2):
        assert answers(house) == truth(house)
        mine = lines(house, "MED-2024-0147")  # type: ignore[arg-type]
        assert [row["run"] for row in mine] == [FIRST, SECOND]
        standing = standing_lines(house)  # type: ignore[arg-type]
        assert [row["run"] for row in standing] == [SECOND, OTHER, OPEN]


def test_a_number_is_found_in_all_runs(house: IndexedHouse) -> None:
    """A number as printed is found in every run that holds it, the latest first, the likeliest place first."""
    found = [(one.run, one.path) for one in sightings(house, "3.37")]  # type: ignore[arg-type]
    assert found == [
        (run, path)
        for run in (SECOND, FIRST)
        for path in ("primary.estimate", "primary.bootstrap.estimate", "sensitivity.supplementary.0.estimate")
    ]
    assert {one.run for one in sightings(house, "95 %")} == {FIRST, OTHER, SECOND}  # type: ignore[arg-type]
    assert {one.run for one in sightings(house, "\u22122.50")} == {OTHER}  # type: ignore[arg-type]
    assert {one.run for one in sightings(house, "60", "MED-2024-0211")} == {OTHER}  # type: ignore[arg-type]
    assert all(one.definition for one in sightings(house, "60"))  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "study"), [("3.38", None), ("3.37", "MED-2024-0211")])
def test_a_number_that_is_nowhere_is_said_so(house: IndexedHouse, text: str, study: str | None) -> None:
    """A number that no result reads like is refused, and so is what is no number."""
    with pytest.raises(ProtocolError, match="reads"):
        sightings(house, text, study)  # type: ignore[arg-type]
    with pytest.raises(ProtocolError, match="not one number"):
        sightings(house, "many")  # type: ignore[arg-type]


def test_a_fresh_index_reads_no_record(house: IndexedHouse) -> None:
    """Once made, the index answers without opening a record; after one run's event, only that run is read again."""
    answers(house)
    house.records.asked.clear()
    answers(house)
    assert house.records.asked == []
    house.say("verification.failed", OTHER)
    answers(house)
    assert set(house.records.asked) == {house.commits[OTHER]}
    house.records.asked.clear()
    house.ledger.append(NewEvent("ana", "person", "run.refused", "requests", "unknown", {}))
    answers(house)
    assert house.records.asked == []


def fresh(house: IndexedHouse) -> None:
    """Leave the index as it is."""


def stale(house: IndexedHouse) -> None:
    """Let runs come to an end, begin and change after the index was made."""
    house.seal(OPEN, 3.3699)
    house.say("run.rejected", OTHER)
    house.request("MED-2024-0300/2025-03/1")
    house.seal("MED-2024-0300/2025-03/1", None, "run.failed")


def gone(house: IndexedHouse) -> None:
    """Remove the index."""
    house.index_file.unlink()


def emptied(house: IndexedHouse) -> None:
    """Cut the index to nothing."""
    house.index_file.write_bytes(b"")


def shortened(house: IndexedHouse) -> None:
    """Cut the index in two."""
    data = house.index_file.read_bytes()
    house.index_file.write_bytes(data[: len(data) // 2])


def other_make(house: IndexedHouse) -> None:
    """Let the index be of an earlier make, and wrong."""
    with closing(sqlite3.connect(house.index_file)) as connection:
        connection.execute("PRAGMA user_version = 0")


def forged(house: IndexedHouse) -> None:
    """Let a line of the index say something else."""
    with closing(sqlite3.connect(house.index_file)) as connection, connection:
        connection.execute("UPDATE entries SET line = replace(line, '3.3661', '3.9999')")
        connection.execute("UPDATE numbers SET found = zeroblob(length(found))")


def bereft(house: IndexedHouse) -> None:
    """Take a run out of the index."""
    with closing(sqlite3.connect(house.index_file)) as connection, connection:
        connection.execute("DELETE FROM entries WHERE run = ?", (FIRST,))


def without_numbers(house: IndexedHouse) -> None:
    """Take a run's numbers out of the index."""
    with closing(sqlite3.connect(house.index_file)) as connection, connection:
        connection.execute("DELETE FROM numbers WHERE run = ?", (FIRST,))


@pytest.mark.parametrize(
    "happen", [fresh, stale, gone, emptied, shortened, other_make, forged, bereft, without_numbers]
)
def test_whatever_befell_the_index_the_answer_is_the_same(
    house: IndexedHouse, happen: Callable[[IndexedHouse], None]
) -> None:
    """Fresh, stale, missing, cut, forged or of another make: the answers are those of ledger and records."""
    assert answers(house) == truth(house)
    happen(house)
    assert answers(house) == truth(house)
    assert answers(house) == truth(house)


def test_any_damaged_byte_leaves_the_answer_the_same(house: IndexedHouse) -> None:
    """Flipped bytes all over the file never reach an answer."""
    expected = truth(house)
    assert answers(house) == expected
    data = house.index_file.read_bytes()
    chance = np.random.default_rng(SEED)
    for position in [*range(0, 100, 7), *chance.integers(100, len(data), 60).tolist()]:
        damaged = bytearray(data)
        damaged[position] ^= 1 << int(chance.integers(8))
        house.index_file.write_bytes(bytes(damaged))
        assert answers(house) == expected, position


def test_a_ledger_that_was_rolled_back_is_believed(house: IndexedHouse) -> None:
    """When the index knows a head that the ledger does not hold, ledger and records are asked alone."""
    older = (house.folder / "ledger.db").read_bytes()
    house.seal(OPEN, 3.3699)
    answers(house)
    (house.folder / "ledger.db").write_bytes(older)
    back = replace(house, ledger=SqliteLedger(house.folder / "ledger.db", SystemClock()))
    assert answers(back) == truth(back)
    back.say("run.failed", OPEN, commit=house.commits[OTHER], findings=[])
    assert answers(back) == truth(back)


def test_a_sealing_without_results_takes_the_numbers_back(house: IndexedHouse) -> None:
    """Numbers are those of the last sealing: a run continued and then failed has none."""
    house.seal(OPEN, 3.3699, "run.halted")
    assert OPEN in {one.run for one in sightings(house, "3.37")}  # type: ignore[arg-type]
    house.say("run.continued", OPEN)
    house.seal(OPEN, None, "run.failed")
    assert OPEN not in {one.run for one in sightings(house, "3.37")}  # type: ignore[arg-type]
    assert answers(house) == truth(house)


def test_without_a_place_for_the_index_the_answer_is_whole(house: IndexedHouse) -> None:
    """A cache that cannot be written costs time and nothing else."""
    homeless = replace(house, index=SqliteIndex(house.folder / "nowhere" / "index.db", b"a key"))
    assert answers(homeless) == truth(house)
    assert not (house.folder / "nowhere").exists()


def test_an_empty_ledger_has_no_runs(tmp_path: Path) -> None:
    """Before the first request there is nothing to tell; the first is then news."""
    house = indexed_house(tmp_path)
    for _ in range(2):
        assert lines(house) == ()  # type: ignore[arg-type]
    house.request(FIRST)
    assert [row["run"] for row in lines(house)] == [FIRST]  # type: ignore[arg-type]
    assert current(house).head == house.ledger.head()  # type: ignore[arg-type]
