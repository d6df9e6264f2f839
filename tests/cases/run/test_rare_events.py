"""A study whose control arm has no event runs by the method that its protocol declares, and by no other."""

from pathlib import Path

import numpy as np
import pytest

from medicore.cases.answers.explain import explain
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.errors import ProtocolError
from medicore.records.identifiers import RunId
from medicore.records.results.result_tables import result_tables
from medicore.stats.effect.score_interval import score_interval
from tests.whole_house.analysed_study import Analysed
from tests.whole_house.house import found_whole_house
from tests.whole_house.terms_studies import rare

EXACT = 1e-9
FITTED = 1e-6


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The month of the study, which halted at few events and went on by a reviewer's decision."""
    study = rare()
    house = found_whole_house(tmp_path_factory.mktemp("rare") / "house")
    house.prepare(study)
    halted = house.run(study.study)
    assert halted.state == "halted", halted.message
    assert [(one.gate, one.subject, one.overridable) for one in halted.findings] == [
        ("few events", "control", True)
    ]
    assert "rest the conclusion on the score interval" in halted.findings[0].message
    outcome = house.proceed(halted.run)
    assert outcome.state == "candidate", outcome.message
    run = RunId.parse(outcome.run)
    return Analysed(
        house, study, run, read_results(house.house, run, sealed_commit(house.house, run)).document
    )


def test_the_estimate_is_there_and_confirmed(decided: Analysed) -> None:
    """The risk without events is near 0, the treated's near its share, and both implementations and the bootstrap agree."""
    primary = decided.results["primary"]
    events = np.array(decided.study.texts["event"]) == "1"
    active = decided.study.active
    assert primary["events"] == {
        "treated": {
            "events": int(events[active].sum()),
            "n": int(active.sum()),
            "share": events[active].mean(),
        },
        "control": {"events": 0, "n": int((~active).sum()), "share": 0.0},
    }
    assert abs(primary["mean_control"]) < 0.005
    assert primary["mean_treated"] == pytest.approx(events[active].mean(), abs=0.03)
    assert primary["verification"]["relative_difference"] < FITTED
    assert sum(primary["bootstrap"]["failed"].values()) == 0


def test_the_score_interval_stands_beside_it(decided: Analysed) -> None:
    """The row is Miettinen and Nurminen's interval of the counts, wider than the primary's towards the arm without events."""
    rows = {row["name"]: row for row in decided.results["sensitivity"]["sensitivity"]}
    counts = decided.results["primary"]["events"]
    found = score_interval(
        (counts["treated"]["events"], 0), (counts["treated"]["n"], counts["control"]["n"]), 0.95
    )
    row = rows["Risk difference without covariates, score interval"]
    assert (row["estimate"], row["ci_low"], row["ci_high"]) == pytest.approx(
        (found.value, found.low, found.high), abs=EXACT
    )
    assert row["standard_error"] is None
    assert rows["Outcome models alone"]["estimate"] is not None
    assert rows["Without Age"]["estimate"] is not None


def test_its_numbers_are_explained_and_reproduced(decided: Analysed, tmp_path: Path) -> None:
    """The events have an origin and a table, and the record comes out the same, byte for byte."""
    found = explain(decided.house.house, decided.run, "primary.events.control.events", tmp_path / "scratch")
    assert found.value == found.recomputed == 0
    assert found.origin.function.endswith(":events_section")
    assert "14.2.11.1_events.csv" in result_tables(decided.results)
    assert all(one.identical for one in reproduce(decided.house.house, decided.run, tmp_path / "again").files)


def test_by_likelihood_it_halts_and_the_message_names_the_way_out(tmp_path: Path) -> None:
    """Without the penalty the arm without events is a finding that nobody overrides, and names the key to declare."""
    study = rare("likelihood")
    house = found_whole_house(tmp_path / "house")
    house.prepare(study)
    outcome = house.run(study.study)
    assert outcome.state == "halted"
    (finding,) = outcome.findings
    assert (finding.gate, finding.overridable) == ("events of an arm", False)
    assert "plan models.outcome_fit: firth or another outcome" in finding.message


def test_without_any_event_nothing_is_compared(tmp_path: Path) -> None:
    """Where no arm has an event, the penalty does not help: both arms are findings that nobody overrides."""
    study = rare()
    study = study.column("event", ["0"] * len(study.texts["event"]))
    house = found_whole_house(tmp_path / "house")
    house.prepare(study)
    outcome = house.run(study.study)
    assert outcome.state == "halted"
    assert {(one.gate, one.overridable) for one in outcome.findings} == {("events of an arm", False)}


def test_a_ratio_is_refused_by_name(tmp_path: Path) -> None:
    """An arm without events has no ratio: the protocol is refused before anything is extracted."""
    house = found_whole_house(tmp_path / "house")
    study = rare().planned("estimand.measure", "risk ratio")
    house.prepare(study)
    with pytest.raises(ProtocolError, match=r"'risk ratio' is not offered with models\.outcome_fit 'firth'"):
        house.run(study.study)
