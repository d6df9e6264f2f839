"""score_card: the ALCOA++ principles of a run, each with the evidence that it was judged by."""

from medicore.cases.proof.score_card import Score, score_card
from medicore.cases.proof.verify import verify
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import file_entry, read_provenance
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import (
    BROKEN_RUN,
    FAILED_RUN,
    SOUND,
    SOUND_RUN,
)

RUN = RunId.parse(SOUND_RUN)


def card(whole: WholeHouse, run: str = SOUND_RUN) -> dict[str, Score]:
    """Return the score card of a run by principle."""
    named = RunId.parse(run)
    return {score.principle: score for score in score_card(whole.house, named, verify(whole.house, named))}


def test_every_principle_holds_of_a_release(released: WholeHouse) -> None:
    """Each letter has a verdict with its evidence, and all hold for a run that is released and archived."""
    found = card(released)
    assert "".join(name[0] for name in found) == "ALCOACCEAT"
    assert {score.verdict for score in found.values()} == {"yes"}, found
    assert "asked for by ana; 1 signed request(s) and 1 signed decision(s)" in found["Attributable"].evidence
    assert "computed twice by independent routes" in found["Accurate"].evidence
    assert "kept until 2040-04-02" in found["Enduring"].evidence
    assert "all 1 attempt(s) of the month kept" in found["Complete"].evidence


def test_what_is_not_there_yet_is_not_judged(released: WholeHouse) -> None:
    """A run that halted at its check has no estimate and no archive: neither held nor failed, and printed as a dash."""
    found = card(released, BROKEN_RUN)
    assert {name for name, score in found.items() if score.holds is None} == {
        "Accurate",
        "Enduring",
        "Traceable",
    }
    assert found["Accurate"].verdict == "–"
    assert all(score.holds for name, score in found.items() if score.holds is not None)
    assert card(released, FAILED_RUN)["Original"].holds is True


def test_what_fails_is_the_principle_that_it_touches(released: WholeHouse) -> None:
    """Lost data are no originals, a moved tag is not consistent, an unsigned act is attributable to nobody."""
    commit = sealed_commit(released.house, RUN)
    provenance = read_provenance(released.house, RUN, commit)
    raw = file_entry(provenance, "lock/raw/subjects.csv")["md5"]
    held = released.content.remote.pop(raw), released.content.cache[raw]
    released.content.cache[raw] = b"other"
    assert {name for name, score in card(released).items() if not score.holds} == {"Original", "Available"}
    released.content.remote[raw], released.content.cache[raw] = held
    tag = released.records.named[f"run/{RUN}"]
    released.records.named[f"run/{RUN}"] = released.records.named[f"record/{RUN}"]
    assert {name for name, score in card(released).items() if not score.holds} == {"Consistent"}
    released.records.named[f"run/{RUN}"] = tag
    details = {"commit": commit, "file": None, "row": None}
    released.house.ledger.append(NewEvent("rita", "reviewer", "subject.viewed", SOUND_RUN, "Looked", details))
    assert {name for name, score in card(released).items() if not score.holds} == {"Attributable"}


def test_a_document_that_cannot_be_read_says_why(released: WholeHouse) -> None:
    """Evidence that is no JSON does not hold, with the reason, and stops nothing else."""
    commit = sealed_commit(released.house, RUN)
    released.records.spoil(commit, f"{RUN.folder}/effect.json", b"{")
    found = card(released)
    assert (found["Accurate"].holds, found["Legible"].holds) == (False, False)
    assert found["Accurate"].evidence
    assert found["Original"].holds is True


def test_nothing_is_scored_without_a_ledger_or_a_record(founded: WholeHouse) -> None:
    """A damaged ledger, and a run that was never sealed, have no score card of principles."""
    founded.begin(SOUND)
    checks = verify(founded.house, RUN)
    (score,) = score_card(founded.house, RUN, checks)
    assert (score.principle, score.holds) == ("Consistent", False)
    assert "has no sealed record" in score.evidence
    assert score_card(founded.house, RUN, ()) == ()


def test_every_attempt_of_the_month_is_counted(month: WholeHouse) -> None:
    """The card of a run says how many attempts its month has had."""
    month.run(SOUND)
    assert "all 2 attempt(s) of the month kept" in card(month)["Complete"].evidence
