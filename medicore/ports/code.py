"""The ports to the running code, to its packages, and to the renderer."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from medicore.ports.history import History


class Code(Protocol):
    """The repository of code and protocols: the checkout that this program runs from, or a workspace with its wheel."""

    root: Path

    @property
    def templates(self) -> Path:
        """The folder of the report's templates."""
        ...

    def commit(self, study: str | None = None) -> str:
        """Return the commit of the repository; in a workspace that of ``study`` alone, which the study's records follow."""
        ...

    def require_clean(self, study: str | None = None) -> str:
        """Return the same commit after verifying that the running code is that of the repository's commit."""
        ...

    def of_study(self, study: str, commit: str) -> str:
        """Return the commit that a run of ``study`` has by the code of the repository's ``commit``; see ``commit``."""
        ...

    def origin(self, commit: str) -> str:
        """Return the commit of the repository that has the code of a run's ``commit``; in a workspace it is another one."""
        ...

    def require_made(self, study: str, commit: str, held: History) -> None:
        """Raise IntegrityError unless a study's ``commit``, as ``held`` has it, follows from the repository's own commit."""
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

    def kernels(self) -> dict[str, str]:
        """Return the kernels of linear algebra that this process computes with, and the machine and C library."""
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
