"""The bench compares like with like: every contestant computes the estimate that MediCore computes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import batched, careful, followed, textbook
from benchmarks.study import Study, made
from benchmarks.timing import Timed

ROOT = Path(__file__).resolve().parents[2]
STUDY = made(2_000)
STANDARD_ERROR = 0.2
"""About that of the estimate in 2,000 subjects."""
TO_ROUNDING = 1e-9
AT_DEFAULT_TOLERANCE = 1e-4 * STANDARD_ERROR
"""scikit-learn stops at a gradient of 1e-4."""

Contestant = Callable[[Study, int], Timed]


@pytest.mark.parametrize(
    ("contestant", "tolerance"),
    [
        (careful.statsmodels, TO_ROUNDING),
        (careful.scikit_learn, AT_DEFAULT_TOLERANCE),
        (textbook.maximum_likelihood, AT_DEFAULT_TOLERANCE),
    ],
)
def test_an_unpenalised_loop_estimates_what_the_batched_bootstrap_does(
    contestant: Contestant, tolerance: float
) -> None:
    """The full sample's estimate by the loop's own code is MediCore's."""
    assert abs(contestant(STUDY, 1).estimate - batched.ate(STUDY, 32).estimate) < tolerance


def test_the_plain_loop_of_survival_estimates_what_the_batched_bootstrap_does() -> None:
    """The full sample's difference of survival is the same by both, and the loop times what it says."""
    small = made(300)
    loop = followed.one_by_one(small, 3)
    assert loop.replicates == 3
    assert abs(loop.estimate - followed.batched(small, 32).estimate) < TO_ROUNDING


def test_what_a_loop_over_hazards_computes_is_the_same_estimate() -> None:
    """From MediCore's own hazards and scores the formula for other packages' gives MediCore's survival of each arm."""
    data = followed.followed(made(300))
    result, scores = followed._estimated(data)
    for place, inside in enumerate((data.treated, ~data.treated)):
        models = result.models.events[place], result.models.censoring[place]
        times = models[0].times[models[0].times <= followed.HORIZON]
        hazards = [one.relative[:, None] * one.jumps[: len(times)].cumsum()[None] for one in models]
        chance = (scores.fitted, 1 - scores.fitted)[place]
        mean = (result.means.treated, result.means.control)[place]
        found = followed.arm_survival(data, inside, chance, times, (hazards[0], hazards[1]))
        assert abs(found - mean) < TO_ROUNDING


def test_scikit_learn_by_default_is_another_estimate() -> None:
    """The penalty moves the estimate, which is why the table says so."""
    moved = abs(textbook.defaults(STUDY, 1).estimate - batched.ate(STUDY, 32).estimate)
    assert moved > AT_DEFAULT_TOLERANCE


def test_a_loop_times_as_many_replicates_as_it_says() -> None:
    """Twenty replicates take longer than none, and are reported as twenty."""
    timed = careful.statsmodels(STUDY, 20)
    assert timed.replicates == 20
    assert timed.seconds > 0


def test_the_bootstrap_loads_none_of_the_libraries_that_it_is_compared_with() -> None:
    """Its memory is that of numpy, scipy and its own arrays."""
    asked = "import sys, benchmarks.batched; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for library in ("sklearn", "pandas", "statsmodels", "prefect", "dvc", "matplotlib"):
        assert repr(library) not in loaded.stdout
