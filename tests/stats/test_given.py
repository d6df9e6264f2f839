"""Every function of the statistics that takes an arm checks what it is given."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import medicore.stats
from medicore.errors import EstimationError
from medicore.stats.bootstrap.resampling import Layout
from medicore.stats.counts.augmented_rates import fit_rate_models
from medicore.stats.effect.cross_fitting import Nuisance
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.given import ARM, DESIGNS, NUMBERS, checked
from medicore.stats.imputation.incomplete import IncompleteCovariate
from medicore.stats.missing.observation import fit_observation
from medicore.stats.models.learners import Penalised
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.randomisation.randomisation_scheme import Randomisation
from medicore.stats.survival.augmented_survival import fit_survival_models
from tests.stats.samples import draw

SAMPLE = draw(7)
OBSERVED = np.arange(240) % 7 != 0
TIME, EVENT = 1.0 + np.arange(240) % 31, np.arange(240) % 3 == 0
OTHERS: dict[str, Any] = {
    "propensity": fit_logistic(SAMPLE.x, SAMPLE.treated),
    "observed": OBSERVED,
    "observation": fit_observation(SAMPLE.x, SAMPLE.treated, OBSERVED),
    "weights": np.ones(240),
    "replicates": 200,
    "seed": 1,
    "gates": lambda _: [],
    "covariates": [
        IncompleteCovariate("age", np.where(np.arange(240) % 9 == 0, np.nan, SAMPLE.x[:, 0]), None)
    ],
    "number": 2,
    "index": 0,
    "chance": np.random.Generator(np.random.PCG64(1)),
    "completed": SAMPLE.outcome,
    "arm": SAMPLE.treated,
    "event": EVENT,
    "horizon": 20.0,
    "summary": "survival",
    "models": fit_survival_models(SAMPLE.x, SAMPLE.x, SAMPLE.treated, TIME, EVENT),
    "randomisation": Randomisation("simple", np.zeros(240, dtype=np.intp)),
    "layout": Layout.of(SAMPLE.treated, 4),
    "streams": np.random.SeedSequence(1).spawn(2),
    "target": "ATE",
    "family": "gaussian",
    "fold": np.arange(240) % 5,
    "learner": Penalised(),
    "nuisance": Nuisance(*(np.full(240, chance) for chance in (0.5, 1.0, 2.0, 0.8, 0.8))),
    "result": doubly_robust(SAMPLE.x, SAMPLE.treated, SAMPLE.outcome, fit_logistic(SAMPLE.x, SAMPLE.treated)),
}
"""Arguments beside the arrays that the checks know."""
COUNT = np.arange(240) % 4.0
OF_COUNTS: dict[str, Any] = {
    "outcome": COUNT,
    "count": COUNT,
    "exposure": TIME,
    "models": fit_rate_models(SAMPLE.x, SAMPLE.treated, COUNT, TIME),
}
"""Those of functions about counts."""
OF_LEVELS: dict[str, Any] = {"outcome": COUNT, "levels": 4}
"""Those of functions about ordered levels."""
UNCHECKED = {"verify_effect", "verify_adjusted"}
"""Second implementations share nothing with the first; the arrays they are given have been through the first."""


def functions() -> dict[str, Callable[..., Any]]:
    """Return the public functions of ``medicore.stats`` with an arm among their arguments, by name."""
    found = {}
    for module in pkgutil.walk_packages(medicore.stats.__path__, "medicore.stats."):
        loaded = importlib.import_module(module.name)
        for name, one in inspect.getmembers(loaded, inspect.isfunction):
            own = one.__module__ == module.name and not name.startswith("_") and name not in UNCHECKED
            arm = inspect.signature(one).parameters.get(ARM)
            if own and arm is not None and ("bool" in str(arm.annotation) or "Mask" in str(arm.annotation)):
                found[name] = one
    return found


def called(function: Callable[..., Any], **changed: Any) -> Any:
    """Return what a function gives for sound arguments, some of them changed; a generator is run to its end."""
    made = function(**given(function, **changed))
    return [*made] if inspect.isgenerator(made) else made


FUNCTIONS = functions()


def given(function: Callable[..., Any], **changed: Any) -> dict[str, Any]:
    """Return sound arguments of a function, some of them changed."""
    score = OTHERS["propensity"].fitted
    sound: dict[str, Any] = {
        "treated": SAMPLE.treated,
        "outcome": SAMPLE.outcome,
        "score": score,
        "position": score,
        "time": TIME,
        **dict.fromkeys(DESIGNS, SAMPLE.x),
        **OTHERS,
        **(OF_COUNTS if function.__module__.startswith("medicore.stats.counts.") else {}),
        **(OF_LEVELS if function.__module__.startswith("medicore.stats.ordinal.") else {}),
        **changed,
    }
    return {
        name: sound[name]
        for name, parameter in inspect.signature(function).parameters.items()
        if name in sound and (parameter.default is inspect.Parameter.empty or name in changed)
    }


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_an_arm_that_is_not_boolean_is_refused(name: str) -> None:
    """0 and 1 for the arm gave another number without a word; so did a list."""
    function = FUNCTIONS[name]
    called(function)
    for arm in (
        SAMPLE.treated.astype(int),
        SAMPLE.treated.astype(float),
        SAMPLE.treated.tolist(),
        SAMPLE.treated[:, None],
    ):
        with pytest.raises(EstimationError, match=r"the arm is an? .*; expected a boolean array"):
            called(function, treated=arm)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("everybody", [True, False])
def test_an_empty_arm_is_told(name: str, everybody: bool) -> None:
    """Where an arm has nobody, the arm is named, and nothing is divided by zero."""
    function = FUNCTIONS[name]
    arm = "control" if everybody else "treated"
    with pytest.raises(EstimationError, match=f"no {arm} subject is left of 240"):
        called(function, treated=np.full(240, everybody))


NUMERIC = [
    (name, argument)
    for name, function in sorted(FUNCTIONS.items())
    for argument in (*NUMBERS, *DESIGNS)
    if argument in inspect.signature(function).parameters
]


@pytest.mark.parametrize(("name", "argument"), NUMERIC)
def test_numbers_are_finite_and_one_row_per_subject(name: str, argument: str) -> None:
    """NaN, infinity, text, a missing row and another shape are each told by the name of the argument."""
    function = FUNCTIONS[name]
    sound = (
        given(function, **{argument: SAMPLE.x})[argument]
        if argument in DESIGNS
        else given(function)[argument]
    )
    for wrong in (sound[1:], sound.astype(str), sound.reshape(-1, 1, 1), sound.tolist()):
        with pytest.raises(
            EstimationError, match=rf"'{argument}' is an? .*; expected an array of numbers of shape"
        ):
            called(function, **{argument: wrong})
    for odd in (np.nan, np.inf):
        broken = sound.astype(float)
        broken.flat[3] = odd
        with pytest.raises(
            EstimationError, match=rf"'{argument}' holds 1 number\(s\) that are NaN or infinite"
        ):
            called(function, **{argument: broken})


def test_only_a_function_with_an_arm_can_be_checked() -> None:
    """The rows are counted by the arm."""
    with pytest.raises(TypeError, match="has no argument 'treated'"):
        checked(lambda outcome: outcome)


def test_a_checked_function_is_called_as_it_was_asked() -> None:
    """Arguments, defaults and answer go through; what is checked is checked by name, given by place or by keyword."""

    @checked
    def mean(treated: Any, outcome: Any, scale: float = 2.0) -> float:
        """Return a mean."""
        return float(scale * outcome[treated].mean())

    arm, values = np.array([True, False]), np.array([3, 5])
    assert (mean(arm, values), mean(outcome=values, treated=arm, scale=1.0)) == (6.0, 3.0)
    assert (mean.__name__, mean.__doc__) == ("mean", "Return a mean.")
    for wrong in (lambda: mean(arm, values[:1]), lambda: mean(outcome=values, treated=[True, False])):
        with pytest.raises(EstimationError, match="expected"):
            wrong()


def test_what_was_given_is_told_by_kind_and_shape() -> None:
    """A message names the argument, its kind and shape, and what was expected; never a value."""

    @checked
    def both(treated: Any, outcome: Any = None, x: Any = None) -> None:
        """Return nothing."""

    arm = np.array([True, False, False])
    said = {
        "the arm is an array of int64 of shape (3,); expected a boolean array with one element per subject; compare the "
        "column with the treated arm's label": lambda: both(arm.astype(np.int64)),
        "the arm is a list; expected a boolean array with one element per subject; compare the column with the treated "
        "arm's label": lambda: both(arm.tolist()),
        "no treated subject is left of 3; expected both arms; check arms and criteria": lambda: both(
            np.zeros(3, dtype=bool)
        ),
        "no control subject is left of 3; expected both arms; check arms and criteria": lambda: both(
            np.ones(3, dtype=bool)
        ),
        "'outcome' is an array of float64 of shape (2,); expected an array of numbers of shape (3,), a row per subject of "
        "the arm": lambda: both(arm, np.zeros(2)),
        "'x' is an array of float64 of shape (3,); expected an array of numbers of shape (3, p), a row per subject of the "
        "arm": lambda: both(arm, np.zeros(3), np.zeros(3)),
        "'x' holds 2 number(s) that are NaN or infinite; expected finite numbers; check the contract": lambda: (
            both(arm, np.zeros(3), np.array([[1.0, np.nan], [np.inf, 1.0], [1.0, 1.0]]))
        ),
    }
    for words, call in said.items():
        with pytest.raises(EstimationError) as caught:
            call()
        assert str(caught.value) == words
    both(arm, np.zeros(3, dtype=np.int8), np.zeros((3, 0)))


def test_an_outcome_may_be_missing_where_it_is_not_observed() -> None:
    """NaN passes where the mark says so and nowhere else; the mark is boolean, one per subject, and may be left out."""

    @checked
    def both(treated: Any, outcome: Any, observed: Any = None, x_observation: Any = None) -> None:
        """Return nothing."""

    arm, outcome = np.array([True, False, False]), np.array([1.0, np.nan, 2.0])
    seen = np.array([True, False, True])
    both(arm, outcome, seen)
    both(arm, outcome[[0, 2, 2]], None, None)
    both(arm, outcome, seen, np.zeros((3, 1)))
    said = {
        "'outcome' holds 1 number(s) that are NaN or infinite; expected finite numbers; check the contract": lambda: (
            both(arm, outcome)
        ),
        "'observed' is an array of int64 of shape (3,); expected a boolean array of shape (3,); say of each subject "
        "whether its outcome is known": lambda: both(arm, outcome, seen.astype(np.int64)),
        "'observed' is a list; expected a boolean array of shape (3,); say of each subject whether its outcome is "
        "known": lambda: both(arm, outcome, seen.tolist()),
        "'observed' is an array of bool of shape (2,); expected a boolean array of shape (3,); say of each subject "
        "whether its outcome is known": lambda: both(arm, outcome, seen[1:]),
        "no outcome is observed among 1 treated subjects; expected some; check the outcome's column and window": lambda: (
            both(arm, outcome, ~seen)
        ),
        "no outcome is observed among 2 control subjects; expected some; check the outcome's column and window": lambda: (
            both(arm, outcome, arm)
        ),
        "'x_observation' holds 1 number(s) that are NaN or infinite; expected finite numbers; check the "
        "contract": lambda: both(arm, outcome, seen, np.array([[0.0], [np.nan], [0.0]])),
        "'outcome' is a NoneType; expected an array of numbers of shape (3,), a row per subject of the arm": lambda: (
            both(arm, None, seen)
        ),
    }
    for words, call in said.items():
        with pytest.raises(EstimationError) as caught:
            call()
        assert str(caught.value) == words
