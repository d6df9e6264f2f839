"""Families of hypotheses: what is tested together, by which method, at which level."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medicore.records.protocol.part import Level, Month, Name, Part, Text

Method = Literal[
    "bonferroni",
    "holm",
    "hochberg",
    "hommel",
    "benjamini-hochberg",
    "benjamini-yekutieli",
    "fixed sequence",
    "graph",
]
Fraction = Annotated[float, Field(ge=0, le=1)]

BY_SIMES = frozenset({"hochberg", "hommel", "benjamini-hochberg"})
"""The methods that hold where Simes' inequality does: for p-values that are independent or positively dependent."""

BY_DISCOVERY = frozenset({"benjamini-hochberg", "benjamini-yekutieli"})
"""The methods that hold the false discovery rate, and no family-wise error rate."""

PRIMARY = "primary"
"""The hypothesis that the primary effect is none."""

_ROUNDING = 1e-9
"""By how much shares may exceed 1 in sum: the rounding of numbers such as 0.333333333333."""


class SubgroupHypothesis(Part):
    """The hypothesis that there is no effect in one level of a subgroup's column."""

    subgroup: Name
    level: Text

    @property
    def key(self) -> str:
        """The name of the hypothesis in results and messages."""
        return f"{self.subgroup}: {self.level}"


class FamilyMethod(Part):
    """How a family is tested: method, level, and the graph of the method "graph".

    ``weights`` are the shares of the level with which each hypothesis begins; row i of ``transitions`` says which share of its
    own hypothesis i passes on to each other when it is rejected.
    """

    name: Name
    method: Method
    alpha: Level
    weights: tuple[Fraction, ...] | None = None
    transitions: tuple[tuple[Fraction, ...], ...] | None = None

    def graph_problems(self, size: int) -> Iterator[str]:
        """Yield why weights and transitions are no graph of ``size`` hypotheses, or belong to another method."""
        weights, transitions = self.weights, self.transitions
        if self.method != "graph":
            if (weights, transitions) != (None, None):
                yield f"weights and transitions belong to the method 'graph', not {self.method!r}; delete them"
            return
        if weights is None or transitions is None:
            yield "the method 'graph' needs its graph; write weights: [1, 0] and transitions: [[0, 1], [0, 0]]"
            return
        if len(weights) != size or len(transitions) != size or any(len(row) != size for row in transitions):
            yield f"the graph is not one of {size} hypotheses; expected {size} weights and {size} rows of {size} transitions"
            return
        if sum(weights) > 1 + _ROUNDING:
            yield f"the weights sum to {sum(weights):g}; expected 1 at most"
        for place, row in enumerate(transitions):
            if sum(row) > 1 + _ROUNDING:
                yield f"row {place + 1} of the transitions sums to {sum(row):g}; expected 1 at most"
            if row[place]:
                yield f"row {place + 1} of the transitions passes on to itself; expected 0 on the diagonal"


class Family(FamilyMethod):
    """A family within a study: ``primary``, names of secondary endpoints, and levels of subgroups.

    ``month`` is the one month in which hypotheses other than the primary are tested, where the study is looked at every
    month.
    """

    hypotheses: Annotated[tuple[Name | SubgroupHypothesis, ...], Field(min_length=2)]
    month: Month | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the hypotheses, in order."""
        return tuple(one if isinstance(one, str) else one.key for one in self.hypotheses)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        problems = [*self.graph_problems(len(self.hypotheses))]
        if problems:
            raise ValueError("; ".join(problems))
        return self
