"""The tables of a count: what each row describes, and which numbers it holds."""

from collections.abc import Callable, Mapping
from typing import Any

from medicore.records.results.analysis_rows import ARM, DESCRIPTION, PRIMARY, SENSITIVITY, Row, Table, numbers


def _by_arm(section: str) -> Callable[[Mapping[str, Any]], tuple[Row, ...]]:
    """Return what makes a row of each arm in a section; none where the results have no such section."""

    def rows(results: Mapping[str, Any]) -> tuple[Row, ...]:
        found: Any = results
        for part in section.split("."):
            found = (found or {}).get(part)
        arms = (found or {}).get("arms") or {}
        return tuple(Row(numbers(told), {ARM: arm}) for arm, told in arms.items())

    return rows


COUNTED_TABLES = (
    Table("Events and exposure", "cohort.outcomes.exposure", "Sums of events and exposure", DESCRIPTION,
          _by_arm("cohort.outcomes.exposure"), outcome=True),
    Table("Primary effect, exposure", "primary.exposure", "Log-linear model of exposure", PRIMARY,
          _by_arm("primary.exposure"), outcome=True),
    Table("Rates", "rates.arms", "Rates with robust variance", SENSITIVITY, _by_arm("rates"), outcome=True),
)  # fmt: skip
