"""extract: the data lock as the EDC delivered it, and the typed table that is made from it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from medicore.errors import DataError, IntegrityError
from medicore.ports.files import RecordFiles
from medicore.records.canonical import document, sha256
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.delivered import Delivered, delivered_tables, the_only
from medicore.records.delivery.exported import system_columns, without
from medicore.records.delivery.joining import JoinedDataset, join_datasets
from medicore.records.delivery.same_form import near_column
from medicore.records.delivery.transfer import Transfer, manifest_of
from medicore.records.finding import Finding
from medicore.records.protocol.contract import Contract
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.source import Dataset
from medicore.records.results.looks import LOOKS
from medicore.steps.data.casting import cast_table
from medicore.steps.data.change import EARLIER
from medicore.steps.data.deviation import APPROVED
from medicore.steps.data.frozen import frozen_manifest, verified_bytes
from medicore.steps.gate import write_section
from medicore.steps.safety.events import cast_events

_COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)


def freeze(
    files: RecordFiles,
    transfer: Transfer,
    previous: tuple[str, pd.DataFrame] | None,
    estimate: Mapping[str, Any] | None = None,
    approved: Mapping[str, Any] | None = None,
    looks: Mapping[str, Any] | None = None,
) -> None:
    """Write the lock folder: the files as delivered, their manifest, and the parts of earlier runs for comparison.

    ``previous`` is month and extract of the previous lock, ``estimate`` the primary result of the previous run,
    ``approved`` the protocol of the last approved run, ``looks`` the study's earlier looks. The manifest is written last: a lock without a manifest is not
    frozen, and a lock with one is never written again.

    Raises
    ------
    IntegrityError
        When the record folder already has a data lock.
    DataError
        When the transfer's own manifest is malformed.
    """
    if files.exists("lock/transfer.json"):
        raise IntegrityError(
            "the data lock is frozen already; expected none yet; a new delivery needs a new run of the month"
        )
    manifest = manifest_of(transfer)
    for file in transfer.files:
        files.write(f"lock/raw/{file.name}", file.data)
    if previous is not None:
        month, table = previous
        files.write_table("lock/previous.parquet", table)
        digest = sha256(files.read("lock/previous.parquet"))
        files.write("lock/previous.json", document({"month": month, "rows": len(table), "sha256": digest}))
    if estimate is not None:
        files.write(EARLIER, document(estimate))
    if approved is not None:
        files.write(APPROVED, document(approved))
    if looks is not None:
        files.write(LOOKS, document(looks))
    files.write("lock/transfer.json", manifest.as_document())


def extract(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Cast the frozen delivery by the contract, write the extract and its description, and return no findings.

    Values that do not fit their type become missing and are counted; the step ``check`` evaluates the counts.
    Unblinding columns are not written, and the description never contains a value.

    Raises
    ------
    IntegrityError
        When a frozen file differs from its manifest.
    DataError
        When a file is not readable, when the delivery has several tables and the protocol joins none, when the data
        sets cannot be joined, or when the adverse events that the protocol declares are not there.
    """
    manifest = frozen_manifest(files)
    proved = {file.name: verified_bytes(files, file) for file in manifest.files}
    delivered = delivered_tables(manifest.files, lambda file: proved[file.name])
    tables = {name: one.table for name, one in delivered.items()}
    contract = protocol.contract
    texts, joined = one_table(delivered, tables, protocol)
    table, uncastable = cast_table(texts, contract)
    files.write_table("extract.parquet", table)
    undeclared = _undeclared_columns(texts, contract)
    section = {
        "system": manifest.system,
        "source": manifest.source,
        "exported_at": manifest.exported_at,
        "version": manifest.version,
        "rows": len(texts.rows),
        "columns": len(contract.columns),
        "uncastable": [asdict(failure) for failure in uncastable],
        "unexpected": undeclared.names,
        "unnamed": len(undeclared.withheld),
        "missing": [name for name in contract.names if name not in texts.columns],
        "unblinding": [
            {"column": name, "count": sum(text not in contract.missing for text in found)}
            for name in contract.unblinding
            if (found := _everywhere(tables, name)) is not None
        ],
        "files": [file.model_dump(mode="json") for file in manifest.files],
    }
    if undeclared.withheld:
        section["unnamed_places"] = undeclared.withheld
    if undeclared.near:
        section["near_misses"] = undeclared.near
    if joined:
        section["datasets"] = [asdict(dataset) for dataset in joined]
    if protocol.safety is not None:
        events = cast_events(protocol.safety, protocol, tables)
        section["adverse_events"] = events.as_json(protocol.safety)
    return write_section(files, "extract", section, ())


def _require_reading(datasets: Sequence[Dataset], delivered: Mapping[str, Delivered]) -> None:
    """Raise DataError when a file was read otherwise than the protocol declares; a table that is not there is told later."""
    for dataset in datasets:
        held = delivered.get(dataset.table)
        for file in held.files if held and dataset.reading else ():
            if dataset.reading is not None and file.reading.words != dataset.reading.words:
                raise DataError(
                    f"{file.name} was read as {file.reading.words}; expected {dataset.reading.words}, which the protocol "
                    "declares; declare the same in the manifest ('medicore edc manifest'), or correct edc.datasets"
                )


def one_table(
    delivered: Mapping[str, Delivered], tables: Mapping[str, TextTable], protocol: Protocol
) -> tuple[TextTable, tuple[JoinedDataset, ...]]:
    """Return the table with a row per subject, and the counts of each data set if the protocol joins several."""
    datasets = protocol.edc.datasets
    if datasets:
        _require_reading(datasets, delivered)
        found = join_datasets(datasets, tables, protocol.contract.subject)
        return found.table, found.datasets
    only = the_only(delivered, protocol.safety.table if protocol.safety else None)
    # What tells the rows of a subject apart is no column of a table with a row per subject.
    system = system_columns([file.format for file in only.files]) - set(protocol.contract.names)
    return without(only.table, (*protocol.edc.ignored, *system)), ()


def _everywhere(tables: Mapping[str, TextTable], name: str) -> list[str] | None:
    """Return the texts of the column called ``name`` from all delivered files, or None when no file has it."""
    found = [table.column(name) for table in tables.values() if name in table.columns]
    return [text for column in found for text in column] if found else None


@dataclass(frozen=True, slots=True)
class _Undeclared:
    """The columns that the contract lacks: names that may be shown, places of the others, and names near a missing one."""

    names: list[str]
    withheld: list[int]
    near: dict[str, dict[str, Any]]


def _undeclared_columns(texts: TextTable, contract: Contract) -> _Undeclared:
    """Return the columns that the contract lacks.

    In a file without a header line, the data of a patient are in the place of the names. So all names are withheld when
    the subject column is not among them, and a text that does not look like a name is always withheld, with its place
    told. A name that is one of the contract but for blanks, case or marks tells nothing new, and is shown.
    """
    declared = {*contract.names, *contract.unblinding}
    others = {place: name for place, name in enumerate(texts.columns, start=1) if name not in declared}
    near = {}
    for name in contract.names:
        place = near_column(name, others)
        if name not in texts.columns and place is not None:
            near[name] = {"place": place, "found": others[place]}
    shown = {entry["place"] for entry in near.values()}
    others = {place: name for place, name in others.items() if place not in shown}
    known = contract.subject in texts.columns or contract.subject in near
    names = {place: name for place, name in others.items() if known and _COLUMN_NAME.fullmatch(name)}
    return _Undeclared([*names.values()], [place for place in others if place not in names], near)
