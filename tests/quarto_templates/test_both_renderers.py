"""Both renderers are given one template and one set of inputs and parameters, and the template prints the same of them."""

import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from medicore.errors import ConfigurationError
from medicore.stores.report.pdf_text import pages_of
from medicore.stores.report.renderer import TEMPLATE, parameters, scratch_folder
from medicore.stores.report.renderer_cells import execute
from medicore.stores.report.renderer_embedded import EmbeddedRenderer
from medicore.stores.report.renderer_quarto import QuartoRenderer
from medicore.stores.report.renderer_template import parse_template
from tests.quarto_templates import portfolio_sample
from tests.quarto_templates.conftest import CREATED, TEMPLATES, Inputs

# Does with the document what Quarto does before it sets pages: the cells in order in one Python, and behind the cell
# tagged 'parameters' the values of the file of parameters. In place of a PDF it gives what the cells printed.
STAND_IN = """#!{python}
import contextlib, io, json, pathlib, re, sys
sys.path.insert(0, ".")
chosen = sys.argv[sys.argv.index("--execute-params") + 1]
lines = [line.partition(": ") for line in pathlib.Path(chosen).read_text().splitlines()]
names = {{}}
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    for cell in re.findall(r"^```{{python}}\\n(.*?)^```$", pathlib.Path(sys.argv[2]).read_text(), re.M | re.S):
        exec(cell, names)
        if "tags: [parameters]" in cell:
            names.update({{name: json.loads(value) for name, _, value in lines}})
made = "%PDF <pdfaid:part>" + printed.getvalue()
pathlib.Path(sys.argv[sys.argv.index("--output") + 1]).write_text(made)
"""


@pytest.fixture
def quarto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the stand-in for Quarto first on the PATH."""
    program = tmp_path / "quarto"
    program.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


@pytest.mark.usefixtures("quarto")
def test_both_print_the_same(inputs: Any) -> None:
    """What the cells print of a run, its numbers and references included, is the same by either renderer's way."""
    files = inputs.files()
    made = QuartoRenderer().render(str(TEMPLATES), files, CREATED).decode().removeprefix("%PDF <pdfaid:part>")
    with scratch_folder(str(TEMPLATES), files) as scratch:
        folder, home = scratch / "report", scratch / "home"
        template = parse_template((folder / TEMPLATE).read_text(encoding="utf-8"))
        outputs = execute(template.cells, parameters(files), folder, home)
    assert "".join(outputs[cell.label] for cell in template.cells) == made
    assert "3.394" in made
    assert "cited(" in made


@pytest.mark.usefixtures("quarto")
@pytest.mark.parametrize("name", ["study", "id"])
def test_parameters_of_another_run_stop_both(inputs: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A parameter that is lost or of another run on its way to the template gives no report by either."""
    given = {"study": "study_id", "id": "run"}[name]
    lost = {**parameters(inputs.files()), given: ""}
    for module in ("renderer_embedded", "renderer_quarto"):
        monkeypatch.setattr(f"medicore.stores.report.{module}.parameters", lambda _: lost)
    with pytest.raises(ConfigurationError, match="Quarto could not make the report"):
        QuartoRenderer().render(str(TEMPLATES), inputs.files(), CREATED)
    with pytest.raises(ConfigurationError, match="cell 'inputs' failed with LostParameterError"):
        inputs.render()


@pytest.mark.parametrize("name", [TEMPLATE, portfolio_sample.TEMPLATE])
def test_quarto_adds_and_takes_away_nothing(name: str) -> None:
    """No cell gets a block of its own, no heading becomes a title, no code gets a colour, by what the template says."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    front = yaml.load(text.split("\n---\n")[0].removeprefix("---\n"), yaml.CSafeLoader)
    first = next(part for part in parse_template(text).parts if isinstance(part, str) and part.strip())
    assert front["filters"] == ["cells.lua"]
    assert (TEMPLATES / "cells.lua").is_file()
    assert "title" in front or not first.lstrip().startswith("#")
    assert front["format"]["typst"]["highlight-style"] == "none"


@pytest.mark.skipif(
    shutil.which("quarto") is None,
    reason="quarto is not on the PATH; install Quarto 1.10 or later from its project's site",
)
@pytest.mark.parametrize("name", [TEMPLATE, portfolio_sample.TEMPLATE])
def test_quarto_sets_the_same_pages(name: str) -> None:
    """The real Quarto makes the embedded renderer's pages of each template, word by word and break by break."""
    sample = portfolio_sample.files(portfolio_sample.contents())
    files = Inputs().files() if name == TEMPLATE else sample
    made = [
        pages_of(renderer.render(str(TEMPLATES), files, CREATED, name))
        for renderer in (QuartoRenderer(), EmbeddedRenderer())
    ]
    assert made[0] == made[1]
