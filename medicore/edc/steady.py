"""Data that change during a pull: the change is detected, the data are pulled once more, then the pull is refused."""

from collections.abc import Callable, Iterable

from medicore.errors import DataError
from medicore.records.delivery.transfer import Transfer


class ChangedMeanwhileError(DataError):
    """The source's data changed between two answers of one pull."""


def require_same(what: str, versions: Iterable[str]) -> str:
    """Return the version of the data if it is the same in all answers of a pull.

    Raises
    ------
    DataError
        When an answer has no version.
    ChangedMeanwhileError
        When the versions differ.
    """
    found = set(versions)
    if found in (set(), {""}):
        raise DataError(
            f"{what}: the EDC names no version of its data; expected one, as it reveals a change; look at what it "
            "sends"
        )
    if len(found) > 1:
        raise ChangedMeanwhileError(
            f"{what}: the data changed while they were pulled, twice in a row; expected one state of them; run again "
            "when nobody enters data"
        )
    return found.pop()


def pull_steady(pull: Callable[[], Transfer]) -> Transfer:
    """Return the transfer of ``pull``; pull once more when the data changed during the first pull (FAULTS 41)."""
    try:
        return pull()
    except ChangedMeanwhileError:
        return pull()


def require_moment(what: str, text: str) -> str:
    """Return the time of the export in the source's spelling; raise DataError when the source does not state it."""
    if not text:
        raise DataError(
            f"{what}: the EDC does not state the time of its export; expected a time with its zone; look at what it sends"
        )
    return text
