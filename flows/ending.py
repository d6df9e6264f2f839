"""Endings: the end of a flow's work is noted, so that a Prefect server that fails afterwards cannot undo it."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from prefect._internal.result_records import ResultRecordMetadata
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.shown.afterwards import warn
from medicore.errors import ConfigurationError, MediCoreError

T = TypeVar("T")
_ENDINGS: ContextVar[list[object] | None] = ContextVar("endings", default=None)


def note(ending: T) -> T:
    """Return how a flow's work ended, after noting it for the caller of ``noting`` that began the flow."""
    endings = _ENDINGS.get()
    if endings is not None:
        endings.append(ending)
    return ending


def noting(flow: Callable[[], State[Any]]) -> State[Any]:
    """Return the state in which a flow ends, or a state with its noted ending if Prefect fails after that.

    Raises every error of MediCore's own, and everything that the flow raises before its work has ended.
    """
    endings: list[object] = []
    token = _ENDINGS.set(endings)
    try:
        state = flow()
        failure = own_result(state)
    except MediCoreError:
        raise
    except Exception as error:
        if not endings:
            raise
        failure = error
    finally:
        _ENDINGS.reset(token)
    if endings and isinstance(failure, Exception) and not isinstance(failure, MediCoreError):
        warn(f"Prefect does not know how this ended ({type(failure).__name__}); the ledger does")
        return Completed(data=endings[-1])
    return state


def own_result(state: State[Any]) -> object:
    """Return what a flow of this process returned, or the error that it raised.

    No flow of ours stores its result. If the API says that one did, that result is not loaded, because loading would
    execute it.
    """
    if isinstance(state.data, ResultRecordMetadata):
        return ConfigurationError(
            "Prefect's API names a stored result for this flow run; expected none: find out who may use the API, then "
            "ask for the run again"
        )
    found: object = state.result(raise_on_failure=False)
    return found
