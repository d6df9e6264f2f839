"""Manifests for deliveries that came without one: the source's statements, and the counts from its files."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from medicore.errors import ConfigurationError, DataError
from medicore.records.delivery.described import Described
from medicore.records.delivery.exported import ACCOMPANYING, DESCRIBING, READERS
from medicore.records.delivery.transfer import Manifest, RawFile, Transfer, manifest_of

FORMATS: Mapping[str, str] = MappingProxyType(
    {".csv": "csv", ".parquet": "parquet", ".xpt": "xport", ".json": "dataset-json"}
)
"""The format of a file by the end of its name."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A new manifest, and a description of the columns of each file; for a CSV file, only the columns' names are known."""

    manifest: Manifest
    columns: Mapping[str, tuple[Described, ...]]


def announce(
    folder: Path,
    *,
    system: str,
    source: str,
    exported_at: str,
    version: str,
    accompanying: Collection[str] = (),
) -> Announced:
    """Write ``transfer.json`` for the files below ``raw/`` of a folder, and return it with the columns of the files.

    Each file is read by the reader of the later extraction, and its rows are counted. Files in ``accompanying`` are
    kept with the data and hold no rows. An existing manifest is never replaced.

    Raises
    ------
    ConfigurationError
        When the folder already has a manifest.
    DataError
        When there is no file, a file has an unknown format or cannot be read, or the time has no zone.
    """
    path = folder / "transfer.json"
    if path.exists():
        raise ConfigurationError(
            f"{folder.name}/transfer.json exists already; expected a delivery without a manifest; put a new delivery "
            "into a new folder"
        )
    found = sorted(held for held in (folder / "raw").rglob("*") if not held.is_dir())
    if not found:
        raise DataError(f"{folder.name}/raw has no files; expected those of the delivery; put them there")
    unknown = sorted(set(accompanying) - {held.name for held in found})
    if unknown:
        raise DataError(
            f"{folder.name}/raw has no file {unknown[0][:80]!r}, which was named as accompanying; correct its name"
        )
    files = []
    columns = {}
    for held in found:
        name = held.relative_to(folder / "raw").as_posix()
        form = ACCOMPANYING if name in accompanying else _format(held, folder.name)
        data = held.read_bytes()
        columns[name], rows = _read(form, data, name)
        files.append(RawFile(name, form, data, rows))
    manifest = manifest_of(Transfer(system, source, exported_at, version, tuple(files)))
    with path.open("xb") as stream:
        stream.write(manifest.as_document())
    return Announced(manifest, MappingProxyType(columns))


def _format(path: Path, place: str) -> str:
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise DataError(
            f"{place}/raw/{path.name[:80]} has an unknown format; expected a name that ends with one of "
            f"{', '.join(FORMATS)}; use --accompanying for a file that holds no data"
        )
    return found


def _read(form: str, data: bytes, name: str) -> tuple[tuple[Described, ...], int]:
    """Return the description of a file's columns, and the number of its rows."""
    if form == ACCOMPANYING:
        return (), 0
    if form in DESCRIBING:
        described = DESCRIBING[form](data, name)
        return described.columns, len(described.table.rows)
    table = READERS[form](data, name)
    return tuple(Described(column, "", "text") for column in table.columns), len(table.rows)
