"""How often chance alone makes a gate fire, found by few draws: tests/stats prove these rates, which take long to find."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from medicore.stats.balance.rerandomisation import false_alarm_rates
from medicore.stats.bootstrap.disagreement import bootstrap_alarm_rate
from medicore.steps import propensity
from medicore.steps.models import control_alarms

DRAWS = 20
"""Random assignments in place of 400, each of which fits the propensity model again."""
STUDIES = 8
"""Drawn studies in place of 64, each of which has a bootstrap of its own."""


@contextmanager
def few_draws() -> Iterator[None]:
    """Let the steps of this process draw few assignments and few studies, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (propensity, control_alarms):
            patch.setattr(module, "false_alarm_rates", partial(false_alarm_rates, draws=DRAWS))
        patch.setitem(bootstrap_alarm_rate.__kwdefaults__, "draws", STUDIES)
        yield
