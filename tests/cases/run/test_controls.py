"""Negative controls through the whole house: the run halts before the estimate exists, and is calibrated after the decision."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medicore.cases.answers.explain import explain
from medicore.cases.answers.lookup import lines, standing_lines
from medicore.cases.answers.notifying import tell_of_run
from medicore.cases.portfolio.report import portfolio_contents
from medicore.cases.proof.verify import verify
from medicore.cases.run.seal import read_results
from medicore.cases.run.stored import read_provenance, stored_file
from medicore.cli.reviewing.review import _reviewed, _show_reviewed
from medicore.records.identifiers import RunId
from medicore.settings import Settings
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import MONTH, PreparedStudy

STUDY, OPEN = "TEST-CONTROLS", "TEST-UNGATED"
TIGHT: dict[str, Any] = {
    "smd": 0.0001, "score_lower": 0.4, "score_upper": 0.6, "weight_share": 0.005, "effective_sample_size_share": 0.99,
    "equipoise": 0.99, "controls_share": 0.25, "systematic_error": 0.05, "detectable_effect": 0.5,
}  # fmt: skip
"""Limits at which every diagnostic gate before the estimate fires."""
COMPARATIVE = ("estimate", "ci_low", "ci_high", "valid_low", "valid_high", "p_value", "sequential_p", "look")


def controlled(study: str, gates: Mapping[str, Any], number: int = 11) -> PreparedStudy:
    """Return a sound study with so many controls, to all of which an unmeasured confounder adds half a deviation."""
    made, chance = PreparedStudy(study), np.random.default_rng(5)
    columns, controls = [*made.protocol["contract"]["columns"]], []
    for index in range(number):
        name = f"control_{index}"
        made = made.column(name, (0.5 * made.active + chance.normal(size=len(made.active))).tolist())
        columns.append({"name": name, "type": "number", "timing": "follow-up", "unit": "1"})
        controls.append({"name": name, "label": f"Control {index}", "column": name})
    made = made.planned("contract.columns", columns).planned("negative_controls", controls)
    return made.planned("gates", dict(gates))


def results_of(whole: WholeHouse, run: str) -> dict[str, Any]:
    """Return the results of a sealed run."""
    return dict(read_results(whole.house, RunId.parse(run), whole.history(run).sealed_commit).document)


def test_no_estimate_exists_while_a_diagnostic_gate_is_open(
    founded: WholeHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every diagnostic halts before the effect step; nobody is shown an estimate; after the decision it is the one that was fixed."""
    founded.prepare(controlled(STUDY, TIGHT), controlled(OPEN, {}).planned("negative_controls", []))
    halted = founded.run(STUDY)
    assert halted.state == "halted"
    assert {finding.step for finding in halted.findings} == {"propensity"}
    assert {finding.gate for finding in halted.findings} >= {
        "SMD (weighted)", "overlap", "weight share", "effective sample size", "equipoise", "negative controls",
        "systematic error", "detectable effect",
    }  # fmt: skip
    seen = everything_shown(founded, halted.run, capsys)
    free = founded.run(OPEN)
    assert (free.state, free.findings) == ("candidate", ())
    fixed = results_of(founded, free.run)["primary"]
    for key in ("estimate", "ci_low", "ci_high", "p_value", "mean_treated", "mean_control"):
        assert repr(fixed[key])[:8] not in seen, key
    assert f"{fixed['estimate']:.4f}" not in seen
    done = founded.proceed(halted.run)
    assert done.state == "candidate"
    results = results_of(founded, halted.run)
    assert results["primary"] == fixed
    assert [row["run"] for row in results["monitoring"]["looks"]] == [halted.run]
    assert all(check.passed for check in verify(founded.house, RunId.parse(halted.run)))
    _is_calibrated(founded, halted.run, results, tmp_path)


def everything_shown(whole: WholeHouse, run: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what review, status, portfolio report, notice, ledger and sealed record say of a halted run."""
    named = RunId.parse(run)
    answer = _reviewed(Settings(root=whole.root, home=whole.home), whole.house, named)
    assert {answer[key] for key in COMPARATIVE} == {None}
    assert answer["smd_after"] is not None
    _show_reviewed(answer)
    told: list[Mapping[str, Any]] = []
    tell_of_run(whole.house, named, lambda message: told.append(message))  # type: ignore[func-returns-value]
    assert "negative controls" in told[0]["gates"]
    (entry,) = portfolio_contents(whole.house, MONTH, [STUDY])["studies"]
    assert entry["figures"] is None
    rows = [*lines(whole.house), *standing_lines(whole.house, STUDY)]
    for row in rows:
        if row["run"] == run:
            assert {row[key] for key in COMPARATIVE} == {None}
    assert not [action for action in whole.actions(run) if action.startswith("effect.")]
    commit = whole.history(run).sealed_commit
    held = [entry["name"] for entry in read_provenance(whole.house, named, commit)["files"]]
    assert "propensity.json" in held
    assert not {"effect.json", "sensitivity.json", "results.json", "report.pdf"} & set(held)
    documents = [
        stored_file(whole.house, named, commit, name).decode() for name in held if name.endswith(".json")
    ]
    events = [event.as_json() for event in whole.events(run)]
    parts = (answer, told, entry, rows, events)
    return (
        capsys.readouterr().out
        + "".join(json.dumps(part, default=str) for part in parts)
        + "".join(documents)
    )


def _is_calibrated(whole: WholeHouse, run: str, results: dict[str, Any], folder: Path) -> None:
    """Assert that error and calibrated effect are traced to their functions, and come out again."""
    found, primary, effect = results["negative_controls"], results["primary"], results["calibration"]
    shift = found["null"]["mean"] * found["outcome_deviation"]
    assert effect["estimate"] == pytest.approx(primary["estimate"] - shift, rel=1e-9)
    assert 0.3 < found["null"]["mean"] < 0.7
    error = explain(
        whole.house, RunId.parse(run), "negative_controls.systematic_error.value", folder / "error"
    )
    assert error.value == error.recomputed == found["systematic_error"]["value"]
    assert (error.origin.step, error.file) == ("propensity", "medicore/stats/calibration/expected_error.py")
    assert error.protocol["negative_controls"][0]["column"] == "control_0"
    told = explain(whole.house, RunId.parse(run), "calibration.ci_low", folder / "effect")
    assert told.value == told.recomputed == effect["ci_low"]
    assert (told.origin.step, told.file) == ("effect", "medicore/steps/models/controls.py")
    gate = next(place for place, one in enumerate(results["findings"]) if one["gate"] == "negative controls")
    share = explain(whole.house, RunId.parse(run), f"findings.{gate}.statistic", folder / "finding")
    assert share.value == share.recomputed


def test_fewer_than_ten_controls_calibrate_nothing(founded: WholeHouse) -> None:
    """Nine biased controls are estimated and printed; the run says that they are too few, halts at none, and calibrates nothing."""
    founded.prepare(controlled(STUDY, {}, number=9))
    ended = founded.run(STUDY)
    assert (ended.state, ended.findings) == ("candidate", ())
    results = results_of(founded, ended.run)
    assert results["calibration"] is None
    assert results["negative_controls"]["too_few"].startswith("9 of 9 negative controls")
    assert "negative_controls.controls.8" in results["references"]
