"""Monitoring: how a study that is looked at every month keeps what its interval claims."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from medicore.records.protocol.growing import GrowingPart
from medicore.records.protocol.harms import CountedHarm
from medicore.records.protocol.part import Action, Level, Month, Part, Positive

Subjects = Annotated[int, Field(ge=1)]
Sides = Literal[1, 2]
Family = Literal["obrien-fleming", "pocock", "hwang-shih-decani", "power"]
Benefit = Literal["higher", "lower"]

MISSING = (
    "is missing; expected how the monthly looks share the level: for a randomised study with a planned end such as "
    "'monitoring: {method: alpha spending, function: obrien-fleming, sides: 2, alpha: 0.05, maximum_information: 40, "
    "first_subjects: 60}', for others such as 'monitoring: {method: confidence sequence, alpha: 0.05, tuned_at: 1000, "
    "first: 100}'; docs/use.md, 'Moving a protocol to the new form', tells how to choose"
)
"""What is said of a protocol of the form before monitoring."""


class SpendingFunction(Part):
    """A spending function and its parameter: gamma of hwang-shih-decani, rho of power; the others have none."""

    function: Family
    parameter: float | None = None

    @model_validator(mode="after")
    def _parameter_fits(self) -> Self:
        wanted = self.function in ("hwang-shih-decani", "power")
        if wanted and self.parameter is None:
            raise ValueError(f"the function {self.function} needs a parameter")
        if not wanted and self.parameter is not None:
            raise ValueError(f"the function {self.function} takes no parameter")
        if self.function == "power" and self.parameter is not None and self.parameter <= 0:
            raise ValueError("the parameter of power is above 0")
        return self


class HarmBound(SpendingFunction):
    """A non-binding bound for harm, with a one-sided level of its own."""

    alpha: Level


class FutilityBound(SpendingFunction):
    """A non-binding bound for futility that misses the planned ``effect`` with probability ``beta``.

    The effect is on the scale of inference, its size without the sign: the direction is that of the benefit.
    """

    beta: Level
    effect: Positive


class PlannedSize(Part):
    """The planned subjects of each arm and the outcome's standard deviation beside the covariates."""

    treated: Subjects
    control: Subjects
    sd: Positive

    @property
    def information(self) -> float:
        """The information of the difference of means at the planned end: 1/(sd²(1/n1 + 1/n0))."""
        return 1 / (self.sd**2 * (1 / self.treated + 1 / self.control))


class PlanWithHarms(GrowingPart):
    """A plan for the looks, and the harms that are counted at each of them."""

    later: ClassVar[frozenset[str]] = frozenset({"harms"})

    harms: tuple[CountedHarm, ...] = ()

    @property
    def design(self) -> dict[str, Any]:
        """The design of the looks at the primary estimate: without the harms, and without what a crossing leads to."""
        return self.model_dump(mode="json", exclude={"action", "harms"})


class AlphaSpendingPlan(PlanWithHarms, SpendingFunction):
    """Alpha spending by information, up to a planned maximum; no level is spent before ``first_subjects``."""

    method: Literal["alpha spending"]
    alpha: Level
    sides: Sides = 2
    benefit: Benefit | None = None
    maximum_information: Positive | None = None
    planned: PlannedSize | None = None
    first_subjects: Subjects
    harm: HarmBound | None = None
    futility: FutilityBound | None = None
    action: Action = "board"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.maximum_information is None) == (self.planned is None):
            raise ValueError("expected either maximum_information or planned: {treated, control, sd}")
        _require_benefit(self.benefit, self.sides, self.harm, self.futility)
        return self

    @property
    def maximum(self) -> float:
        """The planned maximum of the information 1/SE²."""
        return self.planned.information if self.planned else float(self.maximum_information or 0)


class ConfidenceSequencePlan(PlanWithHarms):
    """A confidence sequence, tightest at ``tuned_at`` subjects; it says nothing before ``first`` subjects."""

    method: Literal["confidence sequence"]
    alpha: Level
    tuned_at: Subjects
    first: Subjects
    sides: Sides = 2
    benefit: Benefit | None = None
    action: Action = "board"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _require_benefit(self.benefit, self.sides)
        return self


class SingleLookPlan(PlanWithHarms):
    """One month of analysis; a look in every other month is one without control."""

    method: Literal["single"]
    month: Month
    action: Action = "board"


class MaxSprtPlan(BaseModel):
    """MaxSPRT as the method of the primary estimate: refused by its name, as it is for counted harms."""

    model_config = ConfigDict(frozen=True, extra="allow")

    method: Literal["maxsprt"]

    @model_validator(mode="before")
    @classmethod
    def _refused(cls, _: Any) -> None:  # noqa: ANN401 - whatever the file holds
        raise ValueError(
            "maxsprt tests counted harms and no primary estimate; expected 'alpha spending', 'confidence sequence' or "
            "'single'; write the harm under monitoring.harms, as in {name: <name>, label: <text>, kind: binomial, events: "
            "<column>, alpha: 0.05, upper_limit: 50}"
        )


Plan = AlphaSpendingPlan | ConfidenceSequencePlan | SingleLookPlan
Monitoring = Annotated[Plan | MaxSprtPlan, Field(discriminator="method")]
METHODS = ("alpha spending", "confidence sequence", "single", "maxsprt")


def declared_harms(plan: Plan | MaxSprtPlan | None) -> tuple[CountedHarm, ...]:
    """Return the harms that a plan declares; a protocol of before there were looks declares none."""
    return plan.harms if isinstance(plan, PlanWithHarms) else ()


def _require_benefit(benefit: Benefit | None, sides: Sides, *bounds: object) -> None:
    """Raise ValueError when the plan has a direction that it does not name."""
    if benefit is None and (sides == 1 or any(bound is not None for bound in bounds)):
        raise ValueError("one side, harm and futility need the direction: benefit: higher, or benefit: lower")


def monitoring_incoherence(plan: object, *, level: float, measure: str) -> str | None:
    """Return what is wrong between the plan and the rest of the protocol, in words; None where they agree."""
    alpha = getattr(plan, "alpha", None)
    if alpha is not None and getattr(plan, "sides", 2) == 2 and abs(alpha - (1 - level)) > 1e-9:
        return (
            f"monitoring.alpha is {alpha:g} and inference.level {level:g}; expected alpha to be 1 − level where there are "
            "two sides"
        )
    if getattr(plan, "planned", None) is not None and measure != "difference":
        return (
            f"monitoring.planned is for a difference of means; declare maximum_information for the {measure}"
        )
    return None
