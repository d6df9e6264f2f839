"""A wheel of the product as it is in this checkout, packed without a build: files, RECORD, and nothing else."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from medicore.records.workspace.wheel import PACKAGES
from tests.conftest import ROOT

VERSION = "0.1.0"
NAME = f"medicore-{VERSION}-py3-none-any.whl"
INFO = f"medicore-{VERSION}.dist-info"
_TAKEN = ("dvc.yaml", "prefect.yaml", "requirements.lock")


def packed(files: Mapping[str, bytes], record: bytes | None = None, info: str = INFO) -> bytes:
    """Return a wheel of these files, with a true RECORD unless another is given."""
    rows = [f"{path},sha256={digest(data)},{len(data)}" for path, data in files.items()]
    written = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:
        for path, data in files.items():
            wheel.writestr(zipfile.ZipInfo(path), data, zipfile.ZIP_DEFLATED)
        wheel.writestr(zipfile.ZipInfo(f"{info}/RECORD"), written if record is None else record)
    return buffer.getvalue()


def digest(data: bytes) -> str:
    """Return a SHA-256 as RECORD writes it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


@cache
def product() -> Mapping[str, bytes]:
    """Return the files of the product's wheel, as the build takes them from this checkout."""
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    held = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in found
        if not {"__pycache__", ".mypy_cache"} & set(path.relative_to(ROOT).parts)
    }
    return held | {f"medicore/workspace_files/{name}": (ROOT / name).read_bytes() for name in _TAKEN}


def product_wheel(folder: Path, more: Mapping[str, bytes] | None = None) -> Path:
    """Write the product's wheel into the folder, with ``more`` files in it or in place of its own; return its path."""
    path = folder / NAME
    path.write_bytes(packed({**product(), **(more or {})}))
    return path
