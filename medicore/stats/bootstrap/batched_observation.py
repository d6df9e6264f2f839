"""The regressions of being observed of many resamples at once, and how much each observed outcome then weighs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.batched_logistic import (
    Flags,
    LogisticDesign,
    LogisticReplicates,
    fit_replicates,
)
from medicore.stats.bootstrap.resampling import Counts, Layout, Vector, packed_products, starting_point
from medicore.stats.models.logistic import LogisticFit


@dataclass(frozen=True, slots=True)
class Times:
    """How often each resample holds each subject of a part, ``(blocks, replicates, length)`` each.

    ``drawn`` counts everybody, ``observed`` those whose outcome is observed, ``weighted`` these divided by their
    probability of being observed.
    """

    drawn: Vector
    observed: Vector
    weighted: Vector

    @classmethod
    def of_complete(cls, drawn: Vector) -> "Times":
        """Return the times of subjects who are all observed."""
        return cls(drawn, drawn, drawn)


@dataclass(frozen=True, slots=True)
class ObservationDesign:
    """The regression of being observed, arranged for resampling.

    ``joint`` regresses on arm and covariates; it is None when an arm of the full sample misses no outcome. ``alone``
    regress on the covariates within one arm, treated first; None for an arm that misses no outcome. ``observed`` is
    ``(blocks, length)``, 1 for subjects whose outcome is observed, and ``missing`` 1 for the other subjects.
    """

    layout: Layout
    joint: LogisticDesign | None
    alone: tuple[LogisticDesign | None, LogisticDesign | None]
    observed: NDArray[np.uint16]
    missing: NDArray[np.uint16]

    @classmethod
    def of(
        cls,
        layout: Layout,
        x: Vector,
        treated: NDArray[np.bool_],
        observed: NDArray[np.bool_],
        fit: LogisticFit,
    ) -> "ObservationDesign":
        """Return the design of the full sample's ``fit``, which is that of ``fit_observation`` on ``x``, ``(n, p)``."""
        flags = [layout.spread(some.astype(np.float64)).astype(np.uint16) for some in (observed, ~observed)]
        partial = [bool((~observed)[arm].any()) for arm in (treated, ~treated)]

        def design(basis: Vector, start: Vector, arms: tuple[int, ...]) -> LogisticDesign:
            products = packed_products(layout.spread(basis))
            return LogisticDesign.of(layout, basis, observed, products, starting_point(start), arms)

        if not all(partial):
            arm = partial.index(True)
            only = design(fit.design.basis(x), fit.theta, (arm,))
            return cls(layout, None, (only, None) if arm == 0 else (None, only), flags[0], flags[1])
        within, start = np.delete(fit.basis, 1, axis=1), np.delete(fit.theta, 1)
        one, zero = design(within, start, (0,)), design(within, start, (1,))
        return cls(layout, design(fit.basis, fit.theta, (0, 1)), (one, zero), flags[0], flags[1])

    def seen(self, counts: Counts) -> Counts:
        """Return how often each resample holds each observed subject, 0 for the others."""
        seen: Counts = counts * self.observed[:, None]
        return seen

    def fitted(self, counts: Counts) -> "ObservationReplicates":
        """Return the regressions fitted to every resample, as ``fit_observation`` fits them.

        A resample that misses no outcome in an arm takes the other arm's own regression; one that misses none needs
        no regression.
        """
        partial = [self._misses(counts, arm) for arm in (0, 1)]
        both = partial[0] & partial[1]
        models = []
        for design, used in (
            (self.joint, both),
            (self.alone[0], partial[0] & ~both),
            (self.alone[1], partial[1] & ~both),
        ):
            if design is not None and used.any():
                models.append(_Model(design, fit_replicates(counts, design), used))
        return ObservationReplicates(self, tuple(models))

    def _misses(self, counts: Counts, arm: int) -> Flags:
        """Return which resamples miss an outcome in the arm."""
        found = np.zeros(counts.shape[1], dtype=bool)
        for part in self.layout.parts(arm):
            found |= (counts[part] * self.missing[part, None]).any(axis=(0, 2))
        return found


@dataclass(frozen=True, slots=True)
class _Model:
    """A regression fitted to every resample of a chunk, and which resamples use it, ``(replicates,)``."""

    design: LogisticDesign
    fit: LogisticReplicates
    used: Flags

    def stuck(self, counts: Counts, subjects: int) -> Flags:
        """Return which resamples that use the regression have no maximum that is proved, for no other reason."""
        score = np.zeros_like(self.fit.theta)
        for part in self.design.parts:
            odds = self.design.odds_against(self.fit.theta, part)
            score += self.design.score(counts[part].astype(np.float64), odds, part)
        proved = self.fit.proved(score, subjects) | self.fit.rank_lost | self.fit.separated
        return self.used & (self.fit.stuck | ~proved)


@dataclass(frozen=True, slots=True)
class ObservationReplicates:
    """The regressions of being observed, fitted to every resample of a chunk."""

    design: ObservationDesign
    models: Sequence[_Model]

    def times(self, part: slice, drawn: Vector) -> Times:
        """Return the times of a part; ``drawn`` counts its subjects, ``(blocks, replicates, length)``."""
        observed = drawn * self.design.observed[part, None]
        inverse = np.ones_like(drawn)
        for model in self.models:
            if part in model.design.parts:
                odds = model.design.odds_against(model.fit.theta, part)
                inverse[:, model.used] += odds[:, model.used]
        return Times(drawn, observed, observed * inverse)

    def failures(self, counts: Counts) -> tuple[Flags, Flags, Flags]:
        """Return which resamples lost rank, are separated, or have no proved maximum, ``(replicates,)`` each."""
        rank_lost, separated, stuck = np.zeros((3, counts.shape[1]), dtype=bool)
        for model in self.models:
            rank_lost |= model.used & model.fit.rank_lost
            separated |= model.used & model.fit.separated
            stuck |= model.stuck(counts, sum(self.design.layout.sizes))
        return rank_lost, separated, stuck
