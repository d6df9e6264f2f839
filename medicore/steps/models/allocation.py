"""The randomisation as it went: scheme, strata, and the arms' shares beside the planned allocation."""

from typing import Any

from medicore.records.protocol.protocol import Protocol
from medicore.steps.models.sample import Sample
from medicore.steps.models.timed_sample import TimedSample
from medicore.steps.primaries.primary_estimator import randomisation_of


def allocation_section(protocol: Protocol, sample: Sample | TimedSample) -> dict[str, Any] | None:
    """Return the description of the randomisation of the analysed subjects; None where the protocol declares none.

    The p-value is that of the exact binomial test of the planned share, as under simple randomisation; a scheme that
    balances lets it be larger. A small one tells of a faulty allocation, or of subjects who left for a reason.
    """
    plan = protocol.randomisation
    if plan is None:
        return None
    from scipy.stats import binomtest  # loading it takes a second, and only randomised studies need it

    weights = plan.allocation or {}
    one, zero = (weights.get(arm, 1.0) for arm in (protocol.treatment.treated, protocol.treatment.control))
    planned = one / (one + zero)
    treated, n = int(sample.treated.sum()), len(sample.treated)
    found = randomisation_of(protocol, sample.analysis)
    sizes = found.cells((~sample.treated).astype("intp"), 2)
    stratified = plan.scheme != "simple"
    return {
        "scheme": plan.scheme,
        "strata": [protocol.covariate(column).label for column in plan.strata],
        "number_of_strata": found.number if stratified else None,
        "smallest_stratum": int(sizes.sum(axis=1).min()) if stratified else None,
        "without_an_arm": int((sizes == 0).any(axis=1).sum()) if stratified else None,
        "arms": {
            "treated": {"n": treated, "share": treated / n, "planned": planned},
            "control": {"n": n - treated, "share": 1 - treated / n, "planned": 1 - planned},
        },
        "p_value": float(binomtest(treated, n, planned).pvalue),
    }
