"""The propensity step of a randomised study whose primary estimator uses no score: it describes, and halts nothing."""

from pathlib import Path

from tests.steps.analysed_trial import section, weighed
from tests.steps.randomised_trial import allocated, randomised

STRICT = {
    "score_lower": 0.45,
    "score_upper": 0.55,
    "weight_share": 0.009,
    "effective_sample_size_share": 0.9999,
}


def test_scores_that_do_not_enter_the_primary_halt_nothing(tmp_path: Path) -> None:
    """The same limits that halt AIPW leave ANCOVA alone, whose scores are described all the same; a declared limit halts."""
    simple = {"randomisation": {"scheme": "simple", "strata": []}, "gates": {**STRICT, "smd": None}}
    scored = randomised(**simple, inference={"estimator": "aipw"})
    _, fired = weighed(tmp_path / "scored", allocated(), scored)
    assert {"overlap", "weight share", "effective sample size"} <= {finding.gate for finding in fired}
    files, findings = weighed(tmp_path / "adjusted", allocated(), randomised(**simple))
    assert findings == ()
    assert 0 < section(files, "propensity")["largest_weight_share"]["treated"] < 1
    limited = {**simple, "gates": {**STRICT, "smd": 1e-9, "smd_sample": "unweighted"}}
    _, findings = weighed(tmp_path / "declared", allocated(), randomised(**limited))
    assert [finding.gate for finding in findings] == ["SMD (unweighted)"]


def test_only_the_outcome_model_is_counted_and_judged_without_scores(tmp_path: Path) -> None:
    """Terms of the propensity model alone, too many or collinear, do not halt ANCOVA; those of the outcome model do."""
    frame = allocated(40).assign(weight=lambda one: 2.0 * one["age"].astype(float) + 1)
    for models, halts in (
        ({"propensity": ["age", "weight"], "outcome": ["age"]}, False),
        ({"propensity": ["age"], "outcome": ["age", "weight"]}, True),
    ):
        plan = randomised(models=models, randomisation=None)
        _, findings = weighed(tmp_path / str(halts), frame, plan)
        assert ("collinearity" in {finding.gate for finding in findings}) is halts
    wide = {"propensity": ["age", "sex", "region"], "outcome": ["weight"]}
    small = allocated(20)
    _, few = weighed(tmp_path / "few", small, randomised(models=wide, randomisation=None))
    assert few == ()
    aipw = randomised(models=wide, randomisation=None, inference={"estimator": "aipw"})
    _, counted = weighed(tmp_path / "counted", small, aipw)
    assert [one.gate for one in counted if not one.overridable] == ["subjects per parameter"]
