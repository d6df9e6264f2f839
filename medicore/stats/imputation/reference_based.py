"""Reference-based imputation of repeated outcomes: what is expected of subjects after their last observed visit."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Rule = Literal["at random", "jump to reference", "copy reference", "copy increments"]


def conditional_means(
    covariance: Vector, own: Vector, reference: Vector, outcome: Vector, rule: Rule = "at random"
) -> Vector:
    """Return the outcomes, ``(n, T)``, with the conditional mean wherever they are NaN.

    ``covariance``, ``(T, T)``, is that of a subject's visits. ``own``, ``(n, T)``, are the means of every subject in its own
    arm, ``reference`` those of the same subject in the reference arm; for subjects of the reference arm the two are equal,
    and they are completed at random. The mean profile of a subject, last observed at visit k, is (Carpenter, Roger & Kenward,
    2013, section 3)

    - at random: that of the subject's own arm;
    - jump to reference: of its own arm up to k, of the reference arm after it;
    - copy reference: of the reference arm at every visit, of its own arm for a subject that was observed at the last
      visit of all;
    - copy increments: of its own arm up to k, then its own mean at k and what the reference arm gains from there;
      with no visit observed, the profile of the reference arm.

    A missing outcome is the mean profile there plus the regression on the residuals from that profile at the observed
    visits. One value stands for each gap, so that the point estimate has no Monte Carlo error; its naive standard error
    is too small. Rubin's variance over draws is information-anchored: gaps cost as much as they do under "at random" (Cro,
    Carpenter & Kenward, 2019).
    """
    seen = ~np.isnan(outcome)
    profiles = _profiles(own, reference, _last(seen), rule)
    completed = outcome.copy()
    for pattern in np.unique(seen, axis=0):
        rows = np.flatnonzero((seen == pattern).all(axis=1))
        there, gaps = np.flatnonzero(pattern), np.flatnonzero(~pattern)
        gain = np.linalg.solve(covariance[np.ix_(there, there)], covariance[np.ix_(there, gaps)])
        residual = outcome[np.ix_(rows, there)] - profiles[np.ix_(rows, there)]
        completed[np.ix_(rows, gaps)] = profiles[np.ix_(rows, gaps)] + residual @ gain
    return completed


def _last(seen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the index of each subject's last observed visit, ``(n,)``; -1 for none."""
    visits = seen.shape[1]
    found: NDArray[np.intp] = np.where(seen.any(axis=1), visits - 1 - seen[:, ::-1].argmax(axis=1), -1)
    return found


def _profiles(own: Vector, reference: Vector, last: NDArray[np.intp], rule: Rule) -> Vector:
    """Return the mean profiles, ``(n, T)``."""
    if rule == "at random":
        return own
    if rule == "copy reference":
        left_early = last < own.shape[1] - 1
        return np.where(left_early[:, None], reference, own)
    after = np.arange(own.shape[1]) > last[:, None]
    base = np.zeros((len(own), 1))
    if rule == "copy increments":
        rows, place = np.arange(len(own)), np.maximum(last, 0)
        base = np.where(last >= 0, own[rows, place] - reference[rows, place], 0.0)[:, None]
    return np.where(after, reference + base, own)
