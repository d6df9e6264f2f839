"""The source of a study's extract: one small model per EDC system."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from medicore.records.delivery.file_name import FileName
from medicore.records.delivery.reading import Reading
from medicore.records.protocol.growing import GrowingPart

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\- ]{0,127}$")]
"""A name in the source system; after percent-encoding it can be part of an address."""

ColumnName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{0,200}$")]
"""The name of a column as a file has it, blanks and all; R leaves the name of its column of row names empty."""

ContractName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]


def _text_of_whole(value: object) -> object:
    """Return a whole number as its text, because the texts of a file are compared with it; others stay."""
    if isinstance(value, list | tuple):
        return tuple(_text_of_whole(one) for one in value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Dataset(GrowingPart):
    """One data set of a delivery: its file, its column of subjects, the rows to select and the columns to use.

    ``member`` names a data set in a file that holds several. ``where`` lists, by column, the texts that select a row.
    ``columns`` maps each column of the contract that this data set provides to the column of the file. ``reading`` is how
    the file is to be read; a delivery whose manifest declares another reading is refused.
    """

    later: ClassVar[frozenset[str]] = frozenset({"member", "reading"})

    file: FileName
    member: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    subject: ColumnName
    where: dict[ColumnName, Annotated[str | tuple[str, ...], BeforeValidator(_text_of_whole)]] = Field(
        default_factory=dict
    )
    columns: Annotated[dict[ContractName, ColumnName], Field(min_length=1)]
    reading: Reading | None = None

    @property
    def table(self) -> str:
        """The name of the delivered table: its file, with the member if one is named."""
        return self.file if self.member is None else f"{self.file}:{self.member}"


class FolderSource(GrowingPart):
    """Delivered files in a folder below the inbox or the repository; old records call this source ``csv``.

    ``ignored`` names columns that hold no data of the study, such as the index that pandas writes.
    """

    later: ClassVar[frozenset[str]] = frozenset({"datasets", "ignored"})

    system: Literal["files", "csv"]
    root: Literal["inbox", "repository"] = "inbox"
    folder: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")] | None = None
    datasets: tuple[Dataset, ...] = ()
    ignored: tuple[ColumnName, ...] = ()

    @model_validator(mode="after")
    def _require_folder(self) -> Self:
        if self.root == "repository" and self.folder is None:
            raise ValueError("a source in the repository needs its folder")
        return self


class ServerSource(GrowingPart):
    """What every source over HTTP has: its address, and the system's own columns, which are ignored as they hold no data.

    ``datasets`` selects rows and joins tables, as for files. It holds no secret: the secret comes from the environment
    or from Prefect.
    """

    later: ClassVar[frozenset[str]] = frozenset({"datasets"})

    datasets: tuple[Dataset, ...] = ()
    address: Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$", max_length=500)]
    ignored: tuple[ColumnName, ...] = ()


class RaveSource(ServerSource):
    """Rave Web Services: one form or several of a study's environment as clinical views, in CSV or in ODM 1.3.

    ``audit`` says whether the study's audit records are stored with the data.
    """

    system: Literal["rave"]
    project: Identifier
    environment: Identifier = "Prod"
    form: Identifier | Annotated[tuple[Identifier, ...], Field(min_length=1)]
    dataset: Literal["regular", "raw"] = "regular"
    format: Literal["csv", "odm"] = "csv"
    audit: bool = False


class RedcapSource(ServerSource):
    """A REDCap project, pulled in batches of ``batch`` records. ``project`` is the number of the token's project."""

    system: Literal["redcap"]
    project: Annotated[int, Field(ge=1)]
    batch: Annotated[int, Field(ge=1, le=10000)] = 1000


class DatasetJsonSource(ServerSource):
    """A Dataset-JSON API: one dataset of a study or several, pulled in pages of ``page`` rows."""

    system: Literal["dataset-json-api"]
    project: Identifier
    dataset: Identifier | Annotated[tuple[Identifier, ...], Field(min_length=1)]
    page: Annotated[int, Field(ge=1, le=100000)] = 5000


def named(asked: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the forms or datasets that a source names, whether it names one or several."""
    return (asked,) if isinstance(asked, str) else asked


Source = Annotated[
    FolderSource | RaveSource | RedcapSource | DatasetJsonSource, Field(discriminator="system")
]
