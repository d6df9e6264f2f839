"""The trace of the mixed model for repeated measures as the primary estimator, under ``mixed`` in place of ``primary``."""

from medicore.records.results.origin import Origin
from medicore.records.results.origins.trace_keys import MISSING

_MODEL = ("inference", "models.outcome", "covariates", *MISSING)
_CONTRAST = "medicore.stats.repeated.mixed_contrasts:contrast"
_INFLUENCE = "medicore.stats.repeated.subject_sandwich:subject_influence"
_RESAMPLED = "medicore.stats.repeated.resampled_visits:VisitResamples"

# Literals alone, as in trace.py.
# fmt: off
MIXED_ORIGINS = (
    Origin("mixed.bootstrap.spread", "effect", "medicore.stats.bootstrap.bootstrap_result:BootstrapResult",
        "Half the range of the central 68.27 % of the replicates, which the gate of variances judges",
        "(Q(Φ(1)) − Q(Φ(−1)))/2, Q median-unbiased quantiles", (*_MODEL, "seed"), "primary", "Hyndman & Fan, 1996, definition 8"),
    Origin("mixed.bootstrap.expected_spread", "effect", _INFLUENCE,
        "Standard error that the spread of the replicates is held against: the sandwich over subjects, residuals corrected for "
        "leverage", "√(Σψ²), ψ = wᵀΦXᵀV⁻¹(I − H)⁻¹r, H = XΦXᵀV⁻¹ of a subject", _MODEL, "primary", "Mancl & DeRouen, 2001"),
    Origin("mixed.bootstrap.**", "effect", _RESAMPLED,
        "Bootstrap of the primary estimate: subjects of all arms resampled, the mixed model fitted again",
        "interval of the named type over the replicates; standard error with ddof 1", (*_MODEL, "seed"), "primary",
        "Efron & Tibshirani, 1993, chapter 13"),
    Origin("mixed.verification.relative_difference", "effect", "medicore.stats.verification:Verification",
        "Difference of the two implementations, in standard errors without correction", "max(|θ′ − θ|, |SE′ − SE|)/SE", _MODEL,
        "primary"),
    Origin("mixed.verification.tolerance", "effect", "medicore.stats.verification:agreement",
        "Largest relative difference at which the implementations confirm each other", "", (), "primary"),
    Origin("mixed.verification.**", "effect", "medicore.stats.repeated.verification_mixed:verify_mixed",
        "Double programming: the primary estimate and its standard error without correction, by the EM algorithm",
        "Σ = mean[K(rrᵀ + XCXᵀ)Kᵀ + Σ − KΣ], K = ΣΣ⁻¹ of the observed visits", _MODEL, "primary", "Laird & Ware, 1982"),
    Origin("mixed.standard_errors.bootstrap", "effect", _RESAMPLED,
        "Standard error of the primary estimate by the bootstrap", "standard deviation of the replicates, ddof 1",
        (*_MODEL, "seed"), "primary", "Efron & Tibshirani, 1993, chapter 6"),
    Origin("mixed.standard_errors.sandwich", "effect", _INFLUENCE,
        "Standard error of the primary estimate by the sandwich over subjects",
        "√(Σψ²), ψ = wᵀΦXᵀV⁻¹r of a subject", _MODEL, "primary", "Liang & Zeger, 1986"),
    Origin("mixed.standard_errors.**", "effect", _CONTRAST,
        "Standard error of the primary estimate by the model alone, without correction", "√(wᵀΦw)", _MODEL, "primary",
        "Mallinckrodt et al., 2008"),
    Origin("mixed.standard_error", "effect", _CONTRAST,
        "Standard error of the primary estimate by the declared method",
        "√(wᵀΦw); Kenward–Roger: Φ + 2Φ{ΣW(Q − PΦP − R/4)}Φ, R = 0 in the elements of the covariance", _MODEL, "primary",
        "Kenward & Roger, 1997, equation 5"),
    Origin("mixed.degrees_of_freedom", "effect", _CONTRAST,
        "Degrees of freedom of Student's t, for interval and p-value of the primary estimate",
        "2(wᵀΦw)²/(gᵀWg), g the slopes of wᵀΦw, W the covariance of the covariance's elements", _MODEL, "primary",
        "Giesbrecht & Burns, 1985; Fai & Cornelius, 1996"),
    Origin("mixed.**", "effect", _CONTRAST,
        "Difference of the arms at the last visit, and the arms' means there at the mean of the covariates, by the mixed model "
        "for repeated measures of all randomised arms",
        "θ = wᵀβ; y = Xβ + e, e normal with unstructured covariance; arm × visit", _MODEL, "primary",
        "Mallinckrodt et al., 2008; Patterson & Thompson, 1971"),
)
# fmt: on
