"""The steps on a count of events: what each gate finds, and what cannot be estimated says so."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medicore.errors import DataError, EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.steps.alternatives.counted_rows import confounding_of_rates, other_rates, same_rates
from medicore.steps.cohort import analysis_set
from medicore.steps.data.counted import exposure_section
from medicore.steps.gates.counted_gates import exposure_findings, rate_model_findings
from medicore.steps.models.counted_sample import CountedSample
from tests.steps.analysed_trial import estimated, protocol, section, subjects

COLUMNS = [
    {"name": "falls", "type": "integer", "timing": "follow-up", "minimum": 0},
    {
        "name": "years",
        "type": "number",
        "timing": "follow-up",
        "unit": "years",
        "minimum": 0.01,
        "required": False,
    },
]


def plan(measure: str = "rate ratio", **changed: Any) -> Protocol:
    """Return the plan of a count."""
    stored = protocol().as_json()
    outcome = {
        "column": "falls",
        "type": "count",
        "exposure": "years",
        "unit": "falls per year",
        "label": "Falls",
        "assessed": None,
        "missing": None,
    }
    models = changed.pop("models", {"propensity": ["age", "sex"], "outcome": ["age", "sex"]})
    sensitivity = {"trimming": [], "clipping": [], "leave_one_out": False, "subgroups": []}
    return protocol(
        contract={"columns": [*stored["contract"]["columns"], *COLUMNS]},
        outcome=outcome,
        estimand={"measure": measure},
        models=models,
        sensitivity={**sensitivity, **changed.pop("sensitivity", {})},
        **changed,
    )


def followed(n: int = 240, seed: int = 3) -> pd.DataFrame:
    """Return an extract with falls and years: treatment halves the rate."""
    frame = subjects(n)
    chance = np.random.default_rng(seed)
    active = (frame["arm"] == "active").to_numpy(dtype=bool)
    years = np.round(np.clip(chance.exponential(2.0, n), 0.1, 1.5), 3)
    falls = chance.poisson(np.where(active, 1.0, 2.0) * years * chance.gamma(3.0, 1 / 3, n))
    return frame.assign(falls=pd.array(falls, dtype="Int64"), years=years)


def sample(frame: pd.DataFrame, made: Protocol) -> CountedSample:
    """Return the sample of the eligible subjects of both arms."""
    inside = frame["arm"].isin(["active", "control"]).to_numpy(dtype=bool) & (frame["weight"] < 200)
    chosen = frame[inside]
    return CountedSample.of(made, analysis_set(made, chosen, chosen["falls"].to_numpy(dtype=float)))


@pytest.mark.parametrize("measure", ["rate ratio", "rate difference"])
def test_a_count_is_estimated_and_confirmed(tmp_path: Path, measure: str) -> None:
    """The effect is estimated without a finding, and treatment, which halves the rate, lowers it."""
    files, findings = estimated(tmp_path, followed(), plan(measure))
    primary = section(files, "effect")["primary"]
    assert findings == ()
    assert primary["estimate"] < primary["null"]
    assert primary["verification"]["relative_difference"] < 1e-6


def test_where_no_estimate_follows_the_findings_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A separated model without an estimate cannot be overridden; without a finding about it the error stands."""
    frame = followed()
    separated = frame.copy()
    separated.loc[(frame["region"] == "west") & (frame["arm"] == "active"), "falls"] = 0
    made = plan(models={"propensity": ["age", "sex"], "outcome": ["age", "region"]})

    def refused(*_: object) -> None:
        raise EstimationError("no number")

    monkeypatch.setattr("medicore.steps.primaries.counted_primary.estimate_rates", refused)
    files, findings = estimated(tmp_path / "separated", separated, made)
    assert section(files, "effect")["primary"] is None
    assert [(one.gate, one.subject, one.overridable) for one in findings] == [
        ("outcome separation", "model of the rate, treated", False)
    ]
    assert "no estimate follows: no number" in findings[0].message
    with pytest.raises(EstimationError, match="no number"):
        estimated(tmp_path / "sound", frame, plan())


def test_a_model_that_does_not_converge_is_a_finding() -> None:
    """No decision overrides it, and the message names arm and model."""
    good = SimpleNamespace(separated=False, converged=True)
    bad = SimpleNamespace(separated=False, converged=False)
    models: Any = SimpleNamespace(rate=(good, good), exposure=(good, bad))
    (found,) = rate_model_findings(models)
    assert (found.gate, found.subject, found.overridable) == (
        "outcome convergence",
        "model of the exposure, control",
        False,
    )


def test_weights_beyond_the_limits_are_findings() -> None:
    """Each arm's largest weight and effective sample size is held against the limits of the weights for treatment."""
    arms = {
        "treated": {"largest_weight_share": 0.2, "effective_sample_size": 50.0, "subjects": 100},
        "control": {"largest_weight_share": 0.01, "effective_sample_size": 20.0, "subjects": 100},
    }
    found = list(exposure_findings(plan(), {"arms": arms}))
    assert [(one.gate, one.subject) for one in found] == [
        ("weight share (exposure)", "treated"),
        ("effective sample size (exposure)", "control"),
    ]
    assert "20.0%" in found[0].message
    assert "20.0%" in found[1].message


def test_what_cannot_be_estimated_says_so() -> None:
    """A model without another covariate, and a level of a category without subjects, become rows that name the reason."""
    planned = {"leave_one_out": True, "clipping": [0.1], "trimming": [0.1], "subgroups": ["region"]}
    made = plan(models={"propensity": ["age"], "outcome": ["age", "sex"]}, sensitivity=planned)
    frame = followed()
    frame.loc[frame["region"] == "west", "region"] = "north"
    found = sample(frame, made)
    rows = {row["name"]: row for row in same_rates(made, found)}
    lacking = [row["note"] for name, row in rows.items() if name.startswith("Without ")]
    assert "not estimable: the covariate is the only one of a model" in lacking
    assert rows["Scores clipped to 0.1 to 0.9"]["note"].endswith("models not fitted again")
    others = other_rates(made, found.analysis, found)
    assert [row["note"] for row in others if row["name"].endswith(": west")] == [
        "not estimable: no analysed subject belongs to it"
    ]


def test_a_randomised_study_has_no_evalue() -> None:
    """Its arms differ by chance alone; an observational study has one of its ratio, whatever the measure."""
    found = sample(followed(), plan())
    assert confounding_of_rates(plan().model_copy(update={"design": "randomised"}), found) is None
    observed = confounding_of_rates(
        plan("rate difference").model_copy(update={"design": "observational"}), found
    )
    assert observed is not None
    assert observed["point"] > 1


def test_a_sample_without_an_arm_is_refused_and_not_counted() -> None:
    """An arm without subjects has no rate: the sample says so, and the sums leave it out."""
    made = plan()
    analysis = sample(followed(), made).analysis
    only = analysis[analysis["treated"]].reset_index(drop=True)
    with pytest.raises(EstimationError, match="no control subject is left"):
        CountedSample.of(made, only)
    assert set(exposure_section(made, only)["exposure"]["arms"]) == {"treated"}
    assert exposure_section(protocol(), only) == {}


def test_a_count_that_is_not_recorded_stops_the_run() -> None:
    """The column and the number of subjects are told, for count and exposure alike."""
    for column in ("falls", "years"):
        frame = followed()
        frame.loc[frame.index[0], column] = pd.NA if column == "falls" else np.nan
        with pytest.raises(DataError, match=f"column '{column}' is missing for 1 eligible"):
            analysis_set(plan(), frame, frame["falls"].to_numpy(dtype=float, na_value=np.nan))
