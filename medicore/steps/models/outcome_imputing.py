"""Imputation of missing outcomes as the protocol plans it: what draws them, and what the draws are like."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.outcome import REFERENCE_BASED
from medicore.records.protocol.protocol import Protocol
from medicore.stats.imputation.outcome_draws import OutcomeGaps, Rule
from medicore.stats.imputation.verified_draws import FARTHEST, DrawsOfArm, distance_of_draws, verify_draws
from medicore.steps.models.terms import model_terms

Vector = NDArray[np.float64]
Columns = tuple[Vector, ...]


def outcomes_to_draw(protocol: Protocol, analysis: pd.DataFrame) -> bool:
    """Return whether the protocol draws missing outcomes, and some are missing."""
    return protocol.outcome.imputed and not bool(analysis["observed"].all())


def number_of_sets(protocol: Protocol) -> int:
    """Return how many completed data sets are drawn: as many as of the covariates, where those are drawn as well."""
    missing = protocol.outcome.missing
    several = protocol.imputation.method == "multiple" or missing is None
    return protocol.imputation.number if several or missing is None else missing.number


def outcome_gaps(protocol: Protocol, framed: Callable[[Columns], pd.DataFrame]) -> OutcomeGaps:
    """Return how missing outcomes are drawn; ``framed`` makes the table of the completed covariates."""
    columns = imputation_covariates(protocol)
    return OutcomeGaps(
        lambda completed: model_terms(protocol, columns, framed(completed)).matrix,
        protocol.outcome.family,
        drawing_rule(protocol),
    )


def imputation_covariates(protocol: Protocol) -> tuple[str, ...]:
    """Return the covariates of the model that draws outcomes: those of the outcome model, and the declared ones."""
    missing = protocol.outcome.missing
    return tuple(dict.fromkeys((*protocol.models.outcome, *(missing.covariates if missing else ()))))


def imputed_outcomes(
    protocol: Protocol, sets: Sequence[pd.DataFrame], seed: int | None
) -> dict[str, Any] | None:
    """Return what the drawn outcomes are like, for ``cohort.json``; None where the protocol draws none.

    The draws are held against their conditional mean by a second implementation. Raises EstimationError when they are
    farther from it than chance allows.
    """
    if not protocol.outcome.imputed:
        return None
    observed = sets[0]["observed"].to_numpy(dtype=bool)
    treated = sets[0]["treated"].to_numpy(dtype=bool)
    section: dict[str, Any] = {
        "method": protocol.outcome.method,
        "imputations": len(sets) if seed is not None else 1,
        "seed": seed,
        "covariates": list(imputation_covariates(protocol)),
        "arms": {},
    }
    if seed is None:
        return section
    outcomes = np.array([one["outcome"].to_numpy(dtype=np.float64) for one in sets])
    checks = _checks(protocol, sets, observed, treated)
    for name, arm, check in zip(("treated", "control"), (treated, ~treated), checks, strict=True):
        gaps = arm & ~observed
        section["arms"][name] = {
            "observed": int((arm & observed).sum()),
            "imputed": int(gaps.sum()),
            "mean_observed": float(outcomes[0, arm & observed].mean()),
            "mean_imputed": float(outcomes[:, gaps].mean()) if gaps.any() else None,
            **check,
        }
    return section


def drawing_rule(protocol: Protocol) -> Rule:
    """Return by whose regression missing outcomes are drawn: that of their own arm, or of the control arm."""
    return "reference" if protocol.outcome.method in REFERENCE_BASED else "at random"


def _checks(
    protocol: Protocol, sets: Sequence[pd.DataFrame], observed: NDArray[np.bool_], treated: NDArray[np.bool_]
) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Return, for each arm, the conditional mean by the second implementation and the distance of the draws from it."""
    columns, rule = imputation_covariates(protocol), drawing_rule(protocol)
    made = []
    for one in sets:
        completed = one["outcome"].to_numpy(dtype=np.float64)
        design = model_terms(protocol, columns, one).matrix
        made.append(
            verify_draws(design, treated, completed, observed, completed, rule, protocol.outcome.family)
        )
    first, second = (_distance([pair[place] for pair in made if pair[place] is not None]) for place in (0, 1))
    return first, second


def _distance(checks: Sequence[DrawsOfArm | None]) -> dict[str, float | None]:
    held = [check for check in checks if check is not None]
    if not held:
        return {"mean_expected": None, "distance": None}
    distance = distance_of_draws(held)
    if abs(distance) > FARTHEST:
        raise EstimationError(
            f"the imputed outcomes of an arm are {abs(distance):.1f} standard errors from what a second implementation "
            f"expects of them; expected {FARTHEST:g} or less; report it as a fault of the imputation"
        )
    return {"mean_expected": float(np.mean([check.expected for check in held])), "distance": distance}
