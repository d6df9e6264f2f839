"""Transfers: what an EDC delivered, byte for byte, and the source's manifest that describes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from medicore.errors import DataError
from medicore.records.canonical import document, sha256
from medicore.records.delivery.file_name import FileName
from medicore.records.delivery.reading import PLAIN, Reading

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")]


@dataclass(frozen=True, slots=True)
class RawFile:
    """One file as the source system delivered it, byte for byte.

    ``members`` holds name and number of rows of each data set, if the file holds several.
    """

    name: str
    format: str
    data: bytes
    rows: int
    reading: Reading = PLAIN
    members: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Transfer:
    """One delivery of a study's data by its EDC, with the source's statements about it.

    ``exported_at`` is ISO 8601 with its zone; ``version`` is the EDC's own name for the state of the data.
    """

    system: str
    source: str
    exported_at: str
    version: str
    files: tuple[RawFile, ...]


class ManifestFile(BaseModel):
    """The source's statements about one file: ``size`` in bytes, number of ``rows`` without the header.

    ``reading`` declares what the bytes alone do not prove. ``members`` gives the number of rows of each data set of a
    file that holds several; ``rows`` is their sum.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: FileName
    format: Literal[
        "csv",
        "parquet",
        "xport",
        "dataset-json",
        "dataset-ndjson",
        "dataset-json-compressed",
        "rave-csv",
        "odm",
        "redcap-json",
        "dataset-json-page",
        "xlsx",
        "sas7bdat",
        "stata",
        "spss",
        "accompanying",
    ]
    rows: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]
    reading: Reading = PLAIN
    members: dict[str, Annotated[int, Field(ge=0)]] = {}

    @model_serializer(mode="wrap")
    def _stated(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # What nobody declared is left out: manifests from before these keys stay byte for byte what they were.
        return {
            key: value for key, value in write(self).items() if value or key not in {"reading", "members"}
        }

    @model_validator(mode="after")
    def _require_sum(self) -> Self:
        if self.members and sum(self.members.values()) != self.rows:
            raise ValueError("the rows of the members do not add up to the rows of the file")
        return self

    def difference(self, data: bytes) -> str | None:
        """Return how ``data`` differs from the file that was announced, or None when it is that file."""
        if len(data) != self.size:
            return f"{len(data)} bytes found, {self.size} expected"
        found = sha256(data)
        return None if found == self.sha256 else f"SHA-256 {found[:12]} found, {self.sha256[:12]} expected"


class Manifest(BaseModel):
    """The manifest of a transfer, ``transfer.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: Line
    source: Line
    exported_at: str
    version: Line
    files: Annotated[tuple[ManifestFile, ...], Field(min_length=1)]

    @field_validator("exported_at")
    @classmethod
    def _require_zone(cls, text: str) -> str:
        if datetime.fromisoformat(text).utcoffset() is None:
            raise ValueError("the time has no zone")
        return text

    @field_validator("files")
    @classmethod
    def _distinct(cls, files: tuple[ManifestFile, ...]) -> tuple[ManifestFile, ...]:
        if len({file.name for file in files}) != len(files):
            raise ValueError("a file is listed twice")
        return files

    @property
    def exported(self) -> datetime:
        """The moment of the export, with the source's zone."""
        return datetime.fromisoformat(self.exported_at)

    def as_document(self) -> bytes:
        """Return the manifest as ``transfer.json`` holds it."""
        return document(self.model_dump(mode="json"))


def manifest_of(transfer: Transfer) -> Manifest:
    """Return the manifest of a transfer: its files with their sizes and digests.

    Raises
    ------
    DataError
        When the transfer has no file, a file name is not a plain name, or the time has no zone.
    """
    files = [
        {
            "name": file.name,
            "format": file.format,
            "rows": file.rows,
            "sha256": sha256(file.data),
            "size": len(file.data),
            "reading": file.reading,
            "members": dict(file.members),
        }
        for file in transfer.files
    ]
    fields = ("system", "source", "exported_at", "version")
    try:
        return Manifest.model_validate({**{name: getattr(transfer, name) for name in fields}, "files": files})
    except ValidationError as error:
        raise _format_error("the transfer", error) from error


def parse_manifest(data: bytes, origin: str) -> Manifest:
    """Return the manifest in the JSON ``data``; ``origin`` names the file in error messages.

    Raises
    ------
    DataError
        When the bytes are not JSON, or a key is missing, unknown or malformed.
    """
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        raise _format_error(origin, error) from error


def _format_error(origin: str, error: ValidationError) -> DataError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "whole file"
    return DataError(
        f"{origin}: {place}: {first['msg']}; expected system, source, exported_at with its zone, version and "
        "files (name, format, rows, sha256, size); have it delivered again"
    )
