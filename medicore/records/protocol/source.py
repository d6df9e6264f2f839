"""The source of a study's extract: one small model per EDC system."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\- ]{0,127}$")]
"""A name in the source system; after percent-encoding it can be part of an address."""

ColumnName = Annotated[str, Field(pattern=r"^[^\s\"',]{1,100}$")]

ContractName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$", max_length=128)]


class Dataset(BaseModel):
    """One data set of a delivery: its file, its column of subjects, the rows to select and the columns to use.

    ``where`` lists, by column, the texts that select a row. ``columns`` maps each column of the contract that this
    data set provides to the column of the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: FileName
    subject: ColumnName
    where: dict[ColumnName, str | tuple[str, ...]] = {}
    columns: Annotated[dict[ContractName, ColumnName], Field(min_length=1)]


class FolderSource(BaseModel):
    """Delivered files in a folder below the inbox or the repository; old records call this source ``csv``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: Literal["files", "csv"]
    root: Literal["inbox", "repository"] = "inbox"
    folder: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")] | None = None
    datasets: tuple[Dataset, ...] = ()

    @model_serializer(mode="wrap")
    def _without_datasets(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Without data sets, the key is left out: the digests of protocols from before the key existed stay the same.
        return {key: value for key, value in write(self).items() if key != "datasets" or value}

    @model_validator(mode="after")
    def _require_folder(self) -> Self:
        if self.root == "repository" and self.folder is None:
            raise ValueError("a source in the repository needs its folder")
        return self


class ServerSource(BaseModel):
    """What every source over HTTP has: its address, and the system's own columns, which are ignored as they hold no data.

    It holds no secret: the secret comes from the environment or from Prefect.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$", max_length=500)]
    ignored: tuple[ColumnName, ...] = ()


class RaveSource(ServerSource):
    """Rave Web Services: a form of a study's environment as a clinical view, in CSV or in ODM 1.3.

    ``audit`` says whether the study's audit records are stored with the data.
    """

    system: Literal["rave"]
    project: Identifier
    environment: Identifier = "Prod"
    form: Identifier
    dataset: Literal["regular", "raw"] = "regular"
    format: Literal["csv", "odm"] = "csv"
    audit: bool = False


class RedcapSource(ServerSource):
    """A REDCap project, pulled in batches of ``batch`` records. ``project`` is the number of the token's project."""

    system: Literal["redcap"]
    project: Annotated[int, Field(ge=1)]
    batch: Annotated[int, Field(ge=1, le=10000)] = 1000


class DatasetJsonSource(ServerSource):
    """A Dataset-JSON API: a dataset of a study, pulled in pages of ``page`` rows."""

    system: Literal["dataset-json-api"]
    project: Identifier
    dataset: Identifier
    page: Annotated[int, Field(ge=1, le=100000)] = 5000


Source = Annotated[
    FolderSource | RaveSource | RedcapSource | DatasetJsonSource, Field(discriminator="system")
]
