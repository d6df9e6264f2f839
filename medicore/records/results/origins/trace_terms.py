"""The trace of the terms of models and of clusters: what a study with them has beside the numbers of every study."""

from medicore.records.results.origin import Origin
from medicore.records.results.origins.trace_keys import EFFECT

_CLUSTERS = ("inference.cluster", *EFFECT)
_SUMMED = "medicore.stats.effect.clustered:clustered_means"

# fmt: off
TERMS_ORIGINS = (
    Origin("cohort.splines.**", "cohort", "medicore.stats.models.spline:spline_knots",
        "Knots of a covariate's restricted cubic spline, percentiles of its observed values in the analysis set",
        "10, 50, 90 % for 3 knots; 5, 35, 65, 95 % for 4; 5, 27.5, 50, 72.5, 95 % for 5; linear between order statistics",
        ("covariates",), "", "Harrell, 2015, table 2.3; Hyndman & Fan, 1996, definition 7"),
    Origin("primary.clusters.**", "effect", "medicore.steps.models.clusters:clusters_section",
        "Clusters of the analysed subjects: how many, how large, and how many hold both arms", "", ("inference.cluster",),
        "primary"),
    Origin("primary.events.**", "effect", "medicore.steps.models.rare_events:events_section",
        "Events and subjects with an outcome, by arm, where outcome models are fitted by Firth's penalised likelihood", "",
        ("models.outcome_fit", "outcome", "treatment"), "primary", "Firth, 1993; Heinze & Schemper, 2002"),
    Origin("clustered.bootstrap.**", "effect", "medicore.stats.bootstrap.cluster_draws:draw_clusters",
        "Bootstrap of the primary estimate: whole clusters resampled, every nuisance model refitted; expected_spread by residuals "
        "divided by 1 − leverage, summed within clusters",
        "percentiles of the replicates, ddof 1", (*_CLUSTERS, "inference", "seed"), "primary",
        "Davison & Hinkley, 1997, section 3.8; Field & Welsh, 2007"),
    Origin("clustered.standard_errors.bootstrap", "effect", "medicore.stats.bootstrap.cluster_draws:draw_clusters",
        "Standard error of the primary estimate by the bootstrap that resamples whole clusters",
        "standard deviation of the replicates, ddof 1", (*_CLUSTERS, "inference", "seed"), "primary",
        "Davison & Hinkley, 1997, section 3.8; Field & Welsh, 2007"),
    Origin("clustered.standard_errors.**", "effect", _SUMMED,
        "Standard errors of the primary estimate by clusters: of the influence function, and with that through all models (sandwich)",
        "√(G/(G − 1) · Σ_g (Σψ)²/(n(n − k))), ψ a subject's influence, summed within each of G clusters", _CLUSTERS, "primary",
        "Liang & Zeger, 1986; Cameron & Miller, 2015, section II.B"),
    Origin("clustered.degrees_of_freedom", "effect", _SUMMED,
        "Degrees of freedom of Student's t, for interval and p-value of the primary estimate", "G − 1 of G clusters", _CLUSTERS,
        "primary", "Donald & Lang, 2007"),
    Origin("clustered.standard_error", "effect", _SUMMED,
        "Standard error of the primary estimate by clusters, residuals corrected for leverage",
        "√(G/(G − 1) · Σ_g (Σψ)²/(n(n − k))), ψ a subject's influence with its residual y − m divided by √(1 − h), summed within "
        "each of G clusters; of a ratio's logarithm", _CLUSTERS, "primary",
        "Liang & Zeger, 1986; Cameron & Miller, 2015, section II.B"),
    Origin("clustered.**", "effect", "medicore.stats.verification_clusters:clustered_spread",
        "Double programming: the primary estimate and its standard error by clusters, computed a second time by another route",
        "products of the influences of every two subjects of one cluster", _CLUSTERS, "primary", "Liang & Zeger, 1986"),
)
# fmt: on

_CLUSTERS_DECIDE = frozenset(
    {"bootstrap", "degrees_of_freedom", "standard_error", "standard_errors", "verification"}
)


def clustered_path(path: str, *, clustered: bool) -> str:
    """Return the path under which the origin of a result is found, where the variance is by clusters."""
    first, _, rest = path.partition(".")
    if not clustered or first != "primary" or rest.partition(".")[0] not in _CLUSTERS_DECIDE:
        return path
    return f"clustered.{rest}"
