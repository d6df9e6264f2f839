"""The trace of what only randomised studies have: ANCOVA and g-computation, the hypothesis, the randomisation.

``explain`` reads this table of a record beside that of ``trace.py``. A path of the primary result whose function depends on the
estimator is looked up under ``adjusted``, and one of a secondary endpoint under ``adjusted_secondary``.
"""

from medicore.records.results.origin import Origin

_ADJUSTED = (
    "inference",
    "randomisation",
    "estimand.measure",
    "models.outcome",
    "covariates",
    "outcome",
    "treatment",
)
_ENDPOINT = ("secondary", "eligibility", "imputation", "inference.level", *_ADJUSTED)
_MEANS = "medicore.stats.randomisation.adjusted_means:AdjustedMeans"

# The first pattern that fits is the origin. The table holds literals alone: recorded_trace.py reads it as such.
# fmt: off
RANDOMISED_ORIGINS = (
    Origin("adjusted.bootstrap.spread", "effect", "medicore.stats.bootstrap.bootstrap_result:BootstrapResult",
        "Half the range of the central 68.27 % of the replicates, which the gate of variances judges",
        "(Q(Φ(1)) − Q(Φ(−1)))/2, Q median-unbiased quantiles; Rubin's rules over imputations",
        (*_ADJUSTED, "seed"), "primary", "Hyndman & Fan, 1996, definition 8"),
    Origin("adjusted.bootstrap.expected_spread", "effect", _MEANS,
        "Standard error that the spread of the replicates is held against: residuals divided by 1 − leverage",
        "as the primary standard error, with HC3 in place of HC2", _ADJUSTED, "primary",
        "MacKinnon & White, 1985, section 2"),
    Origin("adjusted.bootstrap.**", "effect", "medicore.stats.randomisation.bootstrap_adjusted:bootstrap_adjusted",
        "Bootstrap of the primary estimate; patients resampled, within strata where the scheme balances them, outcome "
        "models fitted again", "interval of the named type over the replicates; standard error with ddof 1",
        (*_ADJUSTED, "seed"), "primary", "Efron & Tibshirani, 1993, chapter 13; Shao, Yu & Zhong, 2010"),
    Origin("adjusted.verification.relative_difference", "effect", "medicore.stats.verification:Verification",
        "Difference of the two implementations, in standard errors of the first", "max(|θ′ − θ|, |SE′ − SE|)/SE",
        _ADJUSTED, "primary"),
    Origin("adjusted.verification.tolerance", "effect", "medicore.stats.verification:agreement",
        "Largest relative difference at which the implementations confirm each other", "", (), "primary"),
    Origin("adjusted.verification.**", "effect", "medicore.stats.randomisation.verification_adjusted:verify_adjusted",
        "Double programming: the primary estimate and its standard error, computed a second time by another route",
        "mean predictions of scikit-learn's models on whitened columns; strata gone through one by one", _ADJUSTED, "primary"),
    Origin("adjusted.standard_errors.bootstrap", "effect",
        "medicore.stats.randomisation.bootstrap_adjusted:bootstrap_adjusted",
        "Standard error of the primary estimate by the bootstrap",
        "standard deviation of the replicates, ddof 1; Rubin's rules over imputations", (*_ADJUSTED, "seed"), "primary",
        "Efron & Tibshirani, 1993, chapter 6; Shao, Yu & Zhong, 2010"),
    Origin("adjusted.standard_errors.sandwich", "effect", _MEANS,
        "Standard error of the primary estimate that counts the estimation of the outcome models",
        "√(Σψ²/n² − G/n), ψ a subject's influence through the models, ddof 0, G the gain by balance within strata", _ADJUSTED,
        "primary", "Stefanski & Boos, 2002"),
    Origin("adjusted.standard_errors.**", "effect", _MEANS,
        "Standard error of the primary estimate by its influence function, without correction",
        "√(Σψ²/(n(n − 1)) − G/n), ψ of arm a: m_a − μ_a + 1(A = a)(y − m_a)/π", _ADJUSTED, "primary",
        "Ye, Bannick, Yi & Shao, 2023; Bannick, Shao, Liu, Du, Yi & Ye, 2025"),
    Origin("adjusted.standard_error", "effect", _MEANS,
        "Standard error of the primary estimate, residuals corrected for leverage: HC2 of the coefficients and the sampling of "
        "covariates (ANCOVA), or the influence function (g-computation)",
        "√(Σψ²/n² − G/n) or √(Σψ²/(n(n − 1)) − G/n), residuals divided by √(1 − h), G = Σ p_z R_z(diag π − ππ′)R_z over strata "
        "z where the scheme balances them, unbiased; of a ratio's logarithm", _ADJUSTED, "primary",
        "MacKinnon & White, 1985, section 2; Ye, Shao, Yi & Zhao, 2023; Bannick, Shao, Liu, Du, Yi & Ye, 2025"),
    Origin("adjusted.degrees_of_freedom", "effect", _MEANS,
        "Degrees of freedom of Student's t, for interval and p-value of the primary estimate",
        "n less the parameters of the outcome models, and of the calibration in strata; over imputations those of Barnard & "
        "Rubin", _ADJUSTED, "primary", "Barnard & Rubin, 1999"),
    Origin("adjusted.**", "effect", "medicore.stats.randomisation.adjusted_means:adjusted_means",
        "Effect in everybody by the mean predictions of the outcome models under each arm: ANCOVA or g-computation; under "
        "minimisation calibrated within strata",
        "μ_a = Σm_a(x)/n, with Σ_z (n_z/n)·mean residual of arm a in stratum z where calibrated; μ1 − μ0, or a ratio of the same "
        "means", _ADJUSTED, "primary", "Robins, 1986; Freedman, 2008; Lin, 2013; Bannick, Shao, Liu, Du, Yi & Ye, 2025"),
    Origin("adjusted_secondary.*.verification.relative_difference", "sensitivity", "medicore.stats.verification:Verification",
        "Difference of the two implementations of a secondary endpoint, in standard errors of the first",
        "max(|θ′ − θ|, |SE′ − SE|)/SE", _ENDPOINT, "secondary"),
    Origin("adjusted_secondary.*.verification.tolerance", "sensitivity", "medicore.stats.verification:agreement",
        "Largest relative difference at which the implementations confirm each other", "", (), "secondary"),
    Origin("adjusted_secondary.*.verification.**", "sensitivity",
        "medicore.stats.randomisation.verification_adjusted:verify_adjusted",
        "Double programming: a secondary endpoint's estimate and its standard error, computed a second time by another route",
        "mean predictions of scikit-learn's models on whitened columns; strata gone through one by one", _ENDPOINT, "secondary"),
    Origin("adjusted_secondary.**", "sensitivity", "medicore.steps.alternatives.secondary:secondary_endpoints",
        "Secondary endpoints by ANCOVA, of 0 and 1 by g-computation, each in the eligible subjects whose outcome of it is due, "
        "with outcome models of its own; the interval is pointwise",
        "as the primary; θ ∓ q·SE, p = 2P(Q ≥ |θ/SE|); of a ratio's logarithm", _ENDPOINT, "secondary"),
    Origin("hypothesis.**", "effect", "medicore.steps.models.hypothesis:hypothesis_section",
        "The declared hypothesis: its limits, the ends of the interval that are held against them, one-sided p-values, and "
        "whether it holds",
        "holds where the interval lies within the limits; p = P(Q ≥ (θ − limit)/SE), of equivalence the larger of two", (
        "inference", "monitoring", "estimand.measure"), "hypothesis", "Schuirmann, 1987; FDA, Non-inferiority trials, 2016"),
    Origin("randomisation.**", "effect", "medicore.steps.models.allocation:allocation_section",
        "The randomisation of the analysed subjects: scheme, strata, shares beside the planned allocation",
        "p of the exact binomial test of the planned share", ("randomisation", "treatment"), "randomisation"),
)
# fmt: on

_SHARED = frozenset(
    {
        "absolute_difference", "ci_high", "ci_low", "imputation", "level", "n", "null", "observation", "observed", "p_value",
    }
)  # fmt: skip
"""The parts of the primary result that are computed alike for every estimator."""


def traced_path(path: str, *, adjusted: bool, mixed: bool = False) -> str:
    """Return the path under which the origin of a result is found, where the primary estimator rests on randomisation alone.

    ``adjusted``: it is ANCOVA or g-computation; ``mixed``: it is the mixed model of visits, whose secondary endpoints are
    estimated by the former.
    """
    parts = path.split(".")
    if (adjusted or mixed) and parts[0] == "primary" and not _SHARED & set(parts[1:2]):
        return ".".join(["mixed" if mixed else "adjusted", *parts[1:]])
    if (adjusted or mixed) and parts[0] == "secondary" and parts[2:3] != ["outcomes"]:
        return ".".join(["adjusted_secondary", *parts[1:]])
    return path
