"""Several data sets as one table with a row per subject."""

from typing import Any

import pytest

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.joining import JoinedDataset, join_datasets
from medicore.records.protocol.source import Dataset

TABLES = {
    "adsl.xpt": TextTable(
        ("USUBJID", "ARM", "EFFFL"),
        (("s2", "high", "Y"), ("s1", "placebo", "Y"), ("s3", "low", "N")),
    ),
    "adqs.csv": TextTable(
        ("SUBJECT", "VISIT", "CHG"),
        (
            ("s1", "Week 8", "1"),
            ("s1", "Week 24", "2"),
            ("s2", "Week 24", "-3"),
            ("s4", "Week 24", "9"),
            ("s3", "Week 8", "4"),
        ),
    ),
}
ADSL: dict[str, Any] = {"file": "adsl.xpt", "subject": "USUBJID", "columns": {"arm": "ARM"}}
ADQS: dict[str, Any] = {
    "file": "adqs.csv",
    "subject": "SUBJECT",
    "where": {"VISIT": "Week 24"},
    "columns": {"change": "CHG"},
}


def joined(*datasets: dict[str, Any]) -> Any:
    """Return the data sets joined."""
    return join_datasets([Dataset.model_validate(dataset) for dataset in datasets], TABLES, "subject_id")


def test_the_first_defines_the_subjects_and_their_order() -> None:
    """Each subject of the first has one row; who has none in another has an empty text; others are left out."""
    found = joined(ADSL, ADQS)
    assert found.table.columns == ("subject_id", "arm", "change")
    assert found.table.rows == (("s2", "high", "-3"), ("s1", "placebo", "2"), ("s3", "low", ""))
    assert found.places == ((0, 1, 2), (2, 1, None))


def test_every_row_is_accounted_for() -> None:
    """Rows read, selected and joined, and subjects without one, are counted for each data set."""
    assert joined(ADSL, ADQS).datasets == (
        JoinedDataset("adsl.xpt", rows=3, selected=3, joined=3, without=0),
        JoinedDataset("adqs.csv", rows=5, selected=3, joined=2, without=1),
    )


def test_one_file_may_be_several_data_sets() -> None:
    """Two visits of one file are two data sets; several texts may satisfy one condition."""
    week_8 = {**ADQS, "where": {"VISIT": ["Week 8", "Week 12"]}, "columns": {"early": "CHG"}}
    found = joined({**ADSL, "where": {"EFFFL": "Y", "ARM": ["high", "placebo"]}}, ADQS, week_8)
    assert found.table.rows == (("s2", "high", "-3", ""), ("s1", "placebo", "2", "1"))
    assert found.datasets[0].selected == 2


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"file": "adxx.csv"}, r"data set 2 \(adxx\.csv\) was not delivered.*adqs\.csv, adsl\.xpt"),
        ({"subject": "USUBJID"}, "has no column 'USUBJID'"),
        ({"where": {"AVISIT": "Week 24"}}, "has no column 'AVISIT'"),
        ({"columns": {"change": "PCHG"}}, "has no column 'PCHG'"),
        ({"where": {"VISIT": "Week 52"}}, "0 of 5 rows are selected"),
        ({"where": {}}, r"1 subject\(s\) have more than one selected row"),
    ],
)
def test_what_cannot_be_joined_is_refused(changes: dict[str, Any], problem: str) -> None:
    """Unknown files and columns, empty selections and second rows are refused, and no subject is named (FAULTS 34)."""
    with pytest.raises(DataError, match=problem) as caught:
        joined(ADSL, {**ADQS, **changes})
    assert "s1" not in str(caught.value)


def test_a_row_without_its_subject_is_refused() -> None:
    """Nobody can say whose values a row without a subject has."""
    tables = {"a.csv": TextTable(("ID", "X"), (("s1", "1"), ("", "2")))}
    dataset = Dataset(file="a.csv", subject="ID", columns={"x": "X"})
    with pytest.raises(DataError, match=r"1 selected row\(s\) have no subject"):
        join_datasets([dataset], tables, "subject_id")
