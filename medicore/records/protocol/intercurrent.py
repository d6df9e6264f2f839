"""Intercurrent events: what detects each, its strategy, and what the strategy computes (ICH E9(R1), A.3)."""

from typing import ClassVar, Literal

from medicore.records.protocol.growing import GrowingPart
from medicore.records.protocol.part import Name, Part, Text

Operator = Literal["present", "equals", "not equals", "at least", "at most", "above", "below", "one of"]


class Criterion(Part):
    """One eligibility criterion; its name is the reason for excluding a subject that fails it."""

    name: Text
    column: Name
    operator: Operator
    value: float | str | tuple[str, ...] | None = None


class Detection(Part):
    """The rule by which a subject had the event: a column that satisfies an operator; ``date`` is the event's date."""

    column: Name
    operator: Operator
    value: float | str | tuple[str, ...] | None = None
    date: Name | None = None

    def criterion(self, event: str) -> Criterion:
        """Return the rule in the form of a criterion."""
        return Criterion(name=event, column=self.column, operator=self.operator, value=self.value)


class IntercurrentEvent(GrowingPart):
    """An intercurrent event and the strategy that handles it (ICH E9(R1), A.3).

    ``detect`` is the rule that finds the event, or ``none`` where the event is not collected; ``reason`` then says why.
    ``composite`` is the outcome of subjects with the event. ``column_before`` holds the last value before the event, and
    ``duration`` the time under treatment; without it, the days from the outcome's anchor to the event are summarised.
    """

    later: ClassVar[frozenset[str]] = frozenset(
        {"detect", "reason", "composite", "column_before", "duration"}
    )

    event: Text
    strategy: Literal[
        "treatment policy", "hypothetical", "composite variable", "while on treatment", "principal stratum"
    ]
    detect: Detection | Literal["none"] | None = None
    reason: Text | None = None
    composite: float | None = None
    column_before: Name | None = None
    duration: Name | None = None

    @property
    def rule(self) -> Detection | None:
        """The rule that detects the event; None where nothing does."""
        return self.detect if isinstance(self.detect, Detection) else None
