"""What a person declares about the files of a delivery that came without a manifest: format, encoding, delimiter and so on."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from medicore.errors import DataError
from medicore.records.delivery.exported import DELIMITED, ENCODED
from medicore.records.delivery.reading import NAMED_DELIMITERS, PLAIN, Reading

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    ".csv": ("csv", "rave-csv"),
    ".txt": ("csv", "rave-csv"),
    ".tsv": ("csv",),
    ".parquet": ("parquet",),
    ".xpt": ("xport",),
    ".xport": ("xport",),
    ".json": ("dataset-json", "redcap-json", "dataset-json-page", "dataset-ndjson"),
    ".ndjson": ("dataset-ndjson",),
    ".dsjc": ("dataset-json-compressed",),
    ".xml": ("odm",),
    ".xlsx": ("xlsx",),
    ".sas7bdat": ("sas7bdat",),
    ".dta": ("stata",),
    ".sav": ("spss",),
    ".zsav": ("spss",),
}
"""The formats that a file can have by the end of its name."""

_ENDED = re.compile(rb"\nEOF\r?\n?\Z")


@dataclass(frozen=True, slots=True)
class Declared:
    """The declarations by their key, each ``VALUE`` for every file that it can concern, or ``FILE=VALUE`` for one file.

    Keys are ``format``, ``encoding``, ``delimiter``, ``decimal`` and ``row_names``.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def require_files(self, names: Collection[str]) -> None:
        """Raise DataError when a declaration is about a file that is not among ``names``."""
        for key, texts in self.values.items():
            for text in texts:
                file = text.rpartition("=")[0]
                if file and file not in names:
                    raise DataError(
                        f"--{key.replace('_', '-')} is declared for {file[:80]!r}, which is not in the delivery; expected one "
                        f"of {', '.join(sorted(names))}; correct its name"
                    )

    def format(self, name: str, data: bytes, suffix: str) -> str | None:
        """Return the format of a file: as declared, or as its name and its contents prove; None when nothing does."""
        allowed = SUFFIXES.get(suffix, ())
        own = self._of("format", name)
        if own is not None:
            return own
        general = [text for text in self._general("format") if text in allowed]
        return general[-1] if general else _proved_format(data, suffix)

    def reading(self, name: str, form: str, suffix: str) -> Reading:
        """Return how a file of this format is read; what is declared for all files is used where it has a meaning."""
        found: dict[str, object] = {}
        for key in ("encoding", "delimiter", "decimal", "row_names"):
            text = self._of(key, name)
            if text is None and form in (ENCODED if key == "encoding" else DELIMITED):
                text = next(reversed(self._general(key)), None)
            if text is not None:
                found[key] = _value(key, text)
        if suffix == ".tsv":
            found.setdefault("delimiter", "\t")
        try:
            return Reading.model_validate(found) if found else PLAIN
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            raise DataError(
                f"{name}: {'.'.join(map(str, first['loc']))} cannot be declared as it is ({first['msg']}); correct it; see "
                "docs/edc.md"
            ) from None

    def _general(self, key: str) -> list[str]:
        """Return what is declared for all files that it can concern."""
        return [text for text in self.values.get(key, ()) if "=" not in text]

    def _of(self, key: str, name: str) -> str | None:
        """Return what is declared for one file."""
        texts = [
            text.removeprefix(f"{name}=") for text in self.values.get(key, ()) if text.startswith(f"{name}=")
        ]
        return texts[-1] if texts else None


def _value(key: str, text: str) -> object:
    if key == "row_names":
        return text.lower() in {"yes", "true"}
    if key == "encoding":
        return text.lower()
    return NAMED_DELIMITERS.get(text, text) if key in {"delimiter", "decimal"} else text


def _proved_format(data: bytes, suffix: str) -> str | None:
    """Return the format that the contents prove among those that the name allows."""
    if suffix in {".csv", ".txt"}:
        return "rave-csv" if _ENDED.search(data[-16:]) else "csv"
    if suffix == ".json":
        return _proved_json(data)
    if suffix == ".xml":
        # Define-XML is ODM as well, and holds no data.
        return "odm" if b"<ClinicalData" in data or b":ClinicalData" in data else None
    return next(iter(SUFFIXES.get(suffix, ())), None)


def _proved_json(data: bytes) -> str:
    """Return what a JSON file is: REDCap sends a list of records, Dataset-JSON is an object, or an object and a row a line."""
    begins = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if begins.startswith(b"["):
        return "redcap-json"
    first, _, rest = begins.partition(b"\n")
    return (
        "dataset-ndjson"
        if first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"[")
        else "dataset-json"
    )
