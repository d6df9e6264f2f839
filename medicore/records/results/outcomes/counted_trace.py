"""The trace of a count: the paths whose origin is another than for other outcomes; all others are in ``trace``."""

from medicore.records.results.origin import Origin

SECTION = "rates"
"""The part of the results that those of a count have, and no others."""

_MODELS = ("models.propensity", "models.outcome", "covariates")
_EFFECT = ("estimand.measure", *_MODELS, "outcome", "treatment", "trimming")
_INFERENCE = (*_EFFECT, "inference.level")
_BOOTSTRAP = (*_EFFECT, "inference", "seed")
_COUNTED = ("outcome", "eligibility", "treatment")
_ESTIMATOR = "medicore.stats.counts.augmented_rates:augmented_rates"
_BATCHED = "medicore.stats.counts.batched_rates:RateSample"
_PRIMARY = "medicore.steps.primaries.counted_primary:estimate_rates"
_SECTION = "medicore.steps.primaries.primary_section:primary_section"
_SOURCE = "Robins, Rotnitzky & Zhao, 1994; Gourieroux, Monfort & Trognon, 1984; Stefanski & Boos, 2002"
_RATE = "mean[ m + 1{arm}/e · (Y − T m)/q ], m the modelled rate, q the expected exposure, e the chance of the arm"

# The first pattern that fits is the origin. The table holds literals alone: recorded_trace.py reads it as such.
# fmt: off
ORIGINS = (
    Origin("cohort.outcomes.exposure.**", "cohort", "medicore.steps.data.counted:exposure_section",
        "Events and exposure of each arm, and the events over the exposure", "ΣY/ΣT", _COUNTED, ""),
    Origin("primary.standard_errors.bootstrap", "effect", _BATCHED,
        "Standard error of the primary estimate by the bootstrap", "standard deviation of the replicates, ddof 1",
        _BOOTSTRAP, "primary", "Efron & Tibshirani, 1993, chapter 6"),
    Origin("primary.standard_errors.sandwich", "effect", _ESTIMATOR,
        "Standard error of the primary estimate that counts the estimation of scores, rates and exposures",
        "√(Σψ²)/n, ψ a subject's influence plus that through all models, ddof 0", _EFFECT, "primary", _SOURCE),
    Origin("primary.standard_errors.influence", "effect", _ESTIMATOR,
        "Standard error of the primary estimate with all models taken as known",
        "√(Σψ²/(n(n − 1))), ψ a subject's influence", _EFFECT, "primary", _SOURCE),
    Origin("primary.standard_error", "effect", _BATCHED,
        "Standard error of the primary estimate by the jackknife, every model fitted again without each subject; of a ratio, "
        "on the logarithm", "√((n − 1)/n · Σ(θ₋ᵢ − θ̄)²); of a ratio by the delta method", _EFFECT, "primary",
        "Efron & Tibshirani, 1993, chapter 11"),
    Origin("primary.degrees_of_freedom", "effect", _PRIMARY,
        "Degrees of freedom of Student's t, for interval and p-value of the primary estimate",
        "n less the coefficients of the models of the rate", _EFFECT, "primary"),
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
        "The bootstrap: patients drawn with replacement, every model fitted again", "interval and spread of the replicates; of a "
        "ratio, on the logarithm", _BOOTSTRAP, "primary", "Efron & Tibshirani, 1993, chapters 6 and 13, equation 14.10"),
    Origin("primary.verification.relative_difference", "effect", "medicore.stats.verification:Verification",
        "Difference of the two implementations, in standard errors of the influence function",
        "max(|θ′ − θ|, |SE′ − SE|)/SE, SE of the influence function", _EFFECT, "primary"),
    Origin("primary.verification.tolerance", "effect", "medicore.stats.verification:agreement",
        "Largest relative difference at which the implementations confirm each other", "", (), "primary"),
    Origin("primary.verification.**", "effect", "medicore.stats.counts.verification_rates:verify_rates",
        "Double programming: the primary estimate and the influence function's standard error, computed a second time by "
        "another route", "the same estimator, subject by subject, with all models by scikit-learn", _EFFECT, "primary"),
    Origin("primary.exposure.**", "effect", _PRIMARY,
        "Expected exposure, and its weights' product with those of treatment", "T/(e·q); (Σw)²/Σw²; max w/Σw", _EFFECT,
        "primary", "Kish, 1965, section 11.7"),
    Origin("primary.observed", "effect", _PRIMARY, "Events of the primary analysis, in both arms", "", _COUNTED, "primary"),
    Origin("primary.n", "effect", _SECTION, "Subjects in the primary analysis, after trimming", "",
        ("eligibility", "trimming"), "primary"),
    Origin("primary.level", "effect", _SECTION, "Planned level of the intervals", "", ("inference.level",), "primary"),
    Origin("primary.null", "effect", "medicore.stats.effect.measures:no_effect",
        "Value of the measure where the arms are equal", "0 for a difference, 1 for a ratio", ("estimand.measure",), "primary"),
    Origin("primary.absolute_difference.**", "effect", _ESTIMATOR,
        "Difference of the arms' rates, with its interval", "μ1 − μ0; θ ∓ q·SE, q of Student's t, SE of the jackknife",
        _INFERENCE, "primary", _SOURCE),
    Origin("primary.mean_treated", "effect", _ESTIMATOR, "Events per unit of exposure if everybody were treated", _RATE,
        _EFFECT, "primary", _SOURCE),
    Origin("primary.mean_control", "effect", _ESTIMATOR, "Events per unit of exposure if nobody were treated", _RATE,
        _EFFECT, "primary", _SOURCE),
    Origin("primary.estimate", "effect", _ESTIMATOR, "Ratio, or difference, of the arms' rates of events by AIPW",
        "μ1/μ0, or μ1 − μ0, each μ as of its arm", _EFFECT, "primary", _SOURCE),
    Origin("evalue.**", "sensitivity", "medicore.steps.alternatives.counted_rows:confounding_of_rates",
        "E-value of the ratio of the rates: how strong an unmeasured confounder would have to be",
        "E = RR + √(RR(RR − 1)), RR = μ1/μ0, 1/RR for RR below 1; its interval on the logarithm", _INFERENCE, "evalue",
        "VanderWeele & Ding, 2017, table 2"),
    Origin("rates.**", "sensitivity", "medicore.steps.alternatives.counted_rows:rates_section",
        "Rate of each arm, as it is and adjusted, with its robust interval, and the dispersion of its counts",
        "ΣY/ΣT and μ; ∓ z·SE; Σ(Y − Tm)²/(Tm) over its degrees of freedom", _INFERENCE, "rates",
        "McCullagh & Nelder, 1989, chapter 9"),
    Origin("sensitivity.supplementary.**", "sensitivity", "medicore.steps.alternatives.counted_rows:other_rates",
        "Planned supplementary analyses of other populations and subgroups; each row names its estimand and its estimator",
        "by the row's estimator; θ ∓ z·SE, p = 2P(Z ≥ |θ/SE|), of a ratio on the logarithm", ("sensitivity", *_INFERENCE), "",
        "ICH E9(R1), A.5.3"),
    Origin("sensitivity.**", "sensitivity", "medicore.steps.alternatives.counted_rows:same_rates",
        "Planned sensitivity analyses of the same estimand, and apart from them the supplementary ones; each row names "
        "its estimator", "by the row's estimator; θ ∓ z·SE, p = 2P(Z ≥ |θ/SE|), of a ratio on the logarithm",
        ("sensitivity", *_INFERENCE), "", "ICH E9(R1), A.5.2"),
    Origin("findings.effect.**", "effect", "medicore.steps.gates.counted_gates:rate_model_findings",
        "A diagnostic of the estimate or of its models of rate and exposure that is beyond its limit", "", ("gates", *_INFERENCE),
        "findings"),
)
# fmt: on
