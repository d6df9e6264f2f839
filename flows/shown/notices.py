"""Notices: a run's end and late months told to the address of the setting ``notify``, where there is one."""

import functools

from medicore.cases.answers.lookup import standing_lines
from medicore.cases.answers.notifying import tell_of_late, tell_of_run
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.settings import Settings
from medicore.stores.webhook import post


def ended(settings: Settings, house: House, run: RunId) -> None:
    """Tell where a run stands."""
    if settings.notify is not None:
        tell_of_run(house, run, functools.partial(post, settings.notify))


def late(settings: Settings, house: House) -> tuple[str, ...]:
    """Tell which months became late, and return them."""
    if settings.notify is None:
        return ()
    return tell_of_late(house, standing_lines(house), functools.partial(post, settings.notify))
