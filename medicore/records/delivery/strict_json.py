"""JSON from other systems, as texts: numbers keep their spelling, and duplicate keys are refused."""

import json
from typing import Any

from medicore.errors import DataError


def read_json(data: bytes, name: str) -> Any:  # noqa: ANN401 - JSON is any of its types
    """Return the contents of the JSON ``data``, each number as its text; ``name`` names it in error messages.

    Raises
    ------
    DataError
        When the bytes are not JSON in UTF-8, the nesting is too deep, or a key is given twice.
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
            f"{name} is malformed or incomplete JSON ({type(error).__name__}); expected one whole document in UTF-8; have it "
            "exported again"
        ) from None


def text_of(value: object, name: str) -> str:
    """Return a JSON value as text; null becomes the empty text.

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
