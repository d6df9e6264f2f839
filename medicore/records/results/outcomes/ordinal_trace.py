"""The trace of an ordinal outcome: the paths whose origin is another than for other outcomes; all others are in ``trace``."""

from medicore.records.results.origin import Origin

SECTION = "wins"
"""The part of the results that those of an ordinal outcome have, and no others."""

_MODELS = ("models.propensity", "models.outcome", "covariates")
_EFFECT = ("estimand.measure", *_MODELS, "outcome", "treatment", "trimming")
_INFERENCE = (*_EFFECT, "inference.level")
_BOOTSTRAP = (*_EFFECT, "inference", "seed")
_ESTIMATOR = "medicore.stats.ordinal.augmented_wins:augmented_wins"
_BATCHED = "medicore.stats.ordinal.batched_wins:WinSample"
_PRIMARY = "medicore.steps.primaries.ordinal_primary:estimate_wins"
_SECTION = "medicore.steps.primaries.primary_section:primary_section"
_SOURCE = "Robins, Rotnitzky & Zhao, 1994; Mann & Whitney, 1947; Stefanski & Boos, 2002"
_CHANCE = "θ = Σ (F1(k) − F1(k−1)) (F0(k) + F0(k−1))/2, F(k) of an arm by AIPW of 1{Y ≤ k}"

# The first pattern that fits is the origin. The table holds literals alone: recorded_trace.py reads it as such.
# fmt: off
ORIGINS = (
    Origin("primary.standard_errors.bootstrap", "effect", _BATCHED,
        "Standard error of the primary estimate by the bootstrap", "standard deviation of the replicates, ddof 1",
        _BOOTSTRAP, "primary", "Efron & Tibshirani, 1993, chapter 6"),
    Origin("primary.standard_errors.sandwich", "effect", _ESTIMATOR,
        "Standard error of the primary estimate that counts the estimation of scores and of the models of all thresholds",
        "√(Σψ²)/n, ψ a subject's influence plus that through all models, ddof 0", _EFFECT, "primary", _SOURCE),
    Origin("primary.standard_errors.influence", "effect", _ESTIMATOR,
        "Standard error of the primary estimate with all models taken as known",
        "√(Σψ²/(n(n − 1))), ψ a subject's influence", _EFFECT, "primary", _SOURCE),
    Origin("primary.standard_error", "effect", _BATCHED,
        "Standard error of the primary estimate by the jackknife, every model fitted again without each subject; of win odds, "
        "on the logarithm", "√((n − 1)/n · Σ(θ₋ᵢ − θ̄)²); of the odds by the delta method", _EFFECT, "primary",
        "Efron & Tibshirani, 1993, chapter 11"),
    Origin("primary.degrees_of_freedom", "effect", _PRIMARY,
        "Degrees of freedom of Student's t, for interval and p-value of the primary estimate",
        "n less the coefficients of one threshold's models in both arms", _EFFECT, "primary"),
    Origin("primary.bootstrap.expected_spread", "effect", _BATCHED,
        "Standard error that the spread of the replicates is held against: the jackknife's",
        "√((n − 1)/n · Σ(θ₋ᵢ − θ̄)²)", _EFFECT, "primary", "Efron & Tibshirani, 1993, chapter 11"),
    Origin("primary.bootstrap.replicates", "effect", _SECTION, "Planned number of replicates", "", ("inference",),
        "primary"),
    Origin("primary.bootstrap.interval", "effect", _SECTION, "Planned type of the bootstrap's interval", "",
        ("inference",), "primary"),
    Origin("primary.bootstrap.seed", "effect", _SECTION, "Seed of the random numbers that resample patients", "",
        ("seed",), "primary"),
    Origin("primary.bootstrap.**", "effect", _BATCHED,
        "The bootstrap: patients drawn with replacement, every model fitted again", "interval and spread of the replicates; of "
        "win odds, on the logarithm", _BOOTSTRAP, "primary",
        "Efron & Tibshirani, 1993, chapters 6 and 13, equation 14.10"),
    Origin("primary.verification.relative_difference", "effect", "medicore.stats.verification:Verification",
        "Difference of the two implementations, in standard errors of the influence function",
        "max(|θ′ − θ|, |SE′ − SE|)/SE, SE of the influence function", _EFFECT, "primary"),
    Origin("primary.verification.tolerance", "effect", "medicore.stats.verification:agreement",
        "Largest relative difference at which the implementations confirm each other", "", (), "primary"),
    Origin("primary.verification.**", "effect", "medicore.stats.ordinal.verification_wins:verify_wins",
        "Double programming: the primary estimate and the influence function's standard error, computed a second time by "
        "another route", "every two subjects compared, level by level, with all models by scikit-learn", _EFFECT, "primary",
        "Hoeffding, 1948"),
    Origin("primary.observed", "effect", _PRIMARY, "Subjects with an outcome in the primary analysis, in both arms", "",
        ("outcome", "eligibility", "treatment"), "primary"),
    Origin("primary.n", "effect", _SECTION, "Subjects in the primary analysis, after trimming", "",
        ("eligibility", "trimming"), "primary"),
    Origin("primary.level", "effect", _SECTION, "Planned level of the intervals", "", ("inference.level",), "primary"),
    Origin("primary.null", "effect", "medicore.stats.effect.measures:no_effect",
        "Value of the measure where the arms are equal", "0 for the net benefit, 1 for win odds", ("estimand.measure",),
        "primary"),
    Origin("primary.absolute_difference.**", "effect", _ESTIMATOR,
        "Net benefit, with its interval", "θ − (1 − θ); ∓ q·SE, q of Student's t, SE of the jackknife",
        _INFERENCE, "primary", _SOURCE),
    Origin("primary.mean_treated", "effect", _ESTIMATOR,
        "Win probability of the treated: that a treated subject fares better than a control, ties shared", _CHANCE, _EFFECT,
        "primary", _SOURCE),
    Origin("primary.mean_control", "effect", _ESTIMATOR,
        "Win probability of the control: that a control fares better than a treated subject, ties shared", "1 − θ, θ the win probability of the treated",
        _EFFECT, "primary", _SOURCE),
    Origin("primary.estimate", "effect", _ESTIMATOR, "Win odds, or net benefit, by AIPW of the arms' distributions",
        "θ/(1 − θ), or 2θ − 1, θ the win probability of the treated", _EFFECT, "primary", _SOURCE),
    Origin("wins.**", "sensitivity", "medicore.steps.alternatives.ordinal_rows:wins_section",
        "Subjects and share of each level in each arm, as they are and adjusted, with the interval of the adjusted share",
        "F(k) − F(k−1); ∓ z·SE, cut at 0 and 1", _INFERENCE, "wins", _SOURCE),
    Origin("sensitivity.supplementary.**", "sensitivity", "medicore.steps.alternatives.ordinal_rows:other_wins",
        "Planned supplementary analyses of other populations and subgroups; each row names its estimand and its estimator",
        "by the row's estimator; θ ∓ z·SE, p = 2P(Z ≥ |θ/SE|), of win odds on the logarithm", ("sensitivity", *_INFERENCE),
        "", "ICH E9(R1), A.5.3"),
    Origin("sensitivity.**", "sensitivity", "medicore.steps.alternatives.ordinal_rows:same_wins",
        "Planned sensitivity analyses of the same estimand, and apart from them the supplementary ones; each row names "
        "its estimator", "by the row's estimator; θ ∓ z·SE, p = 2P(Z ≥ |θ/SE|), of win odds on the logarithm",
        ("sensitivity", *_INFERENCE), "", "ICH E9(R1), A.5.2"),
)
# fmt: on
