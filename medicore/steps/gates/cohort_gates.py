"""The gates of the cohort step: what leaves nothing to estimate, told before anything is imputed or fitted."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.clustered import LEAST_CLUSTERS
from medicore.steps.gates.counted_gates import event_findings
from medicore.steps.gates.ordinal_gates import level_findings
from medicore.steps.gates.survival_gates import follow_up_findings
from medicore.steps.models.clusters import numbered_clusters


def cohort_findings(protocol: Protocol, analysis: pd.DataFrame) -> Iterator[Finding]:
    """Yield findings about the analysis set before imputation; no signature overrides them.

    An arm in which a binary outcome never or always occurs has no logistic outcome model, and a covariate that a whole
    arm lacks cannot be imputed from it.
    """
    treated = analysis["treated"].to_numpy(dtype=bool)
    arms = {protocol.treatment.treated: treated, protocol.treatment.control: ~treated}
    if protocol.outcome.timed:
        yield from follow_up_findings(protocol, analysis)
    if protocol.outcome.counted:
        yield from event_findings(protocol, analysis)
    if protocol.outcome.graded:
        yield from level_findings(protocol, analysis)
    if protocol.outcome.type == "binary":
        observed = analysis["observed"].to_numpy(dtype=bool)
        yield from _events(
            protocol, {label: analysis["outcome"][within & observed] for label, within in arms.items()}
        )
    yield from _clusters(protocol, analysis)
    for covariate in protocol.covariates:
        missing = analysis[covariate.column].isna().to_numpy(dtype=bool)
        for label, within in arms.items():
            if missing[within].all():
                yield _finding(
                    "covariate of an arm",
                    covariate.column,
                    f"0 of {int(within.sum())} observed",
                    "some",
                    f"covariate {covariate.column!r} is missing for all {int(within.sum())} subjects of arm {label!r}, so "
                    "that nothing of the arm can fill it; have it delivered, or leave it out in a new version of the protocol",
                )


def _clusters(protocol: Protocol, analysis: pd.DataFrame) -> Iterator[Finding]:
    """Yield the finding about too few clusters for an interval; none where the protocol declares no clusters."""
    name = protocol.inference.cluster
    number = len(np.unique(numbered_clusters(analysis))) if name is not None else LEAST_CLUSTERS
    if number < LEAST_CLUSTERS:
        yield _finding(
            "clusters",
            str(name),
            str(number),
            str(LEAST_CLUSTERS),
            f"the analysed subjects belong to {number} clusters of column {name!r}; expected {LEAST_CLUSTERS} or more, below "
            "which no interval keeps its level; enter the column as a covariate, or wait for more clusters",
        )


def _events(protocol: Protocol, outcomes: Mapping[str, pd.Series]) -> Iterator[Finding]:
    counts = {label: (int(np.sum(values == 1)), len(values)) for label, values in outcomes.items()}
    penalised = protocol.models.outcome_fit == "firth"
    if penalised and len({tuple(np.unique(values)) for values in outcomes.values()}) > 1:
        # A penalised outcome model has a maximum without events, too; where no arm has any, nothing is compared.
        return
    for label, (events, size) in counts.items():
        if events not in {0, size}:
            continue
        others = ", ".join(f"{other!r} {n} of {m}" for other, (n, m) in counts.items() if other != label)
        yield _finding(
            "events of an arm",
            protocol.outcome.column,
            f"{events} of {size}",
            f"1 to {size - 1}",
            f"arm {label!r} has {events} events of {size} in outcome {protocol.outcome.column!r} (arm {others}), so that no "
            "outcome model can be fitted in it; wait for more follow-up, or plan "
            f"{'' if penalised else 'models.outcome_fit: firth or '}another outcome in a new version of the protocol",
        )


def _finding(gate: str, subject: str, statistic: str, threshold: str, message: str) -> Finding:
    return Finding("cohort", gate, subject, statistic, threshold, message, overridable=False)
