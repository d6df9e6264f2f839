"""The content store in memory: the same addresses, pointers and lock files as DVC's, and neither cache nor remote on disk.

``tests/contracts/test_content_contract.py`` holds it and the DVC store to one contract.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from medicore.errors import IntegrityError

_GIVEN = re.compile(r"\$\{(\w+)\}")


def md5(data: bytes) -> str:
    """Return the MD5 by which contents are addressed."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class MemoryContent:
    """Objects by their MD5 in two places, as DVC keeps them in remote and cache; a test may damage either."""

    def __init__(self) -> None:
        self.remote: dict[str, bytes] = {}
        self.cache: dict[str, bytes] = {}

    def copy(self) -> "MemoryContent":
        """Return a store with the same contents."""
        made = MemoryContent()
        made.remote.update(self.remote)
        made.cache.update(self.cache)
        return made

    def config(self) -> bytes:
        """Return the DVC configuration that a record carries."""
        return b"[core]\n    remote = records\n"

    def local_config(self) -> bytes:
        """Return the configuration of a scratch folder."""
        return b"[core]\n    no_scm = true\n"

    def add(self, folder: Path, name: str) -> bytes:
        """Store file or folder ``name`` and return its pointer, which is left beside it."""
        path = folder / name
        pointer = path.with_name(f"{path.name}.dvc")
        files = (
            {p.relative_to(path).as_posix(): p.read_bytes() for p in _files(path)} if path.is_dir() else {}
        )
        try:
            out = self._folder(files) if path.is_dir() else self._file(path.name, path.read_bytes())
        except IntegrityError:
            pointer.unlink(missing_ok=True)
            raise
        pointer.write_text(
            yaml.safe_dump({"outs": [{**out, "hash": "md5", "path": path.name}]}, sort_keys=False)
        )
        return pointer.read_bytes()

    def put(self, name: str, data: bytes) -> tuple[str, bytes]:
        """Store ``data`` as a file of that name; return its MD5 and its pointer."""
        out = {**self._file(name, data), "hash": "md5", "path": name}
        return md5(data), yaml.safe_dump({"outs": [out]}, sort_keys=False).encode()

    def commit(self, folder: Path, stages: Iterable[str]) -> bytes:
        """Store the outputs of ``stages`` and return ``dvc.lock``."""
        declared = yaml.load((folder / "dvc.yaml").read_text("utf-8"), yaml.CSafeLoader)["stages"]
        parameters = folder / "params.yaml"
        values = yaml.load(parameters.read_text("utf-8"), yaml.CSafeLoader) if parameters.exists() else {}
        locked = {}
        for stage in stages:
            outs = []
            for declaration in declared[stage].get("outs", ()):
                ((given, options),) = (
                    declaration.items() if isinstance(declaration, dict) else [(declaration, {})]
                )
                name = _GIVEN.sub(lambda found: str(values[found[1]]), given)
                data = (folder / name).read_bytes()
                out = {"md5": md5(data), "size": len(data)}
                if options.get("cache", True):
                    out = self._file(name.rpartition("/")[2], data)
                outs.append({"path": name, "hash": "md5", **out})
            locked[stage] = {"cmd": declared[stage]["cmd"], "outs": outs}
        lock = folder / "dvc.lock"
        lock.write_text(yaml.safe_dump({"schema": "2.0", "stages": locked}, sort_keys=False), "utf-8")
        return lock.read_bytes()

    def addresses(self, folder: str, lock: bytes, pointer: bytes) -> dict[str, str]:
        """Return the MD5 of every stored file of a record, by its name in the record folder."""
        found = {
            out["path"].removeprefix(f"{folder}/"): out["md5"]
            for stage in (yaml.load(lock, yaml.CSafeLoader) or {}).get("stages", {}).values()
            for out in stage["outs"]
        }
        for out in (yaml.load(pointer, yaml.CSafeLoader) or {}).get("outs", ()):
            copies = self.objects(out["md5"])
            if not copies:
                raise IntegrityError("the data lock's list of files is missing from the content store")
            try:
                listed = {item["relpath"]: item["md5"] for item in json.loads(copies[0][1])}
            except (ValueError, KeyError, TypeError) as error:
                raise IntegrityError(
                    f"the data lock's list of files is damaged in the {copies[0][0]}"
                ) from error
            found |= {f"{out['path']}/{name}": address for name, address in listed.items()}
        return found

    def objects(self, md5: str) -> tuple[tuple[str, bytes], ...]:
        """Return every stored copy of one object with the place it was read from."""
        places = (("content store", self.remote), ("local cache", self.cache))
        return tuple((name, place[md5]) for name, place in places if md5 in place)

    def _file(self, name: str, data: bytes) -> dict[str, object]:
        self._keep(name, md5(data), data)
        return {"md5": md5(data), "size": len(data)}

    def _folder(self, files: dict[str, bytes]) -> dict[str, object]:
        for name, data in files.items():
            self._keep(name, md5(data), data)
        listed = json.dumps([{"md5": md5(data), "relpath": name} for name, data in sorted(files.items())])
        address = f"{md5(listed.encode())}.dir"
        self._keep("the list of files", address, listed.encode())
        return {"md5": address, "size": sum(map(len, files.values())), "nfiles": len(files)}

    def _keep(self, name: str, address: str, data: bytes) -> None:
        """Store an object in both places; raise IntegrityError when one of them has other bytes of that name."""
        for place, copy in self.objects(address):
            if copy != data:
                raise IntegrityError(
                    f"{name} cannot be stored: the {place} has other bytes as object {address}; expected those of the "
                    "file; run 'medicore verify --all', set the object aside as evidence, then run the same command again"
                )
        self.remote[address] = self.cache[address] = data


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
