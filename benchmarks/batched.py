"""MediCore's own bootstrap: imports nothing but what the bootstrap needs, so that its memory can be measured."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.study import SEED, Study
from benchmarks.timing import Timed
from medicore.stats.balance.weights import Target
from medicore.stats.bootstrap.bootstrap import bootstrap_effect


def ate(study: Study, replicates: int) -> Timed:
    """Return the time of the bootstrap of the effect in everybody, full sample and drawing included."""
    return _timed(study, replicates, "ATE")


def att(study: Study, replicates: int) -> Timed:
    """Return the time of the bootstrap of the effect in the treated."""
    return _timed(study, replicates, "ATT")


def ato(study: Study, replicates: int) -> Timed:
    """Return the time of the bootstrap of the effect in the overlap population."""
    return _timed(study, replicates, "ATO")


def observed(study: Study, replicates: int) -> Timed:
    """Return the time of the bootstrap of the effect in everybody where one outcome in five is missing by covariates."""
    z = (study.x[:, 5] - 24) / 8
    seen = np.random.default_rng(SEED).random(len(z)) < 1 / (1 + np.exp(-1.6 - 0.5 * z))
    return _timed(study, replicates, "ATE", observed=seen, x_observation=study.x)


def _timed(study: Study, replicates: int, target: Target, **missing: NDArray[Any]) -> Timed:
    started = time.process_time()
    found = bootstrap_effect(
        study.x,
        study.x,
        study.treated,
        study.outcome,
        replicates=replicates,
        seed=SEED,
        target=target,
        **missing,
    )
    return Timed(time.process_time() - started, replicates, found.value)
