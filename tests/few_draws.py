"""How often chance alone makes a gate fire, found by few assignments: tests/stats prove that rate, which takes long to find."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from medicore.stats.balance.rerandomisation import false_alarm_rates
from medicore.steps import propensity
from medicore.steps.models import control_alarms

DRAWS = 20
"""Random assignments in place of 400, each of which fits the propensity model again."""


@contextmanager
def few_draws() -> Iterator[None]:
    """Let the propensity step of this process draw few assignments, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (propensity, control_alarms):
            patch.setattr(module, "false_alarm_rates", partial(false_alarm_rates, draws=DRAWS))
        yield
