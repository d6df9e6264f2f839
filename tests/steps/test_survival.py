"""The steps on a time to event: what each gate finds, and what cannot be estimated says so."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medicore.errors import DataError, EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.steps.alternatives.survival_section import (
    confounding_of_survival,
    round_times,
    survival_section,
)
from medicore.steps.cohort import analysis_set, cohort
from medicore.steps.data.follow_up import follow_up_section
from medicore.steps.gates.survival_gates import censoring_findings, hazard_findings
from medicore.steps.models.timed_sample import TimedSample
from tests.steps.analysed_trial import (
    compared,
    estimated,
    extracted,
    protocol,
    section,
    subjects,
)

HORIZON = 100.0
COLUMNS = [
    {"name": "days", "type": "number", "timing": "follow-up", "unit": "days", "minimum": 0},
    {
        "name": "status",
        "type": "integer",
        "timing": "follow-up",
        "minimum": 0,
        "maximum": 1,
        "required": False,
    },
]


def plan(measure: str = "survival difference", **changed: Any) -> Protocol:
    """Return the plan of a time to event."""
    stored = protocol().as_json()
    outcome = {
        "column": "days",
        "type": "time to event",
        "event": "status",
        "horizon": HORIZON,
        "unit": "days",
        "label": "First event",
        "assessed": None,
        "missing": None,
        "censoring": {"covariates": ["age"]},
        **changed.pop("outcome", {}),
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


def followed(n: int = 200, seed: int = 3) -> pd.DataFrame:
    """Return an extract with follow-up: treatment lowers the hazard of the event."""
    frame = subjects(n)
    chance = np.random.default_rng(seed)
    active = (frame["arm"] == "active").to_numpy(dtype=bool)
    event = chance.exponential(np.where(active, 160.0, 80.0))
    left = np.minimum(chance.exponential(300.0, n), chance.uniform(110, 220, n))
    return frame.assign(
        days=np.minimum(event, left).round(1), status=pd.array((event <= left).astype(int), dtype="Int64")
    )


def sample(frame: pd.DataFrame, made: Protocol) -> TimedSample:
    """Return the sample of the eligible subjects of both arms."""
    inside = frame["arm"].isin(["active", "control"]).to_numpy(dtype=bool) & (frame["weight"] < 200)
    chosen = frame[inside]
    return TimedSample.of(made, analysis_set(made, chosen, chosen["days"].to_numpy(dtype=float)))


@pytest.mark.parametrize("measure", ["survival difference", "rmst difference"])
def test_a_time_to_event_is_estimated_and_confirmed(tmp_path: Path, measure: str) -> None:
    """The effect is estimated without a finding, and treatment, which halves the hazard, prolongs survival."""
    files, findings = estimated(tmp_path, followed(), plan(measure))
    primary = section(files, "effect")["primary"]
    assert findings == ()
    assert primary["estimate"] > 0
    assert primary["verification"]["relative_difference"] < 1e-6
    assert primary["observed"] <= primary["n"]


def test_a_hazard_model_that_separates_is_a_finding(tmp_path: Path) -> None:
    """A region without event in an arm is named, with its arm and the key by which it is left out."""
    frame = followed()
    inside = (frame["region"] == "west") & (frame["arm"] == "active")
    frame.loc[inside, "status"] = 0
    made = plan(models={"propensity": ["age", "sex"], "outcome": ["age", "region"]})
    _, findings = estimated(tmp_path, frame, made)
    (found,) = [one for one in findings if one.gate == "hazard separation"]
    assert found.subject == "hazard of event, treated"
    assert "models.outcome" in found.message


def test_where_no_estimate_follows_the_findings_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A separated model without an estimate cannot be overridden; without a finding about it the error stands."""
    frame = followed()
    separated = frame.copy()
    inside = (frame["region"] == "west") & (frame["arm"] == "active")
    separated.loc[inside, "status"] = 0
    made = plan(models={"propensity": ["age", "sex"], "outcome": ["age", "region"]})

    def refused(*_: object) -> None:
        raise EstimationError("no number")

    monkeypatch.setattr("medicore.steps.primaries.survival_primary.jackknifed", refused)
    files, findings = estimated(tmp_path / "separated", separated, made)
    assert section(files, "effect")["primary"] is None
    assert [one.overridable for one in findings] == [False]
    assert "no estimate follows: no number" in findings[0].message
    with pytest.raises(EstimationError, match="no number"):
        estimated(tmp_path / "sound", frame, plan())


def test_a_hazard_model_that_does_not_converge_is_a_finding() -> None:
    """No decision overrides it; a hazard without event has no model to judge."""
    fit = SimpleNamespace(separated=False, converged=False)
    good = SimpleNamespace(separated=False, converged=True)
    models: Any = SimpleNamespace(
        events=(SimpleNamespace(fit=good), SimpleNamespace(fit=fit)),
        censoring=(SimpleNamespace(fit=None), SimpleNamespace(fit=good)),
    )
    (found,) = hazard_findings(models)
    assert (found.gate, found.subject, found.overridable) == (
        "hazard convergence",
        "hazard of event, control",
        False,
    )


@pytest.mark.parametrize(
    ("share", "effective", "fired"),
    [
        (0.0499, 31.0, []),
        (0.05, 31.0, ["weight share (censoring)"]),
        (0.0499, 30.0, ["effective sample size (censoring)"]),
    ],
)
def test_weights_for_treatment_and_censoring_fire_at_their_limits(
    share: float, effective: float, fired: list[str]
) -> None:
    """One subject's share, and the effective size among those who are not censored, are judged as weights are."""
    weights = {"largest_weight_share": share, "effective_sample_size": effective, "followed": 100}
    censoring = {"arms": {"treated": weights}}
    made = plan(gates={"weight_share": 0.05, "effective_sample_size_share": 0.3})
    assert [found.gate for found in censoring_findings(made, censoring)] == fired


def test_both_gates_of_follow_up_are_told_together(tmp_path: Path) -> None:
    """An arm without events and without follow-up to the horizon has a finding for each, by its label."""
    frame = followed()
    inside = frame["arm"] == "active"
    frame.loc[inside, "status"] = 0
    frame.loc[inside, "days"] = np.minimum(frame.loc[inside, "days"], 60.0)
    findings = cohort(extracted(tmp_path, frame), plan())
    assert [(found.gate, found.statistic) for found in findings] == [
        ("events of an arm", f"0 of {int(inside.sum())}"),
        ("follow-up of an arm", "60"),
    ]


def test_a_time_that_is_not_recorded_is_no_censoring(tmp_path: Path) -> None:
    """A subject without a time stops the step, and the message counts and names the column."""
    frame = followed()
    frame.loc[frame.index[:2], "days"] = np.nan
    with pytest.raises(DataError, match=r"column 'days' is missing for [12] eligible"):
        cohort(extracted(tmp_path, frame), plan())


def test_follow_up_of_half_that_are_never_censored_has_no_median() -> None:
    """Where the reverse curve stays above one half, there is no median follow-up."""
    table = pd.DataFrame({"treated": [True, True], "outcome": [1.0, 2.0], "event": [1, 1]})
    found = follow_up_section(plan(), table)["follow_up"]["arms"]
    assert found["treated"]["median_follow_up"] is None
    assert "control" not in found
    assert follow_up_section(protocol(), table) == {}


@pytest.mark.parametrize(
    ("horizon", "times"),
    [
        (365.0, [0.0, 100.0, 200.0, 300.0, 365.0]),
        (60.0, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]),
        (1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (24.0, [0.0, 5.0, 10.0, 15.0, 20.0, 24.0]),
        (310.0, [0.0, 100.0, 200.0, 310.0]),
    ],
)
def test_numbers_at_risk_are_told_at_round_times(horizon: float, times: list[float]) -> None:
    """Steps are 1, 2 or 5 times a power of ten, and no time is close to the horizon but itself."""
    assert round_times(horizon) == pytest.approx(times)


def test_curves_are_weighted_in_an_observational_study_alone() -> None:
    """A randomised study shows the curves as they are, with Greenwood's interval."""
    frame = followed()
    observational, randomised = (plan(design=design) for design in ("observational", "randomised"))
    one = survival_section(observational, sample(frame, observational))
    other = survival_section(randomised, sample(frame, randomised))
    assert one["curves"]["weights"] == "inverse probability of treatment"
    assert other["curves"]["weights"] == "none"
    assert one["curves"]["arms"]["treated"]["survival"] != other["curves"]["arms"]["treated"]["survival"]
    for made in (one, other):
        for arm in made["curves"]["arms"].values():
            ends = zip(arm["ci_low"], arm["survival"], arm["ci_high"], strict=True)
            assert all(low <= value <= high for low, value, high in ends)
            assert arm["survival"][0] == 1.0
    assert one["log_rank"] == other["log_rank"]


def test_arms_that_follow_one_another_have_no_hazard_ratio_and_no_test() -> None:
    """Where one arm's last event comes before the other's first follow-up ends, both say why they are missing."""
    made = plan()
    found = sample(followed(), made)
    later = np.where(found.treated, 300.0 + np.arange(len(found.time)), found.time)
    apart = found.__class__(
        **{
            **{name: getattr(found, name) for name in found.__slots__},
            "time": later,
            "event": np.ones(len(later), dtype=bool),
        }
    )
    told = survival_section(made, apart)
    assert "not estimable: the events order the arms perfectly" in told["hazard_ratio"]["note"]
    none = found.__class__(
        **{
            **{name: getattr(found, name) for name in found.__slots__},
            "time": np.where(found.treated, found.time + 300.0, 5.0),
            "event": found.treated,
        }
    )
    assert "no event happens while subjects of both arms" in survival_section(made, none)["log_rank"]["note"]


def test_a_risk_of_0_has_no_e_value() -> None:
    """Where nobody of an arm has the event by the horizon by its estimate, no ratio of risks exists."""
    made = plan(outcome={"horizon": 1.0})
    frame = followed()
    frame.loc[frame["arm"] == "active", "days"] += 50.0
    found = confounding_of_survival(made, sample(frame, made))
    assert found["note"].startswith(
        "not estimable: the mean outcome of an arm is not strictly between 0 and 1"
    )


def test_randomised_survival_has_no_e_value() -> None:
    """Where treatment was assigned at random nothing is confounded, so that no E-value is computed."""
    made = plan().model_copy(update={"design": "randomised"})
    assert confounding_of_survival(made, sample(followed(), made)) is None


def test_rows_that_cannot_be_estimated_say_why(tmp_path: Path) -> None:
    """A covariate alone in a model, a subgroup without subjects, and one that is separated are told in the note."""
    made = plan(
        sensitivity={"subgroups": ["region"], "leave_one_out": True, "trimming": [0.4]},
        models={"propensity": ["age"], "outcome": ["age"]},
    )
    frame = followed().assign(region="north")
    frame.loc[frame.index[:12], "region"] = "south"
    frame.loc[frame.index[:12], "arm"] = ["active", "control"] * 6
    frame.loc[frame.index[:12], "age"] = [20, 70] * 6
    found = compared(tmp_path, frame, made)
    rows = {row["name"]: row["note"] for row in (*found["sensitivity"], *found["supplementary"])}
    assert rows["Without Age"] == "not estimable: the covariate is the only one of a model"
    assert "no analysed subject belongs to it" in rows["Region: west"]
    assert "separation" in rows["Region: south"]
    assert rows["Scores outside 0.4 to 0.6 discarded"] == "models fitted again on who is left"


def test_a_sample_without_an_arm_is_refused() -> None:
    """A subgroup of one arm alone has no effect."""
    made = plan()
    table = sample(followed(), made).analysis
    with pytest.raises(EstimationError, match="no control subject is left"):
        TimedSample.of(made, table[table["treated"]])
