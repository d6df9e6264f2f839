"""The weights for treatment and observation, censoring or exposure together, judged before the estimate exists."""

import pandas as pd

from medicore.errors import EstimationError
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.steps.gates.counted_gates import exposure_findings
from medicore.steps.gates.observation_gates import observation_findings
from medicore.steps.gates.survival_gates import censoring_findings
from medicore.steps.models.counted_sample import CountedSample
from medicore.steps.models.sample import Sample
from medicore.steps.models.timed_sample import TimedSample
from medicore.steps.primaries.counted_primary import exposure_weights
from medicore.steps.primaries.primary import observed_weights
from medicore.steps.primaries.survival_primary import censoring_weights


def combined_weight_findings(protocol: Protocol, analysis: pd.DataFrame) -> tuple[Finding, ...]:
    """Return the findings on these weights of the retained subjects; none where there are no such weights.

    A model that cannot be fitted has none either: the effect step says why no estimate follows.
    """
    try:
        if protocol.outcome.timed:
            timed = TimedSample.of(protocol, analysis)
            return tuple(censoring_findings(protocol, censoring_weights(protocol, timed, timed.models())))
        if protocol.outcome.counted:
            sample = CountedSample.of(protocol, analysis)
            return tuple(exposure_findings(protocol, exposure_weights(protocol, sample, sample.models())))
        if protocol.inference.mixed or analysis["outcome"].notna().all():
            return ()
        return tuple(
            observation_findings(protocol, observed_weights(protocol, Sample.of(protocol, analysis)))
        )
    except EstimationError:
        return ()
