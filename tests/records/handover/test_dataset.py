"""The data set of the results: the same values in Dataset-JSON and SAS transport files, read by other readers than ours."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
from lxml import etree

from medicore.errors import DataError
from medicore.records.delivery.dataset_json import read_dataset_json
from medicore.records.delivery.sas_numbers import value_of
from medicore.records.delivery.xport import read_xport
from medicore.records.handover.dataset import LABEL, NAME, VALUE_TYPES, Dataset, parts_of, results_dataset
from medicore.records.handover.define import define_xml
from medicore.records.handover.exchange import dataset_json
from medicore.records.handover.transport import ibm_number, transport_file
from medicore.records.results.paths import value_at
from medicore.records.results.references import references_of
from tests.records.handover.test_results_workbook import SAMPLE, SOURCE

_LONG = f"{'long ≤ ' * 60} end"
_NAMES = {"o": "http://www.cdisc.org/ns/odm/v1.3", "d": "http://www.cdisc.org/ns/def/v2.1"}


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """Results of a run, its references sealed with them; one text has 200 bytes several times."""
    found: dict[str, Any] = json.loads(SAMPLE.read_text(encoding="utf-8"))
    found["cohort"]["criteria"] = [{"name": _LONG, "excluded": 0, "remaining": 1629}]
    return {**found, "references": list(references_of(found))}


@pytest.fixture(scope="module")
def dataset(results: dict[str, Any]) -> Dataset:
    """The data set of the results."""
    return results_dataset(SOURCE, results)


def records(dataset: Dataset) -> list[dict[str, Any]]:
    """Return the rows by the names of their variables."""
    return [
        {variable.name: value for variable, value in zip(dataset.variables, row, strict=True)}
        for row in dataset.rows
    ]


def test_every_row_is_the_value_at_its_place(results: dict[str, Any], dataset: Dataset) -> None:
    """Path and column lead to the value; its type, its number and its text are those of ``results.json``."""
    count = 0
    for row in records(dataset):
        place = row["PATH"] if row["COLUMN"] == "value" else f"{row['PATH']}.{row['COLUMN']}"
        value = value_at(results, place)
        text = "".join(str(row[name]) for name in row if name.startswith("AVALC"))
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        assert row["AVAL"] == (value if numeric else None)
        assert (
            text == {None: "", True: "true", False: "false"}.get(value, str(value))
            if not numeric
            else float(text) == value
        )
        assert row["VALTYPE"] in VALUE_TYPES
        count += numeric
    assert count > 300
    assert [variable.name for variable in dataset.variables][-3:] == ["AVALC", "AVALC1", "AVALC2"]


def test_keys_name_one_row(dataset: Dataset) -> None:
    """No two rows have the same table, row and column."""
    keys = [(row["TABLE"], row["ROWSEQ"], row["COLSEQ"]) for row in records(dataset)]
    assert len(set(keys)) == len(keys)


def test_dataset_json_holds_every_bit(dataset: Dataset) -> None:
    """Python's reader of JSON and the reader of deliveries both find the same rows; numbers are the same doubles."""
    data = dataset_json(SOURCE, dataset, "define.xml")
    found = json.loads(data)
    assert [tuple(row) for row in found["rows"]] == list(dataset.rows)
    table = read_dataset_json(data, "results.json")
    place = [variable.name for variable in dataset.variables].index("AVAL")
    assert [float(row[place]) if row[place] else None for row in table.table.rows] == [
        row[place] for row in dataset.rows
    ]


def test_sas_files_hold_every_bit_for_another_reader(dataset: Dataset, tmp_path: Path) -> None:
    """Another reader, pyreadstat, finds the same names, labels, texts and doubles."""
    (tmp_path / "results.xpt").write_bytes(transport_file(SOURCE, dataset))
    frame, meta = pyreadstat.read_xport(tmp_path / "results.xpt")
    assert (meta.table_name, meta.file_label) == (NAME, LABEL)
    assert meta.column_names == [variable.name for variable in dataset.variables]
    assert meta.column_labels == [variable.label for variable in dataset.variables]
    found = [
        tuple(None if isinstance(value, float) and math.isnan(value) else value for value in row)
        for row in frame.itertuples(index=False)
    ]
    assert found == list(dataset.rows)


def test_the_reader_of_deliveries_finds_the_same(dataset: Dataset) -> None:
    """The file is whole and regular for our own strict reader."""
    (table,) = read_xport(transport_file(SOURCE, dataset), "results.xpt").values()
    place = [variable.name for variable in dataset.variables].index("AVAL")
    assert [float(row[place]) if row[place] else None for row in table.table.rows] == [
        row[place] for row in dataset.rows
    ]
    assert [row[-1] for row in table.table.rows] == [row[-1] for row in dataset.rows]


def test_numbers_keep_every_bit_within_the_range_of_the_format(dataset: Dataset, tmp_path: Path) -> None:
    """Doubles of all sizes that the format holds come back exactly; beyond, they are missing rather than changed."""
    draws = random.Random(19)  # noqa: S311 - numbers, no secrets
    values = [
        draws.choice((-1, 1)) * math.ldexp(0.5 + draws.random() / 2, draws.randint(-259, 252))
        for _ in range(2000)
    ]
    place = [variable.name for variable in dataset.variables].index("AVAL")
    first = dataset.rows[0]
    rows = tuple(
        (*first[:place], value, *first[place + 1 :]) for value in (*values, 0.0, 5e-324, 1e-80, 1e76)
    )
    (tmp_path / "numbers.xpt").write_bytes(transport_file(SOURCE, Dataset(dataset.variables, rows)))
    frame, _ = pyreadstat.read_xport(tmp_path / "numbers.xpt")
    found = list(frame["AVAL"])
    assert found[:2001] == [*values, 0.0]
    assert all(math.isnan(value) for value in found[2001:])
    assert [value_of(ibm_number(value)) for value in (1.5, -0.1, 5e-324, 1e76, None)] == [
        1.5,
        -0.1,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("text", ["", "a" * 200, "a" * 201, "≤" * 150, _LONG, "a" * 199 + " b" * 200])
def test_the_parts_of_a_text_are_the_text_again(text: str) -> None:
    """Each part fits into a variable, none but the last ends with a blank, and nothing is lost."""
    parts = parts_of(text)
    assert "".join(parts) == text
    assert all(len(part.encode()) <= 200 for part in parts)
    assert all(not part.endswith(" ") for part in parts[:-1])


def test_a_path_that_no_variable_holds_is_refused() -> None:
    """A transport file with a cut path would name another place."""
    long = results_dataset(SOURCE, {"primary": {"a" * 201: 1.5}})
    with pytest.raises(DataError, match="variable COLUMN has a text of 201 bytes"):
        transport_file(SOURCE, long)


def test_the_description_is_that_of_the_data(dataset: Dataset) -> None:
    """Items, order, keys, lengths and file of Define-XML are those of both data files; every reference is resolved."""
    root = etree.fromstring(define_xml(SOURCE, dataset, "results.xpt"))
    found = json.loads(dataset_json(SOURCE, dataset, "define.xml"))
    references = root.xpath("//o:ItemRef", namespaces=_NAMES)
    assert [one.get("ItemOID") for one in references] == [column["itemOID"] for column in found["columns"]]
    assert [one.get("KeySequence") for one in references if one.get("KeySequence")] == ["1", "2", "3"]
    defined = {one.get("OID"): one for one in root.xpath("//*[@OID]")}
    for column in found["columns"]:
        item = defined[column["itemOID"]]
        assert item.get("Name") == column["name"]
        assert column["name"].isalnum()
        assert len(column["name"]) <= 8
        assert len(column["label"]) <= 40
        assert item.get("DataType") != "text" or item.get("Length") == str(column["length"])
    named = root.xpath("//@MethodOID|//@CodeListOID|//@d:CommentOID", namespaces=_NAMES)
    assert set(named) <= set(defined)
    assert {found["itemGroupOID"], found["studyOID"], found["metaDataVersionOID"]} <= set(defined)
    codes = set(root.xpath("//o:CodeListItem/@CodedValue", namespaces=_NAMES))
    assert {row["VALTYPE"] for row in records(dataset)} <= codes == set(VALUE_TYPES)


def test_the_same_results_give_the_same_bytes(dataset: Dataset, results: dict[str, Any]) -> None:
    """The clock is in none of the files; their moment is that of the sealing."""
    again = results_dataset(SOURCE, results)
    assert dataset_json(SOURCE, again, "d") == dataset_json(SOURCE, dataset, "d")
    assert define_xml(SOURCE, again, "d") == define_xml(SOURCE, dataset, "d")
    assert b"02APR25:09:00:00" in transport_file(SOURCE, again)
