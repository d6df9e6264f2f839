"""Where the extract of a study comes from: one small model per EDC system."""

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
"""A name in the source system, fit for a place in an address once it is percent-encoded."""

ColumnName = Annotated[str, Field(pattern=r"^[^\s\"',]{1,100}$")]

ContractName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$", max_length=128)]


class Dataset(BaseModel):
    """One data set of a delivery: its file and column of subjects, which rows of it, and which of its columns.

    ``where`` has the texts that a column may have in the chosen rows, ``columns`` the file's column for each column of
    the contract that comes from here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: FileName
    subject: ColumnName
    where: dict[ColumnName, str | tuple[str, ...]] = {}
    columns: Annotated[dict[ContractName, ColumnName], Field(min_length=1)]


class FolderSource(BaseModel):
    """Delivered files: a folder below the inbox or the repository; ``csv`` is its earlier name, kept for old records."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: Literal["files", "csv"]
    root: Literal["inbox", "repository"] = "inbox"
    folder: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")] | None = None
    datasets: tuple[Dataset, ...] = ()

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Without data sets the resolved protocol, and so its digest, is what it was before there were any.
        return {key: value for key, value in write(self).items() if key != "datasets" or value}

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if self.root == "repository" and self.folder is None:
            raise ValueError("a source in the repository needs its folder")
        return self


class ServerSource(BaseModel):
    """What every source over HTTP has: its address, and the columns of the system's own that are no data.

    No secret: that comes from the environment or from Prefect.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$", max_length=500)]
    ignored: tuple[ColumnName, ...] = ()


class RaveSource(ServerSource):
    """Rave Web Services: a form of a study's environment as clinical view, in CSV or as ODM 1.3.

    ``audit`` keeps the study's audit records beside it.
    """

    system: Literal["rave"]
    project: Identifier
    environment: Identifier = "Prod"
    form: Identifier
    dataset: Literal["regular", "raw"] = "regular"
    format: Literal["csv", "odm"] = "csv"
    audit: bool = False


class RedcapSource(ServerSource):
    """A REDCap project: records in batches of so many. The token's project must be the one of this number."""

    system: Literal["redcap"]
    project: Annotated[int, Field(ge=1)]
    batch: Annotated[int, Field(ge=1, le=10000)] = 1000


class DatasetJsonSource(ServerSource):
    """A Dataset-JSON API: a dataset of a study, in pages of so many rows."""

    system: Literal["dataset-json-api"]
    project: Identifier
    dataset: Identifier
    page: Annotated[int, Field(ge=1, le=100000)] = 5000


Source = Annotated[
    FolderSource | RaveSource | RedcapSource | DatasetJsonSource, Field(discriminator="system")
]
