"""The files that a report is made from, and proof that they are those of the run that was asked for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from presentation.writing.typst import Code, call


class LostParameterError(Exception):
    """A parameter did not arrive, or is not that of the run in ``run.json``."""


class WrongSchemaError(Exception):
    """``results.json`` is of a schema that this template does not know."""


SCHEMA = "medicore-results-1"


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says: ``results`` (every number), the resolved ``protocol``, and the ``run``'s identity.

    ``rendition`` says of which record this is a rendition in HTML; there is none where the PDF of record is made.
    ``cited`` collects the references that were printed, for the appendix that maps them to their paths, and
    ``exhibits`` number and title of the tables and figures of a rendition.
    """

    results: Mapping[str, Any]
    protocol: Mapping[str, Any]
    run: Mapping[str, Any]
    cited: set[int] = field(default_factory=set)
    rendition: Mapping[str, Any] | None = None
    exhibits: list[tuple[str, str]] = field(default_factory=list)

    def cite(self, *paths: str) -> Code:
        """Return the source of the references, as [R12], of places in the results.

        Raises
        ------
        ValueError
            When a place has no reference: no number is printed that the appendix does not map.
        """
        numbers = [self.results["references"].index(path) + 1 for path in paths]
        self.cited.update(numbers)
        return call("cited", *numbers)

    @property
    def observational(self) -> bool:
        """Whether the study is observational, so that the effect rests on assumptions about confounding."""
        return bool(self.results["study"]["design"] == "observational")

    def arm(self, arm: str) -> str:
        """Return the arm's name; a bare code is printed with the column that holds it."""
        label = str(self.results["cohort"]["arms"][arm]["label"])
        return f"{self.protocol['treatment']['column']}\u00a0=\u00a0{label}" if len(label) < 4 else label

    def term(self, name: str) -> str:
        """Return a model term in words.

        ``age^2`` is ``Age, squared``, ``sex=F`` is ``Sex: F``, ``age:missing`` is ``Age: missing``.
        """
        if name.endswith(":missing"):
            return f"{self.term(name.removesuffix(':missing'))}: missing"
        column, _, level = name.partition("=")
        base, squared, _ = column.partition("^2")
        labels = {covariate["column"]: covariate["label"] for covariate in self.protocol["covariates"]}
        if base not in labels:
            return name.strip("()")
        label = str(labels[base]).partition(" (")[0]
        if level:
            return f"{label}: {level}"
        return f"{label}, squared" if squared else label


def load(study_id: str, month: str, run: str) -> Report:
    """Return the report's inputs from the working folder.

    Raises
    ------
    LostParameterError
        When a parameter is empty or differs from ``run.json``: a parameter that got lost is an error.
    WrongSchemaError
        When ``results.json`` has another schema.
    """
    files = {
        name: json.loads(Path(f"{name}.json").read_text(encoding="utf-8"))
        for name in ("results", "protocol", "run")
    }
    identity = files["run"]
    given = {"study": study_id, "month": month, "id": run}
    differing = [name for name, value in given.items() if not value or value != identity[name]]
    if differing:
        raise LostParameterError(", ".join(differing))
    if files["results"]["schema"] != SCHEMA or files["results"]["study"]["id"] != study_id:
        raise WrongSchemaError(SCHEMA)
    rendition = Path("rendition.json")
    asked = json.loads(rendition.read_text(encoding="utf-8")) if rendition.exists() else None
    return Report(**files, rendition=asked)
