"""The subjects of the repeated visits as the mixed model takes them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.outcome import MissingOutcomes, Visits
from medicore.records.protocol.protocol import Protocol
from medicore.stats.repeated.completed_visits import VisitSample
from medicore.steps.cohort import LEFT_OUT, OUTSIDE, analysis_set
from medicore.steps.data.outcome_states import NOT_YET_DUE, defined_outcome
from medicore.steps.models.imputing import complete, completed_sets
from medicore.steps.models.terms import model_terms

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Visited:
    """The subjects of all arms with a visit: outcomes ``(n, T)``, covariates, and the arms as columns of 0 and 1, ``(n, k)``.

    The first column of ``arms`` is the treated arm, the others are arms outside the contrast; control has none. ``x`` and
    ``crossed``, with a row per subject, are the covariates that act alike at every visit, and those that do not.
    """

    outcome: Vector
    arms: Vector
    x: Vector
    crossed: Vector

    @property
    def treated(self) -> Flags:
        """Who is in the treated arm, ``(n,)``."""
        found: Flags = self.arms[:, 0] == 1
        return found

    @property
    def compared(self) -> Flags:
        """Who is in one of the two compared arms, ``(n,)``."""
        found: Flags = self.arms[:, 1:].sum(axis=1) == 0
        return found

    def design(self, arms: Vector | None = None) -> Vector:
        """Return the predictors of every visit, ``(n, T, p)``: means and arms by visit, then the covariates.

        Of T visits, predictor T + v is the treated arm at visit v. ``arms`` are in place of the subjects' own.
        """
        n, visits = self.outcome.shape
        own = self.arms if arms is None else arms
        by_visit = np.column_stack([np.ones(n), own, self.crossed])
        crossed = np.einsum("iq,tu->itqu", by_visit, np.eye(visits)).reshape(n, visits, -1)
        made: Vector = np.concatenate([crossed, np.repeat(self.x[:, None], visits, axis=1)], axis=2)
        return made

    def contrast(self) -> VisitSample:
        """Return the subjects of the compared arms, for completion of their visits."""
        pair, n = self.compared, int(self.compared.sum())
        x, crossed = _varying(self.x[pair]), _varying(self.crossed[pair])
        reduced = Visited(self.outcome[pair], self.arms[pair, :1], x, crossed)
        return VisitSample(
            reduced.design(),
            reduced.design(np.zeros((n, 1))),
            np.column_stack([x, crossed]),
            reduced.treated,
            reduced.outcome,
        )


def declared_visits(protocol: Protocol) -> Visits:
    """Return the visits of a protocol whose primary estimator is the mixed model; it declares them."""
    visits = protocol.outcome.visits
    if visits is None:
        raise EstimationError(
            "no visits are declared; expected outcome.visits beside inference.estimator 'mmrm'"
        )
    return visits


def visited(protocol: Protocol, plan: Visits, extract: pd.DataFrame, disposition: pd.DataFrame) -> Visited:
    """Return the eligible subjects of all arms whose outcome is due and who have a visit.

    A subject without an outcome at the last visit is in it, whatever the protocol's method. Covariates are those of the outcome
    model, imputed as the protocol plans it and taken about their means; columns that are one number are left out.
    The rows of ``disposition`` and ``extract`` have the same order.
    Raises DataError when a covariate is missing that no plan imputes, EstimationError when an arm of the contrast is empty.
    """
    eligible = disposition["reason"].isin(("", OUTSIDE, LEFT_OUT)).to_numpy(dtype=bool)
    due = (disposition["outcome"] != NOT_YET_DUE).to_numpy(dtype=bool)
    outcome = np.column_stack(
        [
            *(extract[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in plan.columns[:-1]),
            defined_outcome(protocol, extract),
        ]
    )
    kept = eligible & due & ~np.isnan(outcome).all(axis=1)
    chosen = extract[kept]
    labels = chosen[protocol.treatment.column].to_numpy(dtype=object)
    compared = (protocol.treatment.treated, protocol.treatment.control)
    for arm in compared:
        if not (labels == arm).any():
            raise EstimationError(f"no subject of arm {arm!r} has a visit")
    values = protocol.contract.column(protocol.treatment.column).values or ()
    others = [arm for arm in values if arm not in compared and (labels == arm).any()]
    arms = np.column_stack([labels == arm for arm in (compared[0], *others)]).astype(np.float64)
    plain = protocol.outcome.model_copy(update={"missing": MissingOutcomes(method="complete cases")})
    own = protocol.model_copy(update={"outcome": plain})
    analysis = completed_sets(complete(own, analysis_set(own, chosen, outcome[kept, -1])).table)[0]
    alike = tuple(name for name in protocol.models.outcome if name not in plan.by_visit)
    x, crossed = (_covariates(own, columns, analysis) for columns in (alike, plan.by_visit))
    return Visited(outcome[kept], arms, x, crossed)


def _covariates(protocol: Protocol, columns: tuple[str, ...], analysis: pd.DataFrame) -> Vector:
    if not columns:
        return np.zeros((len(analysis), 0))
    return _varying(model_terms(protocol, columns, analysis).matrix)


def _varying(x: Vector) -> Vector:
    """Return the columns that are more than one number, about their means."""
    varied = x[:, np.ptp(x, axis=0) > 0]
    made: Vector = varied - varied.mean(axis=0)
    return made
