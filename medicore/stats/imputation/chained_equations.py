"""Multiple imputation of covariates and outcome by chained equations (fully conditional specification)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.given import checked
from medicore.stats.imputation.imputation_draws import draw_donors, draw_levels, draw_normal
from medicore.stats.imputation.incomplete import IncompleteCovariate, require_imputable
from medicore.stats.imputation.outcome_draws import OutcomeGaps, draw_outcomes

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ImputationModel:
    """The model from which gaps are drawn.

    ``numbers`` is the method for numbers. ``normal`` draws from Bayesian linear regression and can leave the observed
    range. ``matching`` takes the observed value of one of ``donors`` subjects with similar predictions, and keeps range,
    rounding and shape. Categories are drawn from (multinomial) logistic regression. ``iterations`` is the length of
    each chain. ``interaction`` adds the product of treatment and outcome to the predictors; it matters when the effect
    differs between subjects (Tilling et al., 2016).
    """

    numbers: Literal["normal", "matching"] = "normal"
    donors: int = 5
    iterations: int = 10
    interaction: bool = True


@dataclass(frozen=True, slots=True)
class Imputation:
    """One completed data set.

    ``columns`` are ``(n,)`` each, in the given order; categories are the indexes of their levels. A covariate without
    gaps is the given array itself, and observed values are never changed. ``visited`` names the covariates with gaps in
    the order of visits. ``trace``, ``(iterations, visited)``, holds the mean of the imputed values after each
    iteration; for a category, the share at its most frequent observed level. After convergence it has no trend and is
    alike in all imputations (van Buuren, 2018, section 6.5.2). ``outcome``, ``(n,)``, is complete.
    """

    columns: tuple[Vector, ...]
    visited: tuple[str, ...]
    trace: Vector
    outcome: Vector


def imputations(
    covariates: Sequence[IncompleteCovariate],
    treated: Mask,
    outcome: Vector,
    *,
    seed: int,
    number: int,
    model: ImputationModel | None = None,
    observed: Mask | None = None,
    gaps: OutcomeGaps | None = None,
) -> Iterator[Imputation]:
    """Yield ``number`` completed data sets, each by ``imputation`` with its index from 0."""
    for index in range(number):
        yield imputation(
            covariates, treated, outcome, seed=seed, index=index, model=model, observed=observed, gaps=gaps
        )


@checked
def imputation(
    covariates: Sequence[IncompleteCovariate],
    treated: Mask,
    outcome: Vector,
    *,
    seed: int,
    index: int,
    model: ImputationModel | None = None,
    observed: Mask | None = None,
    gaps: OutcomeGaps | None = None,
) -> Imputation:
    """Return the completed data set number ``index``; it depends only on the data, ``seed`` and ``index``.

    Each gap starts with a random observed value. Then each covariate with gaps is drawn again given all others, in
    ascending order of the number of gaps (ties in the given order); this is repeated ``iterations`` times (van Buuren,
    2007; 2018, algorithm 4.3), or once when only one covariate has gaps. The assumption is that values are missing at
    random given treatment, outcome and the observed covariates.

    Predictors are the other covariates (numbers linearly, categories by indicators of their observed levels),
    ``treated`` and ``outcome``, both ``(n,)``. The outcome must be a predictor: without it, covariates are
    imputed as if unrelated to it, and confounding remains (Moons et al., 2006). In an observational study treatment
    must be one as well: without it, imputed covariates are balanced between the arms by construction, and the
    propensity score misses the confounding (Leyrat et al., 2019). Analyse each completed data set in full, including
    the propensity model, and pool the effects. Compute squares and products of covariates from the completed values;
    the imputation models have only linear terms.

    Where ``observed``, ``(n,)`` bool, is false, the outcome is missing and drawn as ``gaps`` say, last in every iteration
    and within each arm; its start is a random outcome of the arm. Only the last draw follows the rule of ``gaps``: before
    it, covariates are drawn given outcomes that are missing at random.

    Random numbers come from ``PCG64(SeedSequence(seed).spawn(m)[index])`` for any m larger than ``index``. They are
    assigned to subjects in order: sort the subjects first if their order can change. Every sum has a fixed order, so
    the bits are the same for every number of threads.

    Raises
    ------
    EstimationError
        When a covariate has fewer than two different observed values, or no more observed values than its model has
        parameters; when treatment is incomplete or has another length, or outcomes are missing and no ``gaps`` say how
        they are drawn; when donors or iterations are below 1; in the cases of ``require_imputable``, and of
        ``draw_outcomes``.
    """
    chosen = model or ImputationModel()
    _require_consistent(covariates, treated, chosen)
    order = visiting_order(covariates)
    chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(index,))))
    drawn = _Outcome(treated, outcome, observed, gaps, chance)
    state = _Chain(covariates, drawn.predictors(chosen.interaction), chosen)
    for place in order:
        state.start(place, chance)
    visits = len(order) + drawn.incomplete
    rounds = chosen.iterations if visits > 1 else visits
    trace = np.empty((rounds, len(order)))
    for iteration in range(rounds):
        for column, place in enumerate(order):
            trace[iteration, column] = state.visit(place, chance)
        if gaps is not None and drawn.incomplete:
            drawn.draw(gaps, tuple(state.columns), last=iteration == rounds - 1)
            state.give(drawn.predictors(chosen.interaction))
    names = tuple(covariates[place].name for place in order)
    return Imputation(tuple(state.columns), names, trace, drawn.values)


def visiting_order(covariates: Sequence[IncompleteCovariate]) -> tuple[int, ...]:
    """Return the indexes of the covariates with gaps, in ascending order of the number of gaps; ties in the given order."""
    gaps = [int(covariate.missing.sum()) for covariate in covariates]
    # sorted() is stable: ties keep their order
    return tuple(sorted((place for place, count in enumerate(gaps) if count), key=gaps.__getitem__))


def _require_consistent(
    covariates: Sequence[IncompleteCovariate], treated: Mask, model: ImputationModel
) -> None:
    require_imputable(covariates)
    if any(len(covariate.values) != len(treated) for covariate in covariates):
        raise EstimationError(
            "treatment and outcome are not there for all subjects; expected both for everybody with covariates; "
            "restrict the analysis set first"
        )
    if min(model.donors, model.iterations) < 1:
        raise EstimationError(
            f"{model.donors} donors and {model.iterations} iterations cannot impute; expected 1 or more; correct the "
            "protocol"
        )


def _given(treated: Mask, outcome: Vector, interaction: bool) -> Vector:
    """Return the complete predictors, ``(q, n)``: 1, treatment, outcome and their product, standardised."""
    rows = [np.ones(len(outcome)), _standardised(treated.astype(np.float64)), _standardised(outcome)]
    if interaction:
        rows.append(rows[1] * rows[2])
    return np.vstack(rows)


def _standardised(values: Vector) -> Vector:
    scale = float(values.std())
    centred: Vector = values - values.mean()
    return centred / scale if scale > 0 else centred


class _Outcome:
    """The current completed outcome."""

    def __init__(
        self,
        treated: Mask,
        outcome: Vector,
        observed: Mask | None,
        gaps: OutcomeGaps | None,
        chance: np.random.Generator,
    ) -> None:
        self._treated, self._chance = treated, chance
        self._observed = np.ones(len(outcome), dtype=bool) if observed is None else observed
        self.incomplete = not self._observed.all()
        if self.incomplete and gaps is None:
            raise EstimationError(
                f"{int((~self._observed).sum())} outcomes are missing and nothing says how to draw them; expected a "
                "design for them; declare a method under outcome.missing"
            )
        self.values = np.where(self._observed, outcome, np.nan) if self.incomplete else outcome
        for arm in (treated, ~treated):
            missing = arm & ~self._observed
            if missing.any():
                seen = outcome[arm & self._observed]
                self.values[missing] = seen[chance.integers(0, len(seen), size=int(missing.sum()))]

    def predictors(self, interaction: bool) -> Vector:
        """Return the predictors that treatment and the current outcome give."""
        return _given(self._treated, self.values, interaction)

    def draw(self, gaps: OutcomeGaps, columns: tuple[Vector, ...], *, last: bool) -> None:
        """Draw the missing outcomes given the completed covariates: by the rule the ``last`` time, else at random."""
        self.values = draw_outcomes(
            gaps.design(columns),
            self._treated,
            self.values,
            self._observed,
            self._chance,
            family=gaps.family,
            rule=gaps.rule if last else "at random",
        )


class _Chain:
    """The current completed data set, and the predictors computed from it."""

    def __init__(
        self, covariates: Sequence[IncompleteCovariate], given: Vector, model: ImputationModel
    ) -> None:
        self.columns = [covariate.values for covariate in covariates]
        self._covariates = covariates
        self._model = model
        self._missing = [covariate.missing for covariate in covariates]
        self._levels = [
            np.flatnonzero(covariate.level_counts) if covariate.levels else None for covariate in covariates
        ]
        widths = [1 if levels is None else len(levels) - 1 for levels in self._levels]
        self._owner = np.repeat(np.arange(-1, len(covariates)), [len(given), *widths])
        self._rows = np.vstack([given, np.empty((sum(widths), given.shape[1]))])
        for place, covariate in enumerate(covariates):
            if self._missing[place].any():
                self._require_model(place, covariate)
            else:
                self._enter(place)

    def give(self, given: Vector) -> None:
        """Write the predictors of treatment and a newly drawn outcome."""
        self._rows[self._owner == -1] = given

    def start(self, place: int, chance: np.random.Generator) -> None:
        """Fill a covariate's gaps with observed values, drawn with equal probabilities."""
        seen = self.columns[place][~self._missing[place]]
        self._fill(place, seen[chance.integers(0, len(seen), size=int(self._missing[place].sum()))])

    def visit(self, place: int, chance: np.random.Generator) -> float:
        """Draw a covariate's missing values given all others, and return their entry of the trace."""
        missing = self._missing[place]
        rows = self._rows[self._owner != place]
        observed, wanted = rows[:, ~missing], rows[:, missing]
        seen = self.columns[place][~missing]
        levels = self._levels[place]
        if levels is not None:
            drawn = levels[draw_levels(observed, np.searchsorted(levels, seen), wanted, chance)]
            self._fill(place, drawn.astype(np.float64))
            return float((drawn == self._covariates[place].level_counts.argmax()).mean())
        mean, scale = float(seen.mean()), float(seen.std())
        standard = (seen - mean) / scale
        if self._model.numbers == "matching":
            values = seen[draw_donors(observed, standard, wanted, self._model.donors, chance)]
        else:
            values = mean + scale * draw_normal(observed, standard, wanted, chance)
        self._fill(place, values)
        return float(values.mean())

    def _fill(self, place: int, values: Vector) -> None:
        """Write values into a covariate's gaps, and update its predictors."""
        completed = self.columns[place].copy()
        completed[self._missing[place]] = values
        self.columns[place] = completed
        self._enter(place)

    def _enter(self, place: int) -> None:
        """Write a covariate's predictors: a standardised number, or indicators of all observed levels except the first."""
        values, levels = self.columns[place], self._levels[place]
        self._rows[self._owner == place] = (
            _standardised(values) if levels is None else values == levels[1:, None]
        )

    def _require_model(self, place: int, covariate: IncompleteCovariate) -> None:
        seen = covariate.values[~self._missing[place]]
        different = len(np.unique(seen))
        if different < 2:
            raise EstimationError(
                f"covariate {covariate.name!r} has gaps and the same value wherever it was observed; expected two "
                "different ones; leave it out of the protocol"
            )
        logits = different - 1 if covariate.levels else 1
        parameters = logits * int((self._owner != place).sum())
        if len(seen) <= parameters:
            raise EstimationError(
                f"covariate {covariate.name!r} has {len(seen)} observed values for {parameters} parameters of its "
                "imputation model; expected more values; use fewer covariates, or merge levels"
            )
