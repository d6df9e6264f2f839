"""The minimal detectable effect: the smallest true effect that a study is likely to find."""

from scipy.special import ndtri

POWER = 0.8
"""The probability with which the smallest detectable effect is found."""


def detectable_effect(standard_error: float, level: float, power: float = POWER) -> float:
    """Return the minimal detectable effect on the scale of inference, (z_{(1 + level)/2} + z_power)·SE (Bloom, 1995).

    A two-sided test at 1 − ``level`` finds a true effect of this size, in its direction, with probability ``power``. For
    a ratio it is the logarithm.
    """
    return float((ndtri(0.5 + level / 2) + ndtri(power)) * standard_error)
