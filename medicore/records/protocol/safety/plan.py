"""The safety plan: which delivered table holds the adverse events, what its columns are, and who is at risk when."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from medicore.records.protocol.contract import Column, Contract
from medicore.records.protocol.growing import GrowingPart
from medicore.records.protocol.part import Name, Part, Text
from medicore.records.protocol.source import Dataset

SUBJECT, TERM, CLASS, START = "subject", "term", "system_organ_class", "start"
SERIOUS, SEVERITY = "serious", "severity"
REQUIRED = (TERM, CLASS, START)
OPTIONAL = (SERIOUS, SEVERITY)
YES, NO = "Y", "N"
"""The values of ``serious``."""


class TimeAtRisk(Part):
    """The days on which a subject is at risk: from the date in column ``first`` to that in ``last``, and ``days_after``.

    Both columns are dates of the contract. Who has no first day is not at risk. Who has no last day is at risk up to the
    day of the export, and nobody is longer.
    """

    first: Name
    last: Name
    days_after: Annotated[int, Field(ge=0, le=3650)] = 0


class Safety(GrowingPart):
    """The adverse events of a study, and the time at risk in which they count.

    ``adverse_events`` names the delivered table with a row per event, and for ``term``, ``system_organ_class`` and ``start``,
    and where they are analysed ``serious`` and ``severity``, the column of the file. ``severities`` are the texts of
    ``severity``, the mildest first. ``recode`` maps texts of the file by column: those of ``serious`` to Y and N.
    ``preferred_terms`` are the terms of the coding dictionary that the study may use; every event has one of them, and so
    has every harm with terms.
    """

    later: ClassVar[frozenset[str]] = frozenset({"preferred_terms"})

    adverse_events: Dataset
    at_risk: TimeAtRisk
    severities: tuple[Text, ...] = ()
    recode: dict[str, dict[str, str]] = Field(default_factory=dict)
    preferred_terms: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        given = self.adverse_events.columns
        lacking = [role for role in REQUIRED if role not in given]
        strange = sorted(set(given) - {*REQUIRED, *OPTIONAL})
        if lacking or strange:
            raise ValueError(
                f"adverse_events.columns lacks {lacking} and has {strange}; expected {', '.join(REQUIRED)}, and "
                f"{' and '.join(OPTIONAL)} where they are analysed"
            )
        if (SEVERITY in given) != bool(self.severities):
            raise ValueError(
                "severity needs its column and its texts; write both columns: {severity: AESEV} and severities: [MILD, "
                "MODERATE, SEVERE], or neither"
            )
        stray = sorted(set(self.recode) - (set(OPTIONAL) & set(given)))
        if stray:
            raise ValueError(
                f"recode has {stray}; expected serious or severity, where the file has that column"
            )
        return self

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        files = [self.adverse_events.subject, *self.adverse_events.columns.values()]
        twice = sorted({column for column in files if files.count(column) > 1})
        if twice:
            raise ValueError(
                f"columns {twice} of the file of adverse events have two meanings; name another column for one"
            )
        return self

    @model_validator(mode="after")
    def _values_are_possible(self) -> Self:
        self.contract(("",))
        return self

    @property
    def table(self) -> str:
        """The name of the delivered table with the adverse events."""
        return self.adverse_events.table

    def contract(self, missing: tuple[str, ...]) -> Contract:
        """Return the data contract of the events' table; ``missing`` lists the texts that mean "no value"."""
        columns = [
            Column(name=SUBJECT, type="identifier", timing="administrative"),
            self._term(),
            Column(name=CLASS, type="identifier", timing="follow-up"),
            Column(name=START, type="date", timing="follow-up"),
        ]
        for name, values in ((SERIOUS, (YES, NO)), (SEVERITY, self.severities)):
            if name in self.adverse_events.columns:
                recode = self.recode.get(name, {})
                columns.append(
                    Column(name=name, type="category", timing="follow-up", values=values, recode=recode)
                )
        return Contract(subject=SUBJECT, columns=tuple(columns), missing=missing)

    def _term(self) -> Column:
        if not self.preferred_terms:
            return Column(name=TERM, type="identifier", timing="follow-up")
        return Column(name=TERM, type="category", timing="follow-up", values=self.preferred_terms)

    @property
    def counting(self) -> dict[str, Any]:
        """What decides which events of a term count, and in which time: rows, columns of term and start, time at risk."""
        dataset = self.adverse_events
        return {
            "at_risk": self.at_risk.model_dump(mode="json"),
            "columns": {role: dataset.columns[role] for role in (TERM, START)},
            "where": {column: dataset.where[column] for column in sorted(dataset.where)},
        }
