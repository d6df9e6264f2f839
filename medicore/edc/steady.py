"""Data that change while they are pulled: seen, pulled again once, and refused."""

from collections.abc import Callable, Iterable

from medicore.errors import DataError
from medicore.records.delivery.transfer import Transfer


class ChangedMeanwhileError(DataError):
    """The source's data changed between two answers of one pull."""


def require_same(what: str, versions: Iterable[str]) -> str:
    """Return the one version that all answers of a pull have.

    Raises
    ------
    DataError
        When an answer names no version.
    ChangedMeanwhileError
        When they differ.
    """
    found = set(versions)
    if found in (set(), {""}):
        raise DataError(
            f"{what}: the EDC names no version of its data; expected one, by which a change is seen; look at what it "
            "sends"
        )
    if len(found) > 1:
        raise ChangedMeanwhileError(
            f"{what}: the data changed while they were pulled, twice in a row; expected one state of them; run again "
            "when nobody enters data"
        )
    return found.pop()


def pull_steady(pull: Callable[[], Transfer]) -> Transfer:
    """Return what ``pull`` gives; pull once more when the data changed meanwhile (FAULTS 41)."""
    try:
        return pull()
    except ChangedMeanwhileError:
        return pull()


def require_moment(what: str, text: str) -> str:
    """Return the moment of the export as the source names it; raise DataError when it names none."""
    if not text:
        raise DataError(
            f"{what}: the EDC does not say when it exported; expected a time with its zone; look at what it sends"
        )
    return text
