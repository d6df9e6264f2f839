"""Tests of the Quarto renderer: against a stand-in program always, against Quarto where it is installed."""

import json
import platform
import shutil
import stat
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from medicore.errors import ConfigurationError
from medicore.settings import Settings
from medicore.stores.report import renderer_quarto
from medicore.stores.report.renderer import TEMPLATE
from medicore.stores.report.renderer_quarto import QuartoRenderer, quarto_program
from medicore.wiring import chosen_renderer
from tests.stores.small_template import CREATED, INPUTS, write_template

# Stands in for the Quarto command line: answers for versions, notes how it was called, writes what it is told to.
STAND_IN = """#!{python}
import json, os, pathlib, sys
if sys.argv[1:] == ["--version"]:
    print("1.10.3")
elif sys.argv[1:] == ["pandoc", "--version"]:
    print("pandoc 3.8.3\\nFeatures: +server")
elif sys.argv[1:] == ["typst", "--version"]:
    print("typst 0.15.1 (b33de9de)", file=sys.stderr)  # so does Quarto, but for pandoc
else:
    here = pathlib.Path(__file__).parent
    note = {{"arguments": sys.argv[1:], "environment": dict(os.environ), "files": sorted(os.listdir())}}
    note["parameters"] = pathlib.Path("parameters.yml").read_text()
    (here / "note.json").write_text(json.dumps(note))
    answer = (here / "answer.pdf")
    if not answer.exists():
        print("KeyError: 'P-0815'", file=sys.stderr)
        sys.exit(1)
    pathlib.Path("report.pdf").write_bytes(answer.read_bytes())
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a stand-in for Quarto first on the PATH, and return its folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "quarto"
    program.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A template whose report is one line."""
    return write_template(tmp_path / "templates")


def test_quarto_is_called_as_it_must_be(stand_in: Path, templates: Path) -> None:
    """Parameters go through a file as texts, the kernel is this Python, the moment is given, no daemon stays."""
    (stand_in / "answer.pdf").write_bytes(b"%PDF <pdfaid:part>2</pdfaid:part>")
    assert QuartoRenderer().render(str(templates), INPUTS, CREATED).startswith(b"%PDF")
    note = json.loads((stand_in / "note.json").read_text(encoding="utf-8"))
    assert note["arguments"][:4] == ["render", TEMPLATE, "--to", "typst"]
    assert "--no-execute-daemon" in note["arguments"]
    assert note["arguments"][note["arguments"].index("--execute-params") + 1] == "parameters.yml"
    assert yaml.load(note["parameters"], yaml.CSafeLoader) == {
        "study_id": "S",
        "month": "2025-03",
        "run": "S/2025-03/1",
    }
    assert note["files"] == ["_quarto.yml", "embedded-template.typ", "parameters.yml", TEMPLATE, "run.json"]
    assert note["environment"]["QUARTO_PYTHON"] == sys.executable
    assert note["environment"]["SOURCE_DATE_EPOCH"] == "1743492600"
    assert not Path(note["environment"]["HOME"]).exists()


def test_a_quarto_that_hangs_is_stopped(
    stand_in: Path, templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quarto that does not end is stopped, and the line says so rather than that a cell fails."""
    (stand_in / "quarto").write_text("#!/bin/sh\nsleep 3600\n", encoding="utf-8")
    monkeypatch.setattr("medicore.stores.report.renderer_quarto.RENDER_LIMIT_S", 0.5)
    with pytest.raises(ConfigurationError, match=r"render was stopped because it did not end within"):
        QuartoRenderer().render(str(templates), INPUTS, CREATED)


def test_parameters_that_look_like_numbers_stay_texts(stand_in: Path, templates: Path) -> None:
    """A study called 007 or null reaches the template as that text."""
    (stand_in / "answer.pdf").write_bytes(b"%PDF <pdfaid:part>2</pdfaid:part>")
    run = {"study": "007", "month": "null", "id": "1e5"}
    QuartoRenderer().render(str(templates), {"run.json": json.dumps(run).encode()}, CREATED)
    note = json.loads((stand_in / "note.json").read_text(encoding="utf-8"))
    assert yaml.load(note["parameters"], yaml.CSafeLoader) == {
        "study_id": "007",
        "month": "null",
        "run": "1e5",
    }


def test_a_failing_report_repeats_nothing_that_a_cell_said(stand_in: Path, templates: Path) -> None:
    """When Quarto fails there is no PDF, and its words, which may hold values, are not passed on."""
    assert stand_in.is_dir()
    with pytest.raises(ConfigurationError, match="Quarto could not make the report") as caught:
        QuartoRenderer().render(str(templates), INPUTS, CREATED)
    assert "0815" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_pdf_that_is_no_pdf_a_is_refused(stand_in: Path, templates: Path) -> None:
    """An older Quarto ignores the PDF standard silently; what it makes is refused."""
    (stand_in / "answer.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(ConfigurationError, match="not PDF/A"):
        QuartoRenderer().render(str(templates), INPUTS, CREATED)


def test_identity_names_the_programs(stand_in: Path) -> None:
    """The renderer's identity has the versions of Quarto, of what it carries, and of what executes its cells."""
    assert stand_in.is_dir()
    expected = {"name": "quarto", "quarto": "1.10.3", "pandoc": "3.8.3", "typst": "0.15.1"}
    expected |= {name: version(name) for name in ("ipykernel", "nbclient", "nbformat", "papermill")}
    assert QuartoRenderer().identity == {**expected, "python": platform.python_version()}


def test_a_quarto_that_names_no_version_is_refused(stand_in: Path) -> None:
    """A program that is called quarto and is none has no identity, and the message says what to look at."""
    (stand_in / "quarto").write_text("#!/bin/sh\necho what?\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="does not say the version of itself; run 'quarto check'"):
        _ = QuartoRenderer().identity


def test_without_quarto_the_message_says_what_to_do(
    templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Quarto on the PATH the message says where it comes from and what can be used instead."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="quarto is not on the PATH; install"):
        QuartoRenderer().render(str(templates), INPUTS, CREATED)


def test_quarto_is_chosen_where_it_can_be_called(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QUARTO_PATH comes before the PATH, and a name without a program behind it is none."""
    chosen = Settings(root=tmp_path, home=tmp_path)
    assert quarto_program() == str(stand_in / "quarto")
    assert chosen_renderer(chosen) == "quarto"
    other = shutil.copy(stand_in / "quarto", tmp_path / "other-quarto")
    monkeypatch.setenv("QUARTO_PATH", str(other))
    assert quarto_program() == str(other)
    monkeypatch.setenv("QUARTO_PATH", str(tmp_path / "nothing"))
    assert quarto_program() is None
    assert chosen_renderer(chosen) == "embedded"


@pytest.mark.parametrize("missing", ["quarto", "papermill", "ipykernel"])
def test_without_its_packages_quarto_is_not_chosen(
    stand_in: Path, templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Where a package is missing that Quarto's cells need, ``auto`` takes the other renderer, and Quarto says which."""
    assert stand_in.is_dir()
    monkeypatch.setattr(
        renderer_quarto, "find_spec", lambda name: None if name == missing else find_spec(name)
    )
    assert chosen_renderer(Settings(root=tmp_path, home=tmp_path)) == "embedded"
    with pytest.raises(ConfigurationError, match=f"needs the package {missing} .* requirements-quarto.lock"):
        QuartoRenderer().render(str(templates), INPUTS, CREATED)


# Commands and words of another user's, which Quarto takes from any folder above its own.
NEIGHBOUR = """project:
  type: default
  pre-render: touch {trace}
format:
  typst:
    include-before-body:
      text: "NEIGHBOUR"
"""


@pytest.mark.skipif(
    shutil.which("quarto") is None,
    reason="Quarto is not installed; put the release of its project's site, 1.10 or later, on the PATH",
)
def test_a_project_above_the_scratch_folder_is_not_read(
    templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A _quarto.yml in the temporary folder, which every user can write, runs no command and adds no word."""
    expected = QuartoRenderer().render(str(templates), INPUTS, CREATED)
    shared, trace = tmp_path / "shared", tmp_path / "trace"
    shared.mkdir()
    (shared / "_quarto.yml").write_text(NEIGHBOUR.format(trace=trace), encoding="utf-8")
    monkeypatch.setattr("tempfile.tempdir", str(shared))
    assert QuartoRenderer().render(str(templates), INPUTS, CREATED) == expected
    assert not trace.exists()
    assert [path.name for path in shared.iterdir()] == ["_quarto.yml"]


@pytest.mark.skipif(
    shutil.which("quarto") is None,
    reason="Quarto is not installed; put the release of its project's site, 1.10 or later, on the PATH",
)
def test_quarto_makes_the_report_twice_alike(templates: Path) -> None:
    """The real Quarto makes PDF/A of the template, with the same bytes each time."""
    first = QuartoRenderer().render(str(templates), INPUTS, CREATED)
    assert QuartoRenderer().render(str(templates), INPUTS, CREATED) == first
