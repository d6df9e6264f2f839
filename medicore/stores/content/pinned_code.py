"""Pinned code: a commit of a repository laid out in a folder of its own, with the packages that its lock file names."""

from dataclasses import dataclass
from pathlib import Path

from medicore.records.workspace.wheel import FOLDER, read_wheel, wheel_in
from medicore.stores.content.recorded_environment import RecordedEnvironments
from medicore.stores.git.clone import clone_commit


@dataclass(frozen=True, slots=True)
class PinnedCode:
    """The code of a commit: ``root`` is the checkout or workspace, ``code`` holds our packages, ``python`` has the others."""

    root: Path
    code: Path
    python: Path


def pinned_code(
    repository: str, commit: str, scratch: Path, environments: RecordedEnvironments
) -> PinnedCode:
    """Clone the commit of the repository into the folder ``scratch`` and return its code.

    The code of a workspace is the wheel in it, which is unpacked beside the clone. If the installed packages differ from the
    commit's lock file, an environment with those is built, once.

    Raises
    ------
    ConfigurationError
        When the repository cannot be cloned, has no such commit, or its packages are not available.
    IntegrityError
        When the wheel is damaged.
    """
    root = scratch / "checkout"
    clone_commit(repository, commit, root)
    python = environments.python(root)
    code = scratch / "product"
    return PinnedCode(root, code if unpack_product(root, code) else root, python)


def unpack_product(root: Path, target: Path) -> bool:
    """Write the code of the wheel in a workspace's folder below ``target``; return False where it holds no wheel."""
    folder = root / FOLDER
    name = wheel_in(path.name for path in folder.iterdir()) if folder.is_dir() else None
    if name is None:
        return False
    for path, data in read_wheel(name, (folder / name).read_bytes()).files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(data)
    return True
