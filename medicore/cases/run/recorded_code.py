"""Recorded code: the files of the code that a record names, in its commit or in the wheel that its commit holds."""

from collections.abc import Callable
from dataclasses import dataclass

from medicore.ports.house import House
from medicore.records.workspace.wheel import FOLDER, Wheel, read_wheel, wheel_in


@dataclass(frozen=True, slots=True)
class RecordedCode:
    """The code of one commit; ``wheel`` is the product's, in records of a workspace."""

    commit: str
    wheel: Wheel | None
    names: Callable[[str], tuple[str, ...]]
    read: Callable[[str], bytes]


def recorded_code(house: House, commit: str) -> RecordedCode:
    """Return the code of a record's commit.

    ``names`` returns the names of all files below a folder, relative to it, ``read`` the bytes of a file by its path.
    ``read`` raises IntegrityError when there is no such file. Raises IntegrityError when the wheel is damaged.
    """
    name = wheel_in(house.records.names(commit, FOLDER))
    if name is None:
        return RecordedCode(
            commit,
            None,
            lambda folder: house.records.names(commit, folder),
            lambda path: house.records.read(commit, path),
        )
    wheel = read_wheel(name, house.records.read(commit, f"{FOLDER}/{name}"))
    return RecordedCode(commit, wheel, wheel.names, wheel.read)
