"""Notices: messages about a run's end and about late months, for the address in the setting ``notify``, if there is one."""

import functools

from medicore.cases.answers.lookup import standing_lines
from medicore.cases.answers.notifying import tell_of_late, tell_of_return, tell_of_run
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.settings import Settings
from medicore.stores.webhook import post


def ended(settings: Settings, house: House, run: RunId) -> None:
    """Send a notice of a run's state."""
    if settings.notify is not None:
        tell_of_run(house, run, functools.partial(post, settings.notify))


def returned(settings: Settings, house: House, run: RunId) -> None:
    """Send a notice that a run was returned with comments."""
    if settings.notify is not None:
        tell_of_return(house, run, functools.partial(post, settings.notify))


def late(settings: Settings, house: House) -> tuple[str, ...]:
    """Send a notice of the months that became late, and return them."""
    if settings.notify is None:
        return ()
    return tell_of_late(house, standing_lines(house), functools.partial(post, settings.notify))
