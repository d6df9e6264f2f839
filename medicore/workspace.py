"""The workspace of a company: a git repository of its studies, with the running product as a wheel in it."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medicore.cases.studies.deploying import with_studies
from medicore.errors import ConfigurationError
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.records.workspace.files import SOURCES, WORKSPACE, deployments_of, lock_of, pipeline_of
from medicore.records.workspace.wheel import FOLDER, Wheel, read_wheel
from medicore.stores.content.environment import LOCK_FILE
from medicore.stores.files import write_atomically
from medicore.stores.git.calling import committed_by, git
from medicore.stores.git.workspace import WorkspaceCode, is_workspace
from medicore.stores.installed import own_wheel
from medicore.stores.protocols import StudyFolder

_WRITTEN = (LOCK_FILE, "dvc.yaml", "prefect.yaml")
_ATTRIBUTES = "# Whatever a user's git is set to, a clone has the bytes that were committed.\n* -text\n"
_DVC = "[core]\n    analytics = false\n    check_update = false\n    autostage = false\n"
_IGNORED = "/.medicore/\n/.venv/\n__pycache__/\n"


def make_workspace(folder: Path, wheel: Path | None = None) -> dict[str, Any]:
    """Make a workspace in a new or empty folder, with a first commit; return where it is, its commit and its product.

    The product is the file ``wheel``, or else the wheel from which the running product was installed. In both cases it
    must be what runs.

    Raises
    ------
    ConfigurationError
        When the folder has contents, no wheel is found, or the running product differs from it.
    IntegrityError
        When the wheel is damaged, or is none of this product.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(
            f"{folder.name} has contents already; expected a new or an empty folder; name another"
        )
    product, data = _product(wheel)
    place = folder.absolute()
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as scratch:
        root = Path(scratch) / "workspace"
        code = _written(root, product, data, _files(product))
        (root / ".git").mkdir()
        git("init", "--quiet", "--initial-branch=main", "--template=", folder=root)
        git("add", "--all", folder=root)
        words = f"Workspace of MediCore {product.version}"
        git("commit", "--quiet", "--message", words, folder=root, environment=committed_by("medicore"))
        commit = code.require_clean()
        root.rename(place)
    return {"folder": str(place), "commit": commit, "product": product.name, "sha256": product.sha256}


def update_workspace(folder: Path, wheel: Path | None = None) -> dict[str, Any]:
    """Bring a workspace to the running product, as ``make_workspace`` finds it; return where it is and its product.

    Only what follows from the product is written: wheel, lock file, pipeline and deployments. The other files stay, and a
    person commits. Records keep the product with which they were made.

    Raises
    ------
    ConfigurationError
        When the folder is no workspace, no wheel is found, or the running product differs from it.
    IntegrityError
        When the wheel is damaged, or is none of this product.
    """
    if not is_workspace(folder):
        raise ConfigurationError(
            f"{folder.name} is no workspace: it has no file {WORKSPACE}; expected one that 'medicore new' made; name another"
        )
    product, data = _product(wheel)
    following = dict(_following(product, StudyFolder(folder / "studies").protocols()))
    with tempfile.TemporaryDirectory(prefix="medicore-update-") as scratch:
        _written(Path(scratch), product, data, ())  # refused before anything is changed
    for old in (folder / FOLDER).glob("*.whl"):
        old.unlink()
    _written(folder, product, data, following.items())
    return {"folder": str(folder.absolute()), "product": product.name, "sha256": product.sha256}


def _written(root: Path, product: Wheel, data: bytes, files: Iterable[tuple[str, bytes]]) -> WorkspaceCode:
    """Write wheel and files into a folder and return its code, after proving that the wheel is what runs."""
    write_atomically(root / product.path, data)
    for path, content in files:
        write_atomically(root / path, content)
    code = WorkspaceCode(root)
    code.require_running()
    return code


def _product(wheel: Path | None) -> tuple[Wheel, bytes]:
    """Return the wheel that is given, or that of the running product, and its bytes."""
    name, data = own_wheel() if wheel is None else _given(wheel)
    return read_wheel(name, data), data


def _given(wheel: Path) -> tuple[str, bytes]:
    if not wheel.is_file():
        raise ConfigurationError(
            f"{wheel.name} is not a file; expected the wheel of the running product; correct its name"
        )
    return wheel.name, wheel.read_bytes()


def _files(product: Wheel) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of every file of a workspace but the wheel; all come from the wheel."""
    held = _sources(product)
    yield from ((path, data) for path, data in held.items() if path not in _WRITTEN)
    examples = [
        parse_protocol(data.decode(), path)
        for path, data in held.items()
        if path.startswith("studies/") and path.count("/") == 1
    ]
    yield from _following(product, examples)
    yield ".gitattributes", _ATTRIBUTES.encode()
    yield ".gitignore", _IGNORED.encode()
    yield ".dvc/config", _DVC.encode()
    yield ".dvc/.gitignore", b"/cache\n/config.local\n/tmp\n"
    yield ".dvcignore", b"__pycache__\n*.pyc\n"


def _following(product: Wheel, protocols: Iterable[Protocol]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of the files that follow from the product and, of the deployments, from the protocols."""
    held = _sources(product)
    yield LOCK_FILE, lock_of(held[LOCK_FILE], product)
    yield "dvc.yaml", pipeline_of(held["dvc.yaml"].decode(), product).encode()
    yield "prefect.yaml", with_studies(deployments_of(held["prefect.yaml"].decode()), protocols).encode()


def _sources(product: Wheel) -> dict[str, bytes]:
    """Return what the wheel holds for workspaces, by path in a workspace."""
    held = {
        path.removeprefix(SOURCES): data for path, data in product.files.items() if path.startswith(SOURCES)
    }
    missing = sorted(set(_WRITTEN) - set(held))
    if missing:
        raise ConfigurationError(
            f"{product.name} has no file {missing[0]} for workspaces; expected a wheel that 'make wheel' built; take one"
        )
    return held
