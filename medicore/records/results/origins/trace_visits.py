"""The trace of repeated visits: origins of the mixed model for repeated measures, and of its second implementation."""

from medicore.records.results.origin import Origin
from medicore.records.results.origins.trace_keys import MISSING

_MODEL = ("models.outcome", "covariates", *MISSING)
_STEP = "medicore.steps.alternatives.repeated_visits:repeated_visits"
_CONTRAST = "medicore.stats.repeated.mixed_contrasts:contrast"
_FIT = "medicore.stats.repeated.mixed_model:fit_mixed"

# Literals alone, as in trace.py.
# fmt: off
VISITS_ORIGINS = (
    Origin("sensitivity.visits.rows.*.treated", "sensitivity", _STEP,
        "Subjects of the treated arm who were observed at the visit", "", _MODEL),
    Origin("sensitivity.visits.rows.*.control", "sensitivity", _STEP,
        "Subjects of the control arm who were observed at the visit", "", _MODEL),
    Origin("sensitivity.visits.rows.*.visit", "sensitivity", _STEP, "Column of the visit", "", MISSING),
    Origin("sensitivity.visits.rows.*.standard_error", "sensitivity", _CONTRAST,
        "Standard error of the difference at the visit, by the declared method",
        "√(wᵀΦw); Kenward–Roger: Φ + 2Φ{ΣW(Q − PΦP − R/4)}Φ, R = 0 in the elements of the covariance", _MODEL, "",
        "Kenward & Roger, 1997, equation 5"),
    Origin("sensitivity.visits.rows.*.degrees_of_freedom", "sensitivity", _CONTRAST,
        "Degrees of freedom of Student's t; those of Satterthwaite and of Kenward and Roger are one for a single contrast",
        "2(wᵀΦw)²/(gᵀWg), g the slopes of wᵀΦw, W the covariance of the covariance's elements", _MODEL, "",
        "Giesbrecht & Burns, 1985; Fai & Cornelius, 1996"),
    Origin("sensitivity.visits.rows.**", "sensitivity", _CONTRAST,
        "Mean of each arm at the visit, at the mean of the covariates, their difference, its interval and p-value",
        "θ = wᵀβ; θ ∓ q·SE, p = 2P(Q ≥ |θ/SE|), q of Student's t", ("inference.level", *_MODEL), "",
        "Mallinckrodt et al., 2008"),
    Origin("sensitivity.visits.covariance.**", "sensitivity", _FIT,
        "Standard deviation of a subject's outcome at each visit, and the correlations between visits", "unstructured, common to the arms",
        _MODEL, "", "Patterson & Thompson, 1971"),
    Origin("sensitivity.visits.verification.relative_difference", "sensitivity", "medicore.stats.verification:Verification",
        "Difference of the two implementations, in standard errors without correction", "max(|θ′ − θ|, |SE′ − SE|)/SE", _MODEL),
    Origin("sensitivity.visits.verification.tolerance", "sensitivity", "medicore.stats.verification:agreement",
        "Largest relative difference at which the implementations confirm each other"),
    Origin("sensitivity.visits.verification.**", "sensitivity", "medicore.stats.repeated.verification_mixed:verify_mixed",
        "Double programming: the difference at the last visit and its standard error without correction, by the EM algorithm",
        "Σ = mean[K(rrᵀ + XCXᵀ)Kᵀ + Σ − KΣ], K = ΣΣ⁻¹ of the observed visits", _MODEL, "", "Laird & Ware, 1982"),
    Origin("sensitivity.visits.**", "sensitivity", _FIT,
        "The mixed model for repeated measures: subjects with a visit, arms, likelihood and how the search ended",
        "y = Xβ + e, e normal with unstructured covariance; arm × visit; maximum of the likelihood by Newton's method", _MODEL, "",
        "Mallinckrodt et al., 2008; Patterson & Thompson, 1971"),
)
# fmt: on
