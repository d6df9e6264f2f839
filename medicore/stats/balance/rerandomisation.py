"""Re-randomisation: how often a gate fires when the arms differ only by chance."""

from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.given import checked

DRAWS = 400
"""Number of random assignments; with it, the standard error of a gate's rate is at most 2.5 %."""
UNESTIMABLE = "not estimable"
"""The name under which a draw is counted when its assignment cannot be estimated."""


@checked
def false_alarm_rates(
    treated: NDArray[np.bool_],
    gates: Callable[[NDArray[np.bool_]], Collection[str]],
    *,
    seed: int,
    draws: int = DRAWS,
) -> dict[str, float]:
    """Return the share of random assignments in which each gate fires, by the gate's name; a gate that never fires is absent.

    The labels of ``treated``, ``(n,)``, are shuffled over the same subjects, so the covariates, their dependence and
    the sizes of the arms stay the same and only chance divides the arms. This is the randomisation distribution
    (Fisher, 1935, section 11; Rosenbaum, 2002, section 2.4). ``gates`` returns the names of the gates that fire for an
    assignment. Draw k uses its own random stream, spawned from ``seed``.
    """
    fired: dict[str, int] = {}
    for stream in np.random.SeedSequence(seed).spawn(draws):
        shuffled = np.random.Generator(np.random.PCG64(stream)).permutation(treated)
        try:
            names = set(gates(shuffled))
        except EstimationError:
            names = {UNESTIMABLE}
        for name in names:
            fired[name] = fired.get(name, 0) + 1
    return {name: count / draws for name, count in sorted(fired.items())}
