"""Coverage, one-sided error and bias of ANCOVA and g-computation under every scheme of randomisation, from 60 subjects up.

The worlds are those of ``tests/stats/randomisation``: two stratification factors that matter and are in no model, a covariate
that changes the effect, a residual variance that depends on a factor, and no effect on average.
"""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.hypothesis import limits_of, one_sided_p
from medicore.stats.models.outcome_model import Family, Form
from medicore.stats.randomisation.adjusted_means import Estimator, adjusted_means
from medicore.stats.randomisation.randomisation_scheme import Randomisation, Scheme
from tests.simulation.workers import simulated
from tests.stats.randomisation.randomised_samples import SCHEMES, trial

SIMULATIONS = 4000
SIZES = (60, 120, 240)
MODELS: tuple[tuple[Estimator, Family, Form], ...] = (
    ("ancova", "gaussian", "joint"),
    ("ancova", "gaussian", "per arm"),
    ("g-computation", "gaussian", "per arm"),
    ("g-computation", "binomial", "joint"),
)
CELLS = tuple((scheme, *model, n) for scheme in SCHEMES for model in MODELS for n in SIZES)


@dataclass(frozen=True)
class Cell:
    """Over all samples that could be estimated: coverage, one-sided error, bias in true SDs, mean SE over true SD."""

    scheme: Scheme
    estimator: Estimator
    family: Family
    form: Form
    n: int
    estimated: int
    coverage: float
    one_sided: float
    bias: float
    ratio: float


def sampled(
    scheme: Scheme, estimator: Estimator, family: Family, form: Form, n: int, index: int, *, told: bool = True
) -> tuple[float, float, bool, bool] | None:
    """Return value, standard error, whether the interval holds the truth, 0, and whether p is below 2.5 % on one side.

    An effect on the limit is where a one-sided test errs most; that limit is 0 here, and the margin in a study of
    non-inferiority, which is the same test of an effect that is moved. Not ``told`` of the scheme, the analysis takes it for
    simple randomisation. None where a stratum lacks an arm.
    """
    seed = 1_000_000 * SCHEMES.index(scheme) + 1000 * n + 100_000_000 * (index + 1)
    one = trial(scheme, seed, n, family)
    randomisation = one.randomisation if told else Randomisation("simple", one.randomisation.strata)
    try:
        made = adjusted_means(
            one.x, one.treated, one.outcome, randomisation, estimator=estimator, family=family, form=form
        )
    except EstimationError:
        return None
    found = difference(made.small_sample())
    low, high = found.interval(0.95)
    p, _ = one_sided_p(found, limits_of("superiority", None, "higher"))
    return found.value, found.standard_error, low <= 0 <= high, p is not None and p < 0.025


@cache
def cell(
    scheme: Scheme,
    estimator: Estimator,
    family: Family,
    form: Form,
    n: int,
    simulations: int = SIMULATIONS,
    told: bool = True,
) -> Cell:
    """Return what the samples of a cell come to."""
    work = partial(sampled, scheme, estimator, family, form, n, told=told)
    made = [one for one in simulated(work, simulations) if one is not None]
    value, error, held, claimed = np.array(made, dtype=np.float64).T
    deviation = float(value.std(ddof=1))
    return Cell(
        scheme,
        estimator,
        family,
        form,
        n,
        len(made),
        float(held.mean()),
        float(claimed.mean()),
        float(value.mean()) / deviation,
        float(np.sqrt((error**2).mean())) / deviation,
    )
