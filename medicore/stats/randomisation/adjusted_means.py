"""The arms' means of a randomised study, adjusted by outcome models that may be wrong: ANCOVA and g-computation."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.contrasts import ArmMeans, difference
from medicore.stats.given import checked
from medicore.stats.models.leverage import Correction, leverages
from medicore.stats.models.linear import ALONE
from medicore.stats.models.outcome_model import Family, Form, OutcomeModel, fit_outcome_models
from medicore.stats.models.sandwich import propagate
from medicore.stats.randomisation.randomisation_covariance import (
    balance_gain,
    positive,
    randomisation_covariance,
    with_covariance,
)
from medicore.stats.randomisation.randomisation_scheme import Randomisation, calibrated

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Estimator = Literal["ancova", "g-computation"]


@dataclass(frozen=True, slots=True)
class AdjustedMeans:
    """The mean prediction under each arm over everybody, and what its variances need.

    ``predicted`` is ``(n, 2)``, treated first, calibrated where the scheme asks for it; ``residual`` and ``leverage`` are
    ``(n,)``, of each subject under its own arm. ``models`` are the outcome models under treatment and under control; the
    two are one fit in the ``joint`` form. ``parameters`` counts all that is fitted to the outcomes.
    """

    estimator: Estimator
    form: Form
    treated: Flags
    outcome: Vector
    randomisation: Randomisation
    models: tuple[OutcomeModel, OutcomeModel]
    predicted: Vector
    residual: Vector
    leverage: Vector
    parameters: int

    @property
    def name(self) -> str:
        """The name of the estimator."""
        if self.estimator == "ancova":
            name = "ANCOVA" if self.form == "joint" else "ANCOVA, interactions"
        else:
            name = "g-computation, joint model" if self.form == "joint" else "g-computation"
        return f"{name}, calibrated in strata" if self.randomisation.calibrated else name

    @property
    def means(self) -> tuple[float, float]:
        """The mean under treatment and under control."""
        one, zero = self.predicted.mean(axis=0)
        return float(one), float(zero)

    @property
    def degrees_of_freedom(self) -> float:
        """The subjects less the parameters."""
        return float(len(self.outcome) - self.parameters)

    def result(self) -> "AdjustedResult":
        """Return the estimate with the variance of its influence function, and with the stacked sandwich.

        A subject's influence on the mean of arm a is m_a − μ_a + 1(A = a)(y − m_a)/π, π the share of the arm, in its stratum
        where predictions are calibrated there; ddof 1. The stacked sandwich counts the estimation of the models, too
        (Stefanski & Boos, 2002), ddof 0. Both are less the ``balance_gain``.
        """
        n = len(self.outcome)
        means = self._of_influence(
            self._direct(np.ones(n)), f"influence function, ddof 1{self._told}", ddof=1
        )
        full = self._through_models(np.ones(n))
        stacked = self._of_influence(full, f"stacked sandwich, ddof 0{self._told}")
        return AdjustedResult(
            influence_function=difference(means),
            sandwich=difference(stacked),
            mean_treated=means.treated,
            mean_control=means.control,
            influence=full[:, 0] - full[:, 1] + means.treated - means.control,
            means=means,
            stacked=stacked,
            models=self.models,
            adjusted=self,
        )

    def small_sample(self, correction: Correction = "HC2") -> ArmMeans:
        """Return the arms' means with the variance and the degrees of freedom for small samples.

        A residual is divided by √(1 − h), or by 1 − h (HC3), h the leverage (MacKinnon & White, 1985, section 2). ANCOVA
        has the covariance HC2 of its coefficients, to which the sampling of the covariates is added, so that the interval
        is about the population of patients even with interactions (Ye, Shao, Yi & Zhao, 2023); without them the
        difference's is HC2 alone. g-computation has the variance of the influence function with the longer residuals. The
        ``balance_gain`` that is taken off is unbiased. Student's t has the subjects less the parameters as degrees of
        freedom.
        """
        factor, words = _inflation(self.leverage, correction), f"{self._told}, Student's t"
        if self.estimator == "ancova":
            return self._of_influence(self._through_models(factor), f"{correction}{words}", small=True)
        words = f"influence function, ddof 1{self._told}, residuals corrected for leverage ({correction}), Student's t"
        return self._of_influence(self._direct(factor), words, ddof=1, small=True)

    def robust(self) -> ArmMeans:
        """Return the arms' means with ``randomisation_covariance``, as RobinCar2 has it, without correction."""
        covariance = randomisation_covariance(self.predicted, self._arm, self.outcome, self.randomisation)
        values, vectors = np.linalg.eigh(covariance)
        root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
        one, zero = self.means
        told = f"variance of randomisation, ddof 1{self._told}"
        return ArmMeans("ATE", self.name, one, zero, root, told, len(self.outcome))

    @property
    def _arm(self) -> NDArray[np.intp]:
        return np.where(self.treated, 0, 1)

    @property
    def _shares(self) -> Vector:
        share = float(self.treated.mean())
        return np.array([share, 1 - share])

    @property
    def _told(self) -> str:
        scheme = self.randomisation.scheme
        return "" if scheme == "simple" else f", {scheme}"

    @property
    def _weights(self) -> Vector:
        """Return 1/π of each subject's own arm, ``(n,)``; π is the share in the stratum where predictions are calibrated."""
        if not self.randomisation.calibrated:
            return 1 / self._shares[self._arm]
        cells, strata = self.randomisation.cells(self._arm, 2), self.randomisation.strata
        weights: Vector = cells.sum(axis=1)[strata] / cells[strata, self._arm]
        return weights

    def _direct(self, factor: Vector) -> Vector:
        """Return each subject's influence on the means, the models as known, its residual multiplied by ``factor``."""
        own = np.column_stack([self.treated, ~self.treated])
        found: Vector = self.predicted - np.array(self.means)
        return found + own * (self._weights * self.residual * factor)[:, None]

    def _through_models(self, factor: Vector) -> Vector:
        """Return each subject's influence on the means, ``(n, 2)``, with that through the models."""
        n, columns = len(factor), []
        for place, (model, inside) in enumerate(zip(self.models, (self.treated, ~self.treated), strict=True)):
            weight = np.where(inside, self._weights, 0.0) if self.randomisation.calibrated else np.zeros(n)
            through = propagate(model.influence, model.gradient, (1 - weight) / n)
            direct = self.predicted[:, place] - self.means[place]
            columns.append(direct + factor * (weight * self.residual + through))
        return np.column_stack(columns)

    def _of_influence(
        self, influence: Vector, variance: str, *, ddof: int = 0, small: bool = False
    ) -> ArmMeans:
        """Return the means with the variance of their influence, less the gain; the root has a row for each subject."""
        n, freedom = len(influence), self.degrees_of_freedom if small else None
        centre = influence.mean(axis=0) if ddof else 0.0
        root: Vector = (influence - centre) / np.sqrt(n * (n - ddof))
        one, zero = self.means
        if self.randomisation.balanced:
            gain = balance_gain(self.residual, self._arm, self._shares, self.randomisation, unbiased=small)
            root = with_covariance(root, positive(root.T @ root - gain / n))
        return ArmMeans("ATE", self.name, one, zero, root, variance, n, freedom)


@dataclass(frozen=True, slots=True)
class AdjustedResult(AugmentedResult):
    """The result of adjusted means, and these themselves: other variances of the same fit are theirs."""

    adjusted: AdjustedMeans


@checked
def adjusted_means(
    x: Vector,
    treated: Flags,
    outcome: Vector,
    randomisation: Randomisation,
    *,
    estimator: Estimator = "g-computation",
    family: Family = "gaussian",
    form: Form = "joint",
) -> AdjustedMeans:
    """Return the adjusted means of a study with the scheme ``randomisation``; ``x`` is ``(n, p)`` without intercept.

    One model with the arm as a further column (``joint``), or a model in each arm (``per arm``: with the interactions of
    treatment and every covariate), is averaged over everybody (Robins, 1986; Freedman, 2008; Lin, 2013). The models may be
    wrong: their residuals have mean 0 in each arm, so that the means are unbiased in large samples.

    Raises EstimationError for an ANCOVA of another family than ``gaussian``, for strata of another length than the arm,
    where a stratum lacks an arm under minimisation, and where there are not more subjects than parameters.
    """
    if estimator == "ancova" and family != "gaussian":
        raise EstimationError(
            "an ANCOVA is linear, the outcome is binary; expected a continuous outcome; use g-computation"
        )
    if randomisation.strata.shape != treated.shape:
        raise EstimationError(
            f"strata have the shape {randomisation.strata.shape}; expected one for each of {len(treated)} subjects; take "
            "them from the analysed subjects"
        )
    models = fit_outcome_models(x, treated, outcome, family, form)
    predicted = np.column_stack([model.predicted for model in models])
    leverage, parameters = _leverages(models, treated, family, form)
    arm = np.where(treated, 0, 1)
    if randomisation.calibrated:
        predicted = calibrated(predicted, arm, outcome, randomisation)
        cells = randomisation.cells(arm, 2)
        leverage = 1 - (1 - leverage) * (1 - 1 / cells[randomisation.strata, arm])
        parameters += cells.size - 2
    if len(outcome) <= parameters:
        raise EstimationError(
            f"{len(outcome)} subjects cannot carry {parameters} parameters; expected more subjects; use fewer covariates "
            "or strata"
        )
    return AdjustedMeans(
        estimator,
        form,
        treated,
        outcome,
        randomisation,
        models,
        predicted,
        outcome - predicted[np.arange(len(arm)), arm],
        leverage,
        parameters,
    )


def _leverages(
    models: tuple[OutcomeModel, OutcomeModel], treated: Flags, family: Family, form: Form
) -> tuple[Vector, int]:
    """Return each subject's leverage in the fit that it belongs to, ``(n,)``, and the parameters of all fits."""
    if form == "per arm":
        found = np.zeros(len(treated))
        for model, inside in zip(models, (treated, ~treated), strict=True):
            found[inside] = leverages(model, inside, family)
        return found, sum(model.gradient.shape[1] for model in models)
    one, zero = models
    own = OutcomeModel(
        np.where(treated, one.predicted, zero.predicted),
        np.where(treated[:, None], one.gradient, zero.gradient),
        one.influence,
        one.aliased,
        one.separated,
        one.converged,
    )
    return leverages(own, np.ones(len(treated), dtype=bool), family), own.gradient.shape[1]


def _inflation(leverage: Vector, correction: Correction) -> Vector:
    """Return the factor of each residual; 0 where a subject alone determines a coefficient, as its residual is 0."""
    alone = 1 - leverage < ALONE
    free = np.where(alone, 1.0, 1 - leverage)
    power = 0.5 if correction == "HC2" else 1.0
    return np.where(alone, 0.0, free**-power)
