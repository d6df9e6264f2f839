"""What the simulated EDC serves: the deliveries of one month, in the form that all its interfaces read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path
from zlib import crc32

from medicore.edc.delivery_folder import DeliveryFolder
from medicore.edc.simulated.faults import Faults
from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.delivered import delivered_tables, the_only
from medicore.records.delivery.transfer import Transfer, manifest_of


def http_date(moment: datetime) -> str:
    """Return a moment in UTC in the format of HTTP (RFC 9110, 5.6.7)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def project_number(study: str) -> int:
    """Return the number of the study's REDCap project, the same on every machine."""
    return crc32(study.encode())


@dataclass(frozen=True, slots=True)
class Served:
    """One study in the server: its table, its time of export, its data version and the number of changes of the data."""

    study: str
    table: TextTable
    exported: datetime
    version: str
    changes: int = 0

    @property
    def subject(self) -> str:
        """The column of the subject: the first."""
        return self.table.columns[0]

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every answer with data. Their date is the time of the export, so every pull is the same."""
        return {"Date": http_date(self.exported)}

    @property
    def project(self) -> int:
        """The number of the study's REDCap project."""
        return project_number(self.study)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is sent: status, body, content type, and further headers."""

    body: bytes
    kind: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Deliveries:
    """The deliveries of ``month`` below ``folder``, at ``STUDY/MONTH``, with the requested faults.

    Raises
    ------
    DataError
        When there is no delivery of the month.
    """

    def __init__(self, folder: Path, month: str, faults: Faults) -> None:
        self._folder, self._month = folder, month
        self.faults = faults
        if not self.studies:
            raise DataError(
                f"no delivery of {month} is in {folder.name}; expected one or more to serve; run 'medicore edc deliver "
                f"{month}' first"
            )

    @cached_property
    def studies(self) -> tuple[str, ...]:
        """The studies that have a delivery of the month."""
        return tuple(
            sorted(path.parent.parent.name for path in self._folder.glob(f"*/{self._month}/transfer.json"))
        )

    @cached_property
    def exported(self) -> datetime:
        """The moment in UTC of the latest export of a study."""
        return max(
            datetime.fromisoformat(self._transfer(study).exported_at).astimezone(UTC)
            for study in self.studies
        )

    def of(self, study: str) -> Served | None:
        """Return a study as it is served, or None when the study is unknown.

        With the fault ``changed``, the data can differ from answer to answer.
        """
        if study not in self.studies:
            return None
        transfer = self._transfer(study)
        exported = datetime.fromisoformat(transfer.exported_at).astimezone(UTC)
        held = manifest_of(transfer).files
        data = {file.name: file.data for file in transfer.files}
        table = self.faults.corrupt(
            the_only(delivered_tables(held, lambda file: data[file.name], study)).table
        )
        changes = self.faults.change()
        version = f"{transfer.version}, changed {changes} times" if changes else transfer.version
        return Served(study, table, exported, version, changes)

    def _transfer(self, study: str) -> Transfer:
        return DeliveryFolder(self._folder, by_month=True).pull(study, self._month)
