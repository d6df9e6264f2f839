"""stored: a file of a record is given out when one of its copies is what was recorded, and only then."""

import json

import pytest

from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import file_entry, read_document, read_provenance, stored_file
from medicore.errors import IntegrityError
from medicore.records.canonical import document, sha256
from medicore.records.identifiers import RunId
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND_RUN

RUN = RunId.parse(SOUND_RUN)
NAME = "extract.parquet"


def test_a_bad_copy_is_passed_over_for_a_whole_one(month: WholeHouse) -> None:
    """Whichever place holds the whole copy, that one is given out; with none it is said how many there were."""
    commit = sealed_commit(month.house, RUN)
    entry = file_entry(read_provenance(month.house, RUN, commit), NAME)
    for place in (month.content.remote, month.content.cache):
        whole = place[entry["md5"]]
        place[entry["md5"]] = b"spoilt"
        assert sha256(stored_file(month.house, RUN, commit, NAME)) == entry["sha256"]
        place[entry["md5"]] = whole
    month.content.remote[entry["md5"]] = month.content.cache[entry["md5"]] = b"spoilt"
    with pytest.raises(IntegrityError, match=f"{NAME} of {RUN}: 2 copies, none with the recorded SHA-256"):
        stored_file(month.house, RUN, commit, NAME)
    del month.content.remote[entry["md5"]], month.content.cache[entry["md5"]]
    with pytest.raises(IntegrityError, match=f"{NAME} of {RUN}: no copy"):
        stored_file(month.house, RUN, commit, NAME)


def test_a_document_of_the_record_is_held_against_its_digest(month: WholeHouse) -> None:
    """A results file that is not the recorded one is not given out, though it is read where nothing rests on it."""
    commit = sealed_commit(month.house, RUN)
    assert read_document(month.house, RUN, commit, "results.json")["study"]["id"] == RUN.study
    month.records.spoil(commit, f"{RUN.folder}/results.json", b"{}")
    with pytest.raises(
        IntegrityError, match=r"results\.json of .*: 1 copies, none with the recorded SHA-256"
    ):
        stored_file(month.house, RUN, commit, "results.json")


def test_what_the_provenance_does_not_name_is_no_part_of_the_record(month: WholeHouse) -> None:
    """A file that no provenance names is not looked for."""
    with pytest.raises(IntegrityError, match=r"secret\.csv is not part of the record"):
        stored_file(month.house, RUN, sealed_commit(month.house, RUN), "secret.csv")


def test_nothing_is_answered_by_another_provenance(month: WholeHouse) -> None:
    """Results and provenance replaced together agree with each other, and not with the ledger: no answer comes from them (FAULTS 81)."""
    commit = sealed_commit(month.house, RUN)
    place = f"{RUN.folder}/provenance.json"
    provenance = json.loads(month.records.read(commit, place))
    results = month.records.read(commit, f"{RUN.folder}/results.json").replace(b"1", b"2")
    for entry in provenance["files"]:
        if entry["name"] == "results.json":
            entry |= {"sha256": sha256(results), "size": len(results)}
    month.records.spoil(commit, f"{RUN.folder}/results.json", results)
    month.records.spoil(commit, place, document(provenance))
    with pytest.raises(IntegrityError, match=r"provenance\.json of .* is not the one that the ledger names"):
        read_document(month.house, RUN, commit, "results.json")
