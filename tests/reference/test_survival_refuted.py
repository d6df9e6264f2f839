"""Rows of riskRegression that the core does not reproduce: where times are tied, it counts them wrongly."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.stats.models.logistic import fit_logistic
from medicore.stats.survival.cox import fit_cox
from tests.reference.second_set import MISSING, TopicRow, available, topic_rows
from tests.reference.survival import Followed, followed, joint_models, reason

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)

Vector = NDArray[np.float64]
HORIZON = 1825.0
SAME = 1e-9
"""Relative difference at which two computations of one formula agree."""
NEAR = 2e-5
"""Distance of a risk with S(u−) in the integral, as riskRegression has it, from the core's with S(u)."""


def _row(case: str, estimator: str, quantity: str) -> TopicRow:
    (found,) = [
        row
        for row in topic_rows()
        if (row.topic, row.case, row.estimator, row.quantity) == ("survival", case, estimator, quantity)
    ]
    assert "refuted" in reason(found)
    return found


@dataclass(frozen=True)
class _Table:
    """Cox's model with Breslow's baseline on the table of events by subjects, after centring the columns, ``(n, q)``."""

    x: Vector
    times: Vector
    deaths: Vector
    jumps: Vector
    relative: Vector
    at_risk: Vector
    mean: Vector
    coefficients: Vector

    @classmethod
    def of(cls, data: Followed, event: NDArray[np.bool_]) -> "_Table":
        x = data.joint - data.joint.mean(axis=0)
        coefficients = fit_cox(x, data.time, event, ties="breslow").coefficients
        relative = np.exp(x @ coefficients)
        times, deaths = np.unique(data.time[event], return_counts=True)
        table = (data.time >= times[:, None]).astype(np.float64)
        at_risk = table @ relative
        mean = table @ (relative[:, None] * x) / at_risk[:, None]
        return cls(
            x, times, deaths.astype(np.float64), deaths / at_risk, relative, at_risk, mean, coefficients
        )

    def set_to(self, data: Followed, arm: float) -> tuple[Vector, Vector]:
        """Return everybody's columns and relative hazards as if in one arm."""
        x = self.x.copy()
        x[:, 0] = arm - data.treated.mean()
        return x, np.exp(x @ self.coefficients)

    def cumulative(self, until: Vector | float, *, before: bool = False) -> Vector:
        """Return the baseline's cumulative hazard up to some times, or just before them."""
        reached = np.searchsorted(self.times, until, side="left" if before else "right")
        return np.asarray(np.concatenate([[0.0], np.cumsum(self.jumps)])[reached])


@pytest.mark.parametrize("case", ["pbc", "rotterdam"])
def test_riskregression_takes_a_tied_time_of_censoring_several_times(case: str) -> None:
    """Its AIPTW comes of the list of censored subjects' times with repeats; each time once gives the core's."""
    data = followed(case)
    means = joint_models(case, "augmented", HORIZON).means
    for arm, own in (("A1", 1 - means.treated), ("A0", 1 - means.control)):
        row = _row(case, "ate AIPTW", f"risk_{arm}_t1825")
        assert _augmented_risk(data, arm == "A1", repeated=True) == pytest.approx(row.value, rel=SAME)
        assert _augmented_risk(data, arm == "A1", repeated=False) == pytest.approx(own, abs=NEAR)
        assert abs(own - row.value) > row.tolerance


def _augmented_risk(data: Followed, treated: bool, *, repeated: bool) -> float:
    """Return the risk in an arm, with the integral over the times of censoring as a plain sum over a table."""
    died, left = _Table.of(data, data.event), _Table.of(data, ~data.event)
    inside = data.treated if treated else ~data.treated
    score = fit_logistic(data.x, data.treated).fitted
    weight = inside / (score if treated else 1 - score)
    hazard, against = died.set_to(data, float(treated))[1], left.set_to(data, float(treated))[1]
    risk = 1 - np.exp(-hazard * died.cumulative(HORIZON))
    moments = np.sort(data.time[~data.event & (data.time <= HORIZON)])
    moments = moments if repeated else np.unique(moments)
    jumps = left.jumps[np.searchsorted(left.times, moments)]
    previous = np.concatenate([[0.0], left.cumulative(moments)[:-1]])
    survival = np.exp(-np.outer(hazard, died.cumulative(moments, before=True)))
    happened = 1 - np.exp(-np.outer(hazard, died.cumulative(moments)))
    martingale = ((data.time[:, None] == moments) & ~data.event[:, None]).astype(np.float64)
    martingale -= (data.time[:, None] >= moments) * np.outer(against, jumps)
    uncensored = np.exp(-np.outer(against, previous))
    integral = np.sum((risk[:, None] - happened) / (survival * uncensored) * martingale, axis=1)
    seen = data.event & (data.time <= HORIZON)
    observed = seen / np.exp(-against * left.cumulative(data.time, before=True))
    return float(np.mean(risk + weight * (observed - risk + integral)))


@pytest.mark.parametrize("case", ["pbc", "rotterdam"])
def test_riskregression_takes_tied_events_for_one_in_its_standard_errors(case: str) -> None:
    """Its error of g-computation comes of a compensator with one event per time; as many as there are gives the core's."""
    stacked = joint_models(case, "models", HORIZON).stacked.root
    contrasts = {"risk_A1": (1.0, 0.0), "risk_A0": (0.0, 1.0), "riskdiff": (1.0, -1.0)}
    theirs, ours = (_g_computation_influence(followed(case), tied=tied) for tied in (False, True))
    for name, contrast in contrasts.items():
        row = _row(case, "ate GFORMULA", f"se_{name}_t1825")
        own = float(np.linalg.norm(stacked @ contrast))
        assert float(np.linalg.norm(theirs @ contrast)) == pytest.approx(row.value, rel=SAME)
        assert float(np.linalg.norm(ours @ contrast)) == pytest.approx(own, rel=SAME)
        assert abs(own - row.value) > row.tolerance


def _g_computation_influence(data: Followed, *, tied: bool) -> Vector:
    """Return each subject's influence on the risks by g-computation, ``(n, 2)``, treated first."""
    model = _Table.of(data, data.event)
    n, own = len(data.time), np.flatnonzero(data.event)
    table = (data.time >= model.times[:, None]).astype(np.float64) * model.relative
    second = table.sum(axis=1)
    information = np.zeros((model.x.shape[1],) * 2)
    for share, mean, deaths in zip(table / second[:, None], model.mean, model.deaths, strict=True):
        information += deaths * ((model.x * share[:, None]).T @ model.x - np.outer(mean, mean))
    each = (model.deaths if tied else 1.0) / model.at_risk
    reached = np.searchsorted(model.times, data.time, side="right")
    sums = np.concatenate([[0.0], np.cumsum(each)])[reached]
    moments = np.vstack([np.zeros(model.x.shape[1]), np.cumsum(each[:, None] * model.mean, axis=0)])[reached]
    score = -model.relative[:, None] * (model.x * sums[:, None] - moments)
    at = np.searchsorted(model.times, data.time[own])
    score[own] += model.x[own] - model.mean[at]
    by_coefficients = score @ np.linalg.inv(information)
    inner = model.times <= HORIZON
    baseline = (
        -model.relative * np.concatenate([[0.0], np.cumsum(model.jumps / model.at_risk * inner)])[reached]
    )
    baseline[own] += inner[at] / model.at_risk[at]
    baseline -= by_coefficients @ ((model.jumps * inner) @ model.mean)
    cumulative, columns = float(model.cumulative(HORIZON)), []
    for arm in (1.0, 0.0):
        x, relative = model.set_to(data, arm)
        risk = 1 - np.exp(-relative * cumulative)
        slope = (1 - risk) * relative
        through = by_coefficients @ (slope[:, None] * cumulative * x).mean(axis=0)
        columns.append((risk - risk.mean()) / n + baseline * slope.mean() + through)
    return np.column_stack(columns)
