"""The files of a workspace that follow from the product: its lock file, its pipeline and its deployments."""

import re

from medicore.errors import IntegrityError
from medicore.records.workspace.wheel import Wheel

WORKSPACE = "workspace.toml"
"""The file that makes a folder a workspace."""

SOURCES = "medicore/workspace_files/"
"""The folder of the wheel with the files from which a workspace is made."""

_PRODUCT = re.compile(rb"^\./product/[^\n]*\\\n +--hash=[^\n]*\n", re.MULTILINE)
_LOCKED = re.compile(rb"^\./product/([\w.+-]+\.whl) \\\n +--hash=sha256:([0-9a-f]{64})$", re.MULTILINE)
_CODE = re.compile(
    r"^( +- )(medicore/records|medicore/stats|medicore/steps|quarto_templates)\n", re.MULTILINE
)
_ENTRYPOINT = re.compile(r"^( +entrypoint: )flows/(\w+)\.py:(\w+)$", re.MULTILINE)


def lock_of(lock: bytes, wheel: Wheel) -> bytes:
    """Return the lock file of a workspace: the product's run-time lock, and the product itself by its hash."""
    return lock.rstrip(b"\n") + b"\n" + locked_line(wheel).encode()


def locked_line(wheel: Wheel) -> str:
    """Return the line by which pip installs the wheel, and no other file in its place, from the workspace's folder."""
    return f"./{wheel.path} \\\n    --hash=sha256:{wheel.sha256}\n"


def locked_wheel(lock: bytes) -> tuple[str, str] | None:
    """Return file name and SHA-256 of the wheel that a lock file of a workspace names; None for another lock file."""
    found = _LOCKED.search(lock)
    return (found[1].decode(), found[2].decode()) if found else None


def libraries_of(lock: bytes) -> bytes:
    """Return a lock file without the product, whose code a record brings along; any other lock file as it is."""
    return _PRODUCT.sub(b"", lock)


def pipeline_of(dvc: str, wheel: Wheel) -> str:
    """Return ``dvc.yaml`` of a workspace: every stage that depends on code of the product depends on the wheel."""
    first = re.compile(r"^( +- )medicore/records\n", re.MULTILINE)
    made = _CODE.sub("", first.sub(rf"\1{wheel.path}\n", dvc))
    if wheel.path not in made or _CODE.search(made):
        raise IntegrityError(
            f"dvc.yaml of {wheel.name} does not name the product's code as expected; take another build of the product"
        )
    return made


def deployments_of(prefect: str) -> str:
    """Return ``prefect.yaml`` of a workspace, whose flows are modules of the installed product, or of a commit's wheel."""
    return _ENTRYPOINT.sub(r"\1flows.\2.\3", prefect)
