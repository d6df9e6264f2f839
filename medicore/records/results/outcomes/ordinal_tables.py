"""The table of an ordinal outcome: what each row describes, and which numbers it holds."""

from collections.abc import Mapping
from typing import Any

from medicore.records.results.analysis_rows import ARM, LEVEL, SENSITIVITY, Row, Table, numbers


def _by_level(results: Mapping[str, Any]) -> tuple[Row, ...]:
    levels = (results.get("wins") or {}).get("levels", ())
    return tuple(
        Row(numbers(told[arm]), {LEVEL: told["level"], ARM: arm})
        for told in levels
        for arm in ("treated", "control")
    )


ORDINAL_TABLES = (
    Table("Levels of the outcome", "wins.levels", "Shares of the levels by AIPW", SENSITIVITY, _by_level, outcome=True),
)  # fmt: skip
