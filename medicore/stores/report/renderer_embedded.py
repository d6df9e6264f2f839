"""The embedded renderer: cells by Python, Markdown by pandoc, pages by Typst, both from Python wheels."""

import functools
import platform
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pypandoc
import typst

from medicore.errors import ConfigurationError
from medicore.stores.command import run
from medicore.stores.report.renderer import (
    FONTS,
    RENDER_LIMIT_S,
    TEMPLATE,
    VERSION_LIMIT_S,
    epoch,
    kernel_environment,
    parameters,
    scratch_folder,
)
from medicore.stores.report.renderer_cells import execute
from medicore.stores.report.renderer_template import parse_template

PANDOC = Path(pypandoc.__file__).parent / "files" / "pandoc"
_PAGE_TEMPLATE = "embedded-template.typ"


class EmbeddedRenderer:
    """Renders the report from the same template if Quarto is absent."""

    @functools.cached_property
    def identity(self) -> Mapping[str, str]:
        """Name and versions of the programs that render."""
        return {
            "name": "embedded",
            "pandoc": _pandoc_version(),
            "python": platform.python_version(),
            "typst": version("typst"),
        }

    def render(
        self,
        template_folder: str,
        inputs: Mapping[str, bytes],
        created: datetime,
        template: str = TEMPLATE,
    ) -> bytes:
        """Return the bytes of the report that ``template`` makes; the same inputs give the same bytes.

        Raises
        ------
        ConfigurationError
            When the template cannot be executed, converted or set; then there is no PDF.
        """
        stamp, given = epoch(created), parameters(inputs)
        with scratch_folder(template_folder, inputs, template) as scratch:
            folder, home = scratch / "report", scratch / "home"
            parsed = parse_template((folder / template).read_text(encoding="utf-8"))
            outputs = execute(parsed.cells, given, folder, home)
            page = folder / "report.typ"
            page.write_bytes(_convert(parsed.document(outputs), folder, home))
            return _compile(page, parsed.pdf_standards, stamp)


@functools.cache
def _pandoc_version() -> str:
    asked = [str(PANDOC), "--version"]
    return run(asked, folder=Path("/"), environment={}, alone=True, limit=VERSION_LIMIT_S).decode().split()[1]


def _convert(document: str, folder: Path, home: Path) -> bytes:
    """Return the Typst source of a Markdown document; pandoc may read only the page template."""
    arguments = [
        str(PANDOC),
        "--sandbox",
        "--standalone",
        "--from=markdown",
        "--to=typst",
        "--wrap=none",
        f"--data-dir={home}",
        f"--template={folder / _PAGE_TEMPLATE}",
    ]
    if not PANDOC.is_file():
        raise ConfigurationError(
            "pandoc is not in the package pypandoc-binary; install the locked environment"
        )
    return run(
        arguments,
        folder=folder,
        data=document.encode(),
        environment=kernel_environment(home),
        alone=True,
        limit=RENDER_LIMIT_S,
    )


def _compile(page: Path, standards: tuple[str, ...], stamp: int) -> bytes:
    """Return the PDF of a Typst document; it uses only Typst's own fonts and the template's, and no file outside its folder."""
    known: list[Any] = list(standards)
    try:
        made: bytes = typst.compile(
            page,
            root=page.parent,
            ignore_system_fonts=True,
            font_paths=[page.parent / FONTS],
            format="pdf",
            pdf_standards=known,
            timestamp=stamp,
        )
    except typst.TypstError as error:
        raise ConfigurationError(
            f"Typst could not set the report: {error.message[:200]}; correct the template"
        ) from error
    except BaseException as error:
        # A fault inside Typst is not an Exception, so no handler above would catch it.
        if type(error).__name__ != "PanicException":
            raise
        raise ConfigurationError(
            "Typst crashed while it set the report; look for unusual characters in the protocol's texts"
        ) from None
    return made
