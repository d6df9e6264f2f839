"""Parsing: a protocol file becomes a protocol, or is refused with every error of it and the line of each."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from medicore.errors import ProtocolError
from medicore.records.protocol.file.keys import unknown_key
from medicore.records.protocol.file.mending import Mended, mended
from medicore.records.protocol.file.problems import Places, Problem, first_of_each, in_order
from medicore.records.protocol.file.yaml_text import places, read_yaml
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.rules.coherence import incoherences
from medicore.records.protocol.rules.combinations import not_offered
from medicore.records.protocol.strategies import unplanned

_MOST = 12
"""The largest number of problems that are told; further ones are counted."""


@lru_cache(maxsize=64)
def parse_protocol(text: str, origin: str) -> Protocol:
    """Return the protocol in YAML (or JSON) ``text``; ``origin`` names the file in error messages.

    It says all that a new run needs; ``parse_recorded`` reads what an earlier version recorded. A protocol is frozen, and one command reads the same text for every run of a study: it is parsed once.

    Raises
    ------
    ProtocolError
        When the text is not YAML, a key is unknown, missing or given twice, or a value breaks its rule. The message
        tells each problem with its line; a text that YAML reads as a truth, a number or a date is named as such.
        Of a protocol of an earlier form, the message says what to write.
    """
    return _parsed(text, origin, new=True)


@lru_cache(maxsize=64)
def parse_recorded(text: str, origin: str) -> Protocol:
    """Return the protocol that a record or a request holds, of whichever version; ``origin`` names it in messages.

    It may lack what was asked for after it was recorded: how the looks share the level, when the outcome is due, what is
    done where it is missing, and what detects an intercurrent event.

    Raises
    ------
    ProtocolError
        When the text is not a protocol.
    """
    return _parsed(text, origin, new=False)


def problems_of(text: str, origin: str) -> list[Problem]:
    """Return every problem of the protocol in ``text``, in the order of their lines; none when a new run may use it.

    Raises
    ------
    ProtocolError
        When the text is not YAML; ``origin`` names the file.
    """
    return _examined(text, origin, new=True)[1]


def _parsed(text: str, origin: str, *, new: bool) -> Protocol:
    protocol, problems = _examined(text, origin, new=new)
    if protocol is None or problems:
        more = f"; and {len(problems) - _MOST} more" if len(problems) > _MOST else ""
        told = "; ".join(map(str, problems[:_MOST]))
        raise ProtocolError(f"{origin}: {told}{more}; {len(problems)} problem(s) in all; correct the file")
    return protocol


def _examined(text: str, origin: str, *, new: bool) -> tuple[Protocol | None, list[Problem]]:
    """Return the protocol, None where the file is too broken to hold one, and all problems of the file."""
    found, node = read_yaml(text, origin)
    file = Places(dict(places(node)))
    protocol, whole, errors = _validated(found, file)
    problems = first_of_each([*file.traps(), *errors])
    if protocol is not None:
        told = [*incoherences(protocol), *((*unplanned(protocol), *not_offered(protocol)) if new else ())]
        problems += [file.contradiction(words) for words in told if whole.tells(words)]
    return protocol, in_order(problems)


def _validated(
    found: Any,  # noqa: ANN401 - what YAML holds
    file: Places,
) -> tuple[Protocol | None, Mended, list[Problem]]:
    """Return the protocol, with stand-ins for what is broken in it, and the problems of these parts.

    A file with a misspelled key or a value out of its range still tells how its other parts contradict each other.
    """
    try:
        return Protocol.model_validate(found), Mended(found, (), frozenset()), []
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False)
    paths = [file.path_of(one) for one in errors]
    problems = [
        replace(file.problem(one), words=unknown_key(Protocol, path))
        if one["type"] == "extra_forbidden"
        else file.problem(one)
        for one, path in zip(errors, paths, strict=True)
    ]
    rest = mended(found, paths)
    try:
        return Protocol.model_validate(rest.document), rest, problems
    except ValidationError:
        return None, rest, problems
