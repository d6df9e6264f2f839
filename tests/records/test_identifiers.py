"""Identifiers are proved before they reach a path, a query or a command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import ProtocolError
from medicore.records.identifiers import (
    RunId,
    commit_id,
    confusable,
    fingerprint_id,
    month_id,
    person_id,
    study_id,
)


@pytest.mark.parametrize(
    "text", ["MED-2024-0147", "REF-NHEFS", "ACME-RHC-01", "NCT01234567", "acme_7", "123", "a" * 40]
)
def test_studies(text: str) -> None:
    """A sponsor's own names, registry numbers too, are accepted as they are."""
    assert study_id(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "AB", "a" * 41, "MED-2024-0147\n", "../MED-2024-0147", "MED-٢٠٢٤-0147", "MЕD-2024-0147", "-force", "_A1", "A1-", "A1_",
        "A.lock", "A B C", "A/B/C", "A..B", "A@{1}", "A~1", "A:B", "A*B",
    ],
)  # fmt: skip
def test_not_studies(text: str) -> None:
    """Anything else is refused: foreign digits and letters, what is an option, a path or a git revision, a line break at the end."""
    with pytest.raises(ProtocolError, match="not a study identifier; expected 3 to 40"):
        study_id(text)


@pytest.mark.parametrize(
    "text", ["2025-03", "Ledger", "ARCHIVE", "con", "COM1", "families", "Names", "medicore"]
)
def test_words_that_mean_something_else_are_no_studies(text: str) -> None:
    """A month, a device of Windows and what the ledger or the folder of protocols calls otherwise are no names of studies."""
    with pytest.raises(ProtocolError, match="means something else"):
        study_id(text)


def test_studies_that_may_be_taken_for_each_other_are_paired() -> None:
    """Names that differ in case, or in hyphen and underscore, are pairs; a name is never paired with itself."""
    names = ["ACME-01", "acme-01", "ACME_01", "ACME-02", "ACME-02"]
    assert confusable(names) == [("ACME-01", "ACME_01"), ("ACME-01", "acme-01")]
    assert confusable(["MED-2024-0147", "REF-NHEFS"]) == []


@pytest.mark.parametrize(
    "text", ["2025-00", "2025-13", "1999-12", "2025-1", "2025-01\n", "25-01", "2025-03-01"]
)
def test_not_months(text: str) -> None:
    """A month outside the calendar, before 2000 or otherwise spelled is refused."""
    with pytest.raises(ProtocolError, match="malformed"):
        month_id(text)


@pytest.mark.parametrize("text", ["A", "ada lovelace", "-ada", "a" * 33, "ada/.."])
def test_not_people(text: str) -> None:
    """A person's identifier cannot be a path or hold white space."""
    with pytest.raises(ProtocolError, match="malformed"):
        person_id(text)


@pytest.mark.parametrize("text", ["", "main", "abc123", "A" * 40, "g" * 40, "0" * 39, "0" * 40 + "\n"])
def test_not_commits(text: str) -> None:
    """A branch, a part of a commit's name or anything else that could name another commit tomorrow is refused."""
    with pytest.raises(ProtocolError, match="malformed"):
        commit_id(text)


@given(st.integers(1, 999_999))
def test_run_reads_what_it_writes(number: int) -> None:
    """Parsing the text of a run gives the run back."""
    run = RunId("MED-2024-0147", "2025-03", number)
    assert RunId.parse(str(run)) == run


@pytest.mark.parametrize(
    "text", ["MED-2024-0147/2025-03", "MED-2024-0147/2025-03/0", "MED-2024-0147/2025-03/01", "a/b/c/d"]
)
def test_not_runs(text: str) -> None:
    """A run needs study, month and a number from 1 without leading zeros."""
    with pytest.raises(ProtocolError):
        RunId.parse(text)


def test_run_number_from_one() -> None:
    """There is no run 0."""
    with pytest.raises(ProtocolError, match="out of range"):
        RunId("MED-2024-0147", "2025-03", 0)


def test_runs_sort_by_number_not_by_text() -> None:
    """Run 10 comes after run 9."""
    runs = [RunId("MED-2024-0147", "2025-03", number) for number in (10, 9, 2)]
    assert [run.number for run in sorted(runs)] == [2, 9, 10]


def test_person() -> None:
    """A short name in lower case is a person's identifier."""
    assert person_id("ada.lovelace") == "ada.lovelace"
    assert commit_id("0123456789abcdef0123456789abcdef01234567") == "0123456789abcdef0123456789abcdef01234567"


def test_fingerprints_are_read_however_openssl_prints_them() -> None:
    """Colons and capitals make no difference; anything but 64 hexadecimal digits is refused."""
    assert fingerprint_id(":".join(["AB"] * 32)) == "ab" * 32 == fingerprint_id("ab" * 32)
    for text in ("", "ab" * 31, "ab" * 33, "zz" * 32):
        with pytest.raises(ProtocolError, match="is malformed; expected the 64 hexadecimal digits"):
            fingerprint_id(text)


def test_a_run_has_a_folder_and_a_number_from_one() -> None:
    """The record folder is that of the month, whatever the run's number."""
    assert RunId.parse("MED-2024-0147/2025-03/2").folder == "records/MED-2024-0147/2025-03"
    with pytest.raises(ProtocolError, match="out of range"):
        RunId("MED-2024-0147", "2025-03", 0)
