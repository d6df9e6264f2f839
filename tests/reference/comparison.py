"""The comparison of every reference row with the core: what was computed, and why the rest was left out."""

from collections.abc import Callable
from functools import cache

from tests.reference.diagnostics import diagnostics
from tests.reference.effects import cross_fitted, effects, unadjusted
from tests.reference.numbers import Numbers
from tests.reference.reference import Case, Row, case
from tests.reference.trials import (
    cdisc_primary,
    published_nhefs,
    randomised,
    stata_cattaneo,
    what_if_13,
)
from tests.reference.trimming import subgroups, trimmed

Load = Callable[[str], Case]
WITHOUT_OWN_DATA: dict[str, Callable[[Load], Numbers]] = {
    "cattaneo2_stata": stata_cattaneo,
    "cdisc_csr_primary": cdisc_primary,
    "nhefs_whatif_ch13": what_if_13,
    "ks_montecarlo": lambda _: Numbers(),
    "robincar2_glm_data_3arm": lambda _: Numbers(),
}
TRIALS = ("beeca_trial01", "cdisc_adas_high", "nsw_dw_rct", "robincar2_trt1_y")
BOOTSTRAP = "bootstrap: random, compared within its Monte-Carlo error by test_bootstrap_numbers.py (deep)"
Condition = Callable[[Row], bool]
LEFT_OUT: tuple[tuple[str, Condition], ...] = (
    ("stress: digits mean nothing, see test_stress.py", lambda row: bool(row.stress)),
    ("the implementations disagree with one another", lambda row: row.status == "DISAGREE"),
    (
        "bootstrap of What If's program 13.3, a model that is not offered",
        lambda row: (
            (row.case, row.estimator) == ("nhefs_whatif_ch13", "standardisation")
            and row.quantity.startswith(("boot_", "ci_"))
        ),
    ),
    (
        "bootstrap of Horvitz–Thompson's estimate, a diagnostic that is not bootstrapped",
        lambda row: row.estimator == "IPW-HT" and row.quantity.startswith("boot_"),
    ),
    (BOOTSTRAP, lambda row: row.estimator == "bootstrap" or row.quantity.startswith("boot_")),
    ("a simulation of 1,000 samples: the deep tests simulate", lambda row: row.quantity.startswith("MC_")),
    ("the truth of simulated data, not an estimate", lambda row: row.estimator == "truth"),
    ("a description of the data, not an estimate", lambda row: row.estimator in ("descriptive", "n")),
    (
        "a sequential (type I) test is not offered",
        lambda row: (row.estimator, row.variant) == ("ANCOVA", "type I"),
    ),
    (
        "Stata's propensity model here is a probit, which is not offered",
        lambda row: row.case == "cattaneo2_stata" and row.estimator != "g-comp (RA)",
    ),
    ("the third arm's data are not in the folder", lambda row: row.case == "robincar2_glm_data_3arm"),
    (
        "statsmodels clips scores within its moments only, a fault that is not copied",
        lambda row: row.variant.startswith("statsmodels silently clips"),
    ),
    (
        "MatchIt alone, refuted: 4.5.1 takes no control above the treated subject's score, though it be nearer "
        "(test_refuted.py)",
        lambda row: row.estimator.startswith("PS matching 1:1 greedy"),
    ),
    (
        "statsmodels alone, refuted: complex-step derivatives give ours (test_refuted.py)",
        lambda row: (
            row.case.startswith("ihdp_")
            and row.estimator == "g-comp"
            and row.quantity.endswith("full_mestimation")
        ),
    ),
    (
        "delicatessen alone, refuted: complex-step derivatives give ours (test_refuted.py)",
        lambda row: (
            row.case == "lalonde614" and row.estimator == "AIPW" and row.quantity == "se_full_mestimation"
        ),
    ),
    (
        "R's glm alone, from the iteration before last, refuted: statsmodels gives ours (test_refuted.py)",
        lambda row: (
            row.case == "acic_02" and row.quantity in ("coef_se:x_21C", "coef_se:x_24B", "coef_se:x_24E")
        ),
    ),
    (
        "zEpid clips the outcome itself to [.0005, .9995] of its range, which matters here",
        lambda row: row.case in ("lalonde614", "nsw_dw_rct") and row.variant.startswith("zEpid"),
    ),
    (
        "the SAS macro stops its iterations at seven digits",
        lambda row: row.variant == "aval ~ trtp + bl_cov logistic" and row.quantity != "se",
    ),
    (
        "scores down to 1e-26: R's software bounds them at 2e-16, the core reports them (test_stress.py)",
        lambda row: (
            row.case == "dw_psid1"
            and (
                (row.estimator == "AIPW-Hajek-augmented" and row.quantity.endswith("full_mestimation"))
                or row.estimator == "PS matching 1:1 with replacement"
            )
        ),
    ),
)


Part = Callable[[Case], Numbers]
PARTS: tuple[Part, ...] = (unadjusted, diagnostics, effects, trimmed, subgroups)


def computed(row: Row, load: Load = case) -> float | None:
    """Return the core's own number for a row, computing only the parts of its case that it takes to find it."""
    if row.case in WITHOUT_OWN_DATA:
        return _own(row.case, load).get(row.key)
    more: tuple[Part, ...] = (randomised,) if row.case in TRIALS else ()
    more += (cross_fitted,) if "cross-fitted" in row.estimator else ()
    more += (published_nhefs,) if row.case == "nhefs_wi" else ()
    for part in (*more, *PARTS):
        found = _part(part, row.case, load).get(row.key)
        if found is not None:
            return found
    return None


@cache
def _part(part: Part, name: str, load: Load) -> Numbers:
    return part(load(name))


@cache
def _own(name: str, load: Load) -> Numbers:
    return WITHOUT_OWN_DATA[name](load)


def reason(row: Row) -> str:
    """Return why the row is left out; empty for a row that must be reproduced."""
    return next((text for text, applies in LEFT_OUT if applies(row)), "")
