"""Manifests for deliveries that came without one: the source's statements, and the counts from its files."""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from medicore.edc.declared import SUFFIXES, Declared
from medicore.errors import ConfigurationError, DataError
from medicore.records.delivery.described import Described
from medicore.records.delivery.exported import ACCOMPANYING, FORMATS, counted, read_members
from medicore.records.delivery.file_name import is_left_out
from medicore.records.delivery.transfer import Manifest, RawFile, Transfer, manifest_of

_NOTHING = Declared()


@dataclass(frozen=True, slots=True)
class Announced:
    """A new manifest, and a description of the columns of each table; ``left_out`` names files that are no delivery's.

    A table is called after its file, or after file and data set where the file holds several. For a CSV file, only the
    columns' names are known.
    """

    manifest: Manifest
    columns: Mapping[str, tuple[Described, ...]]
    left_out: tuple[str, ...] = ()


def announce(
    folder: Path,
    *,
    system: str,
    source: str,
    exported_at: str,
    version: str,
    accompanying: Collection[str] = (),
    declared: Declared = _NOTHING,
) -> Announced:
    """Write ``transfer.json`` for the files below ``raw/`` of a folder, and return it with the columns of the files.

    Each file is read by the reader of the later extraction, as ``declared``, and its rows are counted. Files in
    ``accompanying`` are kept with the data and hold no rows. Files that an operating system put there are left out. A
    name in another Unicode form than the composed one is changed to it. An existing manifest is never replaced.

    Raises
    ------
    ConfigurationError
        When the folder already has a manifest.
    DataError
        When there is no file, a file has an unknown format or cannot be read, a declaration is about no file, or the
        time has no zone.
    """
    path = folder / "transfer.json"
    if path.exists():
        raise ConfigurationError(
            f"{folder.name}/transfer.json exists already; expected a delivery without a manifest; put a new delivery "
            "into a new folder"
        )
    raw = folder / "raw"
    held = sorted(file for file in raw.rglob("*") if not file.is_dir())
    left_out = tuple(file.name for file in held if is_left_out(file.name))
    found = {_composed(file, raw): file for file in held if not is_left_out(file.name)}
    if not found:
        raise DataError(f"{folder.name}/raw has no files; expected those of the delivery; put them there")
    unknown = sorted(set(accompanying) - {*found, *left_out})
    if unknown:
        raise DataError(
            f"{folder.name}/raw has no file {unknown[0][:80]!r}, which was named as accompanying; correct its name"
        )
    declared.require_files(found)
    files, columns = [], dict[str, tuple[Described, ...]]()
    for name, file in found.items():
        made, described = _announced_file(
            name, file.read_bytes(), name in accompanying, declared, folder.name
        )
        files.append(made)
        columns |= described
    manifest = manifest_of(Transfer(system, source, exported_at, version, tuple(files)))
    for name, file in found.items():
        if file.relative_to(raw).as_posix() != name:
            file.rename(raw / name)
    with path.open("xb") as stream:
        stream.write(manifest.as_document())
    return Announced(manifest, MappingProxyType(columns), left_out)


def _composed(file: Path, raw: Path) -> str:
    return unicodedata.normalize("NFC", file.relative_to(raw).as_posix())


def _announced_file(
    name: str, data: bytes, accompanying: bool, declared: Declared, place: str
) -> tuple[RawFile, dict[str, tuple[Described, ...]]]:
    """Return a file with its counts, and the columns of each of its tables."""
    if accompanying:
        return RawFile(name, ACCOMPANYING, data, 0), {name: ()}
    suffix = Path(name).suffix.lower()
    form = declared.format(name, data, suffix)
    if form not in FORMATS:
        found = f"the format {form!r}, which nothing reads" if form else "an unknown format"
        raise DataError(
            f"{place}/raw/{name[:80]} has {found}; expected a name that ends with one of {', '.join(SUFFIXES)} (ODM with "
            "clinical data for .xml), or --format; use --accompanying for a file that holds no data"
        )
    if form == ACCOMPANYING:
        return RawFile(name, form, data, 0), {name: ()}
    reading = declared.reading(name, form, suffix)
    members = read_members(form, data, name, reading)
    counts = counted(members)
    several = tuple(counts.items()) if len(counts) > 1 else ()
    described = {f"{name}:{member}" if several else name: one.columns for member, one in members.items()}
    return RawFile(name, form, data, sum(counts.values()), reading, several), described
