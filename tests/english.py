"""Every text and every name of the project, to be held against the word list ``tests/english.toml``."""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LISTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
TEXTS: dict[str, str] = _LISTS["texts"]
NAMES: dict[str, str] = _LISTS["names"]
_CODE = ("medicore", "flows", "quarto_templates", "examples", "benchmarks", "docs")
_DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "docs/*.md",
    "docs/adr/*.md",
    "docs/faults.toml",
    "quarto_templates/*.md",
)


@dataclass(frozen=True, slots=True)
class Written:
    """A text or a name, and where it stands: file and line."""

    place: str
    text: str


def sources(root: Path = ROOT) -> Iterator[tuple[str, str]]:
    """Yield path and source text of every Python file, the tests' too."""
    for folder in (*_CODE, "tests"):
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


@cache
def texts(root: Path = ROOT) -> tuple[Written, ...]:
    """Return every text that a reader meets: docstrings, messages, comments, and the lines of the documents.

    Of the tests only docstrings: what a test holds against may be what others write.
    """
    return tuple(_texts(root))


def _texts(root: Path) -> Iterator[Written]:
    for name, source in sources(root):
        yield from docstrings(name, source) if name.startswith("tests/") else strings(name, source)
    for pattern in _DOCUMENTS:
        for path in sorted(root.glob(pattern)):
            lines = path.read_text(encoding="utf-8").splitlines()
            yield from (
                Written(f"{path.relative_to(root)}:{number}", line) for number, line in enumerate(lines, 1)
            )


def docstrings(name: str, source: str) -> Iterator[Written]:
    """Yield the docstrings of a source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found = ast.get_docstring(node)
            if found:
                yield Written(f"{name}:{node.body[0].lineno}", " ".join(found.split()))


def strings(name: str, source: str) -> Iterator[Written]:
    """Yield all strings and comments of a source; a formatted one as it is written, its values as ``{}``."""
    inside = set[int]()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in ast.walk(node)} - {id(node)}
            if id(node) not in inside:
                words = (str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
                yield Written(f"{name}:{node.lineno}", " ".join("".join(words).split()))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield Written(f"{name}:{node.lineno}", " ".join(node.value.split()))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Written(f"{name}:{token.start[0]}", token.string)


def names(root: Path = ROOT) -> Iterator[Written]:
    """Yield every name that the product gives: to functions, classes, parameters and variables."""
    for name, source in sources(root):
        if name.startswith("tests/"):
            continue
        for node in ast.walk(ast.parse(source)):
            for given in _given(node):
                yield Written(f"{name}:{getattr(node, 'lineno', 0)}", given)


def _given(node: ast.AST) -> tuple[str, ...]:
    """Return the names that a node of the syntax gives."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return (node.name,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return (node.id,)
    return ()


def banned(pattern: str, written: Iterable[Written]) -> list[str]:
    """Return where a text has what the pattern forbids, each with the words around it."""
    expression = re.compile(pattern, re.IGNORECASE)
    found = ((one.place, expression.search(one.text), one.text) for one in written)
    return [
        f"{place}: …{text[max(0, hit.start() - 30) : hit.end() + 30]}…" for place, hit, text in found if hit
    ]
