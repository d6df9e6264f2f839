"""subject: one patient of a study, from the row of the raw extract to the box of the CONSORT diagram.

``subject_row`` locates the row, ``subject_box`` judges the criteria, and this module presents the answer.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medicore.cases.answers.subject_box import Applied, Box, applied_criteria, box_of
from medicore.cases.answers.subject_row import Place, SourceRow, locate
from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.cases.people.seeing import require_seer
from medicore.cases.run.histories import histories_of
from medicore.cases.run.stored import file_entry, read_provenance, stored_file
from medicore.errors import DataError, ProtocolError
from medicore.ports.house import House
from medicore.records.identifiers import RunId, month_id, person_id, study_id
from medicore.records.people.people import Permission
from medicore.records.protocol.parsing import parse_recorded
from medicore.records.protocol.protocol import Protocol

VIEWED, SOUGHT = "subject.viewed", "subject.sought"
REASONS = {VIEWED: "Looked at one patient's data", SOUGHT: "Asked for a patient whom the data do not hold"}


def subject(
    house: House,
    study: str,
    patient: str,
    viewer: str,
    passphrase: Callable[[str], str],
    month: str | None = None,
) -> dict[str, Any]:
    """Return what is recorded of one patient; record in the ledger, signed by the viewer, who saw which row.

    If the data have no such patient, the ledger records that somebody asked and saw nobody.

    Of the last released run of the month, or the last sealed one (by default of the last month that has one): the row
    of the raw extract; each eligibility criterion in order, with the patient's value and whether it is satisfied; and
    the box: excluded by the first criterion that is not satisfied, outside the contrast, or analysed in an arm. The
    box is the recorded one, after comparison with the criteria applied again.

    Raises
    ------
    ReviewError
        When the viewer is unknown, locked, no longer active, may not see patients or, where they are closed, comparative
        results, or gives a wrong passphrase. The refusal is in the ledger.
    ProtocolError
        When the study has no sealed run that reached the cohort.
    DataError
        When the extract has no such patient, or several.
    IntegrityError
        When the recorded box differs from the criteria, or no copy of a file is the recorded one.
    """
    study_id(study)
    chosen = month if month is None else month_id(month)
    with refusals(house, person_id(viewer), "subject.refused", study):
        require_seer(house, study, viewer)  # it shows an arm beside an outcome
        signatory = require_signatory(house, viewer, Permission.VIEW, passphrase)
    record = _sealed_with_cohort(house, study, chosen)
    protocol = record.protocol()
    row = locate(record.file, protocol, patient)
    # The event comes before the answer: without it nothing is shown. It never contains the typed text, which may be
    # a patient of another study, or a name.
    if row is None:
        sought = {"commit": record.commit, "found": 0}
        record_act(house, signatory, SOUGHT, str(record.run), REASONS[SOUGHT], sought)
        raise DataError(
            f"the extract of {record.run} has no such subject; expected one of its identifiers; check it"
        )
    details = {"commit": record.commit, "file": row.place.file, "row": row.place.number}
    record_act(house, signatory, VIEWED, str(record.run), REASONS[VIEWED], details)
    values, recorded = record.rows_of(patient, protocol.contract.subject)
    applied = applied_criteria(protocol, values, row.texts)
    box = box_of(protocol, applied, str(recorded["arm"].iloc[0]), str(recorded["reason"].iloc[0]))
    # Older dispositions have no column for the state of the outcome.
    outcome = str(recorded["outcome"].iloc[0]) if "outcome" in recorded else ""
    return _presented(record, patient, row, applied, box, outcome or None)


@dataclass(frozen=True, slots=True)
class _Record:
    """The sealed record of a run that reached the cohort."""

    house: House
    run: RunId
    commit: str

    def protocol(self) -> Protocol:
        """Return the protocol as it was recorded."""
        stored = stored_file(self.house, self.run, self.commit, "protocol.json")
        return parse_recorded(json.dumps(json.loads(stored)), str(self.run))

    def file(self, name: str) -> bytes:
        """Return a file after proving that it is the recorded one."""
        return stored_file(self.house, self.run, self.commit, name)

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file in the provenance."""
        return str(file_entry(read_provenance(self.house, self.run, self.commit), name)["sha256"])

    def rows_of(self, patient: str, column: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the patient's row of the extract and of the disposition; raise DataError unless each has one."""
        values, recorded = (
            table[table[column].astype(str) == patient]
            for table in map(self._table, ("extract.parquet", "disposition.parquet"))
        )
        if len(values) != 1 or len(recorded) != 1:
            raise DataError(
                f"the extract of {self.run} has the subject {len(values)} times; expected once; reject the run"
            )
        return values, recorded

    def _table(self, name: str) -> pd.DataFrame:
        return self.house.workspaces.table(self.file(name))


def _sealed_with_cohort(house: House, study: str, month: str | None) -> _Record:
    """Return the record of a run with a disposition: the released one, or otherwise the latest."""
    known = histories_of(house, study, month)
    order = sorted(known, key=lambda one: (one.run.month, one.release is not None, one.run.number))
    for history in reversed(order):
        if not history.sealings:
            continue
        run, commit = history.run, history.sealed_commit
        names = {entry["name"] for entry in read_provenance(house, run, commit)["files"]}
        if "disposition.parquet" in names:
            return _Record(house, run, commit)
    raise ProtocolError(
        f"study {study} has no sealed run{f' of {month}' if month else ''} that reached the cohort; expected one; "
        f"see 'medicore history {study}'"
    )


def _presented(
    record: _Record,
    patient: str,
    row: SourceRow,
    applied: Sequence[Applied],
    box: Box,
    outcome: str | None,
) -> dict[str, Any]:
    """Return the answer as it is printed."""
    return {
        "run": str(record.run),
        "commit": record.commit,
        "subject": patient,
        "source": {
            **_place(record, row.place),
            "values": row.texts,
            "joined": [_place(record, place) for place in row.others],
        },
        "criteria": [
            {
                "name": one.criterion.name,
                "column": one.criterion.column,
                "operator": one.criterion.operator,
                "expected": one.criterion.value,
                "delivered": one.delivered,
                "value": one.value,
                "satisfied": one.satisfied,
            }
            for one in applied
        ],
        "box": {
            "box": box.name,
            "reason": box.reason,
            "arm": box.arm,
            "group": box.group,
            "outcome": outcome,
        },
    }


def _place(record: _Record, place: Place) -> dict[str, Any]:
    return {
        "file": place.file,
        "sha256": record.digest(place.file),
        "row": place.number,
        "line": place.line,
        **({} if place.member is None else {"member": place.member}),
    }
