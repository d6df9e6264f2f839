"""A randomised study arranged for resampling: its adjusted means in many resamples at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.batched_logistic import LARGEST_EXPONENT
from medicore.stats.bootstrap.bootstrap import NOT_CONVERGED, ONE_ARM, RANK_LOST, SEPARATED
from medicore.stats.bootstrap.resampling import Counts, Layout, draw_counts, linear_predictors, weighted_sums
from medicore.stats.models.outcome_model import Family, Form
from medicore.stats.randomisation.balanced_draws import draw_balanced
from medicore.stats.randomisation.batched_models import Fits, Model, arranged
from medicore.stats.randomisation.randomisation_scheme import Randomisation

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

EMPTY_STRATUM = "stratum without an arm"


@dataclass(frozen=True, slots=True)
class Study:
    """The full sample arranged for resampling.

    ``models`` are one or two; ``under`` names for each arm its model, and holds the basis of everybody under that arm,
    ``(blocks, q, length)``. ``outcome`` is ``(blocks, length)``, ``strata`` the indicators of the strata, ``(blocks,
    strata, length)``.
    """

    layout: Layout
    treated: Flags
    randomisation: Randomisation
    binary: bool
    models: tuple[Model, ...]
    under: tuple[tuple[int, Vector], tuple[int, Vector]]
    outcome: Vector
    strata: Vector

    @classmethod
    def of(
        cls,
        x: Vector,
        treated: Flags,
        outcome: Vector,
        randomisation: Randomisation,
        family: Family,
        form: Form,
    ) -> "Study":
        """Return the study of these subjects, its models fitted once; ``x`` is ``(n, p)`` without intercept."""
        layout = Layout.of(treated, x.shape[1] + 2)
        inside = [np.ones(len(treated), dtype=bool)] if form == "joint" else [treated, ~treated]
        own = np.column_stack([treated, x]) if form == "joint" else x
        if form == "joint":
            tables = [np.column_stack([np.full(len(x), arm), x]) for arm in (1.0, 0.0)]
            arms: list[tuple[int, ...]] = [(0, 1)]
        else:
            tables, arms = [x, x], [(0,), (1,)]
        made = [
            arranged(layout, own, outcome, among, family, places)
            for among, places in zip(inside, arms, strict=True)
        ]
        last = len(made) - 1
        under = [
            (min(place, last), layout.spread(made[min(place, last)][1].basis(table)))
            for place, table in enumerate(tables)
        ]
        used = randomisation.number if randomisation.calibrated else 0
        indicators = (randomisation.strata[:, None] == np.arange(used)).astype(np.float64)
        return cls(
            layout,
            treated,
            randomisation,
            family == "binomial",
            tuple(model for model, _ in made),
            (under[0], under[1]),
            layout.spread(outcome),
            layout.spread(indicators),
        )

    def draw(self, streams: Sequence[np.random.SeedSequence]) -> Counts:
        """Return the resamples of the streams' tiles."""
        if self.randomisation.balanced:
            return draw_balanced(self.layout, self.treated, self.randomisation, streams)
        return draw_counts(self.layout, streams)

    def replicate(self, counts: Counts) -> tuple[Vector, Mapping[str, Flags]]:
        """Return the means of the arms in each resample, ``(replicates, 2)``, and the failures by reason."""
        fits = [model.fitted(self.layout, counts) for model in self.models]
        drawn = [self._drawn(counts, arm) for arm in (0, 1)]
        means, empty = np.empty((counts.shape[1], 2)), np.zeros(counts.shape[1], dtype=bool)
        for arm in (0, 1):
            means[:, arm] = self._sums(counts, arm, fits)
            if self.randomisation.calibrated:
                bias, lacking = self._calibration(counts, arm, fits)
                means[:, arm] += bias
                empty |= lacking
        means /= sum(self.layout.sizes)
        return means, {
            ONE_ARM: (drawn[0] == 0) | (drawn[1] == 0),
            EMPTY_STRATUM: empty,
            RANK_LOST: np.any([fit.rank_lost for fit in fits], axis=0),
            SEPARATED: np.any([fit.separated for fit in fits], axis=0),
            NOT_CONVERGED: np.any([fit.stuck for fit in fits], axis=0) | ~np.isfinite(means).all(axis=1),
        }

    def _drawn(self, counts: Counts, arm: int) -> NDArray[np.int64]:
        found: NDArray[np.int64] = sum(
            (counts[part].astype(np.int64).sum(axis=(0, 2)) for part in self.layout.parts(arm)),
            np.zeros(counts.shape[1], dtype=np.int64),
        )
        return found

    def _sums(self, counts: Counts, arm: int, fits: Sequence[Fits]) -> Vector:
        """Return Σ c m of the predictions under an arm over everybody, ``(replicates,)``."""
        total = np.zeros(counts.shape[1])
        for inside in (0, 1):
            for part in self.layout.parts(inside):
                total += (counts[part] * self._predicted(part, arm, fits)).sum(axis=2).sum(axis=0)
        return total

    def _calibration(self, counts: Counts, arm: int, fits: Sequence[Fits]) -> tuple[Vector, Flags]:
        """Return what the calibration in strata adds to the sum of predictions, and where a stratum lacks the arm."""
        shape = counts.shape[1], self.strata.shape[1]
        everybody, size, residual = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for inside in (0, 1):
            for part in self.layout.parts(inside):
                times = counts[part].astype(np.float64)
                found = weighted_sums(times, self.strata[part])
                everybody += found
                if inside == arm:
                    size += found
                    left = times * (self.outcome[part, None] - self._predicted(part, arm, fits))
                    residual += weighted_sums(left, self.strata[part])
        mean = np.divide(residual, size, out=np.zeros(shape), where=size > 0)
        added: Vector = np.einsum("bz,bz->b", everybody, mean)
        lacking: Flags = ((everybody > 0) & (size == 0)).any(axis=1)
        return added, lacking

    def _predicted(self, part: slice, arm: int, fits: Sequence[Fits]) -> Vector:
        place, basis = self.under[arm]
        predictor = linear_predictors(fits[place].theta, basis[part])
        if not self.binary:
            return predictor
        found: Vector = 1 / (1 + np.exp(np.clip(-predictor, -LARGEST_EXPONENT, LARGEST_EXPONENT)))
        return found
