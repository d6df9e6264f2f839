"""Reference numbers for ordered levels: by statsmodels' treatment effects of every threshold, and a published example.

statsmodels estimates both arms' chance of being at or below a level by AIPW, by weights or by regression; the win probability is
summed from them here. ``PUBLISHED`` is the pain score after surgery of Lumley (1996), analysed by Brunner & Munzel (2000), as the
R package lawstat prints it in the example of ``brunner.munzel.test``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from statsmodels.discrete.discrete_model import Logit
from statsmodels.regression.linear_model import OLS
from statsmodels.tools.tools import add_constant
from statsmodels.treatment.treatment_effects import TreatmentEffect

from tests.reference.open_data import carried_case

Vector = NDArray[np.float64]

SOFTWARE = "statsmodels 0.15.0"
CUTS: Mapping[str, tuple[float, ...]] = {"nhefs_6": (-5, 0, 5, 10), "cattaneo2": (2500, 3000, 3500, 4000)}
"""Where weight change in kg, and weight at birth in g, are cut into five levels."""
ESTIMATORS: Mapping[str, str] = {"AIPW": "aipw", "IPW (Hájek)": "ipw", "regression": "ra"}
"""The estimators by the names of statsmodels' methods."""

NUMBERS: Mapping[tuple[str, str], float] = {
    ("nhefs_6", "AIPW"): 0.617626329402797,
    ("nhefs_6", "IPW (Hájek)"): 0.6168414989937047,
    ("nhefs_6", "regression"): 0.6188474663852915,
    ("cattaneo2", "AIPW"): 0.3870887424537496,
    ("cattaneo2", "IPW (Hájek)"): 0.38705965255385155,
    ("cattaneo2", "regression"): 0.37930541918428706,
}
"""The chance that a treated subject has the higher level, ties shared, by ``SOFTWARE``."""

TREATED = (3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4)
CONTROL = (1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1)
PUBLISHED: Mapping[str, float] = {
    "win probability": 0.788961,
    "statistic": 3.1375,
    "degrees of freedom": 17.683,
    "low": 0.5952169,
    "high": 0.9827052,
}
"""The published example: the interval is by Student's t with the degrees of freedom of Satterthwaite."""


@dataclass(frozen=True)
class Graded:
    """A case with ordered levels: designs ``(n, p)``, arm, and the place of each subject's level."""

    x_propensity: Vector
    x_outcome: Vector
    treated: NDArray[np.bool_]
    place: Vector
    levels: int


def graded(case: str) -> Graded:
    """Return the data of a case, its outcome cut into levels."""
    held, cuts = carried_case(case), CUTS[case]
    place = np.searchsorted(cuts, held.outcome, side="right").astype(np.float64)
    return Graded(held.x_propensity, held.x_outcome, held.treated, place, len(cuts) + 1)


def by_statsmodels(case: str, estimator: str) -> float:
    """Return the win probability by statsmodels' ``estimator`` of every threshold."""
    data = graded(case)
    arm = data.treated.astype(int)
    scores = Logit(arm, add_constant(data.x_propensity)).fit(disp=0, method="newton", tol=1e-12)
    below = []
    for level in range(data.levels - 1):
        model = OLS((data.place <= level).astype(float), add_constant(data.x_outcome))
        effect = TreatmentEffect(model, arm, results_select=scores)
        _, control, treated = getattr(effect, ESTIMATORS[estimator])(return_results=False)
        below.append((float(treated), float(control)))
    one, zero = (np.concatenate([[0.0], values, [1.0]]) for values in np.array(below).T)
    return float((np.diff(one) * (zero[1:] + zero[:-1])).sum() / 2)
