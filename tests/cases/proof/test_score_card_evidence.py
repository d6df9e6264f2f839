"""The score card: which principle each kind of check speaks for, whatever the check is named."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from medicore.cases.proof.score_card import score_card
from medicore.ports.house import House
from medicore.records.canonical import document, sha256
from medicore.records.checking import Check, CheckKind
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from tests.whole_house.people import found_house

RUN = RunId("TEST-SCORES", "2025-03", 1)
COMMIT = "c0ffee" * 6
EFFECT = {"primary": {"verification": {"relative_difference": 1e-9, "tolerance": 1e-6}}}
FILES = {"effect.json": EFFECT, "results.json": {"primary": {"estimate": 2.0}}}
EVENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("run.requested", {"identity": {"code_commit": COMMIT}}),
    ("run.sealed", {"commit": COMMIT}),
    ("archive.completed", {"retain_until": "2040-04-01T00:00:00+00:00"}),
)
SPEAKS_FOR = {
    CheckKind.AUTHORITY: {"Complete"},
    CheckKind.SIGNED_HEAD: {"Consistent"},
    CheckKind.RECORD: {"Complete"},
    CheckKind.REPOSITORY_COPY: {"Complete", "Available"},
    CheckKind.STORED_COPY: {"Available"},
    CheckKind.ARCHIVED_COPY: {"Available"},
    CheckKind.FOREIGN: {"Consistent"},
    CheckKind.TAG: {"Consistent"},
    CheckKind.GIT_OBJECTS: {"Consistent"},
    CheckKind.PROVENANCE: {"Consistent"},
    CheckKind.REQUEST: {"Attributable"},
    CheckKind.DECISION: {"Attributable"},
    CheckKind.ACT: {"Attributable"},
    CheckKind.DECIDED: {"Attributable"},
    CheckKind.TOLD_ONCE: {"Attributable"},
    CheckKind.STATE: {"Consistent"},
    CheckKind.SEALED_AS_TOLD: {"Consistent"},
    CheckKind.SIGNED_HEAD: {"Consistent"},
    CheckKind.RETENTION: {"Enduring"},
}
"""All other kinds speak for no principle; that of the ledger speaks for all."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with one archived run, its record in memory."""
    return holding(tmp_path_factory.mktemp("scores"), FILES)


def holding(folder: Path, files: dict[str, dict[str, Any]]) -> House:
    """Return a house with one archived run, whose record holds the files."""
    found, _ = found_house(folder, ruled=False)
    held = {f"{RUN.folder}/{name}": document(stored) for name, stored in files.items()}
    provenance = {
        "run": {"code_commit": COMMIT},
        "files": [
            {"name": name, "sha256": sha256(held[f"{RUN.folder}/{name}"]), "md5": None} for name in files
        ],
    }
    held[f"{RUN.folder}/provenance.json"] = document(provenance)
    sealed = {"provenance": sha256(document(provenance))}
    for action, details in EVENTS:
        told = details | sealed if action == "run.sealed" else details
        found.ledger.append(NewEvent("otto", "operator", action, str(RUN), "", told))
    records: Any = SimpleNamespace(read=lambda commit, name: held[name] if commit == COMMIT else b"")
    return replace(found, records=records)


def checks(failed: Check | None = None) -> tuple[Check, ...]:
    """Return a check of every kind, all passed but one; their names say nothing."""
    passed = [Check(kind, "something", True, "as recorded") for kind in CheckKind]
    frozen = Check(CheckKind.STORED_COPY, "something", True, "as recorded", file="lock/transfer.json")
    return (*passed, frozen, *((failed,) if failed else ()))


def fallen(house: House, found: tuple[Check, ...]) -> set[str]:
    """Return the principles that do not hold."""
    return {score.principle for score in score_card(house, RUN, found) if score.holds is False}


def test_everything_holds_where_every_check_passed(house: House) -> None:
    """Ten principles hold, each with how many checks speak for it."""
    card = {score.principle: score for score in score_card(house, RUN, checks())}
    assert len(card) == 10
    assert {score.holds for score in card.values()} == {True}
    assert "1 signed request(s) and 2 signed decision(s) and act(s)" in card["Attributable"].evidence
    assert card["Original"].evidence.startswith("1 stored copies of the export")
    assert "4 checks of them" in card["Complete"].evidence
    assert card["Consistent"].evidence.startswith("8 checks of chain")
    assert card["Enduring"].evidence == "1 archived objects kept until 2040-04-01T00:00:00+00:00"
    assert card["Available"].evidence == "4 stored copies read back just now"


@pytest.mark.parametrize("kind", [kind for kind in CheckKind if kind is not CheckKind.LEDGER])
def test_a_failed_check_fells_its_principles_alone(house: House, kind: CheckKind) -> None:
    """What a check is about decides for which principles it speaks; its name and place do not."""
    misnamed = Check(kind, "ledger (retention)", False, "is another")
    assert fallen(house, checks(misnamed)) == SPEAKS_FOR.get(kind, set())


def test_frozen_data_that_changed_are_not_original(house: House) -> None:
    """A copy of a file of the data lock speaks for Original too, wherever it lies."""
    for kind in (CheckKind.STORED_COPY, CheckKind.CHECKOUT_COPY, CheckKind.UNNAMED_FILE):
        changed = Check(kind, "something", False, "is another", file="lock/raw/subjects.csv")
        assert "Original" in fallen(house, checks(changed))


def test_what_was_not_reached_is_not_judged(house: House) -> None:
    """Without frozen data, archive and request nothing is said of the first two, and nobody is attributable."""
    only = (Check(CheckKind.LEDGER, "ledger", True, "as recorded"),)
    card = {score.principle: score.holds for score in score_card(house, RUN, only)}
    assert (card["Original"], card["Enduring"], card["Attributable"]) == (None, None, False)


def test_no_card_without_the_ledger(house: House) -> None:
    """Where the ledger does not hold, or nothing was checked, nothing is scored."""
    assert score_card(house, RUN, ()) == ()
    assert score_card(house, RUN, (Check(CheckKind.LEDGER, "ledger", False, "is broken"),)) == ()


def test_a_record_that_cannot_be_read_is_not_consistent(tmp_path: Path) -> None:
    """A run without a sealed record has a card of one line that says so."""
    unsealed, _ = found_house(tmp_path, ruled=False)
    (score,) = score_card(unsealed, RUN, checks())
    assert (score.principle, score.verdict) == ("Consistent", "NO")
    assert "has no sealed record" in score.evidence


@pytest.mark.parametrize(
    ("apart", "levels", "holds"),
    [(2e-8, 1e-9, True), (1e-3, 1e-9, False), (2e-8, 1e-3, False), ("inf", 0.0, False)],
)
def test_a_look_that_was_not_confirmed_is_not_accurate(
    tmp_path: Path, apart: float | str, levels: float, holds: bool
) -> None:
    """Bounds and levels of the look are held against what is tolerated, beside the primary estimate."""
    second = {"difference": apart, "tolerance": 1e-5, "level_difference": levels, "level_tolerance": 1e-6}
    effect = {**EFFECT, "monitoring": {"verification": second}}
    found = holding(tmp_path, {**FILES, "effect.json": effect})
    (score,) = (one for one in score_card(found, RUN, checks()) if one.principle == "Accurate")
    assert score.holds is holds
    assert f"the look's bounds {float(apart):.2g} apart, its levels {levels:.2g}" in score.evidence
