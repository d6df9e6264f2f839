"""Record folders on the local disk: every file is written completely or not at all."""

import contextlib
import errno
import fcntl
import io
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from medicore.errors import BusyError, InfrastructureError, IntegrityError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def private_folder(path: Path) -> None:
    """Make a folder that only its owner can enter, whatever the umask; an existing folder gets this mode.

    Raises InfrastructureError when the mode cannot be set.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
    except OSError as error:
        raise InfrastructureError(
            f"folder {path.name} could not be made private: {error.strerror}; expected a folder of the account that runs "
            "MediCore; correct its owner"
        ) from error


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that there is always either the old file or the new one, even after a power cut.

    Raises InfrastructureError when the disk is full; nothing is left of the attempt then.
    """
    try:
        replace_file(path, data)
    except OSError as error:
        raise InfrastructureError(
            f"{path.name} could not be written: {error.strerror}; {advice(error, 'mend the folder')}, then run again"
        ) from error


def is_full(error: BaseException) -> bool:
    """Return whether an error says that a disk, a quota or the largest size of a file is exhausted."""
    return isinstance(error, OSError) and error.errno in _FULL


def advice(error: BaseException, otherwise: str) -> str:
    """Return what to do after an error: make room where a disk is full, and ``otherwise`` in every other case."""
    return "make room" if is_full(error) else otherwise


def replace_file(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write ``data`` as ``write_atomically`` does, with the mode ``mode``; raise OSError when that is impossible."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(scratch).chmod(mode)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


class FolderFiles:
    """The files of one record folder; ``lock`` may lie outside the folder."""

    def __init__(self, root: Path, lock: Path | None = None) -> None:
        self._root = root
        self._lock = lock or root / "lock"

    def path(self, name: str) -> Path:
        """Return where file ``name`` lies."""
        return self._lock / name.removeprefix("lock/") if name.startswith("lock/") else self._root / name

    def read(self, name: str) -> bytes:
        """Return the bytes of file ``name``."""
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError as error:
            raise IntegrityError(
                f"{name} is missing from the record folder; run the step that writes it"
            ) from error

    def write(self, name: str, data: bytes) -> None:
        """Write file ``name`` completely or not at all."""
        write_atomically(self.path(name), data)

    def exists(self, name: str) -> bool:
        """Return whether file or folder ``name`` exists."""
        return (self._lock if name == "lock" else self.path(name)).exists()

    def names(self, folder: str = "") -> tuple[str, ...]:
        """Return the names of all files below ``folder``, sorted; hidden files are left out."""
        base = self._lock if folder == "lock" else self.path(folder) if folder else self._root
        prefix = f"{folder}/" if folder else ""
        found = (path.relative_to(base) for path in base.rglob("*") if path.is_file())
        return tuple(
            sorted(
                prefix + path.as_posix() for path in found if not any(p.startswith(".") for p in path.parts)
            )
        )

    def read_table(self, name: str) -> "pd.DataFrame":
        """Return the Parquet file ``name`` as a table."""
        return read_parquet(self.read(name), name)

    def write_table(self, name: str, table: "pd.DataFrame") -> None:
        """Write ``table`` as Parquet: the same table gives the same bytes."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
        buffer = io.BytesIO()
        pq.write_table(arrow, buffer, compression="zstd", version="2.6", store_schema=True)
        self.write(name, buffer.getvalue())


def read_parquet(data: bytes, name: str) -> "pd.DataFrame":
    """Return Parquet bytes as a table; integers stay integers where values are missing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
    except pa.ArrowInvalid as error:
        raise IntegrityError(
            f"{name} is not a readable Parquet file; run 'medicore verify' on its run"
        ) from error
    frame: pd.DataFrame = table.to_pandas(types_mapper=_pandas_type)
    return frame


def _pandas_type(arrow: "pa.DataType") -> object | None:
    """Return the pandas type for an Arrow type for which pandas would not tell a missing value from zero."""
    import pandas as pd
    import pyarrow as pa

    return pd.Int64Dtype() if arrow == pa.int64() else None


class FolderLocks:
    """Exclusive work on a study's month, by an advisory file lock that ends with its process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def hold(self, study: str, month: str, purpose: str) -> Iterator[None]:
        """Hold the study's month exclusively; raise BusyError, which names the holder, when another process holds it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{study}.{month}"
        with path.open("a+") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                stream.seek(0)
                holder = stream.read().strip() or "another process"
                raise BusyError(
                    f"{study} {month} is at work in {holder}; wait for it, then try again"
                ) from error
            stream.truncate(0)
            stream.write(f"{purpose} (process {os.getpid()} on {socket.gethostname()})")
            stream.flush()
            yield
