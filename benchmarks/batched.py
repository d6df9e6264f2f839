"""MediCore's own bootstrap: imports nothing but what the bootstrap needs, so that its memory can be measured."""

import time

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


def _timed(study: Study, replicates: int, target: Target) -> Timed:
    begun = time.process_time()
    found = bootstrap_effect(
        study.x, study.x, study.treated, study.outcome, replicates=replicates, seed=SEED, target=target
    )
    return Timed(time.process_time() - begun, replicates, found.value)
