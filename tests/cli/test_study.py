"""The verbs of a study before its first run, from a file of data to a protocol that can be signed."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from medicore import settings
from medicore.cli import _run
from tests.conftest import ROOT
from tests.whole_house.site_file import rows, written


@pytest.fixture
def called(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A call of ``medicore study`` in a checkout with an empty folder of studies: exit code, stdout, stderr."""
    (tmp_path / "studies").mkdir()
    monkeypatch.setattr(settings, "CHECKOUT", tmp_path)
    monkeypatch.setenv("MEDICORE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["medicore", "study", *arguments])
        code = _run([])
        return (code, *capsys.readouterr())

    return call


NEW = (
    "new",
    "ACME-RHC-01",
    "--from",
    "site.csv",
    "--treatment",
    "arm",
    "--outcome",
    "score",
    "--levels",
    "all",
)


def test_from_a_file_to_a_plan(called: Any, tmp_path: Path) -> None:
    """Draft, check against the data, preview with its page: three commands, each says what comes next."""
    written(tmp_path, rows())
    code, out, _ = called(*NEW)
    assert code == 0
    assert "Drafted studies/ACME-RHC-01.yaml from 400 rows and 10 columns." in out
    assert "left out note: free text" in out
    code, out, _ = called("check", "ACME-RHC-01", "--data", "site.csv")
    assert code == 0
    assert "studies/ACME-RHC-01.yaml:3: title: is to be decided by a person" in out
    assert "the data follow its contract" in out
    code, out, _ = called("preview", "ACME-RHC-01", "--data", "site.csv")
    assert code == 0
    assert "Hidden       score" in out
    assert (
        "<title>ACME-RHC-01: preview</title>"
        in (tmp_path / "state" / "previews" / "ACME-RHC-01.html").read_text()
    )
    code, _, err = called(*NEW)
    assert code == 9
    assert (
        err
        == "medicore: studies/ACME-RHC-01.yaml exists already; expected a new study; choose another name\n"
    )


def _sent(path: Path) -> tuple[str, ...]:
    """Write the small file in the form that the name says, and return what must be declared of it."""
    table = pd.DataFrame(rows())
    table = table.assign(age=table["age"].astype(int), score=table["score"].astype(float), note="Prüfung")
    if path.suffix == ".csv":
        table.to_csv(path, sep=";", decimal=",", encoding="windows-1252", index=False)
        return ("--encoding", "windows-1252", "--delimiter", "semicolon", "--decimal", ",")
    if path.suffix == ".xlsx":
        table.to_excel(path, index=False)
        return ()
    table.columns = [name.replace(" ", "_") for name in table.columns]
    (pyreadstat.write_sav if path.suffix == ".sav" else pyreadstat.write_dta)(table, path)
    return ()


@pytest.mark.parametrize("name", ["site.csv", "site.xlsx", "site.sav", "site.dta"])
def test_files_as_sites_and_statisticians_send_them(called: Any, tmp_path: Path, name: str) -> None:
    """A draft comes from CSV of another country, a workbook, SPSS or Stata, and the data follow its contract."""
    declared = _sent(tmp_path / name)
    code, out, err = called(*(name if part == "site.csv" else part for part in NEW), *declared)
    assert (code, err) == (0, "")
    assert "from 400 rows and 10 columns" in out
    text = (tmp_path / "studies" / "ACME-RHC-01.yaml").read_text(encoding="utf-8")
    assert ("reading: {encoding: 'windows-1252', delimiter: ';', decimal: ','}" in text) is bool(declared)
    code, out, _ = called("check", "ACME-RHC-01", "--data", name)  # the protocol says how the file is read
    assert code == 0
    assert "the data follow its contract" in out


def test_a_file_that_contradicts_its_declaration_is_refused(called: Any, tmp_path: Path) -> None:
    """Encoding, delimiter and decimal mark are declared: without that nothing is read."""
    _sent(tmp_path / "site.csv")
    code, _, err = called(*NEW)
    assert code == 4
    assert "--encoding windows-1252" in err
    code, _, err = called(*NEW, "--encoding", "windows-1252")
    assert code == 4
    assert "--delimiter semicolon" in err
    assert called(*NEW, "--encoding", "windows-1252", "--delimiter", "semicolon", "--decimal", ",")[0] == 0
    code, _, err = called(
        "check", "ACME-RHC-01", "--data", "site.csv", "--encoding", "iso-8859-1", "--delimiter", "semicolon"
    )
    assert code == 4
    assert (
        "site.csv was read as iso-8859-1, semicolons, decimal point; expected windows-1252, semicolons, decimal comma"
        in err
    )


def test_every_problem_has_its_line(called: Any, tmp_path: Path) -> None:
    """All problems of a file are printed one a line, as an editor jumps to them, and as JSON."""
    written(tmp_path, rows())
    called(*NEW)
    path = tmp_path / "studies" / "ACME-RHC-01.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("seed:", "sed:").replace("treated: 'new drug'", "treated: 'drug'"), encoding="utf-8"
    )
    code, out, err = called("check", "ACME-RHC-01")
    assert code == 3
    assert "sed: is no key here; expected 'seed'" in out
    assert "seed: is missing; add it" in out
    assert "treatment.treated: arm 'drug' is not an allowed value" in out
    assert err.startswith("medicore: studies/ACME-RHC-01.yaml has 3 problem(s)")
    assert len(json.loads(called("check", "ACME-RHC-01", "--json")[1])["problems"]) == 3


def test_data_that_break_the_contract_are_counted(called: Any, tmp_path: Path) -> None:
    """Every broken rule is told with its column and count; no value of the file is printed."""
    written(tmp_path, rows())
    called(*NEW)
    broken = [
        row | ({"age": "secret", "sex": "X-unknown"} if place < 4 else {}) for place, row in enumerate(rows())
    ]
    written(tmp_path, broken)
    code, out, err = called("check", "ACME-RHC-01", "--data", "site.csv")
    assert code == 4
    assert "Column age: 4 value(s) are not a whole number" in out
    assert "sex: " in out
    assert "secret" not in out + err
    assert "X-unknown" not in out + err


def test_the_schema_is_one_of_json_schema(called: Any) -> None:
    """The schema names every key of a protocol, and allows no other."""
    code, out, _ = called("schema")
    assert code == 0
    schema = json.loads(out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["additionalProperties"] is False
    assert {"study", "estimand", "contract", "outcome", "monitoring"} <= set(schema["properties"])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("check", "../x"), 3, "is not a study identifier"),
        (("check", "NOWHERE-1"), 3, "study NOWHERE-1 has no protocol; known studies: none"),
        (("preview", "NOWHERE-1"), 3, "has no protocol"),
        (("new", "ACME", "--from", "absent.csv", "--treatment", "a", "--outcome", "b"), 4, "absent.csv is not a file"),
        (("new", "2025-03", "--from", "absent.csv", "--treatment", "a", "--outcome", "b"), 3, "the word means something else"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(called: Any, arguments: tuple[str, ...], code: int, words: str) -> None:
    """One line says what was found, what is expected and what to do."""
    found, _, err = called(*arguments)
    assert found == code
    assert words in err
    assert err.count("\n") == 1


def test_a_new_study_is_deployed(called: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Behind the protocols, the check fails and says where; ``deploy`` writes the file, and the check passes."""
    shutil.copy(ROOT / "prefect.yaml", tmp_path)
    written(tmp_path, rows())
    called(*NEW)
    path = tmp_path / "studies" / "ACME-RHC-01.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("TODO: ", ""), encoding="utf-8")
    for arguments, code, words in (
        (("--check",), 9, "name: ACME-RHC-01"),
        ((), 0, "Wrote prefect.yaml"),
        (("--check",), 0, "prefect.yaml follows the protocols."),
    ):
        sys.argv[:] = ["medicore", "deploy", *arguments]
        assert _run([]) == code
        assert words in capsys.readouterr().out
    assert "MED-2024" not in (tmp_path / "prefect.yaml").read_text(encoding="utf-8")
