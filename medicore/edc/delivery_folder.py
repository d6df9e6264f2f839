"""Deliveries in a folder: files in known formats, with a manifest that describes them."""

from pathlib import Path

from medicore.errors import DataError
from medicore.records.delivery.exported import row_counts
from medicore.records.delivery.file_name import is_left_out
from medicore.records.delivery.transfer import Manifest, ManifestFile, RawFile, Transfer, parse_manifest
from medicore.records.identifiers import month_id, study_id


class DeliveryFolder:
    """A folder of deliveries; each holds ``transfer.json`` and the files it lists below ``raw/``.

    With ``by_month``, deliveries are at ``STUDY/MONTH`` below ``root``. Without it, ``root`` itself is the delivery of
    every month.
    """

    def __init__(self, root: Path, *, by_month: bool) -> None:
        self._root = root
        self._by_month = by_month

    def pull(self, study: str, month: str) -> Transfer:
        """Return the study's delivery for the month; every file is verified against the manifest.

        Raises
        ------
        ProtocolError
            When study or month is malformed.
        DataError
            When the delivery, its manifest or a file is missing, cut, changed, unreadable or not in the manifest.
        """
        study_id(study), month_id(month)
        folder = self._root / study / month if self._by_month else self._root
        # The folder's name without the path of this machine, because that path means nothing in a record.
        place = f"{study}/{month}" if self._by_month else folder.name
        manifest = parse_manifest(_read(folder, "transfer.json", place), f"{place}/transfer.json")
        if manifest.source != study:
            raise DataError(
                f"{place}/transfer.json names the source {manifest.source!r}; expected {study!r}; put the delivery "
                "into the folder of its study"
            )
        _require_announced(folder, place, manifest)
        files = tuple(_verified_file(folder, place, file) for file in manifest.files)
        return Transfer(manifest.system, manifest.source, manifest.exported_at, manifest.version, files)


def _read(folder: Path, name: str, place: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise DataError(
            f"{place}/{name} cannot be read ({error.strerror}); expected a delivery there; have it delivered, or put its files "
            "into its folder raw/ and run 'medicore edc manifest'; then run again"
        ) from error


def _require_announced(folder: Path, place: str, manifest: Manifest) -> None:
    raw = folder / "raw"
    found = {
        path.relative_to(raw).as_posix()
        for path in raw.rglob("*")
        if not path.is_dir() and not is_left_out(path.name)
    }
    extra = sorted(found - {file.name for file in manifest.files})
    if extra:
        raise DataError(
            f"{place}/raw/{extra[0][:80]} is not in transfer.json ({len(extra)} such file(s)); expected only the "
            "files of one delivery; remove the other files, or have it delivered again"
        )


def _verified_file(folder: Path, place: str, file: ManifestFile) -> RawFile:
    data = _read(folder, f"raw/{file.name}", place)
    difference = file.difference(data)
    if difference is not None:
        raise DataError(
            f"{place}/raw/{file.name} differs from transfer.json: {difference}; have it delivered again"
        )
    counts = row_counts(file.format, data, f"{place}/raw/{file.name}", file.reading)
    rows = sum(counts.values())
    if rows != file.rows or (file.members and file.members != counts):
        raise DataError(
            f"{place}/raw/{file.name} has {rows} rows; expected {file.rows} by transfer.json, in the same data sets; have it "
            "exported again"
        )
    return RawFile(file.name, file.format, data, rows, file.reading, tuple(file.members.items()))
