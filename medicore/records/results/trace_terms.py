"""The trace of the terms of models: what a study with splines has beside the numbers of every study."""

from medicore.records.results.origin import Origin

# fmt: off
TERMS_ORIGINS = (
    Origin("cohort.splines.**", "cohort", "medicore.stats.models.spline:spline_knots",
        "Knots of a covariate's restricted cubic spline, percentiles of its observed values in the analysis set",
        "10, 50, 90 % for 3 knots; 5, 35, 65, 95 % for 4; 5, 27.5, 50, 72.5, 95 % for 5; linear between order statistics",
        ("covariates",), "", "Harrell, 2015, table 2.3; Hyndman & Fan, 1996, definition 7"),
)
# fmt: on
