"""The plan of flexible nuisance models: their learners, the folds and the repeated splits."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from medicore.records.protocol.part import Part


class Flexible(Part):
    """Cross-fitted AIPW as a sensitivity analysis, a row for each learner.

    Subjects are divided into ``folds``, and that is repeated ``repeats`` times. With ``truncation`` t, propensity scores
    outside [t, 1 − t] are moved to the nearer limit, and probabilities of being observed below t to t; without it none is.
    """

    learners: Annotated[tuple[Literal["penalised", "boosting"], ...], Field(min_length=1)]
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    repeats: Annotated[int, Field(ge=1, le=50)] = 5
    truncation: Annotated[float, Field(gt=0, lt=0.5)] | None = None

    @field_validator("learners")
    @classmethod
    def _different(cls, learners: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(learners)) < len(learners):
            raise ValueError("a learner is named twice; name each once")
        return learners


def flexible_incoherence(plan: Flexible | None, *, target: str) -> str | None:
    """Return, in words, why cross-fitted AIPW is not offered beside the protocol's estimand; None when it is."""
    if plan is not None and target == "ATO":
        return (
            "sensitivity.flexible estimates the effect in everybody or in the treated, and estimand.target is ATO; delete "
            "sensitivity.flexible, or declare the target ATE or ATT"
        )
    return None
