"""AIPW with one model wrong, the other wrong, and both."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.inverse_probability import weighted_means
from medicore.stats.effect.standardisation import standardised_means
from medicore.stats.models.logistic import fit_logistic
from tests.simulation.workers import simulated
from tests.simulation.worlds import curved

SUBJECTS = 1000
SIMULATIONS = 4000
TRUTH = 1.0


@dataclass(frozen=True)
class Bias:
    """Bias of one estimator over all samples, and its Monte-Carlo standard error."""

    estimator: str
    propensity: str
    outcome: str
    bias: float
    error: float

    @property
    def in_errors(self) -> float:
        """Bias in its Monte-Carlo standard errors."""
        return self.bias / self.error

    @property
    def consistent(self) -> bool:
        """Whether theory says that the estimator is free of bias: a model that it uses is right."""
        return "right" in (self.propensity, self.outcome)


def _one(index: int) -> list[tuple[str, str, str, float]]:
    """Return the estimates of one sample, with what each took the models to be."""
    trial = curved(index, SUBJECTS)
    designs = {"right": np.column_stack([trial.x, trial.x[:, 1] ** 2]), "wrong": trial.x}
    fits = {name: fit_logistic(design, trial.treated) for name, design in designs.items()}
    made = []
    for score, fit in fits.items():
        weighted = difference(weighted_means(trial.treated, trial.outcome, fit).weights_fixed)
        made.append(("Hájek weighting", score, "–", weighted.value))
        for model, design in designs.items():
            found = augmented_inverse_probability(design, trial.treated, trial.outcome, fit)
            made.append(("AIPW", score, model, found.sandwich.value))
    for model, design in designs.items():
        standardised = difference(standardised_means(design, trial.treated, trial.outcome))
        made.append(("g-computation", "–", model, standardised.value))
    return made


@cache
def biases() -> tuple[Bias, ...]:
    """Return the bias of every combination of estimator and models."""
    made = simulated(_one, SIMULATIONS)
    values = np.array([[row[3] for row in sample] for sample in made])
    errors = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return tuple(
        Bias(*row[:3], float(mean - TRUTH), float(error))
        for row, mean, error in zip(made[0], values.mean(axis=0), errors, strict=True)
    )
