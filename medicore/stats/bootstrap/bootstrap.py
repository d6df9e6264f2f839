"""The bootstrap of the primary effect in any target population, with every nuisance model refitted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medicore.errors import ConfigurationError, EstimationError
from medicore.stats.balance.weights import Target
from medicore.stats.bootstrap.batched_families import OUTCOMES
from medicore.stats.bootstrap.batched_logistic import Flags, LogisticDesign, fit_replicates
from medicore.stats.bootstrap.batched_observation import ObservationDesign, Times
from medicore.stats.bootstrap.batched_outcome import Outcome
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult, acceleration
from medicore.stats.bootstrap.cluster_draws import draw_clusters
from medicore.stats.bootstrap.resampling import (
    TILE,
    Counts,
    Layout,
    draw_counts,
    packed_products,
    seeded_streams,
    starting_point,
)
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.given import checked
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.design import standardise
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.models.outcome_model import Family

Vector = NDArray[np.float64]

ONE_ARM = "one arm only"
RANK_LOST = "rank lost"
SEPARATED = "separation"
NOT_CONVERGED = "not converged"


@checked
def bootstrap_effect(
    x_propensity: Vector,
    x_outcome: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    *,
    replicates: int,
    seed: int,
    family: Family = "gaussian",
    target: Target = "ATE",
    observed: Flags | None = None,
    x_observation: Vector | None = None,
    clusters: NDArray[np.intp] | None = None,
    chunk: int = 2 * TILE,
) -> BootstrapResult:
    """Return the nonparametric bootstrap of the effect in the target population, with the estimator of ``doubly_robust``.

    Designs are ``(n, p)`` without intercept, ``treated`` and ``outcome`` are ``(n,)``. In each replicate n subjects
    are drawn with replacement from both arms together; the random streams are spawned from ``seed``. Propensity and
    outcome models are refitted on the columns that are independent in the full sample. A replicate fails when it holds
    one arm only, when its columns are dependent, when a regression separates its subjects, or when a maximum is not
    reached; it is counted under the first of these reasons. Efron & Tibshirani (1993), chapters 6, 13 and 14.

    Where outcomes are missing, ``observed``, ``(n,)`` bool, says whose is known, and the estimator is that of
    ``augmented_observed``; ``hajek`` and ``g_computation`` of the result are then those of ``hajek_observed`` and
    ``standardised_observed``. The regression of being observed on the arm and ``x_observation``, by default
    ``x_propensity``, is refitted in each replicate, too, as ``fit_observation`` fits it. With ``clusters``, ``(n,)``, whole
    clusters are drawn, as ``draw_clusters`` does.

    ``chunk`` is the number of replicates in memory at once, a multiple of 32. The result is the same, bit for bit, for
    every ``chunk`` and every number of threads.

    Raises
    ------
    ConfigurationError
        When ``chunk`` is not a positive multiple of 32 or there are fewer than 2 replicates.
    EstimationError
        When the full sample cannot be estimated, or fewer than 2 replicates can be estimated; at once, when none of the
        first chunk can.
    """
    if chunk < TILE or chunk % TILE:
        raise ConfigurationError(f"a bootstrap chunk of {chunk}; expected a positive multiple of {TILE}")
    if replicates < 2:
        raise ConfigurationError(f"{replicates} bootstrap replicate(s); expected at least 2; ask for more")
    given = _Given(x_propensity, x_outcome, treated, outcome, family, target)
    if observed is not None and not observed.all():
        x = x_propensity if x_observation is None else x_observation
        given = replace(given, outcome=np.where(observed, outcome, 0.0), missing=_Missing(observed, x))
    sample = _Sample.of(given)
    streams = seeded_streams(seed, replicates)
    kept: list[_Replicates] = []
    failed = dict.fromkeys((ONE_ARM, RANK_LOST, SEPARATED, NOT_CONVERGED), 0)
    for first in range(0, replicates, chunk):
        some = streams[first // TILE : (first + chunk) // TILE]
        counts = (
            draw_counts(sample.layout, some)
            if clusters is None
            else draw_clusters(sample.layout, clusters, some)
        )
        made = sample.replicate(counts, min(chunk, replicates - first))
        for reason, flags in made.failures.items():
            failed[reason] += int(flags.sum())
        kept.append(made)
        if first == 0 and not made.usable.any():
            return _result(sample, kept, failed, len(made.usable), seed)
    return _result(sample, kept, failed, replicates, seed)


@dataclass(frozen=True, slots=True)
class _Replicates:
    """Means of a chunk of replicates, ``(rows, 2)`` each, and the failed replicates by reason."""

    augmented: Vector
    hajek: Vector
    standardised: Vector
    failures: Mapping[str, Flags]

    @property
    def usable(self) -> Flags:
        """Return which replicates did not fail."""
        usable: Flags = ~np.any(list(self.failures.values()), axis=0)
        return usable


@dataclass(frozen=True, slots=True)
class _Missing:
    """Whose outcome is observed, ``(n,)`` bool, and the covariates on which that depends, ``(n, p)``."""

    observed: Flags
    x: Vector


@dataclass(frozen=True, slots=True)
class _Given:
    """What is resampled; ``missing`` is None when no outcome is missing."""

    x_propensity: Vector
    x_outcome: Vector
    treated: Flags
    outcome: Vector
    family: Family
    target: Target
    missing: _Missing | None = None


@dataclass(frozen=True, slots=True)
class _Sample:
    """The full sample, its estimate, and the models arranged for resampling."""

    target: Target
    layout: Layout
    propensity: LogisticDesign
    observation: ObservationDesign | None
    outcome: Outcome
    value: float
    acceleration: float

    @classmethod
    def of(cls, given: _Given) -> "_Sample":
        treated, missing = given.treated, given.missing
        fit = fit_logistic(given.x_propensity, treated)
        with np.errstate(all="ignore"):  # a separated sample has no finite estimate, and no replicate either
            primary, by_observation = _primary(given, fit)
            root = primary.stacked.root
            slant = round(acceleration(root[:, 0] - root[:, 1]), 12)
        design = standardise(given.x_outcome)
        sizes = [len(model.theta) for model in (fit, by_observation) if model is not None]
        layout = Layout.of(treated, max(*sizes, len(design.kept) + 1))
        products = packed_products(layout.spread(fit.basis))
        propensity = LogisticDesign.of(
            layout, fit.basis, treated, products, starting_point(fit.theta), (0, 1)
        )
        if not np.array_equal(given.x_propensity, given.x_outcome):
            products = packed_products(layout.spread(design.basis(given.x_outcome)))
        models = OUTCOMES[given.family]
        observed, observation = None, None
        if missing is not None and by_observation is not None:
            observed = missing.observed
            observation = ObservationDesign.of(layout, missing.x, treated, observed, by_observation)
        return cls(
            given.target,
            layout,
            propensity,
            observation,
            models.of(layout, given.x_outcome, design, treated, given.outcome, products, observed),
            primary.sandwich.value,
            slant,
        )

    def replicate(self, counts: Counts, rows: int) -> _Replicates:
        """Return the first ``rows`` replicates of a chunk."""
        scores = fit_replicates(counts, self.propensity)
        chances = None if self.observation is None else self.observation.fitted(counts)
        models = self.outcome.fitted(counts if self.observation is None else self.observation.seen(counts))
        total = sum(self.layout.sizes)
        score = np.zeros_like(scores.theta)
        sums: list[Vector] = []
        one_arm = np.zeros(counts.shape[1], dtype=bool)
        for arm in (0, 1):
            made: Vector | float = 0.0
            drawn = np.zeros(counts.shape[1])
            for part in self.layout.parts(arm):
                some = counts[part].astype(np.float64)
                times = Times.of_complete(some) if chances is None else chances.times(part, some)
                odds = self.propensity.odds_against(scores.theta, part)
                score += self.propensity.score(some, odds, part)
                made = made + models.sums(arm, part, times, odds, self.target)
                drawn += some.sum(axis=2).sum(axis=0)
            sums.append(np.asarray(made))
            one_arm |= drawn == 0
        means = models.means((sums[0], sums[1]), total, self.target)
        unseen = (False, False, False) if chances is None else chances.failures(counts)
        reasons = {
            ONE_ARM: one_arm,
            RANK_LOST: scores.rank_lost | means.rank_lost | unseen[0],
            SEPARATED: scores.separated | means.separated | unseen[1],
            NOT_CONVERGED: scores.stuck
            | means.stuck
            | unseen[2]
            | ~scores.proved(score, total)
            | ~np.isfinite(means.augmented).all(axis=1),
        }
        return _Replicates(
            means.augmented[:rows], means.hajek[:rows], means.standardised[:rows], _first(reasons, rows)
        )


def _primary(given: _Given, fit: LogisticFit) -> tuple[AugmentedResult, LogisticFit | None]:
    """Return the full sample's estimate and, when outcomes are missing, the regression of being observed."""
    x, treated, outcome, missing = given.x_outcome, given.treated, given.outcome, given.missing
    if missing is None:
        return doubly_robust(x, treated, outcome, fit, family=given.family, target=given.target), None
    observation = fit_observation(missing.x, treated, missing.observed)
    primary = augmented_observed(
        x, treated, outcome, missing.observed, fit, observation, family=given.family, target=given.target
    )
    return primary, observation.fit


def _first(reasons: Mapping[str, Flags], rows: int) -> dict[str, Flags]:
    """Return the reasons; each replicate is flagged only under its first one."""
    seen = np.zeros(rows, dtype=bool)
    first = {}
    for reason, flags in reasons.items():
        first[reason] = flags[:rows] & ~seen
        seen = seen | flags[:rows]
    return first


def _result(
    sample: _Sample, made: list[_Replicates], failed: Mapping[str, int], replicates: int, seed: int
) -> BootstrapResult:
    """Return the usable replicates of all chunks as one result."""
    augmented, hajek, standardised = (
        np.concatenate([getattr(part, name)[part.usable] for part in made])
        for name in ("augmented", "hajek", "standardised")
    )
    if len(augmented) < 2:
        listed = ", ".join(f"{reason} {count}" for reason, count in failed.items() if count)
        raise EstimationError(
            f"{len(augmented)} of {replicates} bootstrap replicates could be estimated ({listed}); expected at "
            "least 2; use fewer covariates"
        )
    return BootstrapResult(
        value=sample.value,
        estimates=augmented[:, 0] - augmented[:, 1],
        arm_means=augmented,
        hajek=hajek[:, 0] - hajek[:, 1],
        g_computation=standardised[:, 0] - standardised[:, 1],
        replicates=replicates,
        failed=failed,
        seed=seed,
        acceleration=sample.acceleration,
    )
