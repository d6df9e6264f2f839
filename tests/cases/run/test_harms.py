"""Counted harms through the whole house: a signal halts for the board, stands in later months, and is explained."""

from pathlib import Path
from typing import Any

import pytest

from medicore.cases.answers.explain import explain
from medicore.cases.proof.verify import verify
from medicore.cases.run.seal import read_results
from medicore.records.identifiers import RunId
from medicore.stats.monitoring.maxsprt_binomial import binomial_ratio
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import PreparedStudy

STUDY = "TEST-HARMS"
MONTHS = ("2025-01", "2025-02", "2025-03")
QUIET, LOUD = (3, 4), (22, 4)
HARM: dict[str, Any] = {
    "name": "fall", "label": "Fall", "kind": "binomial", "events": "falls", "alpha": 0.05, "upper_limit": 60,
}  # fmt: skip


def harmed(treated: int, control: int, **changed: Any) -> PreparedStudy:
    """Return a sound study in which so many subjects of each arm fell; ``changed`` changes keys of the harm."""
    made = PreparedStudy(STUDY)
    ordinal = {True: 0, False: 0}
    falls = []
    for active in made.active.tolist():
        ordinal[active] += 1
        falls.append("Y" if ordinal[active] <= (treated if active else control) else "")
    columns = [
        *made.protocol["contract"]["columns"],
        {
            "name": "falls", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1, "locked": False,
            "recode": {"Y": "1", "": "0"},
        },
    ]  # fmt: skip
    made = made.column("falls", falls).planned("contract.columns", columns)
    return made.planned("monitoring.harms", [{**HARM, **changed}])


def found_in(whole: WholeHouse, run: str) -> dict[str, Any]:
    """Return the harm in a run's sealed results."""
    named = RunId.parse(run)
    (row,) = read_results(whole.house, named, whole.history(run).sealed_commit).document["harms"]
    return dict(row)


def test_a_signal_halts_for_the_board_and_stands(founded: WholeHouse, tmp_path: Path) -> None:
    """The quiet month halts at nothing; the signal does, is explained from data, verified, and stands in a month after."""
    study = harmed(*QUIET)
    study.write_protocol(founded)  # type: ignore[arg-type] # a house has the folders of a project
    founded.commit("A harm is counted")
    for month, events in zip(MONTHS, (QUIET, LOUD, QUIET), strict=True):
        harmed(*events).deliver(founded, month)  # type: ignore[arg-type]
    quiet = founded.run(STUDY, MONTHS[0])
    assert (quiet.state, quiet.findings) == ("candidate", ())
    assert found_in(founded, quiet.run)["first_signal"] is None
    loud = founded.run(STUDY, MONTHS[1])
    assert loud.state == "halted"
    (finding,) = loud.findings
    assert (finding.gate, finding.subject) == ("monitoring", "harm fall")
    assert founded.proceed(loud.run).state == "candidate"
    row = found_in(founded, loud.run)
    assert (row["signal"], row["first_signal"]) == (True, 2)
    again = founded.run(STUDY, MONTHS[2])
    assert [one.subject for one in again.findings] == ["harm fall"]
    assert founded.proceed(again.run).state == "candidate"
    last = found_in(founded, again.run)
    assert (last["signal"], last["first_signal"]) == (False, 2)
    assert [look["treated"] for look in last["looks"]] == [3, 22, 3]
    assert all(check.passed for check in verify(founded.house, RunId.parse(again.run)))
    _is_explained(founded, loud.run, study, tmp_path)


def _is_explained(whole: WholeHouse, run: str, study: PreparedStudy, folder: Path) -> None:
    """Assert that the ratio is traced to its function and comes out again, by this route too."""
    told = explain(whole.house, RunId.parse(run), "harms.0.log_likelihood_ratio", folder / "scratch")
    arms = study.active
    assert told.value == told.recomputed == binomial_ratio(22, 26, (~arms).sum() / arms.sum())
    assert (told.origin.step, told.file) == ("effect", "medicore/steps/looks/harms.py")
    assert "extract.parquet" in told.inputs
    assert told.protocol["monitoring.harms"][0]["name"] == "fall"
    second = explain(whole.house, RunId.parse(run), "harms.0.verification.critical_value", folder / "second")
    assert second.value == second.recomputed
    assert second.file == "medicore/steps/looks/second_harms.py"
    assert second.value == pytest.approx(found_in(whole, run)["critical_value"], rel=1e-9)
    look = explain(whole.house, RunId.parse(run), "harms.0.looks.1.treated", folder / "again")
    assert look.value == look.recomputed == 22


def test_a_harm_at_which_nobody_stops_halts_nothing(founded: WholeHouse) -> None:
    """With the action none the signal is in the results and no finding."""
    study = harmed(*LOUD, action="none")
    study.write(founded)  # type: ignore[arg-type]
    founded.commit("A harm is counted")
    ended = founded.run(STUDY)
    assert (ended.state, ended.findings) == ("candidate", ())
    assert found_in(founded, ended.run)["first_signal"] == 1
