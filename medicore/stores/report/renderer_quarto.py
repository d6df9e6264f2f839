"""The production renderer: the Quarto command line, which contains its own pandoc and Typst."""

import functools
import json
import platform
import re
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from medicore.errors import ConfigurationError, TimeLimitError
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

_OUTPUT = "report.pdf"
_PARAMETERS = "parameters.yml"
_PDFA = b"pdfaid:part"
_PROJECT = "_quarto.yml"
_PACKAGES = ("ipykernel", "nbclient", "nbformat", "papermill")
"""Packages that Quarto imports in the Python that executes its cells; the lock file for Quarto has them."""


class QuartoRenderer:
    """Renders the report with Quarto 1.10 or later, whose Typst meets two PDF standards at once."""

    @functools.cached_property
    def identity(self) -> Mapping[str, str]:
        """Name and versions of the programs that render, and of the packages that execute the cells."""
        return {
            "name": "quarto",
            "quarto": _version(r"(\d\S*)"),
            "pandoc": _version(r"pandoc (\S+)", "pandoc"),
            "typst": _version(r"typst (\S+)", "typst"),
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
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
            When Quarto is missing or does not end, a cell fails, or the result is not PDF/A; then there is no PDF.
        """
        stamp, given, program = epoch(created), parameters(inputs), _program()
        with scratch_folder(template_folder, inputs, template) as scratch:
            folder, home = scratch / "report", scratch / "home"
            # JSON is YAML in which no text is read as a number or a null.
            lines = "".join(f"{name}: {json.dumps(value)}\n" for name, value in given.items())
            (folder / _PARAMETERS).write_text(lines, encoding="utf-8")
            # Without a project here Quarto uses one of any folder above, even of the shared temporary folder. Another
            # user's project could run commands in our name and put text into the report.
            (folder / _PROJECT).write_text("project:\n  type: default\n", encoding="utf-8")
            arguments = [program, "render", template, "--to", "typst", "--output", _OUTPUT]
            # A daemon would keep the kernel running after the report is made.
            arguments += ["--execute-params", _PARAMETERS, "--no-execute-daemon", "--quiet"]
            try:
                run(arguments, folder=folder, environment=_environment(home, stamp), limit=RENDER_LIMIT_S)
                made = (folder / _OUTPUT).read_bytes()
            except TimeLimitError as error:  # a template can loop without end
                raise ConfigurationError(str(error)) from None
            except (ConfigurationError, FileNotFoundError):
                # Quarto repeats the cell's output, which may hold values.
                raise ConfigurationError(
                    "Quarto could not make the report; check with 'quarto --version' that it is 1.10 or later, then "
                    "render with the embedded renderer to see which cell fails"
                ) from None
            if _PDFA not in made:
                raise ConfigurationError(
                    "Quarto made a PDF that is not PDF/A; install Quarto 1.10 or later, which knows pdf-standard"
                )
            return made


def quarto_program() -> str | None:
    """Return the Quarto command line that the package ``quarto`` finds by QUARTO_PATH or the PATH.

    None when the program is missing, or a package that it needs in this Python.
    """
    if _missing_packages():
        return None
    import quarto

    found = quarto.path()
    return shutil.which(found) if found else None


def _missing_packages() -> list[str]:
    return [package for package in ("quarto", *_PACKAGES) if find_spec(package) is None]


def _program() -> str:
    missing = _missing_packages()
    if missing:
        raise ConfigurationError(
            f"Quarto needs the package {missing[0]} in this Python, which is not installed; install "
            'requirements-quarto.lock, or set renderer = "embedded"'
        )
    found = quarto_program()
    if found is None:
        raise ConfigurationError(
            "quarto is not on the PATH; install Quarto 1.10 or later from its project's site, or set "
            'renderer = "embedded"'
        )
    return found


def _version(form: str, *program: str) -> str:
    # Quarto passes its pandoc's output to its standard output, but its Typst's output to its standard error.
    asked = [_program(), *program, "--version"]
    answer = run(asked, folder=Path("/"), everything=True, limit=VERSION_LIMIT_S).decode(errors="replace")
    found = re.search(f"^{form}", answer, re.MULTILINE)
    if found is None:
        raise ConfigurationError(
            f"Quarto does not say the version of {' '.join(program) or 'itself'}; run 'quarto check'"
        )
    return found[1]


def _environment(home: Path, stamp: int) -> dict[str, str]:
    """Return the variables of Quarto, its kernel and its Typst in addition to the inherited environment."""
    return {
        **kernel_environment(home),
        "QUARTO_PYTHON": sys.executable,
        "SOURCE_DATE_EPOCH": str(stamp),
        # No font of this machine or user: the report is set in the fonts of Typst and of the template.
        "TYPST_FONT_PATHS": str(home.with_name("report") / FONTS),
        "TYPST_IGNORE_SYSTEM_FONTS": "true",
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
    }
