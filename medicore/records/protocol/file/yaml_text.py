"""The YAML text of a protocol: what it holds, with the node, and so the line, of each part."""

from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple

import yaml

from medicore.errors import ProtocolError

BOOL = "tag:yaml.org,2002:bool"
"""The tag of what YAML 1.1 reads as a truth."""

Path = tuple[str, ...]
"""The keys and positions that lead to a part of a document."""


class _UniqueKeyLoader(yaml.CSafeLoader):
    """A YAML loader that refuses a key that is given twice; plain YAML would silently use the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        if len({str(key) for key in keys}) != len(keys):
            raise yaml.constructor.ConstructorError(None, None, "a key is given twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def read_yaml(text: str, origin: str) -> tuple[Any, yaml.Node | None]:
    """Return what YAML ``text`` holds, and its nodes, None for an empty text; a key that is given twice is refused.

    Raises
    ------
    ProtocolError
        When the text is not YAML; ``origin`` names the file.
    """
    try:
        # A subclass of CSafeLoader: it builds plain values only.
        loader = _UniqueKeyLoader(text)
        node = loader.get_single_node()
        return (loader.construct_document(node) if node is not None else None), node
    except yaml.MarkedYAMLError as error:
        where = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ProtocolError(
            f"{origin} is not valid YAML{where} ({error.problem}); correct the file and try again"
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ProtocolError(f"{origin} is not valid YAML; correct the file and try again") from error


class Place(NamedTuple):
    """A part of a document: its node, and the line, from 1, of its key, or of itself where it has none."""

    node: yaml.Node
    line: int


def places(node: yaml.Node | None, path: Path = (), line: int = 0) -> Iterator[tuple[Path, Place]]:
    """Yield each part of a document with its path of keys and positions; a key that is a truth has its own, with '' at the end."""
    if node is None:
        return
    yield path, Place(node, line or _line(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from places(value, (*path, str(key.value)), _line(key))
            if isinstance(key, yaml.ScalarNode) and key.tag == BOOL:
                yield (*path, str(key.value), ""), Place(key, _line(key))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from places(value, (*path, str(index)))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
