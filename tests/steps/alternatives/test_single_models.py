"""The rows of other estimators where outcomes are missing: whom they analyse, and their numbers."""

from pathlib import Path

import pytest

from medicore.stats.balance.weights import Target
from medicore.stats.effect.contrasts import difference
from medicore.stats.missing.hajek_observed import hajek_observed
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.standardised_observed import standardised_observed
from medicore.stats.missing.targeted_observed import targeted_observed
from medicore.stats.models.logistic import fit_logistic
from medicore.steps.models.sample import Sample
from medicore.steps.sensitivity import sensitivity
from tests.steps.analysed_trial import compared, estimated, protocol, section
from tests.steps.test_missing_outcomes import EXACT, GAPS, LOST, rows

WITHOUT_NOTE = {
    "IPW instead of AIPW": "IPW (Hájek) for treatment and observation",
    "Outcome models alone": "g-computation from the observed",
    "TMLE instead of AIPW": "TMLE for treatment and observation",
    "Effect in the treated": "IPW (Hájek) for treatment and observation",
    "Effect in the overlap": "Overlap weighting for treatment and observation",
    "Scores clipped to 0.05 to 0.95": "AIPW for treatment and observation",
    "Without Age": "AIPW for treatment and observation",
    "Scores outside 0.05 to 0.95 discarded": "AIPW for treatment and observation",
    "Sex: F": "AIPW for treatment and observation",
}
"""Rows that analyse everybody, and by which estimator."""


def test_every_row_says_whom_it_analyses(tmp_path: Path) -> None:
    """What cannot use a subject without an outcome analyses complete cases and says so; the others analyse everybody."""
    plan = protocol(design="randomised", sensitivity={"trimming": [0.05], "leave_one_out": True})
    found = rows(compared(tmp_path, GAPS, plan))
    note = f"complete cases: {LOST.sum()} without an outcome left out"
    for name in ("No adjustment", "ANCOVA with interactions", "1:1 matching on the score"):
        assert note in found[name]["note"], name
        assert found[name]["estimate"] is not None
    for name, estimator in WITHOUT_NOTE.items():
        assert "complete cases" not in found[name]["note"], name
        assert found[name]["estimator"] == estimator
        assert found[name]["estimate"] is not None
    for name in ("IPW instead of AIPW", "Outcome models alone", "TMLE instead of AIPW"):
        assert found[name]["n"] == 240


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATO"])
def test_rows_are_the_estimators_for_missing_outcomes(tmp_path: Path, target: Target) -> None:
    """Weights, outcome models and TMLE, with the models fitted apart from the step, give each row's number and error."""
    plan = protocol(estimand={"target": target})
    files, _ = estimated(tmp_path, GAPS, plan)
    sensitivity(files, plan)
    found = rows(section(files, "sensitivity"))
    sample = Sample.of(plan, files.read_table("analysis.parquet"))
    known = ~LOST
    observation = fit_observation(sample.x_outcome, sample.treated, known)
    weighted = (sample.treated, sample.outcome, known, fit_logistic(sample.x_propensity, sample.treated))
    modelled = (sample.x_outcome, sample.treated, sample.outcome, known)
    expected = {
        name: hajek_observed(*weighted, observation, other)
        for other, name in {
            "ATE": "Effect in everybody",
            "ATT": "Effect in the treated",
            "ATO": "Effect in the overlap",
        }.items()
    }
    own = {"ATE": "Effect in everybody", "ATT": "Effect in the treated", "ATO": "Effect in the overlap"}[
        target
    ]
    expected["Overlap weighting alone" if target == "ATO" else "IPW instead of AIPW"] = expected.pop(own)
    if target != "ATO":
        expected["Outcome models alone"] = standardised_observed(*modelled, target=target)
    if target == "ATE":
        expected["TMLE instead of AIPW"] = targeted_observed(*modelled, weighted[3], observation)
    for name, means in expected.items():
        told = difference(means)
        assert found[name]["estimate"] == pytest.approx(told.value, rel=EXACT), name
        assert found[name]["standard_error"] == pytest.approx(told.standard_error, rel=EXACT), name
        assert found[name]["estimand"] == told.estimand
