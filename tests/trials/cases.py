"""Inputs as sites and systems send them, and what is right for each: read as declared, or refused in words that help.

Those with a folder below ``inputs`` were sent to us as such; those in bytes are further ones of the same kind.
``docs/refusals.md`` is made from them.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from tests.records.transported import number, transport, variable
from tests.trials.tried import Case

COLUMNS = {"arm": "ARM", "age": "AGE", "sex": "SEX", "baseline": "BASE", "change": "CHG"}
HEADER = b"subject_id,arm,age,sex,baseline,change\n"
ROWS = b"S-1,P,40,F,42.5,4.43\nS-2,A,29,M,57.6,-0.22\n"
WHOLE = HEADER + ROWS


def datasets(file: str, **more: Any) -> list[dict[str, Any]]:
    """Return the data sets of one file whose columns have the names of ADaM."""
    return [{"file": file, "subject": "USUBJID", "columns": dict(COLUMNS), **more}]


def flag(recode: Mapping[str, str]) -> dict[str, Any]:
    """Return the column of a flag."""
    return {
        "name": "dead",
        "type": "integer",
        "timing": "follow-up",
        "minimum": 0,
        "maximum": 1,
        "recode": dict(recode),
    }


def changed(old: bytes, new: bytes) -> dict[str, bytes]:
    """Return the whole file with a text replaced."""
    return {"d.csv": WHOLE.replace(old, new)}


def json_of(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Return rows as REDCap sends them."""
    return json.dumps(rows).encode()


READ = {"age": [40], "baseline": [42.5], "change": [4.43]}
NAMES = b"subject_id,arm,age,sex,baseline,change"
DESCRIBED = [
    Case("csv-semicolon", ["semicolon.csv"], says=["one column, whose name holds 5 semicolons", "--delimiter semicolon"]),
    Case("csv-semicolon", ["semicolon.csv"], {"delimiter": ["semicolon"]}, holds={"age": [40, 29]}),
    Case("csv-semicolon", ["excel.csv"], says=["5 semicolons"]),
    Case(
        "csv-semicolon", ["excel.csv"],
        {"delimiter": [";"], "decimal": [","], "encoding": ["windows-1252"]}, holds=READ,
    ),
    Case("csv-semicolon", ["excel.csv"], {"delimiter": [";"]}, says=["baseline", "declare a decimal comma"]),
    Case("csv-semicolon", ["tab.csv"], says=["holds 5 tabs"]),
    Case("csv-semicolon", ["tab.csv"], {"delimiter": ["tab.csv=tab"]}, holds={"age": [40]}),
    Case("csv-semicolon", ["sep_line.csv"], holds=READ),
    Case("csv-semicolon", ["utf16.csv"], says=["byte-order mark of UTF-16", "--encoding utf-16"]),
    Case("csv-semicolon", ["utf16.csv"], {"encoding": ["utf-16"], "delimiter": ["tab"]}, holds=READ),
    Case("csv-semicolon", {"d.tsv": WHOLE.replace(b",", b"\t")}, holds=READ),
    Case("csv-semicolon", {"d.txt": WHOLE.replace(b",", b"|")}, {"delimiter": ["bar"]}, holds=READ),
    Case("csv-semicolon", {"d.csv": WHOLE}, {"delimiter": ["other.csv=tab"]}, says=["'other.csv', which is not in the delivery"]),
    Case("csv-semicolon", {"d.csv": b'"",' + HEADER + b'"1",' + ROWS.replace(b"\nS-2", b'\n"2",S-2')}, says=["names withheld"]),
    Case(
        "csv-semicolon", {"d.csv": b'"",' + HEADER + b'"1",' + ROWS.replace(b"\nS-2", b'\n"2",S-2')},
        {"row_names": ["yes"]}, holds=READ,
    ),
    Case(
        "csv-semicolon", {"d.csv": b"__index_level_0__," + HEADER + b"0," + ROWS.replace(b"\nS-2", b"\n1,S-2")},
        edits={"edc.ignored": ["__index_level_0__"]}, holds=READ,
    ),
    Case("csv-semicolon", changed(b"42.5", b"42,5"), says=["6 fields"]),
    Case("decimal-comma", ["records.json"], says=[r"Column baseline: 60 value\(s\)", "declare a decimal comma"]),
    Case(
        "decimal-comma", ["records.json"],
        edits={"contract.subject": "record_id", "contract.columns.0.name": "record_id", "contract.columns.4.decimal": ","},
        says=["not in the export"], holds={"baseline": [42.5, 57.6]},
    ),
    Case("column-name-with-blank", ["d.csv"], holds=READ),
    Case(
        "column-name-with-blank", {"d.csv": WHOLE.replace(b"baseline", b"Date, of \"first\" dose")},
        says=["not CSV by RFC 4180|not as wide|no column 'Baseline score'"],
    ),
    Case(
        "column-name-with-blank", {"d.csv": WHOLE.replace(b"baseline", b"baseline  SCORE")},
        says=["no column 'Baseline score'", "column 5 is 'baseline  SCORE'"],
    ),
    Case("date-as-midnight", ["d.csv"], holds={"visit": ["2025-01-06"]}),
    Case("date-as-midnight", ["ts.parquet"], holds={"visit": ["2025-01-06"]}),
    Case(
        "date-as-midnight", ["dt.xpt"],
        edits={"edc.datasets": datasets("dt.xpt", columns={**COLUMNS, "visit": "VISDT"})}, holds={"visit": ["2025-01-06"]},
    ),
    Case("binary-outcome-as-flag", ["d.csv"], says=["Column dead"]),
    Case("binary-outcome-as-flag", ["d.csv"], edits={"contract.columns.4": flag({"Y": "1", "": "0"})}, holds={"dead": [0, 0]}),
    Case("binary-outcome-as-flag", ["d.csv"], edits={"contract.columns.4": flag({"Y": "1"})}, says=["Column dead: .* 'required'"]),
    Case("rave-csv-as-file", ["DM.csv"], says=["Column subject_id of the data contract is not in the export"]),
    Case(
        "rave-csv-as-file", {"d.csv": WHOLE + b"EOF\n"}, {"format": ["csv"]}, says=["ends with the line EOF", "rave-csv"],
    ),
    Case("rave-csv-as-file", {"d.csv": WHOLE + b"EOF"}, holds=READ),
    Case("file-names", ["adsl (1).csv"], holds={"age": [40]}),
    Case("file-names", ["Prüfung.csv"], holds={"age": [40]}),
    Case("file-names", {"Pru\u0308fung ¼.csv": WHOLE, ".DS_Store": b"\0", "Thumbs.db": b"\0", "~$d.xlsx": b"\0"}, holds=READ),
    Case("file-names", {"d.xls": WHOLE}, says=["unknown format"]),
    Case("file-names", {"d.xlsx": WHOLE}, says=["not a whole workbook"]),
    Case("file-names", {"d.xlsx": b"\xd0\xcf\x11\xe0"}, says=["without a password"]),
    Case("file-names", {"d.sas7bdat": WHOLE}, says=["not a whole data set of SAS"]),
    Case("file-names", {"d.dta": WHOLE}, says=["not a whole data set of Stata"]),
    Case("file-names", {"d.sav": WHOLE}, says=["not a whole system file of SPSS"]),
]  # fmt: skip

SAS = [
    Case("xpt-windows-1252", ["adsl.xpt"], says=["the label of variable SITE", "--encoding windows-1252"]),
    Case("xpt-windows-1252", ["adsl.xpt"], {"encoding": ["windows-1252"]}, says=["not in the export"]),
    Case("xpt-version-8", ["adsl.xpt"], holds={"age": [33], "baseline": [49.7]}),
    Case("xpt-several-members", ["cport.xpt"], says=["PROC CPORT", "PROC COPY"]),
    Case("xpt-several-members", ["lib.xpt"], says=["lib.xpt:ADSL", "edc.datasets"]),
    Case(
        "xpt-several-members", ["lib.xpt"], edits={"edc.datasets": datasets("lib.xpt")},
        says=[r"data set 1 \(lib.xpt\) was not delivered", "lib.xpt:ADSL"],
    ),
    Case(
        "xpt-several-members", ["lib.xpt"], edits={"edc.datasets": datasets("lib.xpt", member="ADSL (2)")},
        says=["no column"],
    ),
    Case("xpt-blank-number", ["adsl.xpt"], says=["damaged number in record 1, variable AGE"]),
    Case(
        "xpt-blank-number",
        {"d.xpt": transport([variable("AGE", 8, 0)], [number(1.5), b".\0\0\0\0\0\0\1"] * 5)},
        says=["damaged number in record 2"],
    ),
    Case("xpt-iso-datetime-formats", ["adsl.xpt"], says=["not in the export"]),
    Case("locked-value-last-place", ["month2-d.csv"], holds={"baseline": [8.05]}),
    Case("dataset-json-1-0", ["v10.json"], says=["Dataset-JSON 1.0"]),
    Case("dataset-json-1-0", ["empty.json"], says=["metadata of a data set and no rows"]),
    Case("dataset-json-ndjson-dsjc", ["adsl.ndjson"], says=["not in the export"]),
    Case("dataset-json-ndjson-dsjc", ["adsl.dsjc"], says=["not in the export"]),
    Case("dataset-json-ndjson-dsjc", {"d.dsjc": zlib.compress(b"{}")[:-2]}, says=["is cut"]),
]  # fmt: skip

VISITS = b"subject_id,redcap_event_name\n"
CHOSEN = [
    Case("odm-repeats", ["VS.xml"], says=["not in the export"]),
    Case(
        "odm-repeats", ["VS.xml"],
        edits={
            "contract.columns": [
                {"name": "subject_id", "type": "identifier", "timing": "administrative"},
                {"name": "arm", "type": "category", "timing": "baseline", "values": ["P", "A"], "required": False},
                {"name": "age", "type": "number", "timing": "baseline", "unit": "mmHg"},
                {"name": "sex", "type": "category", "timing": "baseline", "values": ["F", "M"], "required": False},
                {"name": "baseline", "type": "number", "timing": "baseline", "unit": "mmHg"},
                {"name": "change", "type": "number", "timing": "follow-up", "unit": "mmHg", "required": False},
            ],
            "contract.missing": ["", "VS", "1"],
            "edc.datasets": [
                {
                    "file": "VS.xml", "subject": "SubjectKey", "where": {"StudyEventOID": "V1", "ItemGroupRepeatKey": 2},
                    "columns": {"age": "SBP", "arm": "FormOID", "sex": "FormRepeatKey", "change": "FormRepeatKey"},
                },
                {
                    "file": "VS.xml", "subject": "SubjectKey", "where": {"StudyEventOID": "V2"},
                    "columns": {"baseline": "SBP"},
                },
            ],
        },
        holds={"age": [122.0], "baseline": [118.0]},
    ),
    Case("redcap-batches-other-columns", ["records-0001.json", "records-0002.json"], says=["not in the export"]),
    Case(
        "redcap-batches-other-columns", ["records-0001.json", "records-0002.json"],
        edits={
            "edc.datasets": [
                {
                    "file": "records", "subject": "record_id", "where": {"redcap_repeat_instrument": ""},
                    "columns": {name: name for name in ("arm", "age", "sex", "baseline", "change")},
                }
            ]
        },
        holds={"age": [40, 29]},
    ),
    Case(
        "redcap-batches-other-columns",
        {
            "records-0001.json": json_of(
                [
                    {"subject_id": "S-1", "redcap_event_name": "base", "arm": "P", "age": "40", "sex": "F", "v": "42.5"},
                    {"subject_id": "S-1", "redcap_event_name": "end", "arm": "", "age": "", "sex": "", "v": "46.9"},
                ]
            ),
            "records-0002.json": json_of(
                [{"subject_id": "S-2", "redcap_event_name": "base", "arm": "A", "age": "29", "sex": "M", "v": "57.6"}]
            ),
        },
        edits={
            "edc.datasets": [
                {
                    "file": "records", "subject": "subject_id", "where": {"redcap_event_name": "base"},
                    "columns": {"arm": "arm", "age": "age", "sex": "sex", "baseline": "v"},
                },
                {
                    "file": "records", "subject": "subject_id", "where": {"redcap_event_name": "end"},
                    "columns": {"change": "v"},
                },
            ]
        },
        holds={"age": [40, 29], "baseline": [42.5, 57.6], "change": [46.9]},
    ),
    Case(
        "redcap-batches-other-columns",
        {"records-0001.json": json_of([{"id": "1", "age": "1"}]), "records-0002.json": json_of([{"id": "2", "sex": "F"}])},
        says=[r"1 page\(s\) differ in their columns"],
    ),
]  # fmt: skip

SPELLED = [
    Case("csv-header-blanks", ["d.csv"], says=["Column age of the data contract is not in the export", "column 3 is ' age'"]),
    Case("csv-header-blanks", changed(b"age", b"Age"), says=["column 3 is 'Age', which differs by blanks, case or marks"]),
    Case("csv-header-blanks", changed(b"subject_id", b"Subject ID"), says=["column 1 is 'Subject ID'"]),
    Case("csv-header-blanks", changed(b"\n", b",x y\n"), says=[r"1 column\(s\) of the export \(in place 7\)"]),
    Case("csv-header-blanks", {"d.csv": ROWS}, says=[r"6 column\(s\) of the export \(in place 1, 2, 3, 4, 5, 6\)", "withheld"]),
    Case("csv-header-blanks", changed(b"S-2", b"S-1 "), says=["one spelling"]),
    Case("csv-header-blanks", changed(b"S-2", b"s-1"), says=["one spelling"]),
    Case("csv-header-blanks", changed(b"S-2", "S\u20111".encode()), says=["one spelling"]),
    Case("csv-header-blanks", changed(b"S-1", "Zoe\u0308".encode()), holds={"age": [29, 40]}),
    Case(
        "csv-header-blanks", {"d.csv": WHOLE.replace(b"S-1", "Zoe\u0308".encode()).replace(b"S-2", "Zoë".encode())},
        says=["one spelling"],
    ),
    Case(
        "csv-header-blanks", {"d.csv": WHOLE, "e.csv": b"who,w\ns-1,3\nS-2,4\n"},
        edits={
            "edc.datasets": [
                {"file": "d.csv", "subject": "subject_id", "columns": {n: n for n in ("arm", "age", "sex", "baseline")}},
                {"file": "e.csv", "subject": "who", "columns": {"change": "w"}},
            ]
        },
        says=[r"e.csv spells 1 subject\(s\) unlike d.csv"],
    ),
]  # fmt: skip

YAML = [
    Case("yaml-no", {"d.csv": WHOLE}, edits={"contract.columns.3.values": ["F", False]}, says=["line", "values.1", "in quotes"]),
    Case("yaml-no", {"d.csv": WHOLE}, edits={"contract.columns.3.values": ["F", "M"], "version": 1.0}, says=["line 3: version: YAML reads 1.0 as a number"]),
    Case(
        "yaml-no", {"d.csv": WHOLE},
        edits={"contract.columns.3.values": ["F", "M"], "treatment.treated": "Q", "outcome.type": "binary"},
        says=["arm 'Q' is not an allowed value", "binary outcome 'change' must be", r"2 problem\(s\) in all"],
    ),
]  # fmt: skip

GROUPS: Mapping[str, Sequence[Case]] = {
    "Files and their description": DESCRIBED,
    "SAS transport and Dataset-JSON": SAS,
    "Rows of several tables": CHOSEN,
    "Names and identifiers": SPELLED,
    "Protocols": YAML,
}
"""All cases by what they are about."""
