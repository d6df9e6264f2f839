"""visits: what the report says where the primary estimator is the mixed model for repeated measures."""

from presentation.writing.inputs import Report
from presentation.writing.typst import Block, Code, block, call

MEANS = "Estimated mean outcome of the arm at the last visit, at the mean of the covariates"
ERRORS = {
    "primary": "Mixed model, by the declared method",
    "influence": "Mixed model, without correction",
    "sandwich": "Sandwich over subjects",
    "bootstrap": "Bootstrap (subjects resampled, the mixed model fitted again)",
}
"""The standard errors of a mixed model of visits."""
BRIEF = (
    "The primary estimator is a mixed model for repeated measures (MMRM): the difference of the arms at the last visit, adjusted for "
    "the baseline covariates of the protocol."
)
UNOBSERVED = (
    "Where the outcome is missing it takes what is known of the subject's other visits: outcomes are missing at random given "
    "those observed (section 10.1)."
)
INTERVAL = (
    "Its standard error and the degrees of freedom of Student's t are by the method that section 16.1.9 names; a randomised "
    "comparison of the visits that were held rests on the model where outcomes are missing."
)
MISSING = (
    "Missing outcomes: the mixed model of all visits has every subject who was seen at a visit or more, with the outcomes "
    "that were observed. It is right when, given arm, covariates and the outcomes of the visits held, whether an outcome is missing does "
    "not depend on its value, and the means of the visits are those of the model (Mallinckrodt et al. 2008). Table 14.2.3 has "
    "the same comparison under other assumptions."
)
_FORMULA = (
    "Y of subject i at visit t is mu of t plus tau of t times A plus X transposed beta plus e of i and t, with e of i normal "
    "with covariance Sigma; the estimate is tau hat of the last visit T",
    "$ Y_(i t) = mu_t + tau_t A_i + X_i^top beta_t + epsilon_(i t), quad (epsilon_(i 1), ..., epsilon_(i T)) tilde "
    "N(0, Sigma), quad hat(tau) = hat(tau)_T. $",
)


def mixed(report: Report) -> bool:
    """Return whether the primary estimator is the mixed model for repeated measures."""
    return bool(report.protocol["inference"].get("estimator") == "mmrm")


def estimator(_: Report) -> Block:
    """Return description and formula of the primary estimator; section 16.1.9 has the rest with the repeated visits."""
    words = (
        "Primary estimator: mixed model for repeated measures (Mallinckrodt et al. 2008), the difference of the arms at the last "
        "visit. Its covariance, estimator, standard error and degrees of freedom are described with the repeated visits below."
    )
    alternative, formula = _FORMULA
    symbols = (
        "A is the arm, X the covariates about their means, β the same at all visits but for the covariates that act by visit. Of "
        "several randomised arms each has terms of its own, and the covariance is common."
    )
    return block(call("para", words), call("formula", alternative, Code(formula)), call("para", symbols))
