"""Re-randomisation: how often a gate fires when the arms differ by chance alone."""

from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError

DRAWS = 400
"""Assignments drawn: the rate of a gate has a standard error of at most 2.5 %."""
UNESTIMABLE = "not estimable"
"""What a draw counts as when its assignment cannot be estimated at all."""


def false_alarm_rates(
    treated: NDArray[np.bool_],
    gates: Callable[[NDArray[np.bool_]], Collection[str]],
    *,
    seed: int,
    draws: int = DRAWS,
) -> dict[str, float]:
    """Return the share of random assignments in which each gate fires, by the gate's name; absent ones never did.

    The labels of ``treated``, ``(n,)``, are shuffled over these very subjects, so that covariates, their
    dependence and both arms' sizes stay as they are and only chance divides the arms: the randomisation
    distribution (Fisher, 1935, section 11; Rosenbaum, 2002, section 2.4). ``gates`` names those that fire for an
    assignment. Draw k has a random stream of its own, spawned from ``seed``.
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
