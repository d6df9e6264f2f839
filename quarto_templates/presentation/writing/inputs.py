"""The input files of a report, and the check that they are those of the requested run."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from presentation.writing.numbers import decimals_for
from presentation.writing.typst import Block, Code, call


class LostParameterError(Exception):
    """A parameter is missing, or differs from the run in ``run.json``."""


class WrongSchemaError(Exception):
    """``results.json`` has a schema that this template does not know."""


SCHEMA = "medicore-results-1"


@dataclass(frozen=True, slots=True)
class Report:
    """The contents of a report: ``results`` (every number), the resolved ``protocol``, and the ``run``'s identity.

    ``rendition`` identifies the record of a rendition in HTML; it is None for the PDF of record. ``cited`` collects the
    printed references, ``printed`` what the cells have printed so far, and ``exhibits`` number and title of the tables and
    figures of a rendition.
    """

    results: Mapping[str, Any]
    protocol: Mapping[str, Any]
    run: Mapping[str, Any]
    cited: set[int] = field(default_factory=set)
    rendition: Mapping[str, Any] | None = None
    exhibits: list[tuple[str, str]] = field(default_factory=list)
    printed: list[Block] = field(default_factory=list)

    def cite(self, *paths: str) -> Code:
        """Return the source of the references, such as [R12], for paths in the results.

        Raises
        ------
        ValueError
            When a path has no reference; the appendix maps every printed number.
        """
        numbers = [self.results["references"].index(path) + 1 for path in paths]
        self.cited.update(numbers)
        return call("cited", *numbers)

    @property
    def observational(self) -> bool:
        """Return whether the study is observational, so that the effect depends on assumptions about confounding."""
        return bool(self.results["study"]["design"] == "observational")

    @property
    def decimals(self) -> int:
        """The decimals of effects: those of the protocol for a difference, else those that show three digits of the error.

        They are never so few that the first digit of the standard error would be lost.
        """
        error = self.results["primary"]["standard_error"]
        declared = self._declared
        return decimals_for(error) if declared is None else max(declared, decimals_for(error) - 2)

    @property
    def error_decimals(self) -> int:
        """The decimals of standard errors: one more than those of effects where the protocol declares these."""
        return self.decimals + (self._declared is not None)

    @property
    def _declared(self) -> int | None:
        """The decimals that the protocol declares for the outcome; None for a ratio, which has not its unit."""
        ratio = self.results["primary"].get("scale") == "logarithm"
        return None if ratio else self.protocol["outcome"].get("decimals")

    def arm(self, arm: str) -> str:
        """Return the arm's name; a name that is only a code, and has no label, is printed with its column."""
        label = self.level(self.protocol["treatment"]["column"], self.results["cohort"]["arms"][arm]["label"])
        return f"{self.protocol['treatment']['column']}\u00a0=\u00a0{label}" if len(label) < 4 else label

    def level(self, column: str, value: str) -> str:
        """Return the words for a value of a category: its label in the protocol, or the value itself."""
        columns = self.protocol["contract"]["columns"]
        labels: dict[str, str] = next(
            (held.get("labels", {}) for held in columns if held["name"] == column), {}
        )
        return str(labels.get(value, value))

    def term(self, name: str) -> str:
        """Return a model term in words.

        ``age^2`` is ``Age, squared``, ``age'`` is ``Age, curve 1``, ``sex=F`` is ``Sex: F``, ``age:missing`` is ``Age:
        missing``, ``age × sex=F`` is ``Age × Sex: F``.
        """
        if " × " in name:
            return " × ".join(map(self.term, name.split(" × ")))
        if name.endswith(":missing"):
            return f"{self.term(name.removesuffix(':missing'))}: missing"
        column, _, level = name.partition("=")
        base, squared, _ = column.rstrip("'").partition("^2")
        labels = {covariate["column"]: covariate["label"] for covariate in self.protocol["covariates"]}
        if base not in labels:
            return name.strip("()")
        label = str(labels[base]).partition(" (")[0]
        if level:
            return f"{label}: {self.level(base, level)}"
        if column.endswith("'"):
            return f"{label}, curve {len(column) - len(base)}"
        return f"{label}, squared" if squared else label


def read_inputs(names: Iterable[str], study_id: str, month: str, run: str) -> dict[str, Any]:
    """Return the documents of these ``names`` and ``run`` from the working folder.

    Raises LostParameterError when a parameter is empty or differs from ``run.json``.
    """
    files = {name: json.loads(Path(f"{name}.json").read_text(encoding="utf-8")) for name in (*names, "run")}
    given = {"study": study_id, "month": month, "id": run}
    differing = [name for name, value in given.items() if not value or value != files["run"][name]]
    if differing:
        raise LostParameterError(", ".join(differing))
    return files


def read_rendition() -> dict[str, Any] | None:
    """Return what identifies the record of a rendition in HTML, None for a PDF."""
    path = Path("rendition.json")
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def load(study_id: str, month: str, run: str) -> Report:
    """Return the report's inputs from the working folder.

    Raises
    ------
    LostParameterError
        When a parameter is empty or differs from ``run.json``.
    WrongSchemaError
        When ``results.json`` has another schema.
    """
    files = read_inputs(("results", "protocol"), study_id, month, run)
    if files["results"]["schema"] != SCHEMA or files["results"]["study"]["id"] != study_id:
        raise WrongSchemaError(SCHEMA)
    return Report(**files, rendition=read_rendition())
