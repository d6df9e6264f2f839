"""JSON of other systems, as texts: numbers keep their spelling, and nothing is given twice."""

import json
from typing import Any

from medicore.errors import DataError


def read_json(data: bytes, name: str) -> Any:  # noqa: ANN401 - JSON is any of its types
    """Return what the JSON ``data`` holds, each number as the text that spells it; ``name`` names it in messages.

    Raises
    ------
    DataError
        When the bytes are not JSON in UTF-8, are nested too deep, or a key is given twice.
    """
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_int=str,
            parse_float=str,
            parse_constant=str,
            object_pairs_hook=_distinct,
        )
    except (ValueError, RecursionError) as error:
        # Not chained: the cause would carry the whole text into a traceback.
        raise DataError(
            f"{name} is not JSON in UTF-8, or cut ({type(error).__name__}); expected one whole document; have it "
            "exported again"
        ) from None


def text_of(value: object, name: str) -> str:
    """Return a value of JSON as text: null is the empty one.

    Raises
    ------
    DataError
        When the value is a list or an object.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    raise DataError(
        f"{name} has a list or an object where a value should be; expected flat rows; have it exported again"
    )


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found
