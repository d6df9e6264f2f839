"""The two input files of the portfolio report, the check that they are the requested ones, and each month as its report has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from presentation.writing.inputs import Report, WrongSchemaError, read_inputs

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


def report_of(figures: Mapping[str, Any]) -> Report:
    """Return a month's primary result in the form that the study's own report is printed from.

    What is printed of it here is printed by that report's functions, so that both print the same.
    """
    ends = {f"ci_{end}": figures[f"valid_{end}"] for end in ("low", "high")}
    claim = figures["claim"] or {"controlled": False}
    results = {
        "primary": figures,
        "monitoring": {**claim, **ends},
        "cohort": {"arms": figures["arms"]},
    }
    return Report(results, figures["protocol"], {})


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
