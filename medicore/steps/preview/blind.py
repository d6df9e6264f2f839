"""The part of a delivery that a preview may see: nothing that was measured after time zero."""

from dataclasses import dataclass

import pandas as pd

from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.exported import without
from medicore.records.protocol.contract import Contract
from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.casting import cast_table


@dataclass(frozen=True, slots=True)
class BlindTable:
    """The typed columns known at time zero, the names of the columns that are hidden, and values that no column takes."""

    table: pd.DataFrame
    hidden: tuple[str, ...]
    uncastable: dict[str, int]


def hidden_columns(protocol: Protocol) -> tuple[str, ...]:
    """Return every column that a preview never reads: the outcome and whatever else the contract times at follow-up."""
    late = {column.name for column in protocol.contract.columns if column.timing == "follow-up"}
    late |= {protocol.outcome.column, *protocol.contract.unblinding}
    late |= {control.column for control in protocol.negative_controls}
    return tuple(sorted(late - {protocol.treatment.column}))


def blind_table(texts: TextTable, protocol: Protocol) -> BlindTable:
    """Return the columns that are known at time zero; the texts of the others are dropped before any value is cast."""
    hidden = hidden_columns(protocol)
    seen = without(texts, hidden)
    contract = _seen_contract(protocol.contract, hidden)
    table, failures = cast_table(seen, contract)
    counts: dict[str, int] = {}
    for failure in failures:
        counts[failure.column] = counts.get(failure.column, 0) + failure.count
    return BlindTable(table, tuple(name for name in hidden if name in texts.columns), counts)


def _seen_contract(contract: Contract, hidden: tuple[str, ...]) -> Contract:
    columns = tuple(column for column in contract.columns if column.name not in hidden)
    return contract.model_copy(update={"columns": columns, "unblinding": ()})
