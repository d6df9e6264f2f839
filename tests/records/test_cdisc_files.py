"""The files of CDISC's pilot study, as its sponsors published them."""

import pytest

from medicore.records.delivery.dataset_json import read_dataset_json
from medicore.records.delivery.delimited import read_delimited
from medicore.records.delivery.described import DescribedTable
from medicore.records.delivery.xport import read_xport
from tests.reference.reference import FOLDER, MISSING

CDISC = FOLDER / "cdisc"

pytestmark = pytest.mark.skipif(not CDISC.is_dir(), reason=MISSING)


def values(found: DescribedTable) -> list[list[object]]:
    """Return the values as their columns' kinds mean them: how R spells numbers and gaps in JSON is not how SAS does."""
    return [
        [
            (None if text in {"", "NA"} else float(text)) if column.kind == "number" else text
            for column, text in zip(found.columns, row, strict=True)
        ]
        for row in found.table.rows
    ]


@pytest.mark.parametrize(("name", "count"), [("dm", 306), ("ds", 596), ("ex", 591), ("suppdm", 1197)])
def test_both_formats_hold_the_same_data(name: str, count: int) -> None:
    """Names, labels, kinds, number of rows and every value agree between Dataset-JSON and SAS XPORT."""
    sas = read_xport((CDISC / f"{name}.xpt").read_bytes(), f"{name}.xpt")[name.upper()]
    json = read_dataset_json((CDISC / f"{name}.json").read_bytes(), f"{name}.json")
    assert len(sas.table.rows) == count
    assert sas.table.columns == json.table.columns
    assert sas.columns == json.columns
    assert values(sas) == values(json)
    assert all(column.label for column in sas.columns)


def test_days_agree_with_the_csv_of_others() -> None:
    """The subjects, days and numbers of ``adsl.xpt`` are those that other software wrote to CSV."""
    sas = read_xport((CDISC / "adsl.xpt").read_bytes(), "adsl.xpt")["ADSL"].table
    csv = read_delimited((CDISC / "adam_adsl.csv").read_bytes(), "adam_adsl.csv")
    assert sas.columns == csv.columns
    for name in (
        "USUBJID",
        "TRTSDT",
        "TRTEDT",
        "DISONSDT",
        "TRT01P",
        "BMIBL",
        "DURDIS",
        "MMSETOT",
        "VISIT1DT",
    ):
        assert sas.column(name) == csv.column(name)
