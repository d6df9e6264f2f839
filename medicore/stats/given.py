"""Checks of what the statistics are given: one array per subject, of the kind that each argument needs."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np

from medicore.errors import EstimationError

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

ARM = "treated"
"""The argument that says of each subject whether it is treated, ``(n,)`` bool."""
NUMBERS = ("outcome", "score", "position")
"""Arguments with one finite number per subject, ``(n,)``."""
DESIGNS = ("x", "x_propensity", "x_outcome")
"""Arguments with a row of finite numbers per subject, ``(n, p)``."""


def checked(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Return the function, which first checks the subjects' arrays among its arguments, known by their names.

    An arm of 0 and 1 would be wrong without a word: ``~1`` is -2, which is true, and numbers index rows. So an arm is
    boolean, and both arms have subjects. The other arrays are finite and have as many rows as the arm.

    The function then raises EstimationError when an array is of another kind, shape or length, holds a number that is
    not finite, or when an arm is empty.
    """
    signature = inspect.signature(function)
    if ARM not in signature.parameters:
        raise TypeError(f"{function.__name__} has no argument {ARM!r}, by which arrays are counted")

    @wraps(function)
    def guarded(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        _require_sample(signature.bind(*args, **kwargs).arguments)
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
    for name in (*NUMBERS, *DESIGNS):
        if name in arguments:
            _require_numbers(name, arguments[name], n, dimensions=2 if name in DESIGNS else 1)


def _require_numbers(name: str, values: object, n: int, dimensions: int) -> None:
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
    infinite = int((~np.isfinite(values)).sum())
    if infinite:
        raise EstimationError(
            f"{name!r} holds {infinite} number(s) that are NaN or infinite; expected finite numbers; check the contract"
        )


def _kind(values: object) -> str:
    if isinstance(values, np.ndarray):
        return f"an array of {values.dtype} of shape {values.shape}"
    return f"a {type(values).__name__}"
