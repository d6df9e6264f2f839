"""The rendition of a report in HTML: the template of a record, whose cells print HTML, as one self-contained file."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from medicore.errors import ConfigurationError
from medicore.stores.command import run
from medicore.stores.report.renderer import (
    RENDER_LIMIT_S,
    TEMPLATE,
    kernel_environment,
    parameters,
    scratch_folder,
)
from medicore.stores.report.renderer_cells import execute
from medicore.stores.report.renderer_embedded import PANDOC
from medicore.stores.report.renderer_template import Template, parse_template

_PAGE_TEMPLATE = "embedded-template.html"
_STYLE = "style.css"
_PLACE = '<div id="sections"></div>'
_NAVIGATION = '<nav id="TOC"'
_END = "</nav>\n"


def render_html(template: Mapping[str, bytes], inputs: Mapping[str, bytes], page: str = "") -> bytes:
    """Return the HTML that ``page`` of a ``template`` makes from ``inputs``, by default the report; the same files give the same bytes.

    The page contains its style and its figures; it has no script and no address of anything outside.

    Raises
    ------
    ConfigurationError
        When the template makes no HTML, or cannot be executed or converted.
    """
    with tempfile.TemporaryDirectory(prefix="medicore-template-") as kept:
        for name, data in template.items():
            path = Path(kept) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        given = parameters(inputs)
        with scratch_folder(kept, inputs, page or TEMPLATE) as scratch:
            folder, home = scratch / "report", scratch / "home"
            read = parse_template((folder / (page or TEMPLATE)).read_text(encoding="utf-8"))
            if not read.html or not (folder / _PAGE_TEMPLATE).is_file():
                raise ConfigurationError(
                    "the template of this record makes no HTML; expected format: html in it; read report.pdf"
                )
            outputs = execute(read.cells, given, folder, home)
            head = (f"{given['run']}: rendition of the report", _state(inputs).upper())
            return _page(read, outputs, head, folder, home)


def _state(inputs: Mapping[str, bytes]) -> str:
    """Return the state of the run now; its status where that says what no decision changes, or nobody says more."""
    status = str(json.loads(inputs["run.json"])["status"])
    if status != "candidate" or "rendition.json" not in inputs:
        return status
    return str(json.loads(inputs["rendition.json"]).get("state", status))


def _page(
    template: Template, outputs: Mapping[str, str], head: tuple[str, str], folder: Path, home: Path
) -> bytes:
    """Return the page; ``head``, its title and the run's state, is on every printed page."""
    title, status = head
    style = (folder / _STYLE).read_text(encoding="utf-8")
    arguments = [
        str(PANDOC),
        "--sandbox",
        "--standalone",
        "--from=markdown",
        "--to=html5",
        "--wrap=none",
        "--shift-heading-level-by=1",
        "--toc",
        "--toc-depth=3",
        f"--data-dir={home}",
        f"--template={folder / _PAGE_TEMPLATE}",
        "--metadata=pagetitle:report",
        "--variable=lang=en-GB",
        f"--variable=title={title}",
        f"--variable=status={status}",
        f"--variable=style={style}",
    ]
    made = run(
        arguments,
        folder=folder,
        data=template.document(outputs).encode(),
        environment=kernel_environment(home),
        alone=True,
        limit=RENDER_LIMIT_S,
    )
    return _with_contents(made.decode("utf-8")).encode()


def _with_contents(page: str) -> str:
    """Return the page with the table of contents in its section; pandoc knows the contents only at the end."""
    start = page.rindex(_NAVIGATION)
    end = page.index(_END, start) + len(_END)
    navigation = page[start:end].rstrip()
    return (page[:start] + page[end:]).replace(_PLACE, navigation, 1)
