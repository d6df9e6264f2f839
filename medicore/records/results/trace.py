"""The trace: from a path in ``results.json`` to the step, function and protocol keys behind its value."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from medicore.errors import IntegrityError
from medicore.records.results.paths import value_at


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of the results that a pattern fits.

    ``pattern`` is a path in which ``*`` fits any one part and ``**`` at the end fits everything below. ``function``
    is the ``module:name`` of the code that computes the value. ``section`` is the key in the step's own document that
    corresponds to the first part of the path. ``source`` cites where the formula is from.
    """

    pattern: str
    step: str
    function: str
    definition: str
    formula: str = ""
    protocol_keys: tuple[str, ...] = ()
    section: str = ""
    source: str = ""

    def in_document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a step's document arranged like the results, so the same path is valid in both."""
        first = self.pattern.split(".")[0]
        inner = value_at(document, self.section) if self.section else document
        return {first: inner}


_MODELS = ("models.propensity", "models.outcome", "covariates")
_EFFECT = ("estimand.target", "estimand.measure", *_MODELS, "outcome", "treatment", "trimming")
_SCORES = ("models.propensity", "covariates", "treatment", "trimming")
_WEIGHTS = ("estimand.target", *_SCORES)
_BALANCE = ("gates.smd", "gates.smd_sample", *_MODELS)
_INFERENCE = (*_EFFECT, "inference.level")
_LOOKS = ("monitoring", *_EFFECT)
_LOGISTIC = "medicore.stats.models.logistic:fit_logistic"
_SMD = "SMD = (m1 − m0)/√((s1² + s0²)/2), for the ATT (m1 − m0)/s1; means under the weights, s unweighted with ddof 1, s² = p(1 − p) for two values"
_WALD = "θ ∓ q·SE; p = 2P(Q ≥ |θ/SE|); q of the normal distribution, of Student's t where data were imputed several times; of a ratio's logarithm"
_DIFFERENCE = (
    "μ1 − μ0; θ ∓ q·SE, q of the normal distribution, of Student's t where data were imputed several times"
)
_BY_ROW = "by the row's estimator; θ ∓ q·SE, p = 2P(Q ≥ |θ/SE|); of a ratio's logarithm"

# The first pattern that fits is the origin. The table holds literals alone: recorded_trace.py reads it as such.
# fmt: off
ORIGINS = (
    Origin("data.**", "extract", "medicore.steps.extract:extract", "What the source system says of the data lock",
        "", ("edc",)),
    Origin("check.comparison.**", "check", "medicore.steps.data.comparison:compare",
        "The lock compared with the previous one: subjects added and vanished, locked values that changed", "",
        ("contract",)),
    Origin("check.protocol.**", "check", "medicore.steps.data.deviation:deviation",
        "The protocol compared with that of the run that was released last"),
    Origin("check.**", "check", "medicore.steps.check:check", "The data contract held against the lock", "",
        ("contract",)),
    Origin("cohort.arms.**", "cohort", "medicore.steps.cohort:cohort", "Analysed subjects of each compared arm",
        "", ("eligibility", "treatment")),
    Origin("cohort.not_in_contrast", "cohort", "medicore.steps.cohort:cohort",
        "Eligible subjects of arms that are not compared", "", ("eligibility", "treatment")),
    Origin("cohort.**", "cohort", "medicore.steps.cohort:cohort",
        "Subjects remaining after each eligibility criterion, in order; a missing value satisfies no criterion",
        "", ("eligibility", "treatment")),
    Origin("baseline.**", "cohort", "medicore.steps.cohort:baseline",
        "Baseline characteristics by arm: mean and standard deviation (ddof 1), or count and percent",
        "mean = Σx/n; SD = √(Σ(x − mean)²/(n − 1)); percent = 100 · count/n; n subjects with a value, for "
        "missing values all", ("covariates",), "baseline"),
    Origin("imputation.**", "cohort", "medicore.steps.models.imputing:complete",
        "Baseline covariates with missing values, and how they were completed before any model was fitted",
        "single: mean or most frequent level; multiple: chained equations, models given treatment and outcome",
        ("imputation", "covariates", "seed"), "imputation"),
    Origin("balance.terms.*.variance_ratio_unweighted", "propensity",
        "medicore.stats.balance.balance:standardised_mean_differences",
        "Variance of a term in the treated over that in the controls, before weighting",
        "s1²/s0², s² with ddof 1, or p(1 − p) for two values", _BALANCE, "balance", "Stuart, 2010, section 4"),
    Origin("balance.terms.*.variance_ratio_weighted", "propensity",
        "medicore.stats.balance.balance:standardised_mean_differences",
        "Variance of a term in the treated over that in the controls, after weighting",
        "s1²/s0², s² = Σw(x − m)²/(Σw − Σw²/Σw), or p(1 − p) for two values, p and m under the weights",
        _BALANCE, "balance", "Stuart, 2010, section 4"),
    Origin("balance.worst.**", "propensity", "medicore.stats.balance.balance:standardised_mean_differences",
        "The term with the largest standardised mean difference, before and after weighting",
        "max |SMD| over the terms, SMD as of each term", _BALANCE, "balance",
        "Austin, 2009; Stuart, 2010, section 4"),
    Origin("balance.expected_false_alarm_rate", "propensity",
        "medicore.stats.balance.false_alarm:any_false_alarm_rate",
        "How often a term would reach the threshold before weighting if all were balanced and independent",
        "1 − (1 − p)^k of k terms, p = P(|SMD| ≥ threshold) of one by Student's t", _BALANCE, "balance",
        "Hedges & Olkin, 1985, section 5.A; Šidák, 1967"),
    Origin("balance.threshold", "propensity", "medicore.steps.propensity:balance_section",
        "The planned limit of |SMD|", "", ("gates.smd",), "balance"),
    Origin("balance.**", "propensity", "medicore.stats.balance.balance:standardised_mean_differences",
        "Standardised mean difference and variance ratio of each term, before and after weighting", _SMD,
        _BALANCE, "balance", "Austin, 2009; Stuart, 2010, section 4"),
    Origin("propensity.c_statistic", "propensity", "medicore.stats.balance.overlap:c_statistic",
        "Probability that a treated subject has a higher score than a control",
        "(#{e1 > e0} + #{e1 = e0}/2)/(n1 · n0) over all pairs of a treated subject and a control", _SCORES, "",
        "Hanley & McNeil, 1982"),
    Origin("propensity.equipoise", "propensity", "medicore.stats.balance.overlap:equipoise",
        "Share of subjects who might have had either treatment: preference score between 0.3 and 0.7",
        "#{0.3 ≤ F ≤ 0.7}/n, logit F = logit e − logit π, π the share treated", _SCORES, "",
        "Walker et al., 2013"),
    Origin("propensity.effective_sample_size.**", "propensity",
        "medicore.stats.balance.weights:effective_sample_size",
        "Size of an unweighted sample of each arm with the same information", "(Σw)²/Σw² in the arm", _WEIGHTS,
        "", "Kish, 1965, section 11.7"),
    Origin("propensity.largest_weight_share.**", "propensity", "medicore.stats.balance.weights:largest_share",
        "Largest weight of one subject as a share of its arm's total weight", "max w/Σw in the arm", _WEIGHTS),
    Origin("propensity.score_range.**", "propensity", "medicore.steps.propensity:propensity",
        "Smallest and largest score of the retained subjects of each arm", "min e, max e in the arm", _SCORES),
    Origin("propensity.histogram.**", "propensity", "medicore.steps.propensity:propensity",
        "Scores of all analysed subjects of each arm, counted in 40 bins",
        "#{edge ≤ e < next edge}, the last bin with its end", _SCORES),
    Origin("propensity.trimming.**", "propensity", "medicore.steps.models.scoring:scored",
        "Subjects discarded by their score, and whether the model was fitted again without them",
        "discarded: e < lower or e > upper", _SCORES, "", "Crump et al., 2009, section 2"),
    Origin("propensity.target", "propensity", "medicore.stats.balance.weights:balancing_weights",
        "Population for which the weights balance the arms; treated and controls weighted",
        "ATE: 1/e, 1/(1 − e); ATT: 1, e/(1 − e); ATO: 1 − e, e", _WEIGHTS, "",
        "Li, Morgan & Zaslavsky, 2018, table 1"),
    Origin("propensity.log_likelihood", "propensity", _LOGISTIC,
        "Logarithm of the likelihood of the fitted scores", "Σ[a log e + (1 − a) log(1 − e)]", _SCORES, "",
        "McCullagh & Nelder, 1989, section 4.4"),
    Origin("propensity.separated", "propensity", _LOGISTIC,
        "Whether the likelihood has no maximum, or practically none", "", _SCORES, "", "Albert & Anderson, 1984"),
    Origin("propensity.coefficients.*.standard_error", "propensity", _LOGISTIC,
        "Standard error of a coefficient of the propensity model",
        "√ of the diagonal of (X′WX)⁻¹, W = e(1 − e)", _SCORES, "", "McCullagh & Nelder, 1989, section 2.5"),
    Origin("propensity.**", "propensity", _LOGISTIC,
        "Propensity score by unpenalised logistic maximum likelihood, and how the fit ended",
        "logit e(x) = α + x′β, maximum likelihood by Newton's method", (*_SCORES, "gates"), "",
        "McCullagh & Nelder, 1989, section 2.5"),
    Origin("primary.standard_errors.bootstrap", "effect", "medicore.stats.bootstrap.bootstrap:bootstrap_effect",
        "Standard error of the primary estimate by the bootstrap",
        "standard deviation of the replicates, ddof 1; Rubin's rules over imputations",
        (*_EFFECT, "inference", "seed"), "primary", "Efron & Tibshirani, 1993, chapter 6"),
    Origin("primary.bootstrap.failed.**", "effect", "medicore.stats.bootstrap.bootstrap:bootstrap_effect",
        "Replicates that could not be estimated, by reason", "", (*_EFFECT, "inference", "seed"), "primary"),
    Origin("primary.bootstrap.replicates", "effect", "medicore.steps.models.primary:estimate_primary",
        "Planned number of replicates, of each imputation", "", ("inference",), "primary"),
    Origin("primary.bootstrap.seed", "effect", "medicore.steps.models.primary:estimate_primary",
        "Seed of the random numbers that resample patients", "", ("seed",), "primary"),
    Origin("primary.bootstrap.**", "effect", "medicore.stats.bootstrap.bootstrap:bootstrap_effect",
        "Nonparametric bootstrap of the primary estimate; patients resampled, every nuisance model refitted",
        "interval of the named type over the replicates: percentiles, or Φ(z0 + (z0 ∓ z)/(1 − a(z0 ∓ z))) for "
        "BCa; standard error with ddof 1", (*_EFFECT, "inference", "seed"), "primary",
        "Efron & Tibshirani, 1993, chapter 13, equation 14.10"),
    Origin("primary.verification.relative_difference", "effect", "medicore.stats.verification:Verification",
        "Difference of the two implementations, in standard errors of the first",
        "max(|θ′ − θ|, |SE′ − SE|)/SE", _EFFECT, "primary"),
    Origin("primary.verification.tolerance", "effect", "medicore.stats.verification:agreement",
        "Largest relative difference at which the implementations confirm each other", "", (), "primary"),
    Origin("primary.verification.**", "effect", "medicore.stats.verification:verify_effect",
        "Double programming: the primary estimate and its standard error, computed a second time by another "
        "route", "roots of the estimating equations in the clever covariates", _EFFECT, "primary",
        "Bang & Robins, 2005, section 2"),
    Origin("primary.imputation.**", "effect", "medicore.stats.imputation.pooling:pooled",
        "Rubin's rules: what the missing covariates add to the variance of the primary estimate",
        "W mean of SE², B variance of the estimates with ddof 1; T = W + (1 + 1/m)B; r = (1 + 1/m)B/W; γ = (r +"
        " 2/(ν + 3))/(1 + r); ν degrees of freedom of Barnard & Rubin; Monte Carlo error √(B/m)",
        ("imputation", *_EFFECT), "primary", "Rubin, 1987, equations 3.1.2 to 3.1.10; Barnard & Rubin, 1999"),
    Origin("primary.standard_errors.sandwich", "effect", "medicore.stats.models.sandwich:propagate",
        "Standard error of the primary estimate that counts the estimation of all models",
        "√(Σψ²)/n, ψ a subject's influence plus that through propensity and outcome models, ddof 0", _EFFECT,
        "primary", "Stefanski & Boos, 2002"),
    Origin("primary.standard_errors.**", "effect", "medicore.stats.effect.contrasts:means_of_influence",
        "Standard errors of the primary estimate by influence function, stacked sandwich and bootstrap",
        "influence: √(Σψ²/(n(n − k))), ψ a subject's influence, k = 1, for the ATT 0; of a ratio's logarithm",
        _EFFECT, "primary"),
    Origin("primary.standard_error", "effect", "medicore.stats.effect.contrasts:means_of_influence",
        "Standard error of the primary estimate, by its influence function",
        "√(Σψ²/(n(n − k))), ψ a subject's influence, k = 1, for the ATT 0; of a ratio's logarithm; Rubin's "
        "rules over imputations", _EFFECT, "primary"),
    Origin("primary.ci_low", "effect", "medicore.stats.effect.estimate:Estimate",
        "Lower limit of the primary estimate's interval", _WALD, _INFERENCE, "primary"),
    Origin("primary.ci_high", "effect", "medicore.stats.effect.estimate:Estimate",
        "Upper limit of the primary estimate's interval", _WALD, _INFERENCE, "primary"),
    Origin("primary.p_value", "effect", "medicore.stats.effect.estimate:Estimate",
        "Two-sided p-value of no effect", _WALD, _EFFECT, "primary"),
    Origin("primary.absolute_difference.**", "effect", "medicore.stats.effect.contrasts:difference",
        "Difference of the arms' means, also where the measure is a ratio", _DIFFERENCE, _INFERENCE, "primary",
        "CONSORT 2010, item 17b"),
    Origin("primary.null", "effect", "medicore.stats.effect.measures:no_effect",
        "Value of the measure where the arms are equal", "0 for a difference, 1 for a ratio",
        ("estimand.measure",), "primary"),
    Origin("primary.level", "effect", "medicore.steps.models.primary:estimate_primary",
        "Planned level of the intervals", "", ("inference.level",), "primary"),
    Origin("primary.n", "effect", "medicore.steps.models.primary:estimate_primary",
        "Subjects in the primary analysis, after trimming", "", ("eligibility", "trimming"), "primary"),
    Origin("primary.mean_treated", "effect", "medicore.stats.effect.doubly_robust:doubly_robust",
        "Mean outcome if the target population were treated",
        "ATE: mean[ m1 + a(y − m1)/e ]; ATT: Σay/Σa; ATO: Σhm1/Σh + Σa(1 − e)(y − m1)/Σa(1 − e), h = e(1 − e)",
        _EFFECT, "primary"),
    Origin("primary.mean_control", "effect", "medicore.stats.effect.doubly_robust:doubly_robust",
        "Mean outcome if the target population were not treated",
        "ATE: mean[ m0 + (1 − a)(y − m0)/(1 − e) ]; ATT: Σ[ am0 + (1 − a)(y − m0)e/(1 − e) ]/Σa; ATO: Σhm0/Σh +"
        " Σ(1 − a)e(y − m0)/Σ(1 − a)e, h = e(1 − e)", _EFFECT, "primary"),
    Origin("primary.**", "effect", "medicore.stats.effect.doubly_robust:doubly_robust",
        "Effect in the target population by propensity scores and outcome models together: AIPW (ATE, ATT), "
        "augmented overlap weighting (ATO); a ratio's inference is on its logarithm",
        "ATE: mean[ m1(x) − m0(x) + a(y − m1(x))/e(x) − (1 − a)(y − m0(x))/(1 − e(x)) ]; ATT: Σ[ a(y − m0(x)) −"
        " (1 − a)(y − m0(x))e(x)/(1 − e(x)) ]/Σa; ATO: Σh(m1 − m0)/Σh + Σa(1 − e)(y − m1)/Σa(1 − e) − Σ(1 − "
        "a)e(y − m0)/Σ(1 − a)e, h = e(1 − e); a ratio: of the same means", _INFERENCE, "primary",
        "Robins, Rotnitzky & Zhao, 1994; Moodie, Saarela & Stephens, 2018, equation 2; Zhou, Tong, Li & Thomas,"
        " 2020, equation 4"),
    Origin("change.**", "effect", "medicore.steps.data.change:change_since",
        "Change of the primary estimate since the latest earlier run, in this month's standard errors",
        "(θ − θ′)/SE, of logarithms where the measure is a ratio", ("gates.estimate_change", *_EFFECT), "change"),
    Origin("monitoring.looks.**", "effect", "medicore.steps.looks.boundaries:boundaries_of",
        "Every look at the study in the ledger's order: information, boundary, spent level, valid interval",
        "information I = 1/SE²; fraction I/planned maximum; boundary c: P(none crossed before, |z| ≥ c) = what may be "
        "spent; of a sequence √(2(v + 1)/v · log(√(v + 1)/α)), v = nρ²", _LOOKS, "monitoring",
        "Lan & DeMets, 1983; Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, 2024"),
    Origin("monitoring.sequential_p", "effect", "medicore.steps.looks.claims:sequential_p",
        "Sequential p-value, valid at every look together",
        "smallest level at which a look up to this one would have crossed its boundary", _LOOKS, "monitoring",
        "Liu & Anderson, 2008"),
    Origin("monitoring.z", "effect", "medicore.steps.looks.claims:normal_quantile", "Statistic of this look",
        "θ/SE; under Student's t the normal quantile of its p-value", _LOOKS, "monitoring"),
    Origin("monitoring.information", "effect", "medicore.records.results.looks:SeenEstimate",
        "Information of this look", "1/SE², of the logarithm where the measure is a ratio", _LOOKS, "monitoring"),
    Origin("monitoring.stage_wise.**", "effect", "medicore.steps.looks.claims:after_stop",
        "Median-unbiased estimate, interval and two-sided p-value where this look ends the study",
        "drifts at which a result at least as extreme by the stage-wise order has probability 1/2, (1 ∓ level)/2; p = "
        "twice the smaller tail", _LOOKS, "monitoring", "Tsiatis, Rosner & Mehta, 1984"),
    Origin("monitoring.harm.**", "effect", "medicore.steps.looks.claims:harm_bound",
        "Non-binding bound for harm at this look", "alpha spending of one side, against the benefit", _LOOKS,
        "monitoring", "Jennison & Turnbull, 2000, chapter 5"),
    Origin("monitoring.futility.**", "effect", "medicore.steps.looks.claims:futility_bound",
        "Non-binding bound for futility at this look", "spending of β under the planned effect", _LOOKS,
        "monitoring", "Pampallona, Tsiatis & Kim, 2001"),
    Origin("monitoring.**", "effect", "medicore.steps.looks.claims:valid_interval",
        "What this look may claim beside all others of the study: the valid interval and its boundary c",
        "θ ∓ c·SE, c the boundary, or Student's quantile at its nominal level; a ratio's on the logarithm", _LOOKS,
        "monitoring", "Jennison & Turnbull, 1989; Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, 2024"),
    Origin("evalue.risk_ratio", "sensitivity", "medicore.steps.alternatives.robustness:confounding",
        "The primary estimate as a risk ratio, for the E-value",
        "exp(0.91 d), d = θ/SD of the outcome with ddof 1; for a binary outcome μ1/μ0", _INFERENCE, "evalue",
        "VanderWeele & Ding, 2017, table 2; Chinn, 2000"),
    Origin("evalue.ci_low", "sensitivity", "medicore.steps.alternatives.robustness:confounding",
        "Lower limit of the interval as a risk ratio",
        "exp(0.91 d), d = limit/SD of the outcome with ddof 1; for a binary outcome that of μ1/μ0", _INFERENCE,
        "evalue", "VanderWeele & Ding, 2017, table 2; Chinn, 2000"),
    Origin("evalue.ci_high", "sensitivity", "medicore.steps.alternatives.robustness:confounding",
        "Upper limit of the interval as a risk ratio",
        "exp(0.91 d), d = limit/SD of the outcome with ddof 1; for a binary outcome that of μ1/μ0", _INFERENCE,
        "evalue", "VanderWeele & Ding, 2017, table 2; Chinn, 2000"),
    Origin("evalue.**", "sensitivity", "medicore.steps.alternatives.robustness:confounding",
        "E-value: how strong an unmeasured confounder would have to be to explain the effect away",
        "E = RR + √(RR(RR − 1)), 1/RR for RR below 1; limit: of the interval's end nearer to 1, and 1 where the"
        " interval holds 1", _INFERENCE, "evalue", "VanderWeele & Ding, 2017, table 2"),
    Origin("tipping.missing_share", "sensitivity", "medicore.steps.alternatives.robustness:missing_outcomes",
        "Share of the treated without an outcome", "π = missing/treated",
        ("outcome", "eligibility", "treatment"), "tipping"),
    Origin("tipping.delta_of_estimate", "sensitivity", "medicore.steps.alternatives.robustness:missing_outcomes",
        "Shift of the treated's missing outcomes at which the difference is 0", "δ = −τ/π",
        ("outcome", "eligibility", "treatment"), "tipping"),
    Origin("tipping.**", "sensitivity", "medicore.steps.alternatives.robustness:missing_outcomes",
        "Tipping point: how different the missing outcomes of the treated would have to be",
        "(τ + πδ)² = z²(SE² + δ²π(1 − π)/n1), the root nearest to 0",
        ("outcome", "eligibility", "treatment", "inference.level"), "tipping", "Little, 1993; Permutt, 2016"),
    Origin("sensitivity.supplementary.**", "sensitivity",
        "medicore.steps.alternatives.supplementary:other_estimands",
        "Planned supplementary analyses of other populations and subgroups; each row names its estimand and its"
        " estimator", _BY_ROW, ("sensitivity", *_INFERENCE), "", "ICH E9(R1), A.5.3"),
    Origin("sensitivity.**", "sensitivity", "medicore.steps.sensitivity:sensitivity",
        "Planned sensitivity analyses of the same estimand, and apart from them the supplementary ones; each "
        "row names its estimator", _BY_ROW, ("sensitivity", *_INFERENCE), "", "ICH E9(R1), A.5.2"),
    # A finding has its step in place of its number: each step's own document lists its own.
    Origin("findings.check.**", "check", "medicore.steps.check:check", "A violation of the data contract, or a change"
        " since the previous lock", "", ("contract",), "findings"),
    Origin("findings.cohort.**", "cohort", "medicore.steps.gates.cohort_gates:cohort_findings",
        "What the analysis set lacks, so that nothing can be estimated", "", ("outcome", "covariates"), "findings"),
    Origin("findings.propensity.**", "propensity", "medicore.steps.gates.propensity_gates:propensity_findings",
        "A diagnostic of scores, weights or balance that is beyond its limit", "", ("gates", *_SCORES), "findings"),
    Origin("findings.effect.**", "effect", "medicore.steps.gates.effect_gates:effect_findings",
        "A diagnostic of the estimate that is beyond its limit", "", ("gates", *_INFERENCE), "findings"),
)
# fmt: on


def origin_of(path: str) -> Origin:
    """Return the origin of a path; raise IntegrityError when the table lacks it."""
    return matching(ORIGINS, path)


def matching(origins: Iterable[Origin], path: str) -> Origin:
    """Return the first of ``origins`` whose pattern fits a path; raise IntegrityError when none does."""
    for origin in origins:
        if _matches(origin.pattern, path):
            return origin
    raise IntegrityError(
        f"the origin of {path[:80]!r} is not in the trace table; expected the path of a result; "
        "a path that identifies the run has no origin"
    )


def _matches(pattern: str, path: str) -> bool:
    expression = re.escape(pattern).replace(r"\.\*\*", r"(\..*)?").replace(r"\*", r"[^.]+")
    return re.fullmatch(expression, path) is not None
