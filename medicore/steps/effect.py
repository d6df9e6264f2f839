"""effect: the primary estimate, confirmed by a second implementation and compared with last month's estimate."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.change import change_since
from medicore.steps.gate import write_section
from medicore.steps.gates.effect_gates import change_findings, effect_findings, outcome_model_findings
from medicore.steps.models.imputing import completed_sets, in_any_set
from medicore.steps.models.primary import estimate_primary
from medicore.steps.models.sample import Sample


def effect(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Estimate the primary effect on the retained subjects, confirm it, and compare it with last month's estimate."""
    sets, retained = analysed(files)
    samples = [Sample.of(protocol, one[retained]) for one in sets]
    primary, parts = estimate_primary(protocol, samples)
    change = change_since(files, primary)
    findings = (
        *in_any_set([tuple(outcome_model_findings(part.models)) for part in parts]),
        *effect_findings(protocol, primary),
        *change_findings(protocol, change),
    )
    return write_section(files, "effect", {"primary": primary, "change": change}, findings)


def analysed(files: RecordFiles) -> tuple[tuple[pd.DataFrame, ...], NDArray[np.bool_]]:
    """Return the completed data sets and which subjects trimming retained, ``(n,)`` bool.

    All data sets hold the same subjects in the same order. There is one, unless the protocol plans multiple imputation.
    """
    sets = completed_sets(files.read_table("analysis.parquet"))
    retained = completed_sets(files.read_table("scores.parquet"))[0]["retained"].to_numpy(dtype=bool)
    return sets, retained
