"""Decisions on the look that a run repeats: which are taken from the data lock, and which findings they answer."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from medicore.records.canonical import document
from medicore.records.finding import Finding
from medicore.records.results.looks import LOOKS, Claim, SeenAnswer, looks_document
from medicore.steps.looks.answers import earlier_answers, with_answers
from medicore.stores.files import FolderFiles
from tests.steps.looks.seen_looks import SPENDING, Study, planned, primary

FOUND = Finding("effect", "monitoring", "boundary of alpha spending", "3.1", "2.9", "look 1 crossed")
ANSWER = SeenAnswer(
    "TEST-STEPS/2025-01/1", FOUND.digest, FOUND.subject, "3.1", "2.9", "proceed", "It goes on", "rita", "Rita", "reviewer",
    "2025-02-01T10:00:00Z", 41,
)  # fmt: skip


def test_a_finding_of_the_same_statistic_and_threshold_is_answered() -> None:
    """It says who decided, on which run and in which event; the last decision counts, and others leave it as it is."""
    later = replace(ANSWER, run="TEST-STEPS/2025-01/2", sequence=57)
    (found,) = with_answers([FOUND], [ANSWER, later])
    assert found.answered == asdict(later)
    assert found.message.endswith(
        "the look of TEST-STEPS/2025-01/2, on which Rita decided: proceed (ledger event 57)"
    )
    for other in (
        {"subject": "bound for harm"},
        {"statistic": "3.2"},
        {"threshold": "2.8"},
        {"overridable": False},
    ):
        changed = replace(FOUND, **other)  # type: ignore[arg-type] # one of its fields
        assert [*with_answers([changed], [ANSWER])] == [changed]


def repeated(folder: Path, **changed: Any) -> tuple[FolderFiles, dict[str, Any]]:
    """Return a lock that knows an answered look, some parts of it changed, and what the event tells of the look again."""
    study = Study(folder, planned(SPENDING))
    study.look(primary(1.0, 30), data="delivered")
    look = replace(study.told[0], answers=(ANSWER,))
    files = FolderFiles(folder / "again")
    earlier = [replace(look, **changed)]
    files.write(LOOKS, document(looks_document("TEST-STEPS/2025-01/2", "2025-01", "candidate", earlier)))
    return files, look.details()


def test_the_same_look_has_the_decisions_on_it(tmp_path: Path) -> None:
    """Delivered files, numbers and design are those of the earlier look."""
    assert earlier_answers(*repeated(tmp_path)) == (ANSWER,)


@pytest.mark.parametrize("part", ["lock", "seen", "claim", "no numbers", "no claim"])
def test_another_look_has_none(tmp_path: Path, part: str) -> None:
    """Other files, other numbers or another design ask again, and so does a look without numbers or claim."""
    study = Study(tmp_path / "other", planned(SPENDING))
    study.look(primary(1.0, 30))
    numbers, claim = study.told[0].seen, study.told[0].claim
    assert numbers is not None
    assert isinstance(claim, Claim)
    changes: dict[str, dict[str, Any]] = {
        "lock": {"lock": "ab"},
        "seen": {"seen": replace(numbers, n=numbers.n + 1)},
        "claim": {"claim": replace(claim, design="ab")},
        "no numbers": {"seen": None},
        "no claim": {"claim": None},
    }
    assert earlier_answers(*repeated(tmp_path, **changes[part])) == ()
    files, look = repeated(tmp_path / "own")
    for nothing in ("seen", "claim"):
        assert earlier_answers(files, {**look, nothing: None}) == ()
