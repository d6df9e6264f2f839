"""Reads the report template: the part of Quarto's Markdown with Python cells that MediCore uses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from medicore.errors import ConfigurationError

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_CELL = re.compile(r"^```\{python\}\n(.*?)^```$\n?", re.DOTALL | re.MULTILINE)
_OPTION = "#| "
_EXECUTE = {"echo": False, "output": "asis"}
_OPTIONS = {"label", "tags"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A Python cell: its label, its code without the option lines, and whether it declares the parameters."""

    label: str
    code: str
    parameters: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A template: its Typst options, its Markdown texts and cells in order, and whether it makes HTML too."""

    options: Mapping[str, Any]
    parts: tuple[str | Cell, ...]
    html: bool = False

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells in order."""
        return tuple(part for part in self.parts if isinstance(part, Cell))

    @property
    def pdf_standards(self) -> tuple[str, ...]:
        """The PDF standards that the report must satisfy."""
        return tuple(str(standard) for standard in self.options["pdf-standard"])

    def document(self, outputs: Mapping[str, str]) -> str:
        """Return the Markdown document with each cell replaced by what it printed."""
        return "\n".join(outputs[part.label] if isinstance(part, Cell) else part for part in self.parts)


def parse_template(text: str) -> Template:
    """Return the template in ``text``.

    It accepts only what both renderers treat alike: labelled cells that print unchanged Markdown, exactly one of them
    tagged ``parameters``.

    Raises
    ------
    ConfigurationError
        When the template asks for anything else.
    """
    matched = _FRONT_MATTER.match(text)
    if not matched:
        raise ConfigurationError("the template has no front matter; expected one between two lines of ---")
    front = _mapping(matched[1], "front matter")
    execute, formats = front.get("execute", {}), front.get("format", {})
    if any(execute.get(key) != value for key, value in _EXECUTE.items()):
        raise ConfigurationError("the template's cells do not print unchanged; set echo: false, output: asis")
    options = formats.get("typst") if isinstance(formats, dict) else None
    if not isinstance(options, dict) or not options.get("pdf-standard"):
        raise ConfigurationError("the template names no PDF standard for Typst; set pdf-standard: [a-2b]")
    parts = tuple(_parts(matched[2]))
    labels = [part.label for part in parts if isinstance(part, Cell)]
    if len(set(labels)) != len(labels):
        raise ConfigurationError("the template gives one label to two cells; give each cell its own")
    if sum(part.parameters for part in parts if isinstance(part, Cell)) != 1:
        raise ConfigurationError("the template needs exactly one cell tagged 'parameters'; correct it")
    return Template(options, parts, "html" in formats)


def _parts(body: str) -> Iterator[str | Cell]:
    end = 0
    for matched in _CELL.finditer(body):
        yield body[end : matched.start()]
        yield _cell(matched[1])
        end = matched.end()
    yield body[end:]


def _cell(source: str) -> Cell:
    lines = source.splitlines(keepends=True)
    header = [line for line in lines if line.startswith(_OPTION)]
    options = _mapping("".join(line.removeprefix(_OPTION) for line in header), "options of a cell")
    label = options.get("label")
    if not isinstance(label, str) or set(options) - _OPTIONS:
        raise ConfigurationError("a cell of the template has no label, or options other than label and tags")
    code = "".join(line for line in lines if not line.startswith(_OPTION))
    return Cell(label, code, "parameters" in options.get("tags", ()))


def _mapping(text: str, what: str) -> dict[str, Any]:
    try:
        found = yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"the template's {what} is not YAML; correct it") from error
    if not isinstance(found, dict):
        raise ConfigurationError(f"the template's {what} is empty or not a mapping; correct it")
    return found
