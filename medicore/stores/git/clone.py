"""Clones: a commit of a repository in a folder of its own, so that code runs as of that commit."""

from pathlib import Path

from medicore.errors import ConfigurationError
from medicore.stores.command import run


def clone_commit(repository: str, commit: str, target: Path) -> None:
    """Check out ``commit`` of the repository at this path or address in the new folder ``target``.

    Raises
    ------
    ConfigurationError
        When the repository cannot be cloned, or has no such commit.
    """
    run(["git", "clone", "--quiet", "--no-checkout", "--", repository, str(target)], folder=target.parent)
    try:
        run(["git", "checkout", "--quiet", "--detach", commit], folder=target)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"commit {commit} cannot be checked out; expected one of the repository that MEDICORE_REPOSITORY names"
        ) from error
