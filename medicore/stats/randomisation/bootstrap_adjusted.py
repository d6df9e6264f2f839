"""The bootstrap of ANCOVA and g-computation, with every outcome model fitted again."""

import numpy as np
from numpy.typing import NDArray

from medicore.errors import ConfigurationError, EstimationError
from medicore.stats.bootstrap.bootstrap import NOT_CONVERGED, ONE_ARM, RANK_LOST, SEPARATED
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult, acceleration
from medicore.stats.bootstrap.resampling import TILE, seeded_streams
from medicore.stats.given import checked
from medicore.stats.models.outcome_model import Family, Form
from medicore.stats.randomisation.adjusted_means import Estimator, adjusted_means
from medicore.stats.randomisation.batched_study import EMPTY_STRATUM, Study
from medicore.stats.randomisation.randomisation_scheme import Randomisation

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

_CHUNK = 2 * TILE


@checked
def bootstrap_adjusted(
    x: Vector,
    treated: Flags,
    outcome: Vector,
    randomisation: Randomisation,
    *,
    replicates: int,
    seed: int,
    estimator: Estimator = "g-computation",
    family: Family = "gaussian",
    form: Form = "joint",
) -> BootstrapResult:
    """Return the bootstrap of ``adjusted_means``, the difference of the two means; ``x`` is ``(n, p)`` without intercept.

    Subjects are drawn from both arms together, or as ``draw_balanced`` where the scheme balances within strata. Every
    outcome model is fitted again on the columns that are independent in the full sample, and calibrated where the study
    is. A replicate fails when it holds one arm only, when a stratum lacks an arm under minimisation, when its columns are
    dependent, when a regression separates its subjects, or when a maximum is not reached; it is counted under the first of
    these reasons. The random streams are spawned from ``seed``; the bits do not depend on the number of threads.
    ``hajek`` and ``g_computation`` of the result are the estimates themselves: there are no weights.

    Raises ConfigurationError for fewer than 2 replicates, EstimationError when the full sample, or fewer than 2
    replicates, can be estimated.
    """
    if replicates < 2:
        raise ConfigurationError(f"{replicates} bootstrap replicate(s); expected at least 2; ask for more")
    primary = adjusted_means(
        x, treated, outcome, randomisation, estimator=estimator, family=family, form=form
    ).result()
    study = Study.of(x, treated, outcome, randomisation, family, form)
    streams = seeded_streams(seed, replicates)
    kept: list[Vector] = []
    failed: dict[str, int] = dict.fromkeys((ONE_ARM, EMPTY_STRATUM, RANK_LOST, SEPARATED, NOT_CONVERGED), 0)
    for first in range(0, replicates, _CHUNK):
        some = streams[first // TILE : (first + _CHUNK) // TILE]
        means, reasons = study.replicate(study.draw(some))
        rows = min(_CHUNK, replicates - first)
        seen = np.zeros(rows, dtype=bool)
        for reason, flags in reasons.items():
            failed[reason] += int((flags[:rows] & ~seen).sum())
            seen = seen | flags[:rows]
        kept.append(means[:rows][~seen])
    found = np.concatenate(kept)
    if len(found) < 2:
        listed = ", ".join(f"{reason} {count}" for reason, count in failed.items() if count)
        raise EstimationError(
            f"{len(found)} of {replicates} bootstrap replicates could be estimated ({listed}); expected at least 2; use "
            "fewer covariates or strata"
        )
    root = primary.stacked.root
    estimates = found[:, 0] - found[:, 1]
    return BootstrapResult(
        value=primary.sandwich.value,
        estimates=estimates,
        arm_means=found,
        hajek=estimates,
        g_computation=estimates,
        replicates=replicates,
        failed=failed,
        seed=seed,
        acceleration=round(acceleration(root[:, 0] - root[:, 1]), 12),
    )
