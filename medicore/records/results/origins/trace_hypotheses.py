"""The trace of further hypotheses: origins of secondary endpoints and of families."""

from medicore.records.results.origin import Origin
from medicore.records.results.origins.trace_keys import INFERENCE

_ENDPOINTS = "medicore.steps.alternatives.secondary:secondary_endpoints"
_DECLARED = ("secondary", "eligibility", "imputation", *INFERENCE)
_FAMILIES = ("families", "monitoring", "sensitivity.subgroups", *_DECLARED)

# Literals alone, as in trace.py.
# fmt: off
HYPOTHESES_ORIGINS = (
    Origin("secondary.*.outcomes.**", "sensitivity", "medicore.steps.data.outcome_counts:outcome_section",
        "Outcomes of a secondary endpoint at the data lock, in the eligible subjects of both arms: observed, missing, not yet due",
        "", ("secondary", "eligibility", "treatment"), "secondary"),
    Origin("secondary.*.verification.relative_difference", "sensitivity", "medicore.stats.verification:Verification",
        "Difference of the two implementations of a secondary endpoint, in standard errors of the first",
        "max(|θ′ − θ|, |SE′ − SE|)/SE", _DECLARED, "secondary"),
    Origin("secondary.*.verification.tolerance", "sensitivity", "medicore.stats.verification:agreement",
        "Largest relative difference at which the implementations confirm each other", "", (), "secondary"),
    Origin("secondary.*.verification.**", "sensitivity", "medicore.stats.verification:verify_effect",
        "Double programming: a secondary endpoint's estimate and its standard error, computed a second time by another route",
        "roots of the estimating equations in the clever covariates; Rubin's rules over imputations", _DECLARED, "secondary",
        "Bang & Robins, 2005, section 2"),
    Origin("secondary.**", "sensitivity", _ENDPOINTS,
        "Secondary endpoints by the primary's estimator, each in the eligible subjects whose outcome of it is due, with models "
        "of its own; the interval is pointwise", "as the primary; θ ∓ q·SE, p = 2P(Q ≥ |θ/SE|); of a ratio's logarithm",
        _DECLARED, "secondary"),
    Origin("families.*.hypotheses.*.adjusted_p", "sensitivity", "medicore.stats.multiplicity.family:decide",
        "Smallest level of its family at which a hypothesis is rejected",
        "Bonferroni m·p; Holm max (m − j + 1)p(j), j ≤ k; Hochberg min (m − j + 1)p(j), j ≥ k; Hommel the closed test by Simes; "
        "fixed sequence max p; graph max p/w along the rejections; Benjamini–Hochberg min m·p(j)/j, j ≥ k; Benjamini–Yekutieli "
        "times Σ1/j", _FAMILIES, "families",
        "Holm, 1979; Hochberg, 1988; Hommel, 1988; Bretz, Maurer, Brannath & Posch, 2009; Benjamini & Yekutieli, 2001"),
    Origin("families.**", "sensitivity", "medicore.steps.alternatives.families:families_of",
        "Families of hypotheses: the p-value with which each enters, and the decision; the primary enters with its sequential "
        "p-value, the others in the family's month, and what has no p-value counts as 1", "rejected: adjusted p ≤ alpha",
        _FAMILIES, "families", "Maurer & Bretz, 2013"),
)
# fmt: on
