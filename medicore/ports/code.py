"""The ports to the running code, to its packages, and to the renderer."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol


class Code(Protocol):
    """The checkout that this program runs from."""

    root: Path

    def commit(self) -> str:
        """Return the commit of the checkout."""
        ...

    def require_clean(self) -> str:
        """Return the commit after verifying that the running code is this commit."""
        ...


class Environment(Protocol):
    """The installed packages, compared with the lock file."""

    def digest(self) -> str:
        """Return the SHA-256 of the lock file."""
        ...

    def require_locked(self) -> str:
        """Return the digest of the lock file after verifying that the installed packages are the locked ones."""
        ...

    def locked(self) -> dict[str, str]:
        """Return name and version of every locked package."""
        ...


class Renderer(Protocol):
    """The renderer, which makes a PDF from the template and a folder of results."""

    @property
    def identity(self) -> Mapping[str, str]:
        """Return the names and versions of the programs that render."""
        ...

    def render(
        self, template_folder: str, inputs: Mapping[str, bytes], created: datetime, template: str = ...
    ) -> bytes:
        """Return the bytes of the report, by default the report of a run; the same inputs give the same bytes."""
        ...
