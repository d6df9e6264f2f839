"""The results of a run, ``results.json``, read by type.

A reading is made when it is asked for: results of an older version lack what a newer one holds, and only who asks for
that is told so. Every reading raises IntegrityError when the results do not hold what MediCore writes there.
"""

import json
import math
from dataclasses import dataclass
from typing import Any, Self

from medicore.records.section import Section

_ADVICE = "run 'medicore verify'"


@dataclass(frozen=True, slots=True)
class Primary:
    """The primary result: the effect as it is presented, with what it is the effect of."""

    section: Section

    @property
    def n(self) -> int:
        """How many subjects were analysed."""
        return self.section.count("n")

    @property
    def estimate(self) -> float:
        """The effect, in the unit of the measure."""
        return self.section.number("estimate")

    @property
    def standard_error(self) -> float:
        """Its standard error, on the scale of inference."""
        return self.section.number("standard_error")

    @property
    def ci_low(self) -> float:
        """The lower end of its interval."""
        return self.section.number("ci_low")

    @property
    def ci_high(self) -> float:
        """The upper end of its interval."""
        return self.section.number("ci_high")

    @property
    def p_value(self) -> float:
        """Its p-value."""
        return self.section.number("p_value")

    @property
    def level(self) -> float:
        """The level of the interval, between 0 and 1."""
        return self.section.number("level")

    @property
    def estimand(self) -> str:
        """The estimand, as ``ATE``."""
        return self.section.text("estimand")

    @property
    def estimator(self) -> str:
        """The estimator, as ``AIPW``."""
        return self.section.text("estimator")

    @property
    def measure(self) -> str:
        """The measure, as ``risk ratio``."""
        return self.section.text("measure")

    @property
    def scale(self) -> str:
        """The scale of inference, ``identity`` or ``logarithm``."""
        return self.section.text("scale")

    @property
    def unit(self) -> str:
        """The unit of the effect."""
        return self.section.text("unit")

    @property
    def inferred(self) -> float:
        """The estimate on its scale of inference: itself, or the natural logarithm of a ratio."""
        return math.log(self.estimate) if self.scale == "logarithm" else float(self.estimate)


_INFINITE = ("inf", "-inf")
"""How the results hold an infinite number, which JSON has not."""


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What the look may claim beside all others of the study; limits that nothing bounds are infinite."""

    section: Section

    @property
    def ci_low(self) -> float:
        """The lower end of the valid interval."""
        return float(self.section.values["ci_low"])

    @property
    def ci_high(self) -> float:
        """The upper end of the valid interval."""
        return float(self.section.values["ci_high"])

    @property
    def sequential_p(self) -> float | None:
        """The sequential p-value; None for a look without control."""
        return self.section.number_or_none("sequential_p")

    @property
    def number(self) -> int:
        """Which look of the study it is."""
        return self.section.count("number")


@dataclass(frozen=True, slots=True)
class Balance:
    """The balance of the arms: of the covariate that is worst, before and after weighting."""

    section: Section

    @property
    def smd_before(self) -> float | str | None:
        """The standardised mean difference before weighting; ``inf`` or ``-inf`` where infinite, None without a value."""
        return self._worst("unweighted")

    @property
    def smd_after(self) -> float | str | None:
        """The standardised mean difference after weighting; ``inf`` or ``-inf`` where infinite, None without a value."""
        return self._worst("weighted")

    def _worst(self, kind: str) -> float | str | None:
        part = self.section.part("worst").part(kind)
        stored = part.values.get("smd")
        return str(stored) if stored in _INFINITE else part.number_or_none("smd")


@dataclass(frozen=True, slots=True)
class SensitivityRow:
    """A sensitivity or supplementary analysis."""

    section: Section

    @property
    def name(self) -> str:
        """What was done otherwise than in the primary analysis."""
        return self.section.text("name")

    @property
    def estimate(self) -> float | None:
        """Its estimate; None where there is none."""
        return self.section.number_or_none("estimate")

    @property
    def note(self) -> str:
        """What is to be said of it, as why it could not be estimated."""
        return self.section.text("note")


@dataclass(frozen=True, slots=True)
class Criterion:
    """A line of the CONSORT counts."""

    section: Section

    @property
    def name(self) -> str:
        """The criterion."""
        return self.section.text("name")

    @property
    def excluded(self) -> int:
        """How many subjects did not meet it."""
        return self.section.count("excluded")

    @property
    def remaining(self) -> int:
        """How many were left after it."""
        return self.section.count("remaining")


@dataclass(frozen=True, slots=True)
class Cohort:
    """The CONSORT counts."""

    section: Section

    @property
    def assessed(self) -> int:
        """How many subjects the extract holds."""
        return self.section.count("assessed")

    @property
    def analysed(self) -> int:
        """How many were analysed."""
        return self.section.count("analysed")

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """The criteria, in the order in which they were applied."""
        return tuple(Criterion(part) for part in self.section.parts("criteria"))

    @property
    def in_arms(self) -> int:
        """How many subjects the arms hold together."""
        arms = self.section.part("arms")
        return sum(arms.part(name).count("n") for name in arms.values)


@dataclass(frozen=True, slots=True)
class Results:
    """What a run found; ``document`` is the whole of ``results.json``, for those who read any path in it."""

    document: dict[str, Any]

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Return the results that a file holds."""
        return cls(dict(json.loads(data)))

    @property
    def primary(self) -> Primary:
        """The primary result."""
        return Primary(self._whole.part("primary"))

    @property
    def monitoring(self) -> Monitoring | None:
        """What the look may claim; None in results of before there were looks."""
        return Monitoring(self._whole.part("monitoring")) if self._whole.has("monitoring") else None

    @property
    def balance(self) -> Balance:
        """The balance of the arms."""
        return Balance(self._whole.part("balance"))

    @property
    def cohort(self) -> Cohort:
        """The CONSORT counts."""
        return Cohort(self._whole.part("cohort"))

    @property
    def sensitivity(self) -> tuple[SensitivityRow, ...]:
        """The sensitivity analyses, and after them the supplementary ones."""
        section = self._whole.part("sensitivity")
        kinds = ("sensitivity", "supplementary")
        return tuple(SensitivityRow(part) for kind in kinds for part in section.parts(kind))

    @property
    def _whole(self) -> Section:
        return document_section("results.json", self.document)


def document_section(name: str, document: dict[str, Any]) -> Section:
    """Return the JSON document ``name`` of a record, to be read by type."""
    return Section(name, document, _ADVICE)


def primary_of(name: str, document: dict[str, Any]) -> Primary:
    """Return the primary result that the document ``name`` holds, as ``effect.json`` does before there are results."""
    return Primary(document_section(name, document).part("primary"))
