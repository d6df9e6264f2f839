"""The trace table of recorded code, read from its source: a record is explained by the code that made it.

Functions move between files as the code grows, so today's table can name functions that the recorded code does not
have. The recorded table is read as literals and never executed.
"""

import ast
from collections.abc import Callable, Collection, Mapping
from typing import Any

from medicore.errors import IntegrityError
from medicore.records.results.origin import Origin, matching

_NAME = "ORIGINS"
_FIELDS = ("pattern", "step", "function", "definition", "formula", "protocol_keys", "section", "source")


def _no_other(module: str) -> str:
    raise IntegrityError(
        f"the recorded trace table imports {module[:80]}; expected a table of one module; run 'medicore verify'"
    )


def recorded_origins(source: str, read: Callable[[str], str] = _no_other) -> tuple[Origin, ...]:
    """Return the table ``ORIGINS`` that the source of a trace module holds.

    ``read`` returns the source of another module of the recorded code, from which the table imports names in capitals.

    Raises
    ------
    IntegrityError
        When the source is not Python, has no such table, or its table has something other than literals.
    """
    table = _constants(source, (_NAME,), read).get(_NAME)
    if not isinstance(table, tuple) or not all(isinstance(origin, Origin) for origin in table):
        raise IntegrityError(f"the recorded code has no table {_NAME}; run 'medicore verify'")
    return table


def recorded_origin(source: str, path: str, read: Callable[[str], str] = _no_other) -> Origin:
    """Return the origin of a path by the table in ``source``; raise IntegrityError when the table lacks the path."""
    return matching(recorded_origins(source, read), path)


def _constants(source: str, wanted: Collection[str], read: Callable[[str], str]) -> dict[str, Any]:
    """Return the literals of a module by name, those that it imports included.

    Raises IntegrityError when the source is not Python, or one of the ``wanted`` names is no literal.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise IntegrityError("the recorded trace table is not Python; run 'medicore verify'") from error
    known: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [alias.name for alias in node.names if alias.name.isupper()]
            if names:
                other = _constants(read(node.module), names, read)
                known |= {name: other[name] for name in names if name in other}
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            _learn(node.targets[0].id, node.value, known, wanted)
    return known


def _learn(name: str, value: ast.expr, known: dict[str, Any], wanted: Collection[str]) -> None:
    """Add a literal to those that are known; raise IntegrityError when it is wanted and no literal."""
    try:
        known[name] = _value(value, known)
    except ValueError as error:
        if name in wanted:
            raise IntegrityError(
                f"the recorded trace table is not made of literals ({error}); run 'medicore verify'"
            ) from error


def _value(node: ast.expr, known: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a text, a tuple or an Origin
    """Return the value of a literal; raise ValueError for any other expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id]
    if isinstance(node, ast.Tuple):
        return tuple(part for element in node.elts for part in _elements(element, known))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Origin":
        return _origin(node, known)
    raise ValueError(f"line {node.lineno}")


def _elements(node: ast.expr, known: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what one element of a tuple contributes to it."""
    if not isinstance(node, ast.Starred):
        return (_value(node, known),)
    unpacked = _value(node.value, known)
    if isinstance(unpacked, tuple):
        return unpacked
    raise ValueError(f"line {node.lineno}")


def _origin(node: ast.Call, known: Mapping[str, Any]) -> Origin:
    given = dict(zip(_FIELDS, (_value(argument, known) for argument in node.args), strict=False))
    for keyword in node.keywords:
        if keyword.arg not in _FIELDS or keyword.arg in given:
            raise ValueError(f"line {node.lineno}")
        given[keyword.arg] = _value(keyword.value, known)
    if len(node.args) > len(_FIELDS) or not {"pattern", "step", "function", "definition"} <= set(given):
        raise ValueError(f"line {node.lineno}")
    keys = given.pop("protocol_keys", ())
    if not isinstance(keys, tuple) or not all(isinstance(text, str) for text in (*keys, *given.values())):
        raise ValueError(f"line {node.lineno}")
    return Origin(**given, protocol_keys=keys)
