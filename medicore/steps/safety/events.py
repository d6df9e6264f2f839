"""The adverse events of the data lock as a typed table, by the contract of the safety plan."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from medicore.ports.files import RecordFiles
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.delivered import delivered_tables
from medicore.records.delivery.event_rows import event_rows
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.safety.plan import Safety
from medicore.steps.data.casting import Uncastable, cast_table
from medicore.steps.data.frozen import frozen_manifest, verified_bytes


@dataclass(frozen=True, slots=True)
class AdverseEvents:
    """The selected events, a row each, sorted by subject; values that do not fit their type are missing and counted.

    ``delivered`` is the number of rows of the file, and ``repeated`` how many selected rows come again.
    """

    table: pd.DataFrame
    uncastable: tuple[Uncastable, ...]
    delivered: int
    repeated: int

    def as_json(self, plan: Safety) -> dict[str, Any]:
        """Return what extract.json says of the events; it never contains a value."""
        return {
            "table": plan.table,
            "rows": self.delivered,
            "selected": len(self.table),
            "repeated": self.repeated,
            "uncastable": [asdict(failure) for failure in self.uncastable],
        }


def cast_events(plan: Safety, protocol: Protocol, tables: Mapping[str, TextTable]) -> AdverseEvents:
    """Return the events of the delivered tables; raise DataError when their table or a column was not delivered."""
    rows = event_rows(plan, tables)
    table, uncastable = cast_table(rows.table, plan.contract(protocol.contract.missing))
    return AdverseEvents(table, uncastable, rows.delivered, rows.repeated)


def frozen_events(files: RecordFiles, plan: Safety, protocol: Protocol) -> AdverseEvents:
    """Return the events of the data lock.

    Raises
    ------
    IntegrityError
        When the frozen file differs from its manifest.
    DataError
        When the file cannot be read, or the table or a column is not there.
    """
    name = plan.adverse_events.file
    held = [
        file for file in frozen_manifest(files).files if file.name == name or file.name.startswith(f"{name}-")
    ]
    delivered = delivered_tables(held, lambda file: verified_bytes(files, file))
    return cast_events(plan, protocol, {table: one.table for table, one in delivered.items()})
