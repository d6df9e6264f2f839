"""The bootstrap of the primary effect in any target population: AIPW in batches, the others one resample at a time."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from medicore.errors import ConfigurationError, EstimationError
from medicore.stats.augmented import AugmentedResult
from medicore.stats.bootstrap import NOT_CONVERGED, ONE_ARM, RANK_LOST, SEPARATED, bootstrap_aipw
from medicore.stats.bootstrap_result import BootstrapResult, acceleration
from medicore.stats.doubly_robust import doubly_robust
from medicore.stats.inverse_probability import weighted_means
from medicore.stats.logistic import LogisticFit, fit_logistic
from medicore.stats.outcome_model import Family
from medicore.stats.resampling import drawn, seeded_streams
from medicore.stats.weights import Target, tilting

Vector = NDArray[np.float64]


def bootstrap_effect(
    x_propensity: Vector,
    x_outcome: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    *,
    replicates: int,
    seed: int,
    family: Family = "gaussian",
    target: Target = "ATE",
) -> BootstrapResult:
    """Return the nonparametric bootstrap of the effect in the target population, every model refitted.

    The ATE is ``bootstrap_aipw``'s. For ATT and ATO the very same resamples are drawn, one at a time, and each is
    estimated by ``doubly_robust`` as the full sample is; failures are counted by the same reasons, and ``hajek``
    and ``g_computation`` are weighting and averaged predictions in that population.

    Raises
    ------
    ConfigurationError
        When there are fewer than 2 replicates.
    EstimationError
        When the full sample cannot be estimated, or fewer than 2 replicates can.
    """
    if target == "ATE":
        return bootstrap_aipw(
            x_propensity, x_outcome, treated, outcome, replicates=replicates, seed=seed, family=family
        )
    if replicates < 2:
        raise ConfigurationError(f"{replicates} bootstrap replicate(s); expected at least 2; ask for more")
    fit = fit_logistic(x_propensity, treated)
    models = doubly_robust(x_outcome, treated, outcome, fit, family=family, target=target)
    known = fit.aliased, models.models[0].aliased, models.models[1].aliased
    failed = dict.fromkeys((ONE_ARM, RANK_LOST, SEPARATED, NOT_CONVERGED), 0)
    rows: list[tuple[float, ...]] = []
    for resample in _resamples(seed, len(treated), replicates):
        arm, y = treated[resample], outcome[resample]
        if arm.all() or not arm.any():
            failed[ONE_ARM] += 1
            continue
        try:
            again = fit_logistic(x_propensity[resample], arm)
            with np.errstate(
                all="ignore"
            ):  # a separated resample has no finite estimate, and is counted below
                found = doubly_robust(x_outcome[resample], arm, y, again, family=family, target=target)
                made = _row(arm, y, again, found, target)
        except EstimationError:
            failed[RANK_LOST] += 1
            continue
        reason = _failure(again, found, known, made)
        if reason:
            failed[reason] += 1
        else:
            rows.append(made)
    if len(rows) < 2:
        listed = ", ".join(f"{reason} {count}" for reason, count in failed.items() if count)
        raise EstimationError(
            f"{len(rows)} of {replicates} bootstrap replicates could be estimated ({listed}); expected at least 2; "
            "use fewer covariates"
        )
    table = np.array(rows)
    root = models.stacked.root
    return BootstrapResult(
        value=models.sandwich.value,
        estimates=table[:, 0] - table[:, 1],
        arm_means=table[:, :2],
        hajek=table[:, 2],
        g_computation=table[:, 3],
        replicates=replicates,
        failed=failed,
        seed=seed,
        acceleration=round(acceleration(root[:, 0] - root[:, 1]), 12),
    )


def _resamples(seed: int, n: int, replicates: int) -> Iterator[NDArray[np.int64]]:
    """Yield the subjects' indices of each resample, ``(n,)``."""
    streams = seeded_streams(seed, replicates)
    yield from islice((one for stream in streams for some in drawn(stream, n) for one in some), replicates)


def _row(
    treated: NDArray[np.bool_], outcome: Vector, fit: LogisticFit, found: AugmentedResult, target: Target
) -> tuple[float, ...]:
    """Return the arms' means, and the effects by weighting and by averaged predictions."""
    weighted = weighted_means(treated, outcome, fit, target).scores_estimated
    counted = treated.astype(np.float64) if target == "ATT" else tilting(fit.fitted, target)[0]
    predicted = counted @ (found.models[0].predicted - found.models[1].predicted) / counted.sum()
    return found.mean_treated, found.mean_control, weighted.treated - weighted.control, float(predicted)


def _failure(
    fit: LogisticFit, found: AugmentedResult, known: tuple[tuple[int, ...], ...], made: tuple[float, ...]
) -> str | None:
    """Return why a replicate failed, by its first reason, or None."""
    aliased = fit.aliased, found.models[0].aliased, found.models[1].aliased
    if aliased != known:
        return RANK_LOST
    if fit.separated or any(model.separated for model in found.models):
        return SEPARATED
    converged = fit.converged and all(model.converged for model in found.models)
    return None if converged and np.isfinite(made).all() else NOT_CONVERGED
