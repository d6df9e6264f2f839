"""The content store: frozen data and large results, addressed by content, through DVC in process."""

import contextlib
import hashlib
import io
import json
import logging
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from medicore.errors import ConfigurationError, IntegrityError
from medicore.stores.content_remote import FolderRemote, Remote

_ONE_AT_A_TIME = threading.Lock()


class DvcContent:
    """A DVC cache shared by all runs, and the remote that auditors pull from."""

    def __init__(self, cache: Path, remote: Remote, site_cache: Path) -> None:
        self._cache = cache
        self._remote = remote
        self._site_cache = site_cache

    def config(self) -> bytes:
        """Return the DVC configuration that a record carries, so that ``dvc pull`` finds its data."""
        return (
            f"[core]\n    remote = records\n    analytics = false\n    check_update = false\n{self._place()}"
        ).encode()

    def local_config(self) -> bytes:
        """Return the configuration of a scratch folder of ours: no git, the shared cache, copies as files.

        It names the remote of today, wherever that was when the record in the folder was made.
        """
        return (
            "[core]\n    no_scm = true\n"
            f"    site_cache_dir = {self._site_cache.resolve()}\n"
            f"[cache]\n    dir = {self._cache.resolve()}\n    type = copy\n"
            f"{self._place()}"
        ).encode()

    def add(self, folder: Path, name: str) -> bytes:
        """Put file or folder ``name`` below ``folder`` into the store and return its pointer, the ``.dvc`` file.

        Raises ConfigurationError, as ``put`` and ``commit`` do, when the disk does not take it.
        """
        with _written(name), self._repository(folder) as repository:
            repository.add(str(folder / name))
            self._push(repository, [str(folder / f"{name}.dvc")])
        return (folder / f"{name}.dvc").read_bytes()

    def put(self, name: str, data: bytes) -> tuple[str, bytes]:
        """Put ``data`` into the store as a file called ``name``; return its MD5 and its pointer, the ``.dvc`` file."""
        with (
            _written(name),
            tempfile.TemporaryDirectory(prefix="medicore-", ignore_cleanup_errors=True) as scratch,
        ):
            folder = Path(scratch)
            (folder / ".dvc").mkdir()
            (folder / ".dvc" / "config").write_bytes(self.config())
            (folder / ".dvc" / "config.local").write_bytes(self.local_config())
            (folder / name).write_bytes(data)
            return md5(data), self.add(folder, name)

    def commit(self, folder: Path, stages: Iterable[str]) -> bytes:
        """Record the outputs of ``stages`` as they lie in ``folder``, push them, and return ``dvc.lock``."""
        wanted = list(stages)
        declared = yaml.safe_load((folder / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
        # All at once is a third of the time: DVC reads and writes its files anew for each target.
        targets = ["dvc.yaml"] if set(wanted) == set(declared) else wanted
        with _written(", ".join(wanted)), self._repository(folder) as repository:
            for target in targets:
                repository.commit(target=target, force=True)
            self._push(repository, wanted)
        return (folder / "dvc.lock").read_bytes()

    def pull(self, folder: Path, targets: Iterable[str]) -> None:
        """Bring the ``targets`` (pointers or stages) back into ``folder``."""
        from dvc.exceptions import DvcException

        wanted = list(targets)
        try:
            with self._repository(folder) as repository:
                repository.pull(targets=wanted, force=True)
        except DvcException as error:
            raise IntegrityError(
                f"the content store cannot give back {', '.join(wanted)}; run 'medicore verify --all'"
            ) from error

    def addresses(self, folder: str, lock: bytes, pointer: bytes) -> dict[str, str]:
        """Return the MD5 of every stored file of a record, by its name in the record folder.

        ``lock`` is ``dvc.lock`` and ``pointer`` is ``lock.dvc``, either may be empty. The files of the data
        lock are listed one by one, from the folder's own object in the store.
        """
        found = {}
        for stage in (yaml.safe_load(lock) or {}).get("stages", {}).values():
            found.update(
                {out["path"].removeprefix(f"{folder}/"): out["md5"] for out in stage.get("outs", ())}
            )
        for out in (yaml.safe_load(pointer) or {}).get("outs", ()):
            copies = self.objects(out["md5"])
            if not copies:
                raise IntegrityError(
                    "the data lock's list of files is missing from the content store; run 'medicore verify --all'"
                )
            try:
                listed = {item["relpath"]: item["md5"] for item in json.loads(copies[0][1])}
            except (ValueError, KeyError, TypeError) as error:
                raise IntegrityError(
                    f"the data lock's list of files is damaged in the {copies[0][0]}; run 'medicore verify --all'"
                ) from error
            found.update({f"{out['path']}/{name}": address for name, address in listed.items()})
        return found

    def objects(self, md5: str) -> tuple[tuple[str, bytes], ...]:
        """Return the stored copies of one object, in cache and remote, each with the place it was read from."""
        places: tuple[tuple[str, Remote], ...] = (
            ("content store", self._remote),
            ("local cache", FolderRemote(self._cache)),
        )
        found = ((place, remote.read(md5)) for place, remote in places)
        return tuple((place, data) for place, data in found if data is not None)

    def _place(self) -> str:
        said = "".join(f"    {name} = {value}\n" for name, value in self._remote.address().items())
        return f"['remote \"records\"']\n{said}"

    @contextlib.contextmanager
    def _repository(self, folder: Path) -> Iterator[Any]:
        os.environ.setdefault("DVC_NO_ANALYTICS", "1")
        from dvc.repo import Repo

        logging.getLogger("dvc").setLevel(logging.ERROR)  # it tells every lock file that it writes
        # DVC resolves stage names against the working directory, which a process has only one of.
        with _ONE_AT_A_TIME, contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
            repository = Repo(str(folder), remote_config=dict(self._remote.keys()))
            try:
                yield repository
            finally:
                repository.close()

    def _push(self, repository: Any, targets: list[str]) -> None:  # noqa: ANN401 - DVC ships no types
        repository.push(targets=targets)


@contextlib.contextmanager
def _written(what: str) -> Iterator[None]:
    """Raise ConfigurationError where the disk, or DVC's own books, do not take what is to be stored."""
    from dvc.exceptions import DvcException

    try:
        yield
    except (OSError, sqlite3.Error, DvcException) as error:
        why = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise ConfigurationError(
            f"the content store could not take {what}: {why}; make room or mend the folder, then do the same again"
        ) from error


def md5(data: bytes) -> str:
    """Return the MD5 by which DVC addresses ``data``; it names, it never proves."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
