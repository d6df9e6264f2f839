"""Parsing: a protocol file becomes a protocol, or is refused with the place of its first error."""

from collections.abc import Hashable
from typing import Any

import yaml
from pydantic import ValidationError

from medicore.errors import ProtocolError
from medicore.records.protocol.coherence import require_coherent
from medicore.records.protocol.protocol import Protocol


class _UniqueKeyLoader(yaml.SafeLoader):
    """A YAML loader that refuses a key that is given twice; plain YAML would silently use the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        if len({str(key) for key in keys}) != len(keys):
            raise yaml.constructor.ConstructorError(None, None, "a key is given twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def parse_protocol(text: str, origin: str) -> Protocol:
    """Return the protocol in YAML (or JSON) ``text``; ``origin`` names the file in error messages.

    Raises
    ------
    ProtocolError
        When the text is not YAML, a key is unknown, missing or given twice, or a value breaks its rule.
    """
    try:
        # A subclass of SafeLoader: it builds plain values only.
        protocol = Protocol.model_validate(yaml.load(text, Loader=_UniqueKeyLoader))  # noqa: S506
        require_coherent(protocol)
    except yaml.MarkedYAMLError as error:
        where = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ProtocolError(
            f"{origin} is not valid YAML{where} ({error.problem}); correct the file and try again"
        ) from error
    except yaml.YAMLError as error:
        raise ProtocolError(f"{origin} is not valid YAML; correct the file and try again") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        # pydantic adds the source's system to the path, but it is not a key of the file.
        path = first["loc"][:1] + first["loc"][2:] if first["loc"][:1] == ("edc",) else first["loc"]
        place = ".".join(str(part) for part in path) or "protocol"
        problem = first["msg"].removeprefix("Value error, ")
        raise ProtocolError(
            f"{origin}: {place}: {problem}; {error.error_count()} problem(s) in all; correct the file"
        ) from error
    except ValueError as error:
        raise ProtocolError(f"{origin}: protocol: {error}; 1 problem(s) in all; correct the file") from error
    return protocol
