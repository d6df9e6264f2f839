"""The rates of the gates of variances, on a study's own sample."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from medicore.stats.bootstrap.disagreement import bootstrap_alarm_rate, sandwich_alarm_rate
from medicore.stats.bootstrap.growth import change_alarm_rate
from medicore.stats.bootstrap.world import World
from medicore.stats.missing.observation import fit_observation
from medicore.stats.models.logistic import fit_logistic
from medicore.steps.models.alarm_rates import change_rate, variance_alarm_rate
from medicore.steps.models.sample import Sample
from medicore.steps.models.seeds import derived_seed
from tests.stats.samples import draw
from tests.steps.analysed_trial import protocol

PLAN = protocol(gates={"variance_disagreement": 0.02}, design="randomised")


def sample(n: int = 60) -> Sample:
    """Return a small sample without a table."""
    made = draw(31, n=n)
    arrays = made.x, made.x, made.x, made.treated, made.outcome, np.ones(n, dtype=bool)
    observing = partial(fit_observation, made.x, made.treated, np.ones(n, dtype=bool))
    return Sample(pd.DataFrame(), "gaussian", "ATE", *arrays, made.fit, observing)


def test_the_rates_are_those_of_the_samples_world() -> None:
    """Limit, seed, replicates and design are the protocol's."""
    one = sample()
    world = World.of(one.x_propensity, one.x_outcome, one.treated, one.outcome, randomised=True)
    seed = derived_seed(7, "alarms")
    assert variance_alarm_rate(PLAN, one, "sandwich") == sandwich_alarm_rate(world, 0.02, seed=seed)
    found = variance_alarm_rate(PLAN, one, "bootstrap")
    assert found == bootstrap_alarm_rate(world, 0.02, replicates=200, seed=seed)
    fitted = World.of(one.x_propensity, one.x_outcome, one.treated, one.outcome)
    observational = variance_alarm_rate(protocol(gates={"variance_disagreement": 0.02}), one, "sandwich")
    assert observational == sandwich_alarm_rate(fitted, 0.02, seed=seed)
    assert 0 < observational != variance_alarm_rate(PLAN, one, "sandwich")


def test_missing_outcomes_leave_the_rate_to_the_observed() -> None:
    """Whoever has no outcome is not in the drawn studies."""
    whole, seen = sample(), np.arange(60) % 7 > 0
    gaps = replace(whole, outcome=np.where(seen, whole.outcome, np.nan), observed=seen)
    world = World.of(
        whole.x_propensity[seen],
        whole.x_outcome[seen],
        whole.treated[seen],
        whole.outcome[seen],
        randomised=True,
    )
    expected = sandwich_alarm_rate(world, 0.02, seed=derived_seed(7, "alarms"))
    assert variance_alarm_rate(PLAN, gaps, "sandwich") == expected


@pytest.mark.parametrize("name", ["sandwich", "bootstrap"])
def test_where_nothing_can_be_drawn_there_is_no_rate(name: str) -> None:
    """A model that separates, or studies that cannot be estimated, leave the finding without a rate."""
    one = sample()
    assert variance_alarm_rate(PLAN, replace(one, fit=replace(one.fit, separated=True)), name) is None
    alone = np.arange(60) < 2
    x = np.random.Generator(np.random.PCG64(3)).normal(size=(60, 1))
    tiny = replace(one, x_propensity=x, x_outcome=x, treated=alone, fit=fit_logistic(x, alone))
    assert variance_alarm_rate(PLAN, tiny, name) is None


GROWN = {"previous_n": 50, "n": 60}


def test_the_rate_of_a_change_is_that_of_the_samples_world() -> None:
    """Limit, seed and design are the protocol's; the subjects of last month are as many as its estimate had."""
    one, seen = sample(), np.arange(60) % 6 > 0
    plan = protocol(gates={"estimate_change": 0.4}, design="randomised")
    world = World.of(one.x_propensity, one.x_outcome, one.treated, one.outcome, randomised=True)
    expected = change_alarm_rate(world, 50, 0.4, seed=derived_seed(7, "alarms"))
    assert 0 < expected < 1
    assert change_rate(plan, one, GROWN) == expected
    gaps = replace(one, outcome=np.where(seen, one.outcome, np.nan), observed=seen)
    observed = World.of(
        one.x_propensity[seen], one.x_outcome[seen], one.treated[seen], one.outcome[seen], randomised=True
    )
    expected = change_alarm_rate(observed, 42, 0.4, seed=derived_seed(7, "alarms"))
    assert change_rate(plan, gaps, GROWN) == expected


def test_a_change_has_no_simulated_rate_where_nothing_can_be_drawn() -> None:
    """Another estimator than AIPW has none, nor has a study that was too small last month to be estimated."""
    other = PLAN.inference.model_copy(update={"estimator": "ancova"})
    assert change_rate(PLAN.model_copy(update={"inference": other}), sample(), GROWN) is None
    assert change_rate(PLAN, sample(), {"previous_n": 2, "n": 60}) is None
