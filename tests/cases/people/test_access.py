"""Who could do what on a day is what the ledger knew then."""

from pathlib import Path

import pytest

from medicore.cases.people.access import access
from medicore.cases.people.acting import Actor
from medicore.cases.people.people import renew, revoke
from medicore.errors import ProtocolError, WrongPassphraseError
from tests.whole_house.people import actor, add_person, found_house, issuance

STUDY = "MED-2024-0181"


def test_access_follows_the_ledger(tmp_path: Path) -> None:
    """Day by day: not yet added, in force, renewed, expired, revoked; the answer of a day never changes afterwards."""
    house, clock = found_house(tmp_path)
    clock.pass_days(1)
    add_person(house, "rita", "reviewer", days=10)
    first = access(house, STUDY, "2025-04-02")
    clock.pass_days(3)
    renew(house, actor(), "rita", None, lambda: issuance("rita", 10))
    clock.pass_days(20)
    found = {row["identifier"]: row for row in access(house, STUDY, "2025-04-25")["people"]}
    assert (found["rita"]["standing"], found["rita"]["may"]) == ("expired", [])
    clock.pass_days(1)
    revoke(house, actor(), "rita")
    before = access(house, STUDY, "2025-03-31")
    assert (before["people"], before["ledger_event"], before["ledger_began"][:10]) == ([], 0, "2025-04-01")
    assert access(house, STUDY, "2025-04-01")["people"][0]["identifier"] == "otto"
    assert len(access(house, STUDY, "2025-04-01")["people"]) == 1
    again = access(house, STUDY, "2025-04-02")
    assert again["people"] == first["people"]
    rita = again["people"][1]
    assert (rita["standing"], rita["may"]) == (
        "in force",
        ["approve", "export", "proceed", "reject", "return", "view"],
    )
    renewed = access(house, STUDY, "2025-04-05")
    assert renewed["people"][1]["fingerprint"] != rita["fingerprint"]
    assert [change["action"] for change in renewed["changes_that_day"]] == ["person.renewed"]
    today = access(house, STUDY, "2025-04-26")
    assert (today["people"][1]["standing"], today["people"][1]["may"]) == ("revoked", [])
    assert today["as_of"] == "2025-04-26T06:00:00.000000Z"


def test_a_locked_person_signs_nothing(tmp_path: Path) -> None:
    """Who is locked may still do what needs no signature, and nothing else."""
    house, _ = found_house(tmp_path)
    add_person(house, "olga", "operator")
    for _ in range(5):
        with pytest.raises(WrongPassphraseError):
            revoke(house, Actor("olga", "As asked", "guessed it"), "otto")
    olga = access(house, STUDY, "2025-04-01")["people"][1]
    assert (olga["locked"], olga["may"]) == (True, ["request"])


@pytest.mark.parametrize(
    ("study", "at"), [(STUDY, "2025-04-02"), (STUDY, "2025-4-1"), ("MED-2024-9999", "2025-04-01")]
)
def test_no_answer_without_study_or_day(tmp_path: Path, study: str, at: str) -> None:
    """The future, a malformed day and an unknown study are refused."""
    house, _ = found_house(tmp_path)
    with pytest.raises(ProtocolError):
        access(house, study, at)
