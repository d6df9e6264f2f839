"""The two input files of the portfolio report, and the check that they are the requested ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from presentation.writing.inputs import WrongSchemaError, read_inputs

SCHEMA = "medicore-portfolio-1"


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The contents of the report: ``contents``, collected from records and ledger, and the report's ``identity``."""

    contents: Mapping[str, Any]
    identity: Mapping[str, Any]

    @property
    def studies(self) -> list[Mapping[str, Any]]:
        """The studies, sorted by identifier."""
        return list(self.contents["studies"])

    @property
    def runs(self) -> list[Mapping[str, Any]]:
        """All runs of the month, by study and number."""
        return [row for study in self.studies for row in study["runs"]]


def load(study_id: str, month: str, run: str) -> Portfolio:
    """Return the report's inputs from the working folder.

    Raises
    ------
    LostParameterError
        When a parameter is empty or differs from ``run.json``.
    WrongSchemaError
        When ``portfolio.json`` has another schema or is of another month.
    """
    files = read_inputs(("portfolio",), study_id, month, run)
    contents = files["portfolio"]
    if contents["schema"] != SCHEMA or contents["month"] != month:
        raise WrongSchemaError(SCHEMA)
    return Portfolio(contents, files["run"])
