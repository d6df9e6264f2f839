"""subject: one patient of a study, from the row of the raw extract to the box of the CONSORT diagram."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.cases.run.runs import SEALED_BY, runs_of
from medicore.cases.run.seal import release_commit
from medicore.cases.run.stored import read_provenance, stored_file
from medicore.errors import DataError, IntegrityError, ProtocolError
from medicore.ports.house import House
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.exported import ACCOMPANYING, DELIMITED, READERS
from medicore.records.delivery.joining import join_datasets
from medicore.records.delivery.transfer import ManifestFile, parse_manifest
from medicore.records.identifiers import RunId, month_id, person_id, study_id
from medicore.records.people.people import Permission
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.steps.cohort import satisfies

REASON = "Looked at one patient's data"


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a patient stands in a file as delivered: the number of the row, its texts by column, and its line.

    A file that is no lines of rows has None for the line. Where data sets are joined, the place is in the first, the
    texts are by column of the contract, and ``others`` has the places in the others.
    """

    file: str
    number: int
    line: int | None
    texts: dict[str, str]
    others: tuple[tuple[str, int, int | None], ...] = ()


def subject(
    house: House,
    study: str,
    patient: str,
    viewer: str,
    passphrase: Callable[[str], str],
    month: str | None = None,
) -> dict[str, Any]:
    """Return what is recorded of one patient, and leave in the ledger, signed by the viewer, who saw which row.

    Of the last released run of the month, or the last sealed one (by default of the last month that has one): the row of the raw extract;
    each eligibility criterion in order, with the patient's value and whether it is satisfied; and the box: excluded
    by the first criterion that is not satisfied, outside the contrast, or analysed in an arm. The box is the
    recorded one, and is held against the criteria applied anew.

    Raises
    ------
    ReviewError
        When the viewer is unknown, locked, no longer active, may not see patients or does not open the own key. The
        refusal is in the ledger.
    ProtocolError
        When the study has no sealed run that came as far as the cohort.
    DataError
        When the extract has no such patient, or several.
    IntegrityError
        When the recorded box is not what the criteria give, or no copy of a file is the recorded one.
    """
    study_id(study)
    chosen = month if month is None else month_id(month)
    with refusals(house, person_id(viewer), "subject.refused", study):
        signatory = require_signatory(house, viewer, Permission.VIEW, passphrase)
    run, commit = _sealed_with_cohort(house, study, chosen)
    protocol = _protocol(house, run, commit)
    row = _source_row(house, run, commit, protocol, patient)
    details = {"commit": commit, "file": row.file if row else None, "row": row.number if row else None}
    # The event comes before the answer: what cannot be recorded is not shown.
    record_act(house, signatory, "subject.viewed", str(run), REASON, details)
    if row is None:
        raise DataError(
            f"the extract of {run} has no such subject; expected one of its identifiers; check it"
        )
    column = protocol.contract.subject
    extract = _table(house, run, commit, "extract.parquet")
    disposition = _table(house, run, commit, "disposition.parquet")
    values = extract[extract[column].astype(str) == patient]
    recorded = disposition[disposition[column].astype(str) == patient]
    if len(values) != 1 or len(recorded) != 1:
        raise DataError(
            f"the extract of {run} has the subject {len(values)} times; expected once; reject the run"
        )
    criteria = _criteria(protocol, values, row)
    return {
        "run": str(run),
        "commit": commit,
        "subject": patient,
        "source": {
            "file": row.file,
            "sha256": _digest(house, run, commit, row.file),
            "row": row.number,
            "line": row.line,
            "values": row.texts,
            "joined": [
                {
                    "file": file,
                    "sha256": _digest(house, run, commit, file),
                    "row": number,
                    "line": line,
                }
                for file, number, line in row.others
            ],
        },
        "criteria": criteria,
        "box": _box(protocol, criteria, str(recorded["arm"].iloc[0]), str(recorded["reason"].iloc[0])),
    }


def _sealed_with_cohort(house: House, study: str, month: str | None) -> tuple[RunId, str]:
    """Return a run whose record holds a disposition, and its commit: a released one first, else the latest."""
    known = runs_of(house, study, month)
    order = sorted(known, key=lambda run: (run.month, release_commit(house, run) is not None, run.number))
    for run in reversed(order):
        sealings = [e for e in house.ledger.events(subject=str(run)) if e.action in SEALED_BY]
        if not sealings:
            continue
        commit = str(sealings[-1].details["commit"])
        names = {entry["name"] for entry in read_provenance(house, run, commit)["files"]}
        if "disposition.parquet" in names:
            return run, commit
    raise ProtocolError(
        f"study {study} has no sealed run{f' of {month}' if month else ''} that came as far as the cohort; "
        f"expected one; see 'medicore history {study}'"
    )


def _protocol(house: House, run: RunId, commit: str) -> Protocol:
    stored = house.records.read(commit, f"{run.folder}/protocol.json")
    return parse_protocol(json.dumps(json.loads(stored)), str(run))


def _table(house: House, run: RunId, commit: str, name: str) -> pd.DataFrame:
    return house.workspaces.table(stored_file(house, run, commit, name))


def _digest(house: House, run: RunId, commit: str, name: str) -> str:
    return next(
        str(entry["sha256"])
        for entry in read_provenance(house, run, commit)["files"]
        if entry["name"] == name
    )


def _source_row(house: House, run: RunId, commit: str, protocol: Protocol, patient: str) -> _Row | None:
    """Return the patient's row in the files as delivered, or None when there is none."""
    manifest = parse_manifest(stored_file(house, run, commit, "lock/transfer.json"), "lock/transfer.json")
    column = protocol.contract.subject
    datasets = getattr(protocol.edc, "datasets", ())
    read: dict[str, tuple[bytes, TextTable]] = {}
    for file in manifest.files:
        if file.format == ACCOMPANYING:
            continue
        name = f"lock/raw/{file.name}"
        data = stored_file(house, run, commit, name)
        table = READERS[file.format](data, name)
        read[file.name] = data, table
        if not datasets and column in table.columns and patient in (found := table.column(column)):
            texts = dict(zip(table.columns, table.rows[found.index(patient)], strict=True))
            return _Row(*_place(file, data, found.index(patient)), texts)
    if not datasets:
        return None
    joined = join_datasets(datasets, {name: table for name, (_, table) in read.items()}, column)
    if patient not in (found := joined.table.column(column)):
        return None
    index = found.index(patient)
    formats = {file.name: file for file in manifest.files}
    first, *others = (
        _place(formats[dataset.file], read[dataset.file][0], row)
        for dataset, rows in zip(datasets, joined.places, strict=True)
        if (row := rows[index]) is not None
    )
    texts = dict(zip(joined.table.columns, joined.table.rows[index], strict=True))
    return _Row(*first, texts, tuple(others))


def _place(file: ManifestFile, data: bytes, index: int) -> tuple[str, int, int | None]:
    """Return where row ``index`` of a file stands: the file's name, the number of the row, and its line."""
    line = _line(data, index + 1) if file.format in DELIMITED else None
    return f"lock/raw/{file.name}", index + 1, line


def _line(data: bytes, number: int) -> int:
    """Return the line of a comma-separated file on which row ``number`` after the header begins."""
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    begins, seen = 1, -1
    for row in reader:
        seen += bool(row)
        if row and seen == number:
            break
        begins = reader.line_num + 1
    return begins


def _criteria(protocol: Protocol, values: pd.DataFrame, row: _Row) -> list[dict[str, Any]]:
    """Return each criterion with the patient's value, as delivered and as cast, and whether it is satisfied."""
    rows = []
    for criterion in protocol.eligibility:
        cast = values[criterion.column].iloc[0]
        rows.append(
            {
                "name": criterion.name,
                "column": criterion.column,
                "operator": criterion.operator,
                "expected": criterion.value,
                "delivered": row.texts.get(criterion.column),
                "value": None if pd.isna(cast) else str(cast),
                "satisfied": bool(satisfies(values[criterion.column], criterion)[0]),
            }
        )
    return rows


def _box(protocol: Protocol, criteria: list[dict[str, Any]], arm: str, recorded: str) -> dict[str, Any]:
    """Return the patient's box of the CONSORT diagram, the recorded one, once the criteria give the same."""
    failed = [criterion["name"] for criterion in criteria if not criterion["satisfied"]]
    arms = {protocol.treatment.treated: "treated", protocol.treatment.control: "control"}
    names = {criterion["name"] for criterion in criteria}
    same = recorded == failed[0] if failed else recorded not in names and (recorded == "") == (arm in arms)
    if not same:
        raise IntegrityError(
            "the recorded disposition of the subject is not what the criteria give; expected the same; "
            "run 'medicore verify' on the run"
        )
    if recorded:
        return {"box": "excluded", "reason": recorded, "arm": None, "group": None}
    return {"box": "analysed", "reason": None, "arm": arm, "group": arms[arm]}
