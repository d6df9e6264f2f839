"""The primary result of an ordinal outcome, its gates, and its look: the step ``effect`` of such a study."""

from typing import Any

from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.bootstrap.bootstrap_measure import measured
from medicore.stats.ordinal.batched_wins import WinSample
from medicore.stats.ordinal.verification_wins import verify_wins
from medicore.stats.verification import Verification
from medicore.steps.models.naming import sparse_levels
from medicore.steps.models.ordinal_sample import OrdinalSample
from medicore.steps.primaries.after_estimate import own_effect
from medicore.steps.primaries.primary_section import Estimated, primary_section


def ordinal_effect(files: RecordFiles, protocol: Protocol, sample: OrdinalSample) -> tuple[Finding, ...]:
    """Estimate the primary effect, confirm it, compare it with last month's, and return the gates' findings.

    Models of the thresholds are least squares, which have a fit where a level is rare, so that no finding is about them.
    """
    return own_effect(
        files,
        protocol,
        lambda: estimate_wins(protocol, sample),
        parameters=_parameters(sample),
        sparse=sparse_levels(sample.terms, sample.treated),
    )


def estimate_wins(protocol: Protocol, sample: OrdinalSample) -> dict[str, Any]:
    """Return the primary result as ``results.json`` holds it: estimate, standard errors, bootstrap, second implementation.

    The arms' means are the chances that the treated, and that the control, of two subjects fares better, ties shared. The
    primary standard error is the jackknife's, which counts the estimation of all models and holds in small samples;
    the spread of the bootstrap's replicates is held against it. The second implementation confirms estimate and
    standard error of the influence function.

    Raises EstimationError when jackknife or bootstrap find no number, or one arm always fares better and odds are asked for.
    """
    contrast, result = protocol.estimand.contrast, sample.result()
    resampled = WinSample.of(
        sample.x_outcome, sample.treated, sample.place, sample.levels, sample.fit, result
    )
    means = resampled.jackknifed(float(len(sample.place) - _parameters(sample)))
    drawn = resampled.bootstrap(protocol.inference.replicates, protocol.seed)
    found = Estimated(
        means,
        result.means,
        result.stacked,
        measured(drawn, result.stacked, contrast),
        _second(protocol, sample),
    )
    return primary_section(
        protocol, found, measure=protocol.estimand.measure, observed=len(sample.place), unit=""
    )


def _second(protocol: Protocol, sample: OrdinalSample) -> Verification:
    """Return the second implementation of the primary estimate."""
    return verify_wins(
        sample.x_propensity,
        sample.x_outcome,
        sample.treated,
        sample.place,
        sample.levels,
        measure="win odds" if protocol.estimand.contrast == "win odds" else "difference",
    )


def _parameters(sample: OrdinalSample) -> int:
    """Return the number of coefficients of one threshold's models in both arms."""
    return 2 * (1 + int(sample.x_outcome.shape[1]))
