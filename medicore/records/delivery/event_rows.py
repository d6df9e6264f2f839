"""The rows of the delivered table of adverse events, as texts under the names of the safety plan."""

from collections.abc import Mapping
from dataclasses import dataclass

from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.joining import selected_rows
from medicore.records.protocol.safety.plan import SUBJECT, Safety


@dataclass(frozen=True, slots=True)
class EventRows:
    """The selected rows under the names of the plan, the number of delivered rows, and how many of them come again.

    ``repeated`` counts the selected rows that are the same in every column of the file as one before them.
    """

    table: TextTable
    delivered: int
    repeated: int


def event_rows(plan: Safety, tables: Mapping[str, TextTable]) -> EventRows:
    """Return the adverse events of a delivery; ``tables`` holds the table of each name; a delivery may have none.

    Raises DataError when the table or one of its columns was not delivered.
    """
    dataset = plan.adverse_events
    rows = selected_rows(
        dataset, f"the data set of adverse events ({plan.table})", tables, "safety.adverse_events"
    )
    delivered = tables[plan.table]
    columns = {name: delivered.column(column) for name, column in dataset.columns.items()}
    texts = tuple((subject, *(column[place] for column in columns.values())) for subject, place in rows)
    different = {delivered.rows[place] for _, place in rows}
    named = TextTable((SUBJECT, *columns), texts, frozenset())
    return EventRows(named, len(delivered.rows), len(rows) - len(different))
