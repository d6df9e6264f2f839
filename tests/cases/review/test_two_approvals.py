"""A protocol may ask for several approvals: different people sign before the report is released."""

from pathlib import Path

import pytest

from medicore.cases.export.export import export
from medicore.cases.people.people import renew
from medicore.cases.proof.verify import verify
from medicore.cases.review.approvals import approvals
from medicore.cases.review.returning import return_run
from medicore.cases.review.review import next_step, standing_decisions
from medicore.cases.review.signed_report import signed_report
from medicore.errors import ReviewError
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from tests.cases.people.test_used_keys import certificate_of_used_key, smuggle
from tests.few_draws import few_draws
from tests.whole_house.exported import third_party
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.people import actor, issuance, words
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.study import sound
from tests.whole_house.tampering import slip_in

TWICE = "TEST-TWICE"
TWICE_RUN = f"{TWICE}/{MONTH}/1"
RUN = RunId.parse(TWICE_RUN)


@pytest.fixture(scope="module")
def kept_twice(session_memory: Path) -> WholeHouse:
    """A house with the sealed run of a study that asks for two approvals: to be copied from."""
    whole = found_whole_house(session_memory / "twice")
    whole.prepare(sound(TWICE).planned("review", {"approvals": 2}))
    with few_draws():
        whole.run(TWICE)
    return whole


@pytest.fixture
def twice(kept_twice: WholeHouse, tmp_path: Path) -> WholeHouse:
    """A copy of that house."""
    return kept_twice.copy(tmp_path / "twice")


def wanted(whole: WholeHouse) -> str:
    """Return what the run needs next."""
    history = whole.history(TWICE_RUN)
    return next_step(history, standing_decisions(whole.house, history))[0]


def test_two_people_release_a_report(twice: WholeHouse, tmp_path: Path) -> None:
    """One approval releases nothing, and the same person's second is the first again; two people's signatures are in the report."""
    return_run(twice.house, RUN, actor("quinn", "Say why week 12 was late"))
    assert wanted(twice) == "approve"
    first = twice.sign(TWICE_RUN, "approve", by="rita")
    assert wanted(twice) == "approve"
    assert twice.sign(TWICE_RUN, "approve", by="rita").sequence == first.sequence
    with pytest.raises(ReviewError, match="lacks 1 of 2 approvals; expected those of different people"):
        twice.follow(TWICE_RUN)
    assert twice.actions(TWICE_RUN)[-1] == "review.halted"
    twice.release(TWICE_RUN, by="quinn")
    checks = verify(twice.house, RUN)
    assert [check for check in checks if not check.passed] == []
    told = approvals(twice.house, RUN)
    assert (told["approvals_needed"], [row["signer"] for row in told["decisions"]]) == (2, ["rita", "quinn"])
    held = standing_decisions(twice.house, twice.history(TWICE_RUN))
    assert signed_report(twice.house, held).count(b"/ETSI.CAdES.detached") == 2
    bundle = tmp_path / "bundle"
    for name, data in export(twice.house, RUN, "rita", words).files.items():
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_bytes(data)
    code, answer = third_party(bundle, tmp_path)
    assert code == 0, answer


def test_a_release_by_one_is_found(twice: WholeHouse) -> None:
    """An event that releases the run after one approval follows from too few."""
    twice.sign(TWICE_RUN, "approve", by="rita")
    commit = twice.history(TWICE_RUN).sealed_commit
    details = {"commit": commit, "tag": f"record/{TWICE_RUN}"}
    slip_in(
        twice.home / "ledger.db",
        twice.clock,
        NewEvent("medicore", "service", "run.released", TWICE_RUN, "", details),
    )
    found = [check.found for check in verify(twice.house, RUN) if not check.passed]
    assert any("follows from 1 signed approval(s) too few" in words_found for words_found in found)


def test_one_rejection_ends_the_run(twice: WholeHouse) -> None:
    """After an approval another person may still reject."""
    twice.sign(TWICE_RUN, "approve", by="rita")
    twice.sign(TWICE_RUN, "reject", by="quinn")
    assert wanted(twice) == "follow"
    twice.follow(TWICE_RUN)
    assert twice.state(TWICE_RUN).name == "REJECTED"


def test_two_names_of_one_key_are_one_person(twice: WholeHouse) -> None:
    """Who ever had the key of one who approved is no other person, even with a new key of their own."""
    smuggle(twice, certificate_of_used_key(twice, "rita", "Rosa Reviewer"))
    renew(twice.house, actor(), "rosa", "Rosa Reviewer", lambda: issuance("rosa"))
    twice.sign(TWICE_RUN, "approve", by="rita")
    with pytest.raises(ReviewError, match="rosa and rita, who approved this run, had one public key"):
        twice.sign(TWICE_RUN, "approve", by="rosa")
