"""The rows of a delivered table of adverse events."""

import pytest

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.event_rows import event_rows
from medicore.records.protocol.safety.plan import Safety

PLAN = Safety.model_validate(
    {
        "adverse_events": {
            "file": "ae.csv",
            "subject": "ID",
            "where": {"FLAG": "Y"},
            "columns": {"term": "PT", "system_organ_class": "SOC", "start": "DAY"},
        },
        "at_risk": {"first": "first_dose", "last": "last_dose"},
    }
)
COLUMNS = ("SEQ", "ID", "PT", "SOC", "DAY", "FLAG")
ROWS = (
    ("1", "b", "Nausea", "Gut", "2025-01-02", "Y"),
    ("1", "b", "Nausea", "Gut", "2025-01-02", "Y"),
    ("2", "b", "Nausea", "Gut", "2025-01-02", "Y"),
    ("1", "a", "Rash", "Skin", "2025-01-03", "N"),
)


def test_rows_are_selected_and_named_by_the_plan() -> None:
    """Selected rows stand under the plan's names; the ones that are wholly the same are counted."""
    found = event_rows(PLAN, {"ae.csv": TextTable(COLUMNS, ROWS), "dm.csv": TextTable(("ID",), ())})
    assert found.table.columns == ("subject", "term", "system_organ_class", "start")
    assert found.table.rows == (("b", "Nausea", "Gut", "2025-01-02"),) * 3
    assert (found.delivered, found.repeated) == (4, 1)


def test_a_delivery_may_have_no_event() -> None:
    """A header alone is a table without events."""
    found = event_rows(PLAN, {"ae.csv": TextTable(COLUMNS, ())})
    assert (found.table.rows, found.delivered, found.repeated) == ((), 0, 0)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (
            {"dm.csv": TextTable(("ID",), ())},
            "was not delivered; expected one of the delivered tables: dm.csv",
        ),
        ({"ae.csv": TextTable(COLUMNS[:-1], ())}, "has no column 'FLAG'"),
    ],
)
def test_what_was_not_delivered_is_named(tables: dict[str, TextTable], said: str) -> None:
    """The table or column that is not there is told with the key of the protocol."""
    with pytest.raises(DataError) as refused:
        event_rows(PLAN, tables)
    assert said in str(refused.value)
    assert "safety.adverse_events" in str(refused.value)
