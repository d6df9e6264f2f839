"""The ports to the code that runs, to its packages, and to the renderer."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol


class Code(Protocol):
    """The checkout that this program runs from."""

    root: Path

    def commit(self) -> str:
        """Return the commit that the checkout is at."""
        ...

    def require_clean(self) -> str:
        """Return the commit, proved to be what runs."""
        ...


class Environment(Protocol):
    """The installed packages, held against the lock file."""

    def digest(self) -> str:
        """Return the SHA-256 of the lock file."""
        ...

    def require_locked(self) -> str:
        """Return the digest of the lock file, proved to be what is installed."""
        ...

    def locked(self) -> dict[str, str]:
        """Return name and version of every locked package."""
        ...


class Renderer(Protocol):
    """Turns the template and a folder of results into a PDF."""

    @property
    def identity(self) -> Mapping[str, str]:
        """Name and versions of the programs that render."""
        ...

    def render(
        self, template_folder: str, inputs: Mapping[str, bytes], created: datetime, template: str = ...
    ) -> bytes:
        """Return the bytes of the report, by default a run's; the same inputs give the same bytes."""
        ...
