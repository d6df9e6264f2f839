"""The effects of a case after trimming, clipping and within subgroups, under the reference's names."""

import numpy as np

from medicore.stats.balance.overlap import within
from medicore.stats.effect.augmented import AugmentedResult, augmented_inverse_probability
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.inverse_probability import weighted_means
from medicore.stats.effect.subgroups import subgroup_average
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family
from medicore.stats.models.scores import Scores, clipped_scores, known_scores
from tests.reference.numbers import Numbers
from tests.reference.reference import Case

LIMITS = (0.01, 0.05, 0.10)
REFITTED = "all models refit inside subgroup (constant covariate dropped)"
AVERAGED = "average of full-sample scores in subgroup (no refit)"


def trimmed(case: Case) -> Numbers:
    """Return the estimates after discarding scores, and after clipping them."""
    numbers = Numbers()
    fit = fit_logistic(case.x_propensity, case.treated)
    whole = _aipw(case, np.ones(len(case.outcome), dtype=bool), fit)
    for limit in LIMITS:
        kept = within(fit.fitted, limit, 1 - limit)
        discarded = f"discard e outside ({limit:.2f},{1 - limit:.2f}) | "
        kept_scores = known_scores(fit.fitted[kept])
        refitted = fit_logistic(case.x_propensity[kept], case.treated[kept])
        aipw = {
            "NO refit of any model": subgroup_average(whole.influence, kept, "ATE(trimmed)", "AIPW"),
            "outcome refit, PS kept": _aipw(case, kept, kept_scores).influence_function,
            "PS and outcome refit": _aipw(case, kept, refitted).influence_function,
        }
        for variant, estimate in aipw.items():
            numbers.put(
                "ATE(trimmed)",
                "AIPW",
                estimate,
                variant=discarded + variant,
                se="se_if_ddof1",
                ci="_if_ddof1",
            )
        for variant, scores in (("PS kept", kept_scores), ("PS refit", refitted)):
            means = weighted_means(case.treated[kept], case.outcome[kept], scores)
            numbers.put(
                "ATE(trimmed)",
                "IPW-Hajek",
                difference(means.scores_estimated),
                variant=discarded + variant,
                se="se_ps_estimated",
                ci="_ps_estimated",
            )
        clipped = clipped_scores(fit, limit, 1 - limit)
        numbers.put(
            "ATE",
            "AIPW",
            _aipw(case, np.ones(len(case.outcome), dtype=bool), clipped).influence_function,
            variant=f"clip e to [{limit:.2f},{1 - limit:.2f}], nobody dropped",
            se="se_if_ddof1",
            ci="_if_ddof1",
        )
    return numbers


def subgroups(case: Case) -> Numbers:
    """Return the effects within each level of the case's grouping columns, with and without refitting."""
    numbers = Numbers()
    everybody = np.ones(len(case.outcome), dtype=bool)
    whole = _aipw(case, everybody, fit_logistic(case.x_propensity, case.treated))
    for name, column in case.groups.items():
        for level in (0, 1):
            inside = column == level
            estimand = f"CATE[{name}={level}]"
            scores = fit_logistic(case.x_propensity[inside], case.treated[inside])
            averaged = subgroup_average(whole.influence, inside, estimand, "AIPW")
            refitted = _aipw(case, inside, scores).influence_function
            for variant, estimate in ((AVERAGED, averaged), (REFITTED, refitted)):
                numbers.put(estimand, "AIPW", estimate, variant=variant, se="se_if_ddof1", ci="_if_ddof1")
    return numbers


def _aipw(case: Case, inside: np.ndarray, scores: Scores) -> AugmentedResult:
    family: Family = "binomial" if case.family == "binomial" else "gaussian"
    return augmented_inverse_probability(
        case.x_outcome[inside], case.treated[inside], case.outcome[inside], scores, family=family
    )
