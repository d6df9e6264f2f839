"""The outcome: its column, when it is due, and the method for outcomes that are missing."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from medicore.records.protocol.growing import GrowingPart
from medicore.records.protocol.part import Name, Part, Positive, Text

IMPUTED = ("multiple imputation", "jump to reference", "copy reference")
"""The methods that draw missing outcomes several times."""

REFERENCE_BASED = ("jump to reference", "copy reference", "copy increments")
"""The methods that take subjects without an outcome to fare like the control arm."""

COMPUTED = ("weighted", "complete cases", *IMPUTED)
"""The methods for missing outcomes that have an estimator."""

MIXED = "mixed model"
"""The method of the primary estimator MMRM: an outcome is missing at random given those of the other visits."""


class Assessed(Part):
    """The day on which the outcome is due, and the window around it in which a visit counts as on time.

    ``anchor`` is the column with the date from which ``day`` is counted. The window reaches from the first to the second
    number of ``window``, in days from the due day, ends included. ``visit`` is the column with the date of the visit. A
    visit column alone says that the outcome is due from the day of the visit, held or recorded as missed.
    """

    anchor: Name | None = None
    day: Annotated[int, Field(ge=0, le=36525)] | None = None
    window: tuple[int, int] | None = None
    visit: Name | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        counted = (self.anchor, self.day, self.window)
        if any(part is None for part in counted) and (counted != (None, None, None) or self.visit is None):
            raise ValueError(
                "'assessed' is incomplete; write {anchor: <date column>, day: 182, window: [-14, 28]}, {visit: <date "
                "column>}, or none"
            )
        if self.window is not None and not self.window[0] <= 0 <= self.window[1]:
            raise ValueError("the window must hold the due day; write it as [-14, 28]")
        return self


class MissingOutcomes(GrowingPart):
    """The method for missing outcomes, and the covariates of the model for being observed, or of the imputation.

    Without ``covariates``, the model for being observed has the covariates of the outcome model. A model from which
    outcomes are drawn always has those, and these as well. ``number`` is how often outcomes are drawn.
    """

    later: ClassVar[frozenset[str]] = frozenset({"number"})

    method: Literal[
        "weighted",
        "complete cases",
        "multiple imputation",
        "jump to reference",
        "copy reference",
        "copy increments",
        "mixed model",
    ]
    covariates: tuple[Name, ...] = ()
    number: Annotated[int, Field(ge=5, le=100)] = 20


class Censoring(Part):
    """The covariates on which the end of follow-up may depend; none where it depends on nothing within an arm."""

    covariates: tuple[Name, ...]


class Visits(Part):
    """The visits at which the outcome was measured, and the mixed model for repeated measures over them.

    ``columns`` are in the order of the visits; the last is the outcome's own. Covariates of the outcome model act alike at
    every visit, but for those in ``by_visit``. "kenward-roger linear" corrects the standard error in the elements of the
    covariance, as SAS does, "kenward-roger" in the parameters of its factor, as R's mmrm does by default.
    """

    columns: Annotated[tuple[Name, ...], Field(min_length=2, max_length=10)]
    by_visit: tuple[Name, ...] = ()
    likelihood: Literal["restricted", "full"] = "restricted"
    degrees_of_freedom: Literal["kenward-roger linear", "kenward-roger", "satterthwaite"] = (
        "kenward-roger linear"
    )


class Level(Part):
    """A level of an ordinal outcome: its code in the column, and the words that reports print."""

    value: int
    label: Text


class Outcome(GrowingPart):
    """The outcome column, its type and unit, when it is due, and what is done where it is missing.

    ``assessed`` and ``missing`` are None in protocols of before they were asked for; no run is made by such a one. A time
    to event has neither: its column is the time of follow-up, ``event`` the column that says how follow-up ended, 0
    censored, 1 with the event, and 2 with a ``competing`` event, if that has a name. ``horizon`` is the time at which
    survival is compared. ``censoring`` names the covariates of the hazard of censoring, by default those of the outcome
    model. ``visits`` are None where nothing is planned over repeated visits. A count has neither, either: its column is
    the number of events, ``exposure`` the column of the time, or amount, in which they were counted, and ``unit`` that of
    the rate, as in "exacerbations per year". Reports print effects with ``decimals``, say which direction is ``better``,
    and hold the estimate against the smallest ``relevant`` difference.
    """

    later: ClassVar[frozenset[str]] = frozenset(
        {
            "assessed",
            "missing",
            "event",
            "horizon",
            "competing",
            "censoring",
            "visits",
            "exposure",
            "levels",
            "decimals",
            "better",
            "relevant",
        }
    )

    column: Name
    type: Literal["continuous", "binary", "time to event", "count", "ordinal"] = "continuous"
    unit: Text
    label: Text
    assessed: Assessed | Literal["none"] | None = None
    missing: MissingOutcomes | None = None
    event: Name | None = None
    horizon: Positive | None = None
    competing: Text | None = None
    censoring: Censoring | None = None
    visits: Visits | None = None
    exposure: Name | None = None
    levels: Annotated[tuple[Level, ...], Field(min_length=3, max_length=20)] | None = None
    decimals: Annotated[int, Field(ge=0, le=8)] | None = None
    better: Literal["higher", "lower"] | None = None
    relevant: Positive | None = None

    @property
    def timed(self) -> bool:
        """Whether the outcome is a time to an event."""
        return self.type == "time to event"

    @property
    def counted(self) -> bool:
        """Whether the outcome is a number of events in an exposure."""
        return self.type == "count"

    @property
    def graded(self) -> bool:
        """Whether the outcome is one of some ordered levels."""
        return self.type == "ordinal"

    @property
    def with_missing(self) -> bool:
        """Whether the protocol must say when the outcome is due, and what is done where it is missing."""
        return not (self.timed or self.counted)

    @property
    def family(self) -> Literal["gaussian", "binomial"]:
        """The family of outcome models for the type: least squares, or logistic regression for an outcome of 0 and 1."""
        return "binomial" if self.type == "binary" else "gaussian"

    @property
    def schedule(self) -> Assessed | None:
        """When the outcome is due; None where the protocol names no dates."""
        return self.assessed if isinstance(self.assessed, Assessed) else None

    @property
    def method(self) -> str:
        """The method for missing outcomes; '' in protocols of before it was asked for."""
        return self.missing.method if self.missing is not None else ""

    @property
    def imputed(self) -> bool:
        """Whether missing outcomes are drawn several times."""
        return self.method in IMPUTED
