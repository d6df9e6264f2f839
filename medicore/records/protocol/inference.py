"""Inference: the primary estimator, its level and bootstrap, and the hypothesis that its interval is held against."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from medicore.records.protocol.growing import GrowingPart
from medicore.records.protocol.part import Name, Positive, Share


class Inference(GrowingPart):
    """Primary estimator, confidence level, bootstrap and hypothesis of the primary analysis.

    ``heterogeneous`` gives each arm an outcome model of its own, which is ANCOVA with the interactions of treatment and
    covariates. ``margin`` is the distance from no effect in the outcome's unit, or a ratio above 1; ``benefit`` says which
    values of the outcome are better. ``sides`` says how the level is used: 1 − level on one side, or half of it on each.
    ``cluster`` is the column of what subjects share, as a site, so that they need not be independent.
    """

    later: ClassVar[frozenset[str]] = frozenset(
        {"estimator", "heterogeneous", "hypothesis", "margin", "benefit", "sides", "cluster"}
    )

    level: Share = 0.95
    replicates: Annotated[int, Field(ge=200, le=20000)] = 1000
    interval: Literal["percentile", "BCa"] = "percentile"
    estimator: Literal["aipw", "ancova", "g-computation", "mmrm"] = "aipw"
    heterogeneous: bool = False
    hypothesis: Literal["superiority", "non-inferiority", "equivalence"] | None = None
    margin: Positive | None = None
    benefit: Literal["higher", "lower"] | None = None
    sides: Literal[1, 2] = 2
    cluster: Name | None = None

    @property
    def scored(self) -> bool:
        """Whether propensity scores enter the primary estimator; ANCOVA, g-computation and MMRM rest on randomisation alone."""
        return self.estimator == "aipw"

    @property
    def mixed(self) -> bool:
        """Whether the primary estimator is the mixed model for repeated measures."""
        return self.estimator == "mmrm"
