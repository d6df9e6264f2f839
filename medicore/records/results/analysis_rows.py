"""The rows of an analysis: numbers, the groups that they describe, and what an analysis says of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Number = float | bool | None

ARM = "GF.ARM"
TERM = "GF.TERM"
LEVEL = "GF.LEVEL"
CRITERION = "GF.CRITERION"
EVENT = "GF.EVENT"
ANALYSIS = "GF.ANALYSIS"
ESTIMAND = "GF.ESTIMAND"
LOOK = "GF.LOOK"
HARM = "GF.HARM"
CONTROL = "GF.CONTROL"
ENDPOINT = "GF.ENDPOINT"
FAMILY = "GF.FAMILY"
HYPOTHESIS = "GF.HYPOTHESIS"
VISIT = "GF.VISIT"

PRIMARY = "PRIMARY OUTCOME MEASURE"
SECONDARY = "SECONDARY OUTCOME MEASURE"
SENSITIVITY = "SENSITIVITY ANALYSIS"
SUPPLEMENTARY = "SUPPLEMENTARY ANALYSIS"
DESCRIPTION = "DESCRIPTION OF THE DATA"
SAFETY = "SURVEILLANCE OF HARM"
SAFETY_DESCRIPTION = "DESCRIPTION OF ADVERSE EVENTS"


@dataclass(frozen=True, slots=True)
class Row:
    """Numbers by the name of their operation, and the groups they describe; ``method`` is set where rows differ in it."""

    values: Mapping[str, Number]
    groups: Mapping[str, str] = field(default_factory=dict)
    method: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One analysis: its path in the results, its method, its subjects, and the function that reads its rows.

    ``outcome`` says whether it analyses the outcome of the trial; ``dataset`` names the file of the record.
    """

    name: str
    path: str
    method: str
    purpose: str
    rows: Callable[[Mapping[str, Any]], tuple[Row, ...]]
    analysis_set: str = "AS.ANALYSED"
    dataset: str = "analysis.parquet"
    outcome: bool = False


def numbers(section: Mapping[str, Any], without: Iterable[str] = ()) -> dict[str, Number]:
    """Return the numbers of one section by key, without the keys in ``without``; texts, lists and mappings are left out."""
    skipped = frozenset(without)
    return {
        key: value
        for key, value in section.items()
        if key not in skipped and (value is None or isinstance(value, int | float))
    }
