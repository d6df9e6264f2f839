"""Checks of what the statistics are given: one array per subject, of the kind that each argument needs."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

ARM = "treated"
"""The argument that says of each subject whether it is treated, ``(n,)`` bool."""
NUMBERS = ("outcome", "score", "position", "time")
"""Arguments with one finite number per subject, ``(n,)``."""
DESIGNS = ("x", "x_propensity", "x_outcome", "x_observation", "x_censoring")
"""Arguments with a row of finite numbers per subject, ``(n, p)``."""
OBSERVED = "observed"
"""The argument that says of each subject whether its outcome is observed, ``(n,)`` bool; None says that all are."""
OUTCOME = "outcome"
"""The argument that may hold NaN where the outcome is not observed."""


def checked(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Return the function, which first checks the subjects' arrays among its arguments, known by their names.

    An arm of 0 and 1 would be wrong without a word: ``~1`` is -2, which is true, and numbers index rows. So an arm is
    boolean, and both arms have subjects. The other arrays are finite and have as many rows as the arm. An outcome that
    is not observed may be any number; each arm has an observed one. An optional array may be None.

    The function then raises EstimationError when an array is of another kind, shape or length, holds a number that is
    not finite, or when an arm is empty.
    """
    signature = inspect.signature(function)
    parameters = signature.parameters
    if ARM not in parameters:
        raise TypeError(f"{function.__name__} has no argument {ARM!r}, by which arrays are counted")

    @wraps(function)
    def guarded(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        bound = signature.bind(*args, **kwargs).arguments
        left_out = {
            name for name, value in bound.items() if value is None and parameters[name].default is None
        }
        _require_sample({name: value for name, value in bound.items() if name not in left_out})
        return function(*args, **kwargs)

    return guarded


def _require_sample(arguments: Mapping[str, object]) -> None:
    treated = arguments[ARM]
    if not isinstance(treated, np.ndarray) or treated.dtype != np.bool_ or treated.ndim != 1:
        raise EstimationError(
            f"the arm is {_kind(treated)}; expected a boolean array with one element per subject; compare the column with "
            "the treated arm's label"
        )
    n = len(treated)
    for arm, size in (("treated", int(treated.sum())), ("control", n - int(treated.sum()))):
        if size == 0:
            raise EstimationError(
                f"no {arm} subject is left of {n}; expected both arms; check arms and criteria"
            )
    everybody = np.ones(n, dtype=bool)
    known = _required(arguments[OBSERVED], treated) if OBSERVED in arguments else everybody
    for name in (*NUMBERS, *DESIGNS):
        if name in arguments:
            read = known if name == OUTCOME else everybody
            _require_numbers(name, arguments[name], read, dimensions=2 if name in DESIGNS else 1)


def _required(observed: object, treated: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which outcomes are observed; each arm has one."""
    n = len(treated)
    if not isinstance(observed, np.ndarray) or observed.dtype != np.bool_ or observed.shape != (n,):
        raise EstimationError(
            f"{OBSERVED!r} is {_kind(observed)}; expected a boolean array of shape ({n},); say of each subject whether "
            "its outcome is known"
        )
    for arm, inside in (("treated", treated), ("control", ~treated)):
        if not observed[inside].any():
            raise EstimationError(
                f"no outcome is observed among {int(inside.sum())} {arm} subjects; expected some; check the outcome's "
                "column and window"
            )
    return observed


def _require_numbers(name: str, values: object, read: NDArray[np.bool_], dimensions: int) -> None:
    """Raise EstimationError unless ``values`` has a row for each subject, of finite numbers where it is ``read``."""
    n = len(read)
    shape = f"({n}, p)" if dimensions == 2 else f"({n},)"
    if (
        not isinstance(values, np.ndarray)
        or values.dtype.kind not in "fiuc"
        or values.ndim != dimensions
        or len(values) != n
    ):
        raise EstimationError(
            f"{name!r} is {_kind(values)}; expected an array of numbers of shape {shape}, a row per subject of the arm"
        )
    infinite = int((~np.isfinite(values[read])).sum())
    if infinite:
        raise EstimationError(
            f"{name!r} holds {infinite} number(s) that are NaN or infinite; expected finite numbers; check the contract"
        )


def _kind(values: object) -> str:
    if isinstance(values, np.ndarray):
        return f"an array of {values.dtype} of shape {values.shape}"
    return f"a {type(values).__name__}"
