"""The trace of a time to event: the paths whose origin is another than for other outcomes; all others are in ``trace``."""

from medicore.records.results.origin import Origin

SECTION = "survival"
"""The part of the results that those of a time to event have, and no others."""

_MODELS = ("models.propensity", "models.outcome", "covariates")
_EFFECT = ("estimand.measure", *_MODELS, "outcome", "treatment", "trimming")
_INFERENCE = (*_EFFECT, "inference.level")
_BOOTSTRAP = (*_EFFECT, "inference", "seed")
_CURVES = ("outcome", "treatment", "models.propensity", "covariates", "design", "inference.level")
_FOLLOW_UP = ("outcome", "eligibility", "treatment")
_ESTIMATOR = "medicore.stats.survival.augmented_survival:augmented_survival"
_BATCHED = "medicore.stats.survival.batched_survival:SurvivalSample"
_JACKKNIFE = "medicore.stats.survival.batched_survival:jackknifed"
_PRIMARY = "medicore.steps.primaries.survival_primary:estimate_survival"
_WALD = "θ ∓ q·SE; p = 2P(Q ≥ |θ/SE|); q of Student's t with the degrees of freedom of the primary estimate"
_SOURCE = (
    "Zhang & Schaubel, 2012; Bai, Tsiatis & O'Brien, 2013; Ozenne, Scheike, Stærk & Gerds, 2020, section 3"
)
_MEAN = (
    "best − mean[ m(0) + 1{arm}/e · (1{event by τ}L/G(T−) − m(0) + ∫ m(u)/G(u−) dM(u)) ]; survival: L = 1{T ≤ τ}, best = 1; "
    "restricted mean: L = (τ − T)⁺, best = τ; m(u) = E(L | T > u, x), M the martingale of censoring"
)

# The first pattern that fits is the origin. The table holds literals alone: recorded_trace.py reads it as such.
# fmt: off
ORIGINS = (
    Origin("cohort.outcomes.follow_up.**", "cohort", "medicore.steps.data.follow_up:follow_up_section",
        "How follow-up ended in each arm, who was followed to the horizon, and the median follow-up",
        "median of the Kaplan–Meier curve in which ends of follow-up are the events", _FOLLOW_UP, "",
        "Schemper & Smith, 1996"),
    Origin("primary.standard_errors.bootstrap", "effect", _BATCHED,
        "Standard error of the primary estimate by the bootstrap", "standard deviation of the replicates, ddof 1",
        _BOOTSTRAP, "primary", "Efron & Tibshirani, 1993, chapter 6"),
    Origin("primary.standard_errors.sandwich", "effect", _ESTIMATOR,
        "Standard error of the primary estimate that counts the estimation of scores and hazards",
        "√(Σψ²)/n, ψ a subject's influence plus that through scores and hazard models, ddof 0", _EFFECT, "primary",
        "Stefanski & Boos, 2002; Lin, Fleming & Wei, 1994"),
    Origin("primary.standard_errors.influence", "effect", _ESTIMATOR,
        "Standard error of the primary estimate with scores and hazards taken as known",
        "√(Σψ²/(n(n − 1))), ψ a subject's influence", _EFFECT, "primary", _SOURCE),
    Origin("primary.standard_error", "effect", _JACKKNIFE,
        "Standard error of the primary estimate by the jackknife, every model fitted again without each subject",
        "√((n − 1)/n · Σ(θ₋ᵢ − θ̄)²); beyond 1,000 subjects θ₋ᵢ follows the models by its derivatives", _EFFECT, "primary", "Efron & Tibshirani, 1993, chapter 11"),
    Origin("primary.degrees_of_freedom", "effect", _PRIMARY,
        "Degrees of freedom of Student's t, for interval and p-value of the primary estimate",
        "n less 2 and the coefficients of the hazard models of the event", _EFFECT, "primary"),
    Origin("primary.bootstrap.expected_spread", "effect", _JACKKNIFE,
        "Standard error that the spread of the replicates is held against: the jackknife's",
        "√((n − 1)/n · Σ(θ₋ᵢ − θ̄)²)", _EFFECT, "primary", "Efron & Tibshirani, 1993, chapter 11"),
    Origin("primary.bootstrap.failed.**", "effect", _BATCHED, "Replicates that could not be estimated, by reason", "",
        _BOOTSTRAP, "primary"),
    Origin("primary.bootstrap.ci_low", "effect", _BATCHED, "Lower limit of the bootstrap's interval",
        "interval of the named type over the replicates", _BOOTSTRAP, "primary",
        "Efron & Tibshirani, 1993, chapter 13, equation 14.10"),
    Origin("primary.bootstrap.ci_high", "effect", _BATCHED, "Upper limit of the bootstrap's interval",
        "interval of the named type over the replicates", _BOOTSTRAP, "primary",
        "Efron & Tibshirani, 1993, chapter 13, equation 14.10"),
    Origin("primary.bootstrap.standard_error", "effect", _BATCHED,
        "Standard error of the primary estimate by the bootstrap", "standard deviation of the replicates, ddof 1",
        _BOOTSTRAP, "primary", "Efron & Tibshirani, 1993, chapter 6"),
    Origin("primary.bootstrap.replicates", "effect", _PRIMARY, "Planned number of replicates", "", ("inference",),
        "primary"),
    Origin("primary.bootstrap.interval", "effect", _PRIMARY, "Planned type of the bootstrap's interval", "",
        ("inference",), "primary"),
    Origin("primary.bootstrap.seed", "effect", _PRIMARY, "Seed of the random numbers that resample patients", "",
        ("seed",), "primary"),
    Origin("primary.verification.relative_difference", "effect", "medicore.stats.verification:Verification",
        "Difference of the two implementations, in standard errors of the influence function",
        "max(|θ′ − θ|, |SE′ − SE|)/SE, SE of the influence function", _EFFECT, "primary"),
    Origin("primary.verification.tolerance", "effect", "medicore.stats.verification:agreement",
        "Largest relative difference at which the implementations confirm each other", "", (), "primary"),
    Origin("primary.verification.**", "effect", "medicore.stats.survival.verification_survival:verify_survival",
        "Double programming: the primary estimate and the influence function's standard error, computed a second time by "
        "another route", "the same estimator, subject by subject, with hazards by SciPy and scores by scikit-learn",
        _EFFECT, "primary"),
    Origin("primary.censoring.**", "effect", _PRIMARY,
        "Hazard of censoring: the chance of being followed, and its weights' product with those of treatment",
        "1/(e·G) of who has the event by τ or is followed to it; (Σw)²/Σw²; max w/Σw", _EFFECT, "primary",
        "Robins & Rotnitzky, 1992; Kish, 1965, section 11.7"),
    Origin("primary.observed", "effect", _PRIMARY, "Subjects of the primary analysis who had the event", "", _FOLLOW_UP,
        "primary"),
    Origin("primary.n", "effect", _PRIMARY, "Subjects in the primary analysis, after trimming", "",
        ("eligibility", "trimming"), "primary"),
    Origin("primary.level", "effect", _PRIMARY, "Planned level of the intervals", "", ("inference.level",), "primary"),
    Origin("primary.null", "effect", _PRIMARY, "Value of the measure where the arms are equal", "0 for a difference",
        ("estimand.measure",), "primary"),
    Origin("primary.absolute_difference.**", "effect", _ESTIMATOR, "The primary estimate, with its interval",
        "μ1 − μ0; θ ∓ q·SE, q of Student's t, SE of the jackknife", _INFERENCE, "primary", _SOURCE),
    Origin("primary.means.**", "effect", "medicore.steps.primaries.arm_means:arm_means",
        "Survival at the horizon, or restricted mean survival, if everybody had been in each arm, with its interval",
        "μ ∓ q·SE, SE of the jackknife, q of Student's t", _EFFECT, "primary", _SOURCE),
    Origin("primary.mean_treated", "effect", _ESTIMATOR,
        "Survival at the horizon, or restricted mean survival, if everybody were treated", _MEAN, _EFFECT, "primary",
        _SOURCE),
    Origin("primary.mean_control", "effect", _ESTIMATOR,
        "Survival at the horizon, or restricted mean survival, if nobody were treated", _MEAN, _EFFECT, "primary",
        _SOURCE),
    Origin("primary.estimate", "effect", _ESTIMATOR,
        "Difference of survival at the horizon, or of restricted mean survival, by AIPW with censoring weights",
        "μ1 − μ0, each μ as of its arm", _EFFECT, "primary", _SOURCE),
    Origin("primary.bootstrap.spread", "effect", "medicore.stats.bootstrap.bootstrap_result:BootstrapResult",
        "Half the range of the central 68.27 % of the replicates, which the gate of variances judges",
        "(Q(Φ(1)) − Q(Φ(−1)))/2, Q median-unbiased quantiles", _BOOTSTRAP, "primary", "Hyndman & Fan, 1996, definition 8"),
    Origin("primary.bootstrap.**", "effect", _BATCHED, "Bootstrap of the primary estimate; patients resampled, every model fitted again",
        "interval of the named type over the replicates; standard error with ddof 1", _BOOTSTRAP, "primary",
        "Efron & Tibshirani, 1993, chapter 13"),
    Origin("primary.ci_low", "effect", "medicore.stats.effect.estimate:Estimate",
        "Lower limit of the primary estimate's interval", _WALD, _INFERENCE, "primary"),
    Origin("primary.ci_high", "effect", "medicore.stats.effect.estimate:Estimate",
        "Upper limit of the primary estimate's interval", _WALD, _INFERENCE, "primary"),
    Origin("primary.p_value", "effect", "medicore.stats.effect.estimate:Estimate", "Two-sided p-value of no effect", _WALD,
        _EFFECT, "primary"),
    Origin("primary.imputation", "effect", _PRIMARY, "Nothing: a time to event is not imputed", "", ("outcome",), "primary"),
    Origin("primary.observation", "effect", _PRIMARY, "Nothing: where follow-up ends, censoring weights stand in its place", "",
        ("outcome",), "primary"),
    Origin("primary.**", "effect", _PRIMARY,
        "Difference of survival at the horizon, or of restricted mean survival, by AIPW with censoring weights",
        "μ1 − μ0, each μ as of its arm", _INFERENCE, "primary", _SOURCE),
    Origin("evalue.**", "sensitivity", "medicore.steps.alternatives.survival_section:confounding_of_survival",
        "E-value of the ratio of the risks by the horizon: how strong an unmeasured confounder would have to be",
        "E = RR + √(RR(RR − 1)), RR = (1 − S1)/(1 − S0), 1/RR for RR below 1; its interval on the logarithm", _INFERENCE,
        "evalue", "VanderWeele & Ding, 2017, table 2"),
    Origin("survival.curves.**", "sensitivity", "medicore.stats.survival.kaplan_meier:kaplan_meier",
        "Survival in each arm at equal steps to the horizon, with its pointwise interval, and the median; weighted for "
        "treatment in an observational study", "S(t) = Π(1 − d/Y); interval on the scale of log(−log S), Greenwood's variance, or "
        "where weighted the infinitesimal jackknife's", _CURVES, "survival", "Kaplan & Meier, 1958; Xie & Liu, 2005"),
    Origin("survival.at_risk.**", "sensitivity", "medicore.steps.alternatives.survival_section:survival_section",
        "Subjects of each arm who are followed to a time without an event before", "#{T ≥ t}", _FOLLOW_UP, "survival"),
    Origin("survival.hazard_ratio.**", "sensitivity", "medicore.stats.survival.cox:fit_cox",
        "Marginal hazard ratio by Cox's model with the arm alone, weighted for treatment, with robust variance",
        "exp β, partial likelihood with Efron's ties; exp(log HR ∓ z·SE), SE of the logarithm by the score residuals",
        _CURVES, "survival", "Cox, 1972; Lin & Wei, 1989; Binder, 1992"),
    Origin("survival.log_rank.**", "sensitivity", "medicore.stats.survival.log_rank:log_rank",
        "Log-rank test of equal hazards, as it is and weighted for treatment", "χ² = (ΣO − E)²/Var, one degree of freedom",
        _CURVES, "survival", "Mantel, 1966; Xie & Liu, 2005"),
    Origin("survival.competing.**", "sensitivity", "medicore.stats.survival.aalen_johansen:aalen_johansen",
        "Cumulative incidence of the event and of the competing event by the horizon, weighted for treatment",
        "F(τ) = Σ S(u−)d(u)/Y(u); SE by the infinitesimal jackknife, weights fixed", _CURVES, "survival",
        "Aalen & Johansen, 1978"),
    Origin("survival.**", "sensitivity", "medicore.steps.alternatives.survival_section:survival_section",
        "What stands beside the effect on survival, and its horizon", "", ("outcome",), "survival"),
    Origin("sensitivity.supplementary.**", "sensitivity", "medicore.steps.alternatives.survival_rows:other_survival",
        "Planned supplementary analyses of other populations and subgroups; each row names its estimand and its estimator",
        "by the row's estimator; θ ∓ z·SE, p = 2P(Z ≥ |θ/SE|)", ("sensitivity", *_INFERENCE), "", "ICH E9(R1), A.5.3"),
    Origin("sensitivity.**", "sensitivity", "medicore.steps.alternatives.survival_rows:same_survival",
        "Planned sensitivity analyses of the same estimand, and apart from them the supplementary ones; each row names "
        "its estimator", "by the row's estimator; θ ∓ z·SE, p = 2P(Z ≥ |θ/SE|)", ("sensitivity", *_INFERENCE), "",
        "ICH E9(R1), A.5.2"),
    Origin("findings.effect.**", "effect", "medicore.steps.gates.survival_gates:hazard_findings",
        "A diagnostic of the estimate or of its hazard models that is beyond its limit", "",
        ("gates", *_INFERENCE), "findings"),
)
# fmt: on
