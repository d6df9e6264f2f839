"""The table of an ordinal outcome: what each row describes, and which numbers it holds."""

from collections.abc import Iterator, Mapping
from typing import Any

from medicore.records.results.analysis_rows import ARM, SENSITIVITY, Row, Table, numbers

LEVEL = "Level"


def _by_level(results: Mapping[str, Any]) -> Iterator[Row]:
    for told in (results.get("wins") or {}).get("levels", ()):
        for arm in ("treated", "control"):
            yield Row(numbers(told[arm]), {LEVEL: told["level"], ARM: arm})


ORDINAL_TABLES = (
    Table("Levels of the outcome", "wins.levels", "Shares of the levels by AIPW", SENSITIVITY, _by_level, outcome=True),
)  # fmt: skip
