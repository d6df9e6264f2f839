"""Deliveries that nobody may analyse, and odd ones that stay as they are."""

import json

import pytest

from medicore.cases.answers.subject import subject
from medicore.errors import DataError
from medicore.records.ledger.states import RunState
from tests.whole_house import faulty_deliveries as faulty
from tests.whole_house.ended import Ended
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.people import words
from tests.whole_house.prepared_study import MONTH, SIZE, PreparedStudy

STUDIES = (
    faulty.twice(),
    faulty.other_type(),
    faulty.other_unit(),
    faulty.future_date(),
    faulty.unblinding(),
    faulty.coerced(),
    faulty.empty(),
    faulty.cut(),
    faulty.fewer_rows(),
    faulty.changed(),
    faulty.odd_texts(),
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> WholeHouse:
    """A house in which every faulty delivery lies in the inbox."""
    whole = found_whole_house(tmp_path_factory.mktemp("deliveries"))
    faulty.before_changes().deliver(whole, faulty.EARLIER)  # type: ignore[arg-type] # it has the folders of a project
    whole.prepare(*STUDIES)
    return whole


def ended(house: WholeHouse, study: PreparedStudy) -> Ended:
    """Return how the month of a study ends."""
    return Ended(study, house, house.run(study.study))


def test_cut_export(house: WholeHouse) -> None:
    """A file that ends early fails before anything is frozen; bytes found and expected are named (FAULTS 33)."""
    path = house.home / "inbox" / "TEST-CUT" / MONTH / "raw" / "subjects.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found = ended(house, faulty.cut())
    found.require_failed(
        "extract",
        DataError,
        f"TEST-CUT/{MONTH}/raw/subjects.csv differs from transfer.json: {len(whole) // 2} bytes found, "
        f"{len(whole)} expected; have it delivered again",
    )
    assert "lock.frozen" not in house.actions(found.outcome.run)


def test_fewer_rows_than_announced(house: WholeHouse) -> None:
    """Rows are counted, not believed, though every byte is the one announced (FAULTS 33)."""
    path = house.home / "inbox" / "TEST-FEWERROWS" / MONTH / "transfer.json"
    manifest = json.loads(path.read_text())
    manifest["files"][0]["rows"] += 1
    path.write_text(json.dumps(manifest))
    ended(house, faulty.fewer_rows()).require_failed(
        "extract",
        DataError,
        f"TEST-FEWERROWS/{MONTH}/raw/subjects.csv has {SIZE} rows; expected {SIZE + 1} by transfer.json, in the same data "
        "sets; have it exported again",
    )


@pytest.mark.parametrize(
    ("study", "message"),
    [
        (faulty.twice(), "Column subject_id: 1 row(s) break the rule 'unique'; expected one row per subject."),
        (faulty.other_type(), f"Column age: {SIZE} value(s) are not a decimal number such as 12.5."),
        (faulty.other_unit(), f"Column bmi: {SIZE} row(s) break the rule 'maximum'; expected at most 75 kg/m²."),
        (faulty.future_date(), "Column enrolled: 1 row(s) break the rule 'not in the future'; expected no date after 2025-03-31, the day of the export."),
        (faulty.unblinding(), "Column dose would unblind the study, which is blinded; its values were not kept."),
        (faulty.empty(), "The export has no subjects at all."),
    ],
    ids=lambda value: value.study if isinstance(value, PreparedStudy) else "",
)  # fmt: skip
def test_what_breaks_the_contract(house: WholeHouse, study: PreparedStudy, message: str) -> None:
    """A subject twice, another type or unit, a day to come, an unblinding column, no subject: halt (FAULTS 34-38, 47)."""
    found = ended(house, study)
    found.require_halted("check")
    (finding,) = found.outcome.findings
    assert (finding.message, finding.overridable) == (message, False)
    told = json.dumps([found.line, *(event.as_json() for event in house.events(found.outcome.run))])
    assert "17.31" not in told, "a dose was told"


def test_nothing_is_coerced(house: WholeHouse) -> None:
    """Words, foreign decimals and what a double cannot hold are counted, and no number is made of them (FAULTS 44)."""
    found = ended(house, faulty.coerced())
    found.require_halted("check")
    assert [finding.message for finding in found.outcome.findings] == [
        "Column age: 1 value(s) are not a number with a decimal point such as 12.5; declare a decimal comma in the manifest or as "
        "the column's 'decimal'.",
        "Column age: 2 value(s) are not a decimal number such as 12.5.",
        "Column age: 1 value(s) are not a value that double precision can hold.",
    ]


def test_a_lock_that_lost_and_changed_subjects(house: WholeHouse) -> None:
    """A subject that vanished and values that changed since the month before halt, each counted (FAULTS 39, 40)."""
    study = faulty.changed()
    house.run(study.study, faulty.EARLIER)
    found = ended(house, study)
    found.require_halted("check")
    assert [finding.message for finding in found.outcome.findings] == [
        f"1 subject(s) of the data lock of {faulty.EARLIER} are no longer in the export.",
        f"Column age: 2 locked value(s) are not what they were in the data lock of {faulty.EARLIER}; the largest difference is "
        "1 years. Quality may sign that the source corrected them.",
    ]
    assert [finding.overridable for finding in found.outcome.findings] == [False, True]


def test_odd_texts_are_kept(house: WholeHouse) -> None:
    """A byte-order mark is no part of a name; numbers, formulas and names from right to left stay texts (FAULTS 43-45)."""
    study = faulty.odd_texts()
    found = ended(house, study)
    assert house.state(found.outcome.run) == RunState.SEALED
    assert found.line["n"] == SIZE
    rows = [dict(zip(study.texts, values, strict=True)) for values in zip(*study.texts.values(), strict=True)]
    for place, odd in enumerate(faulty.ODD_SUBJECTS):
        seen = subject(house.house, study.study, odd, "rita", words)
        assert seen["source"]["values"] == rows[place]
