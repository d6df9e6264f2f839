"""The gate of an ordinal outcome: levels that differ."""

from collections.abc import Iterator

import pandas as pd

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol


def level_findings(protocol: Protocol, analysis: pd.DataFrame) -> Iterator[Finding]:
    """Yield the finding that all analysed subjects have one level; no signature overrides it."""
    found = analysis["outcome"].nunique()
    if found < 2:
        yield Finding(
            "cohort", "levels of the outcome", protocol.outcome.column, str(found), "2 or more",
            f"the {len(analysis)} analysed subjects have {found} level of the outcome, so that nobody fares better than another; "
            "wait for more follow-up, or plan another outcome in a new version of the protocol",
            overridable=False,
        )  # fmt: skip
