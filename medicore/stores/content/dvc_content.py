"""The content store: frozen data and large results, addressed by their content; it calls DVC in this process."""

import contextlib
import hashlib
import io
import logging
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from medicore.errors import InfrastructureError, IntegrityError
from medicore.ports.records import CACHE, STORE
from medicore.records.file_list import files_in
from medicore.stores.content.content_remote import FolderRemote, Remote
from medicore.stores.content.dvc_settings import nobody_elses, value_of
from medicore.stores.files import advice

_ONE_AT_A_TIME = threading.Lock()


class DvcContent:
    """A DVC cache that all runs share, and the remote from which auditors pull.

    With ``again`` every object is written to the remote, even one that is there already.
    """

    def __init__(self, cache: Path, remote: Remote, site_cache: Path, *, again: bool = False) -> None:
        self._again = again
        self._cache = cache
        self._remote = remote
        self._site_cache = site_cache

    def config(self) -> bytes:
        """Return the DVC configuration for a record, so that ``dvc pull`` finds its data."""
        return (
            f"[core]\n    remote = records\n    analytics = false\n    check_update = false\n{self._place()}"
        ).encode()

    def local_config(self) -> bytes:
        """Return the configuration of a scratch folder of ours: no git, the shared cache, copies as files.

        It names the present remote, even if the record in the folder was made with another one.
        """
        return (
            "[core]\n    no_scm = true\n"
            f"    site_cache_dir = {value_of(str(self._site_cache.resolve()))}\n"
            f"[cache]\n    dir = {value_of(str(self._cache.resolve()))}\n    type = copy\n"
            f"{self._place()}"
        ).encode()

    def add(self, folder: Path, name: str) -> bytes:
        """Put file or folder ``name`` below ``folder`` into the store and return its pointer, the ``.dvc`` file.

        Like ``put`` and ``commit``, it raises InfrastructureError when the disk is full or the remote cannot be used, and
        IntegrityError when cache or remote return other bytes; no pointer is left then.
        """
        pointer = folder / f"{name}.dvc"
        try:
            self._refuse_damaged([folder / name])
            with _written(name, folder), self._repository(folder) as repository:
                # Names in the working directory: DVC gives some characters of a full path a meaning of its own.
                added = _stored(repository.add(name))
                self._push(repository, added)
            self._read_back(added)
        except IntegrityError:
            pointer.unlink(missing_ok=True)
            raise
        return pointer.read_bytes()

    def put(self, name: str, data: bytes) -> tuple[str, bytes]:
        """Put ``data`` into the store as a file called ``name``; return its MD5 and its pointer, the ``.dvc`` file."""
        with (
            _written(name, Path(tempfile.gettempdir())),
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
        declared = yaml.load((folder / "dvc.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)["stages"]
        # All targets in one call take a third of the time: DVC reads and writes its files again for each call.
        targets = ["dvc.yaml"] if set(wanted) == set(declared) else wanted
        kept: dict[Path, str] = {}
        with _written(", ".join(wanted), folder), self._repository(folder) as repository:
            for target in targets:
                self._refuse_damaged(_stored(repository.stage.collect(target)))
                kept |= _stored(repository.commit(target=target, force=True))
            self._push(repository, kept)
        self._read_back(kept)
        return (folder / "dvc.lock").read_bytes()

    def pull(self, folder: Path, targets: Iterable[str]) -> None:
        """Copy the files of the ``targets`` (pointers or stages) from the store into ``folder``."""
        from dvc.exceptions import DvcException

        wanted = list(targets)
        try:
            with self._repository(folder) as repository:
                repository.pull(targets=wanted, force=True)
        except DvcException as error:
            self._remote.prove()  # a place that does not answer is no damage
            raise IntegrityError(
                f"the content store cannot return {', '.join(wanted)}; run 'medicore verify --all'"
            ) from error

    def addresses(self, folder: str, lock: bytes, pointer: bytes) -> dict[str, str]:
        """Return the MD5 of every stored file of a record, by its name in the record folder.

        ``lock`` is ``dvc.lock`` and ``pointer`` is ``lock.dvc``; either may be empty. The files of the data lock come
        one by one from the object that lists the folder.
        """
        found = {}
        for stage in (yaml.load(lock, yaml.CSafeLoader) or {}).get("stages", {}).values():
            found.update(
                {out["path"].removeprefix(f"{folder}/"): out["md5"] for out in stage.get("outs", ())}
            )
        for out in (yaml.load(pointer, yaml.CSafeLoader) or {}).get("outs", ()):
            copies = self.objects(out["md5"])
            if not copies:
                raise IntegrityError(
                    "the data lock's list of files is missing from the content store; run 'medicore verify --all'"
                )
            try:
                listed = files_in(copies[0][1])
            except IntegrityError as error:
                raise IntegrityError(
                    f"the data lock's list of files is damaged in the {copies[0][0]}; run 'medicore verify --all'"
                ) from error
            found.update({f"{out['path']}/{name}": address for name, address in listed.items()})
        return found

    def objects(self, md5: str) -> tuple[tuple[str, bytes], ...]:
        """Return the stored copies of one object, in cache and remote, each with its place."""
        places: tuple[tuple[str, Remote], ...] = (
            (STORE, self._remote),
            (CACHE, FolderRemote(self._cache)),
        )
        found = ((place, remote.read(md5)) for place, remote in places)
        return tuple((place, data) for place, data in found if data is not None)

    def _refuse_damaged(self, paths: Iterable[Path]) -> None:
        """Raise IntegrityError when a stored copy of a file exists already and differs from the file.

        DVC would use the copy as the file, or remove it and so destroy evidence.
        """
        for file in _files(paths):
            self._copies(file)

    def _read_back(self, kept: Mapping[Path, str]) -> None:
        """Raise IntegrityError unless every stored file, and the list of every folder, can be read back."""
        for file in _files(kept):
            _require_whole(md5(file.read_bytes()), self._copies(file))
        for address in _lists(kept):
            _require_whole(address, self.objects(address))

    def _copies(self, file: Path) -> tuple[tuple[str, bytes], ...]:
        """Return the stored copies of a file; raise IntegrityError when one of them differs from the file."""
        data = file.read_bytes()
        copies = self.objects(md5(data))
        for place, copy in copies:
            if copy != data:
                raise IntegrityError(
                    f"{file.name} cannot be stored: the {place} has other bytes as object {md5(data)}; expected those "
                    "of the file; run 'medicore verify --all', set the object aside as evidence, then run the same "
                    "command again"
                )
        return copies

    def _place(self) -> str:
        said = "".join(f"    {name} = {value_of(value)}\n" for name, value in self._remote.address().items())
        return f"['remote \"records\"']\n{said}"

    @contextlib.contextmanager
    def _repository(self, folder: Path) -> Iterator[Any]:
        from dvc.repo import Repo

        logging.getLogger("dvc").setLevel(
            logging.ERROR
        )  # it prints a line for every lock file that it writes
        # DVC resolves stage names against the working directory, and a process has only one.
        with (
            _ONE_AT_A_TIME,
            nobody_elses(self._site_cache.resolve() / "no-configuration"),
            contextlib.chdir(folder),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            repository = Repo(str(folder), remote_config=dict(self._remote.keys()))
            try:
                yield repository
            finally:
                repository.close()
                # DVC's notes on the folder: they are read by nobody else, and would be kept for every folder for ever.
                shutil.rmtree(repository.site_cache_dir, ignore_errors=True)

    def _push(self, repository: Any, kept: Mapping[Path, str]) -> None:  # noqa: ANN401 - DVC ships no types
        """Copy everything that was stored to the remote, object by object.

        ``dvc push`` would read all stages again to find the same objects. If the remote has the list of a folder's
        files, ``dvc push`` assumes that it has the files too.
        """
        cache = repository.cache.local
        # The lists come last: a list in the remote then means that its files are there.
        for address in dict.fromkeys([md5(file.read_bytes()) for file in _files(kept)] + _lists(kept)):
            self._remote.write(address, Path(cache.oid_to_path(address)).read_bytes(), again=self._again)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files among ``paths`` and below the folders among them."""
    for path in paths:
        yield from (file for file in (sorted(path.rglob("*")) if path.is_dir() else [path]) if file.is_file())


def _lists(kept: Mapping[Path, str]) -> list[str]:
    """Return the addresses of the lists of files of the folders that were stored."""
    return [address for path, address in kept.items() if path.is_dir()]


def _require_whole(address: str, copies: Collection[tuple[str, bytes]]) -> None:
    whole = [place for place, data in copies if md5(data) == address.removesuffix(".dir")]
    if whole != [STORE, CACHE]:
        raise IntegrityError(
            f"object {address} was stored, and is intact in {', '.join(whole) or 'no place'}; expected it in the "
            "content store and the local cache; set a damaged object aside as evidence, then run the same command "
            "again"
        )


def _stored(stages: Iterable[Any]) -> dict[Path, str]:
    """Return the path of each output of DVC's ``stages``, with its address if it has one; outputs in git are left out."""
    outputs = (out for stage in stages for out in stage.outs if out.use_cache)
    return {Path(out.fs_path): out.hash_info and out.hash_info.value for out in outputs}


@contextlib.contextmanager
def _written(what: str, folder: Path) -> Iterator[None]:
    """Raise InfrastructureError when the disk is full, or DVC's own files in ``folder`` cannot be written.

    Raises IntegrityError when DVC finds an object under the same name with other contents.
    """
    from dvc.exceptions import DvcException
    from dvc_objects.errors import ObjectFormatError

    try:
        yield
    except ObjectFormatError as error:
        raise IntegrityError(
            f"{what} cannot be stored: an object of the content store is damaged; run 'medicore verify --all', set "
            "the object aside as evidence, then run the same command again"
        ) from error
    except (OSError, sqlite3.Error, DvcException) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        place = getattr(error, "filename", None) or f"the folder {folder}"
        raise InfrastructureError(
            f"the content store could not store {what}: {why}; {advice(error, f'mend {place}')}, then run the same command "
            "again"
        ) from error


def md5(data: bytes) -> str:
    """Return the MD5 by which DVC addresses ``data``; it is a name and proves nothing."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
