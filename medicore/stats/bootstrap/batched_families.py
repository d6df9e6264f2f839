"""The outcome models of each family, arranged for resampling; among them Firth's penalised likelihood."""

from collections.abc import Mapping
from dataclasses import dataclass

from medicore.stats.bootstrap.batched_firth import fit_firth_replicates
from medicore.stats.bootstrap.batched_logistic import Flags, LogisticDesign, LogisticReplicates
from medicore.stats.bootstrap.batched_outcome import LinearOutcome, LogisticOutcome
from medicore.stats.bootstrap.resampling import Counts, Vector
from medicore.stats.models.firth import fit_firth
from medicore.stats.models.logistic import LogisticFit
from medicore.stats.models.outcome_model import Family


@dataclass(frozen=True, slots=True)
class FirthOutcome(LogisticOutcome):
    """Logistic regression by Firth's penalised likelihood in each arm, arranged for resampling."""

    @staticmethod
    def whole(x: Vector, event: Flags) -> LogisticFit:
        """Return the regression of the full sample."""
        return fit_firth(x, event)

    @staticmethod
    def every(counts: Counts, model: LogisticDesign) -> LogisticReplicates:
        """Return the regressions of every resample."""
        return fit_firth_replicates(counts, model)


OUTCOMES: Mapping[Family, type[LinearOutcome | LogisticOutcome]] = {
    "gaussian": LinearOutcome,
    "binomial": LogisticOutcome,
    "firth": FirthOutcome,
}
"""The outcome models of each family."""
