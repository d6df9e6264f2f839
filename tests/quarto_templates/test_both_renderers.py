"""Both renderers are given one template and one set of inputs and parameters, and the template prints the same of them."""

import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.renderer import TEMPLATE, parameters, scratch_folder
from medicore.stores.renderer_cells import execute
from medicore.stores.renderer_quarto import QuartoRenderer
from medicore.stores.renderer_template import parse_template
from tests.quarto_templates.conftest import CREATED, TEMPLATES

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
    assert "3.373" in made
    assert "cited(" in made


@pytest.mark.usefixtures("quarto")
@pytest.mark.parametrize("name", ["study", "id"])
def test_parameters_of_another_run_stop_both(inputs: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A parameter that is lost or of another run on its way to the template gives no report by either."""
    given = {"study": "study_id", "id": "run"}[name]
    lost = {**parameters(inputs.files()), given: ""}
    for module in ("renderer_embedded", "renderer_quarto"):
        monkeypatch.setattr(f"medicore.stores.{module}.parameters", lambda _: lost)
    with pytest.raises(ConfigurationError, match="Quarto could not make the report"):
        QuartoRenderer().render(str(TEMPLATES), inputs.files(), CREATED)
    with pytest.raises(ConfigurationError, match="cell 'inputs' failed with LostParameterError"):
        inputs.render()
