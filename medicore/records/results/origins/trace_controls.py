"""The trace of negative controls: origins of the systematic error that they show, and of the calibrated effect."""

from medicore.records.results.origin import Origin
from medicore.records.results.origins.trace_keys import CONTROLS, INFERENCE

_SECTION = "medicore.steps.models.controls:control_section"
_SCHUEMIE = "Schuemie, Ryan, DuMouchel, Suchard & Madigan, 2014, section 2.4"

# Literals alone, as in trace.py.
# fmt: off
CONTROLS_ORIGINS = (
    Origin("negative_controls.controls.**", "propensity", "medicore.steps.models.controls:estimated_control",
        "Effect on each outcome that the treatment does not affect, by the primary estimator with the same scores and target; "
        "missing values are weighted for being observed",
        "a difference over the pooled standard deviation within the arms, √(Σ(n_a − 1)s_a²/(n − 2)), or the logarithm of a ratio; "
        "SE divided alike", CONTROLS, "negative_controls"),
    Origin("negative_controls.null.**", "propensity",
        "medicore.stats.calibration.error_distribution:fit_error_distribution",
        "Normal distribution of the systematic error, mean μ and deviation τ, fitted to the controls",
        "maximum likelihood of y_i ~ N(μ, τ² + SE_i²), τ ≥ 0", CONTROLS, "negative_controls", _SCHUEMIE),
    Origin("negative_controls.systematic_error.**", "propensity",
        "medicore.stats.calibration.expected_error:expected_error",
        "Expected absolute systematic error, with its profile likelihood interval",
        "τ√(2/π)·exp(−μ²/2τ²) + |μ|(1 − 2Φ(−|μ|/τ)); every error whose distributions have 2(ℓ̂ − ℓ) ≤ χ²₁", CONTROLS,
        "negative_controls", "Schuemie, Hripcsak, Ryan, Madigan & Suchard, 2018"),
    Origin("negative_controls.detectable.**", "propensity",
        "medicore.stats.calibration.detectable:detectable_effect",
        "Smallest true effect that the study finds with the given power, without and with the spread of the systematic error",
        "(z of (1 + level)/2 + z of the power)·SE, calibrated √(SE² + τ²) for SE; a ratio exponentiated", (*CONTROLS, "inference"),
        "negative_controls", "Bloom, 1995"),
    Origin("negative_controls.outcome_deviation", "propensity",
        "medicore.stats.calibration.pooled_deviation:pooled_deviation",
        "Standard deviation of the observed outcome within the arms, one unit of the controls' scale",
        "√(Σ(n_a − 1)s_a²/(n − 2)), s_a² with ddof 1", CONTROLS, "negative_controls", "Cohen, 1988, p. 67"),
    Origin("negative_controls.limits.**", "propensity", "medicore.steps.models.controls:limits",
        "Limits of the gates of negative controls", "", ("gates", "estimand.measure"), "negative_controls"),
    Origin("negative_controls.**", "propensity", _SECTION,
        "Negative controls together: how many could be estimated, and how many differ between the arms at the study's level",
        "share = #{p < 1 − level}/estimated", CONTROLS, "negative_controls"),
    Origin("calibration.**", "effect", "medicore.steps.models.controls:calibration",
        "Primary estimate without the mean systematic error of the negative controls, with its spread in the interval",
        "θ − μ ∓ z·√(SE² + τ²); p = 2Φ(−|θ − μ|/√(SE² + τ²)); a difference in standard deviations within the arms, given in its "
        "unit, a ratio on its logarithm", ("negative_controls", *INFERENCE), "calibration", _SCHUEMIE),
)
# fmt: on
